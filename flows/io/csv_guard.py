"""CSV at the door: every byte ends in exactly one of header, accepted, refused, blank.

Records are found and judged on the bytes, block by block (`csv_lines`, `csv_records`). polars parses only records
already proven well-formed, and its answer is proven again: rows, and bytes of all cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from flows.io.csv_cells import no_cells, parsed_cells
from flows.io.csv_header import read_header
from flows.io.csv_lines import RECORD_BYTES, Grammar, is_plain_table
from flows.io.csv_records import Records, Rules, Verdict, judge
from flows.io.landed import LIMITS, LINE, Account, Limits, Parsed, UnbalancedError, empty_file, refused_frame
from flows.io.text_encoding import decide_encoding
from transforms.layout import Layout

BLOCK_BYTES = 4 << 20
"""Enough for polars to work in parallel, little enough for the scan to stay in the processor's cache."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What became of one block."""

    read_bytes: int
    lines: int
    frame: pl.DataFrame
    accepted_bytes: int
    blank_bytes: int = 0
    blank_lines: int = 0
    refused: tuple[tuple[int, str, str], ...] = ()
    refused_bytes: int = 0


def read_csv(
    name: str, data: bytes, layout: Layout, *, limits: Limits = LIMITS, block_bytes: int = BLOCK_BYTES
) -> Parsed:
    """One row a record; the records that are not as the header promises apart, with a reason."""
    text = decide_encoding(name, data, layout)
    if b"\n" not in text.data and b"\r" in text.data:
        text = replace(text, data=text.data.replace(b"\r", b"\n"))
    if not text.data[text.mark_bytes : BLOCK_BYTES].strip(b"\r\n") and not text.data[text.mark_bytes :].strip(b"\r\n"):
        return empty_file(name, may_be_empty=layout.may_be_empty, encoding=text.encoding, size_bytes=len(text.data))
    header = read_header(text, layout, limits)
    grammar = Grammar(
        separator=ord(layout.separator), quote=ord(layout.quote) if layout.quote else None, cells=len(header.names)
    )
    rules = Rules(grammar=grammar, text=text, header=header, ends_with_newline=layout.ends_with_newline)
    return _together(tuple(_parts(rules, block_bytes)), rules)


def _together(parts: tuple[Part, ...], rules: Rules) -> Parsed:
    """The parts of a file as one, with the account that they are the whole of it."""
    frames = [part.frame for part in parts if part.frame.height] or [no_cells(rules)]
    refused = refused_frame(row for part in parts for row in part.refused)
    return Parsed(
        encoding=rules.text.encoding,
        header=rules.header.names,
        rows=pl.concat(frames).lazy(),
        refused=refused,
        rows_in=sum(frame.height for frame in frames) + refused.height,
        blank_lines=sum(part.blank_lines for part in parts),
        account=Account(
            unit="bytes",
            total=len(rules.text.data),
            header=rules.header.end,
            accepted=sum(part.accepted_bytes for part in parts),
            refused=sum(part.refused_bytes for part in parts),
            blank=sum(part.blank_bytes for part in parts),
        ),
    )


def _parts(rules: Rules, block_bytes: int) -> Iterator[Part]:
    """The blocks of a text in order. A record cut by the end of a block is read again with the next one."""
    data, position, line, size = rules.text.data, rules.header.end, rules.header.next_line, block_bytes
    while position < len(data):
        cut = _line_end(data, position, size)
        if cut - position > max(size, RECORD_BYTES):
            part = _too_long(data[position:cut], rules, line)
        else:
            part = _guarded(data[position:cut], rules, line, is_last=cut == len(data))
        if not part.read_bytes and cut == len(data):
            raise UnbalancedError(f"{rules.text.name}: the last {cut - position} bytes were never read")
        size = block_bytes if part.read_bytes else 2 * size
        position += part.read_bytes
        line += part.lines
        if part.read_bytes:
            yield part


def _line_end(data: bytes, start: int, size: int) -> int:
    """Where a block ends: after the last whole line that fits, or after the first when none does."""
    if start + size >= len(data):
        return len(data)
    return data.rfind(b"\n", start, start + size) + 1 or data.find(b"\n", start + size) + 1 or len(data)


def _too_long(block: bytes, rules: Rules, line: int) -> Part:
    """A single line longer than a block is refused unread."""
    raw = block[:RECORD_BYTES].decode(rules.text.codec, "replace")
    return Part(
        read_bytes=len(block),
        lines=1,
        frame=no_cells(rules),
        accepted_bytes=0,
        refused=((line, Verdict.RECORD_TOO_LONG.name.lower(), raw),),
        refused_bytes=len(block),
    )


def _guarded(block: bytes, rules: Rules, line: int, *, is_last: bool) -> Part:
    rows = _plain_rows(block, rules)
    if rows:
        line_ends = rows + (block.count(b"\r") if b"\r" in block else 0)
        frame = parsed_cells(block, rules, rows=rows, line_end_bytes=line_ends)
        frame = frame.with_columns(pl.int_range(line, line + rows, dtype=pl.Int64).alias(LINE))
        return Part(read_bytes=len(block), lines=rows, frame=frame, accepted_bytes=len(block))
    records = judge(block, rules, is_last=is_last)
    return _judged(block, records, rules, line)


def _plain_rows(block: bytes, rules: Rules) -> int:
    """Rows of a block that holds nothing but rows, and no quote: the fast path. 0 when it must be judged."""
    quote = rules.grammar.quote
    if (quote is not None and quote in block) or 0 in block or rules.header.raw in block:
        return 0
    return is_plain_table(block, rules.grammar) if rules.text.block_fits(block) else 0


def _judged(block: bytes, records: Records, rules: Rules, line: int) -> Part:
    """The accepted records of a block as a frame, the refused ones with their reasons."""
    accepted, is_blank = records.accepted, np.equal(records.verdicts, Verdict.BLANK)
    sizes = records.ends - records.starts
    rows = int(np.count_nonzero(accepted))
    clean = b"".join(block[start:end] for start, end in records.runs(accepted))
    line_ends = int((records.ends - records.stops)[accepted].sum())
    if clean and not clean.endswith(b"\n"):
        clean, line_ends = clean + b"\n", line_ends + 1
    frame = parsed_cells(clean, rules, rows=rows, line_end_bytes=line_ends)
    frame = frame.with_columns(pl.Series(LINE, records.first_lines[accepted] + line, dtype=pl.Int64))
    refused = np.flatnonzero(~accepted & ~is_blank)
    return Part(
        read_bytes=records.read_bytes,
        lines=records.lines,
        frame=frame,
        accepted_bytes=int(sizes[accepted].sum()),
        blank_bytes=int(sizes[is_blank].sum()),
        blank_lines=int(np.count_nonzero(is_blank)),
        refused=tuple(_refused_rows(block, records, rules, line)),
        refused_bytes=int(sizes[refused].sum()),
    )


def _refused_rows(block: bytes, records: Records, rules: Rules, line: int) -> Iterator[tuple[int, str, str]]:
    """line, reason and raw text of each refused record."""
    for record in np.flatnonzero(~records.accepted & (records.verdicts != Verdict.BLANK)).tolist():
        raw = block[records.starts[record] : records.stops[record]].decode(rules.text.codec, "replace")
        yield int(records.first_lines[record]) + line, records.reason(record, rules.grammar.cells), raw
