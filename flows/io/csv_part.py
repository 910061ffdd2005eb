"""What becomes of one block of CSV: its rows, its refused records with their reasons, and where its bytes went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from flows.io.csv_bits import paired_records
from flows.io.csv_cells import cells_if_whole, in_utf8, parsed_cells
from flows.io.csv_lines import CR, NUL, RECORD_BYTES, Counts, plain_rows
from flows.io.csv_records import Records, Rules, Verdict
from flows.io.landed import LINE, RAW_CHARACTERS, refused_frame


@dataclass(frozen=True, kw_only=True)
class Clean:
    """Records of the right cells and nothing between them, in UTF-8."""

    text: bytes
    first_lines: Counts
    """Which line of the file each starts on."""
    is_quoted: bool


@dataclass(frozen=True, kw_only=True)
class Part:
    """What became of one block."""

    read_bytes: int
    lines: int
    accepted_bytes: int
    frame: pl.DataFrame | None = None
    """The accepted records, parsed."""
    clean: Clean | None = None
    """The accepted records, where they are kept as text."""
    blank_bytes: int = 0
    blank_lines: int = 0
    refused: pl.DataFrame | None = None
    refused_bytes: int = 0


def in_order(block: bytes, rules: Rules, line: int) -> Part | None:
    """The fast path, for a block (or its beginning) that holds rows and nothing else; None when it must be judged."""
    if not block.endswith(b"\n") or NUL in block or rules.header.stands_in(block):
        return None
    quote = rules.grammar.quote
    if quote is not None and quote in block:
        found = paired_records(block, rules.grammar)
        if found is None:
            return None
        block = block[: found.read_bytes]
        frame = cells_if_whole(
            block, rules, rows=found.rows, between_bytes=found.line_end_bytes + found.quotes_taken_away
        )
        first_lines, lines = found.first_lines, found.lines
    else:
        line_ends = _plain_line_ends(block)
        if line_ends is None:
            return None
        lines, first_lines = line_ends[0], None
        frame = cells_if_whole(block, rules, rows=lines, between_bytes=sum(line_ends))
    if frame is None:
        return None
    numbers = pl.int_range(lines, eager=True) if first_lines is None else pl.Series(first_lines)
    frame = frame.insert_column(frame.width, (numbers + line).alias(LINE))
    return Part(read_bytes=len(block), lines=lines, frame=frame, accepted_bytes=len(block))


def in_order_as_text(block: bytes, rules: Rules, line: int) -> Part | None:
    """The same without a parser, for rows that are kept as text: every cell of every record is counted here."""
    if not block.endswith(b"\n") or NUL in block or rules.header.stands_in(block):
        return None
    quote = rules.grammar.quote
    is_quoted = quote is not None and quote in block
    if is_quoted:
        found = paired_records(block, rules.grammar, cells=rules.grammar.cells)
        if found is None:
            return None
        block, lines, first_lines = block[: found.read_bytes], found.lines, found.first_lines
    else:
        lines, first_lines = plain_rows(block, rules.grammar) if _are_short(block) else 0, None
    utf8 = in_utf8(block, rules) if lines else None
    if utf8 is None:
        return None
    numbers = np.arange(lines) if first_lines is None else first_lines
    clean = Clean(text=utf8, first_lines=numbers + line, is_quoted=is_quoted)
    return Part(read_bytes=len(block), lines=lines, clean=clean, accepted_bytes=len(block))


def _are_short(block: bytes) -> bool:
    """Whether every line of a block is surely within the longest that is believed."""
    half = RECORD_BYTES // 2
    return all(block.find(b"\n", start, start + half) >= 0 for start in range(0, len(block), half))


def _plain_line_ends(block: bytes) -> tuple[int, int] | None:
    """Line feeds and the carriage returns before them, in a block of lines that are surely not too long; else None."""
    if not _are_short(block):
        return None
    returns = block.count(b"\r\n") if CR in block else 0
    if returns and returns != block.count(b"\r"):
        return None
    if not returns and CR in block:
        return None
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n"))), returns


def judged(block: bytes, records: Records, rules: Rules, line: int) -> Part:
    """The accepted records of a block as a frame, the refused ones with their reasons."""
    accepted, is_blank_line = records.accepted, np.equal(records.verdicts, Verdict.BLANK)
    sizes = records.ends - records.starts
    rows = int(np.count_nonzero(accepted))
    clean = b"".join(block[start:end] for start, end in records.runs(accepted))
    line_ends = int((records.ends - records.stops)[accepted].sum())
    if clean and not clean.endswith(b"\n"):
        clean, line_ends = clean + b"\n", line_ends + 1
    utf8 = clean if rules.text.is_utf8 else clean.decode(rules.text.codec).encode()
    frame = parsed_cells(utf8, rules, rows=rows, line_end_bytes=line_ends)
    first_lines = records.first_lines[accepted] + line
    quote = rules.grammar.quote
    is_quoted = quote is not None and quote in utf8
    refused = np.flatnonzero(~accepted & ~is_blank_line)
    return Part(
        read_bytes=records.read_bytes,
        lines=records.lines,
        frame=frame.with_columns(pl.Series(LINE, first_lines, dtype=pl.Int64)),
        clean=Clean(text=utf8, first_lines=first_lines, is_quoted=is_quoted),
        accepted_bytes=int(sizes[accepted].sum()),
        blank_bytes=int(sizes[is_blank_line].sum()),
        blank_lines=int(np.count_nonzero(is_blank_line)),
        refused=refused_frame(_refused_rows(block, records, rules, line)) if refused.size else None,
        refused_bytes=int(sizes[refused].sum()),
    )


def _refused_rows(block: bytes, records: Records, rules: Rules, line: int) -> Iterator[tuple[int, str, str]]:
    """line, reason and raw text of each refused record."""
    for record in np.flatnonzero(~records.accepted & (records.verdicts != Verdict.BLANK)).tolist():
        raw = block[records.starts[record] : records.stops[record]].decode(rules.text.codec, "replace")
        yield int(records.first_lines[record]) + line, records.reason(record, rules.grammar.cells), raw[:RAW_CHARACTERS]


def too_long(start: bytes, rest: bytes, given: Iterator[bytes], rules: Rules, line: int) -> tuple[Part, bytes]:
    """A single line longer than any record is refused and passed over, piece by piece; what follows it."""
    size = len(start)
    while not rest and not start.endswith(b"\n"):
        piece = next(given, b"")
        cut = piece.find(b"\n") + 1
        size += cut or len(piece)
        rest = piece[cut:] if cut else b""
        if cut or not piece:
            break
    raw = start[:RECORD_BYTES].decode(rules.text.codec, "replace")
    part = Part(
        read_bytes=size,
        lines=1,
        accepted_bytes=0,
        refused=refused_frame([(line, Verdict.RECORD_TOO_LONG.name.lower(), raw)]),
        refused_bytes=size,
    )
    return part, rest
