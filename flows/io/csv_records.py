"""What is wrong with each record of a block of CSV, and nothing is: accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from flows.io.csv_header import Header
from flows.io.csv_lines import (
    CR,
    NUL,
    RECORD_BYTES,
    Bytes,
    Counts,
    Flags,
    Grammar,
    Joins,
    Lines,
    find_lines,
    join_lines,
)
from flows.io.text_encoding import Text


class Verdict(IntEnum):
    """Why a record is refused, under the name that is reported."""

    ACCEPTED = 0
    BLANK = 1
    FIELDS = 2
    UNBALANCED_QUOTE = 3
    MISPLACED_QUOTE = 4
    AMBIGUOUS_QUOTE = 5
    REPEATED_HEADER = 6
    UNTERMINATED_LAST_LINE = 7
    NUL_BYTE = 8
    BARE_CR = 9
    RECORD_TOO_LONG = 10
    ENCODING = 11


Verdicts = npt.NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a record is held against."""

    grammar: Grammar
    text: Text
    header: Header
    ends_with_newline: bool


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a block, blank lines among them, up to where the block is read again with the next one."""

    first_lines: Counts
    """Which line of the block each starts on."""
    starts: Counts
    stops: Counts
    ends: Counts
    cells: Counts
    """Of the first line alone."""
    verdicts: Verdicts
    lines: int
    """Physical lines read."""

    @property
    def accepted(self) -> Flags:
        """The records whose cells may be read."""
        return np.equal(self.verdicts, Verdict.ACCEPTED)

    @property
    def read_bytes(self) -> int:
        """Bytes of the block that are accounted for."""
        return int(self.ends[-1]) if self.ends.size else 0

    def runs(self, chosen: Flags) -> Iterator[tuple[int, int]]:
        """Where unbroken runs of chosen records start and end in the block."""
        edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0))
        for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield int(self.starts[first]), int(self.ends[after - 1])

    def reason(self, record: int, cells: int) -> str:
        """The reason of a refused record, as it is reported."""
        verdict = Verdict(int(self.verdicts[record]))
        return f"fields_{self.cells[record]}_of_{cells}" if verdict is Verdict.FIELDS else verdict.name.lower()


def judge(block: bytes, rules: Rules, *, is_last: bool) -> Records:
    """One entry a record of the block, each with its verdict."""
    lines = find_lines(block, rules.grammar)
    joins = join_lines(lines, rules.grammar, is_last=is_last)
    records, record_of = _records(lines, joins, rules.grammar)
    if not records.ends.size:
        return records
    verdicts = records.verdicts.copy()
    for damaged, verdict, over in _damaged_lines(block, rules, lines, joins):
        bad = np.unique(record_of[damaged[damaged < records.lines]])
        verdicts[bad[np.isin(verdicts[bad], over)]] = verdict
    accepted = verdicts == Verdict.ACCEPTED
    verdicts[accepted & (records.stops - records.starts > RECORD_BYTES)] = Verdict.RECORD_TOO_LONG
    verdicts[accepted & _is_header(block, records, rules.header.raw)] = Verdict.REPEATED_HEADER
    unfinished = is_last and not block.endswith(b"\n") and rules.ends_with_newline
    if unfinished and verdicts[-1] == Verdict.ACCEPTED:
        verdicts[-1] = Verdict.UNTERMINATED_LAST_LINE
    return replace(records, verdicts=verdicts)


def _records(lines: Lines, joins: Joins, grammar: Grammar) -> tuple[Records, Counts]:
    """The records by their quotes and cells alone, and for each line which one it belongs to."""
    verdicts = np.full(lines.starts.size, Verdict.FIELDS, np.int8)
    verdicts[lines.misplaced_closed] = Verdict.MISPLACED_QUOTE
    verdicts[lines.quotes & 1 == 1] = Verdict.UNBALANCED_QUOTE
    verdicts[lines.empty] = Verdict.BLANK
    verdicts[lines.rows(grammar.cells)] = Verdict.ACCEPTED
    verdicts[joins.ambiguous & (verdicts != Verdict.BLANK)] = Verdict.AMBIGUOUS_QUOTE
    is_first = ~joins.joined
    is_first[joins.held_from :] = False
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], joins.held_from)[: first.size] - 1
    verdicts = np.where(last > first, np.int8(Verdict.ACCEPTED), verdicts[first])
    records = Records(
        first_lines=first,
        starts=lines.starts[first],
        stops=lines.stops[last],
        ends=lines.ends[last],
        cells=lines.separators_closed[first] + 1,
        verdicts=verdicts,
        lines=joins.held_from,
    )
    return records, np.cumsum(is_first[: joins.held_from]) - 1


def _damaged_lines(
    block: bytes, rules: Rules, lines: Lines, joins: Joins
) -> Iterator[tuple[Counts, Verdict, tuple[Verdict, ...]]]:
    """Lines with bytes that no cell may hold, the verdict that follows, and the verdicts it replaces."""
    buffer = np.frombuffer(block, np.uint8)
    if not rules.text.block_fits(block):
        high = np.unique(np.searchsorted(lines.ends, np.flatnonzero(buffer >= 128), "right"))  # noqa: PLR2004
        strange = [i for i in high.tolist() if not rules.text.fits(block[lines.starts[i] : lines.ends[i]])]
        yield np.array(strange, np.int64), Verdict.ENCODING, (Verdict.ACCEPTED,)
    line_ends = int((lines.ends - lines.stops).sum())
    if CR in block and block.count(b"\n") + block.count(b"\r") != line_ends:
        bare = _bare_returns(buffer, lines, joins, rules.grammar)
        yield bare, Verdict.BARE_CR, (Verdict.ACCEPTED, Verdict.FIELDS)
    if NUL in block:
        tainted = np.searchsorted(lines.ends, np.flatnonzero(buffer == NUL), "right")
        yield tainted, Verdict.NUL_BYTE, tuple(Verdict)


def _bare_returns(buffer: Bytes, lines: Lines, joins: Joins, grammar: Grammar) -> Counts:
    """Lines with a carriage return that ends no line and is in no quoted cell."""
    returns = np.flatnonzero(buffer == CR)
    line_of: Counts = np.searchsorted(lines.ends, returns, "right")
    bare: Flags = returns < lines.stops[line_of]
    if grammar.quote is not None:
        quotes_at = np.flatnonzero(buffer == grammar.quote)
        before = np.searchsorted(quotes_at, returns) - np.searchsorted(quotes_at, lines.starts)[line_of]
        bare &= (before + joins.joined[line_of]) & 1 == 0
    return line_of[bare]


def _is_header(block: bytes, records: Records, header: bytes) -> Flags:
    """Records that are the header again, as when files were joined end to end; its byte order mark may be there."""
    found = np.zeros(records.starts.size, np.bool_)
    if not header:
        return found
    for mark in (b"", b"\xef\xbb\xbf"):
        again = mark + header
        if again not in block:
            continue
        for record in np.flatnonzero(records.stops - records.starts == len(again)).tolist():
            found[record] |= block.startswith(again, records.starts[record])
    return found
