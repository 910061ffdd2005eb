"""Where the quotes of a block pair up, one bit a byte: the fast look at a block whose every line is in order.

Three comparisons of the block are packed to 64 bytes a word; which bytes stand inside quotes, whether each quote
stands at the edge of a cell, and where records end are then a few operations on words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flows.io.csv_lines import CR, LF, RECORD_BYTES, RECORD_LINES, Bytes, Counts, Grammar

Words = npt.NDArray[np.uint64]
_WORD = 64
_ONE = np.uint64(1)
_WINDOW_WORDS = RECORD_BYTES // 2 // _WORD
"""A record end in each window of half the longest record: no record is longer than that."""


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """The records of the beginning of a block, all of them paired up and none of them in doubt."""

    read_bytes: int
    """Up to the end of the last record; what follows is read again with the next block."""
    rows: int
    lines: int
    line_end_bytes: int
    quotes_taken_away: int
    """Quotes that are no part of a cell: all but one of each doubled pair."""
    first_lines: Counts | None
    """Which line each record starts on; None when every line is a record."""


def paired_records(block: bytes, grammar: Grammar, *, cells: int = 0) -> Quoted | None:
    """The records of a block in which every quote opens or closes a cell; None when a slower look is needed.

    Each record must have so many `cells`; where 0 is given they are not counted: the parser does that, and its answer
    is held against these numbers.
    """
    if grammar.quote is None:
        return None
    buffer = np.frombuffer(block, np.uint8)
    quotes, line_ends = _bits(buffer == grammar.quote), _bits(buffer == LF)
    inside = _parity(quotes)
    outer = line_ends & ~inside
    end = _last_bit(outer) + 1
    if not end or not _are_short(outer, line_ends & inside, end):
        return None
    separators = _bits(buffer == grammar.separator)
    returns = _bits(buffer == CR) if CR in block else np.zeros_like(quotes)
    whole_ends = returns & _next(line_ends)
    edges = separators | line_ends | quotes
    opening, closing = quotes & inside, quotes & ~inside
    before = _previous(edges)
    before[0] |= _ONE
    misplaced = (opening & ~before) | (closing & ~(_next(edges) | _next(whole_ends)))
    if _first_bit(misplaced) < end or _first_bit(returns & ~inside & ~whole_ends) < end:
        return None
    kept = _below(end, quotes.size)
    if cells and not _are_rows(buffer, (outer | (separators & ~inside)) & kept, grammar, cells):
        return None
    inner = line_ends & inside & kept
    ends = _places(outer) if inner.any() else np.zeros(0, np.int64)
    if ends.size and _may_hide_rows(separators & inside & kept, inner, ends, grammar):
        return None
    rows, more_lines = _count(outer), _count(inner)
    return Quoted(
        read_bytes=end,
        rows=rows,
        lines=rows + more_lines,
        line_end_bytes=rows + _count(whole_ends & _next(outer)),
        quotes_taken_away=_count(quotes & kept) - _count(opening & _previous(quotes) & kept),
        first_lines=_first_lines(ends, inner) if more_lines else None,
    )


def _are_rows(buffer: Bytes, marks: Words, grammar: Grammar, cells: int) -> bool:
    """Whether the separators and line ends between cells are those of rows, over and over."""
    chosen = np.unpackbits(marks.view(np.uint8), bitorder="little")[: buffer.size].view(np.bool_)
    row = bytes([grammar.separator]) * (cells - 1) + b"\n"
    found = buffer[chosen].tobytes()
    return found == row * (len(found) // len(row))


def _may_hide_rows(separators: Words, inner: Words, ends: Counts, grammar: Grammar) -> bool:
    """Whether a quoted cell over several lines holds the separators of a row: it might be rows between stray quotes."""
    if grammar.cells == 1:
        return False
    places = _places(separators)
    if places.size < grammar.cells - 1:
        return False
    record_of = np.searchsorted(ends, places)
    last = places.size - (grammar.cells - 2)
    crowded = np.unique(record_of[:last][record_of[:last] == record_of[grammar.cells - 2 :]])
    multiline = np.searchsorted(ends, _places(inner))
    return bool(np.isin(crowded, multiline).any())


def _are_short(outer: Words, inner: Words, end: int) -> bool:
    """Whether every record is surely within the longest that is believed, in bytes and in lines."""
    windows = -(-end // (_WINDOW_WORDS * _WORD))
    starts = np.arange(windows) * _WINDOW_WORDS
    used = -(-end // _WORD)
    ends = np.add.reduceat(np.bitwise_count(outer[:used]).astype(np.int64), starts)
    lines = np.add.reduceat(np.bitwise_count(inner[:used]).astype(np.int64), starts)
    return bool(ends.all()) and 2 * int(lines.max()) < RECORD_LINES


def _first_lines(ends: Counts, inner: Words) -> Counts:
    """A line of its own for each record above, and one more for each line end inside them."""
    above = np.searchsorted(_places(inner), ends[:-1])
    return np.concatenate(([0], np.arange(1, ends.size) + above))


def _bits(flags: npt.NDArray[np.bool_]) -> Words:
    """One bit a byte of the block, the first in the lowest bit of the first word."""
    packed = np.packbits(flags, bitorder="little")
    words = np.zeros(-(-packed.size // 8) * 8, np.uint8)
    words[: packed.size] = packed
    return words.view("<u8")


def _places(words: Words) -> Counts:
    """Where the bits are, in order; they are few, so each round takes the lowest one of each word that has any left."""
    at = np.flatnonzero(words)
    left = words[at]
    found = []
    while at.size:
        found.append(at * _WORD + np.bitwise_count((left & -left) - _ONE))
        left &= left - _ONE
        more = left != 0
        at, left = at[more], left[more]
    return np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _parity(words: Words) -> Words:
    """A bit for each byte with an odd number of quotes up to it, itself included."""
    inside = words.copy()
    for shift in (1, 2, 4, 8, 16, 32):
        inside ^= inside << np.uint64(shift)
    odd_words = np.bitwise_xor.accumulate(inside >> np.uint64(_WORD - 1))
    inside[1:] ^= np.uint64(0) - odd_words[:-1]
    return inside


def _previous(words: Words) -> Words:
    """For each byte the bit of the byte before it."""
    moved = words << _ONE
    moved[1:] |= words[:-1] >> np.uint64(_WORD - 1)
    return moved


def _next(words: Words) -> Words:
    """For each byte the bit of the byte after it."""
    moved = words >> _ONE
    moved[:-1] |= words[1:] << np.uint64(_WORD - 1)
    return moved


def _below(end: int, words: int) -> Words:
    """A bit for each byte before `end`."""
    kept = np.zeros(words, np.uint64)
    kept[: end // _WORD] = ~np.uint64(0)
    if end % _WORD:
        kept[end // _WORD] = (_ONE << np.uint64(end % _WORD)) - _ONE
    return kept


def _count(words: Words) -> int:
    return int(np.bitwise_count(words).sum())


def _first_bit(words: Words) -> int:
    """The place of the first bit; after all of them when there is none."""
    found = np.flatnonzero(words)
    if not found.size:
        return words.size * _WORD
    word = int(words[found[0]])
    return int(found[0]) * _WORD + (word & -word).bit_length() - 1


def _last_bit(words: Words) -> int:
    """The place of the last bit; -1 when there is none."""
    found = np.flatnonzero(words)
    return int(found[-1]) * _WORD + int(words[found[-1]]).bit_length() - 1 if found.size else -1
