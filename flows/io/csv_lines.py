"""Where the records of a block of CSV begin and end, found on the bytes: vectorised, no parser involved.

A block is a run of whole physical lines. A line is judged twice, as if a quoted cell were closed before it
(`closed`) and as if one were open (`open`); a record over several lines is a line that leaves a cell open, lines
inside the cell, and the line that closes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

LF, CR, NUL = 10, 13, 0
RECORD_BYTES, RECORD_LINES = 1 << 20, 10_000
"""The longest record that is believed to be one."""
CELLS_OF_A_ROW = 4
"""From so many cells on, a line with the right number of separators is no sentence with a few commas."""

Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """What makes a record: its separator, its quote (None: never quoted), how many cells."""

    separator: int
    quote: int | None
    cells: int


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The physical lines of a block, with what each holds."""

    starts: Counts
    stops: Counts
    """Before the line end."""
    ends: Counts
    """After it."""
    quotes: Counts
    separators: Counts
    separators_closed: Counts
    """Outside quotes, when no cell is open before the line."""
    misplaced_closed: Flags
    """A quote that neither starts nor ends a cell, when no cell is open before the line."""
    misplaced_open: Flags

    @property
    def empty(self) -> Flags:
        """Lines of nothing but a line end."""
        return np.equal(self.stops, self.starts)

    def rows(self, cells: int) -> Flags:
        """Lines that are a whole record by themselves."""
        rows: Flags = (self.separators_closed == cells - 1) & (self.quotes & 1 == 0) & ~self.misplaced_closed
        return rows if cells == 1 else rows & ~self.empty


@dataclass(frozen=True, kw_only=True)
class Joins:
    """Which lines belong to the record above them, and which may: nobody can tell."""

    joined: Flags
    ambiguous: Flags
    held_from: int
    """The line from which the block must be read again with what follows it; the number of lines if none."""


def plain_rows(block: bytes, grammar: Grammar) -> int:
    """Rows of a block without quotes in which every line is a row; 0 when any line is not.

    With every other byte struck out, what is left must be the separators and the line end of a row, over and over.
    """
    marks = block.translate(None, _other_bytes(grammar))
    if CR in marks:
        if block.count(b"\r\n") != block.count(b"\r"):
            return 0
        marks = marks.replace(b"\r\n", b"\n")
    row = bytes([grammar.separator]) * (grammar.cells - 1) + b"\n"
    rows, rest = divmod(len(marks), len(row))
    return rows if not rest and marks == row * rows else 0


@lru_cache
def _other_bytes(grammar: Grammar) -> bytes:
    """The bytes that mean nothing but themselves."""
    return bytes(byte for byte in range(256) if byte not in (LF, CR, NUL, grammar.separator, grammar.quote))


def find_lines(block: bytes, grammar: Grammar) -> Lines:
    """One entry a physical line of the block; the last line may lack its end."""
    buffer = np.frombuffer(block, np.uint8)
    is_mark = (buffer == LF) | (buffer == grammar.separator)
    if grammar.quote is not None:
        is_mark |= buffer == grammar.quote
    marks = np.flatnonzero(is_mark)
    kinds = buffer[marks]
    line_marks = np.flatnonzero(kinds == LF)
    ends = marks[line_marks] + 1
    if not block.endswith(b"\n"):
        ends = np.append(ends, buffer.size)
        line_marks = np.append(line_marks, marks.size)
    starts = np.concatenate(([0], ends[:-1]))
    stops = ends - (buffer[ends - 1] == LF)
    stops -= (stops > starts) & (buffer[np.maximum(stops - 1, 0)] == CR)

    per_line = np.diff(line_marks, prepend=-1) - 1
    is_quote = kinds == grammar.quote if grammar.quote is not None else np.zeros(kinds.size, np.bool_)
    seen = np.concatenate(([0], np.cumsum(is_quote)))
    quotes = np.diff(seen[line_marks], prepend=0)
    quotes_above = np.cumsum(quotes) - quotes
    separators = per_line - quotes
    is_even = (kinds == grammar.separator) & (seen[:-1] & 1 == 0)
    even = np.diff(np.concatenate(([0], np.cumsum(is_even)))[line_marks], prepend=0)
    line_of = np.repeat(np.arange(starts.size), quotes)
    rank = np.arange(line_of.size) - quotes_above[line_of]
    may_open, may_close = _roles(buffer, marks[is_quote], starts[line_of], stops[line_of], grammar)
    is_first = rank & 1 == 0
    return Lines(
        starts=starts,
        stops=stops,
        ends=ends,
        quotes=quotes,
        separators=separators,
        separators_closed=np.where(quotes_above & 1 == 0, even, separators - even),
        misplaced_closed=_lines_with(np.where(is_first, ~may_open, ~may_close), line_of, starts.size),
        misplaced_open=_lines_with(np.where(is_first, ~may_close, ~may_open), line_of, starts.size),
    )


def _roles(buffer: Bytes, quotes_at: Counts, starts: Counts, stops: Counts, grammar: Grammar) -> tuple[Flags, Flags]:
    """For each quote: may it open a cell, may it close one. A doubled quote closes and opens again."""
    before = buffer[np.maximum(quotes_at - 1, 0)]
    after = buffer[np.minimum(quotes_at + 1, buffer.size - 1)]
    may_open = (quotes_at == starts) | (before == grammar.separator) | (before == grammar.quote)
    may_close = (quotes_at + 1 >= stops) | (after == grammar.separator) | (after == grammar.quote)
    return may_open, may_close


def _lines_with(wrong: Flags, line_of: Counts, lines: int) -> Flags:
    found = np.zeros(lines, np.bool_)
    found[line_of[wrong]] = True
    return found


def join_lines(lines: Lines, grammar: Grammar, *, is_last: bool) -> Joins:
    """Records over several lines: from a line with an odd number of quotes to the next such line.

    Only if that is one strict record, and no other reading is: when lines inside the quoted cell are whole rows,
    or the closing line has the separators of a row, two stray quotes would explain them as well.
    """
    count = lines.starts.size
    odd = np.flatnonzero(lines.quotes & 1)
    rows = lines.rows(grammar.cells)
    strict, doubtful, swallows = _readings(lines, odd, rows, grammar.cells)
    joined_edges = np.zeros(count + 1, np.int64)
    ambiguous_edges = np.zeros(count + 1, np.int64)
    at = _join_certain(odd, strict & ~doubtful, joined_edges)
    spared = np.zeros(count, np.bool_)
    held_from = count
    while at < odd.size:
        first = int(odd[at])
        if at + 1 == odd.size:
            length = int(lines.ends[-1] - lines.starts[first])
            if not is_last and count - first <= RECORD_LINES and length <= RECORD_BYTES:
                held_from = first
            break
        last = int(odd[at + 1])
        if not strict[at]:
            at += 1
            continue
        edges = ambiguous_edges if doubtful[at] else joined_edges
        edges[first + (not doubtful[at])] += 1
        edges[last + 1] -= 1
        if doubtful[at] and swallows[at]:
            spared[first + 1 : last] = rows[first + 1 : last]
        at += 2
    joined = np.cumsum(joined_edges)[:count] > 0
    ambiguous = (np.cumsum(ambiguous_edges)[:count] > 0) & ~spared
    return Joins(joined=joined, ambiguous=ambiguous, held_from=held_from)


def _join_certain(odd: Counts, certain: Flags, edges: Counts) -> int:
    """Mark the first pairs of odd lines that are surely records; how many odd lines that settles."""
    pairs = certain[::2]
    sure = pairs.size if pairs.all() else int(np.argmin(pairs))
    edges[odd[: 2 * sure : 2] + 1] += 1
    edges[odd[1 : 2 * sure : 2] + 1] -= 1
    return 2 * sure


def _readings(lines: Lines, odd: Counts, rows: Flags, cells: int) -> tuple[Flags, Flags, Flags]:
    """For each odd line and the next: is it one record, may it be something else, does it swallow whole rows."""
    first, last = odd[:-1], odd[1:]
    separators_open = np.cumsum(lines.separators - lines.separators_closed)
    misplaced_open = np.cumsum(lines.misplaced_open)
    whole_rows = np.cumsum(rows)
    filled = np.cumsum(~lines.empty)
    separators = lines.separators_closed[first] + separators_open[last] - separators_open[first]
    strict = (
        (separators == cells - 1)
        & ~lines.misplaced_closed[first]
        & (misplaced_open[last] == misplaced_open[first])
        & (last - first <= RECORD_LINES)
        & (lines.stops[last] - lines.starts[first] <= RECORD_BYTES)
    )
    if cells == 1:
        never = np.zeros(first.size, np.bool_)
        return strict, never, never
    inside: Counts = whole_rows[last - 1] - whole_rows[first]
    both_as_rows = (lines.separators[first] == cells - 1) & (lines.separators[last] == cells - 1)
    closes_as_row = both_as_rows & (cells >= CELLS_OF_A_ROW)
    doubtful = (inside > 0) | closes_as_row
    swallows = closes_as_row & (2 * inside > filled[last - 1] - filled[first])
    return strict, doubtful, swallows
