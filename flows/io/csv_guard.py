"""CSV at the door: every byte ends in exactly one of header, accepted, refused, blank.

A text is read block by block and never held whole. A block in which every line is in order is parsed at once and the
parser's answer is proven: as many rows as records, no cell missing, and the bytes of all cells are the bytes of the
block without what stands between cells. Any other block is judged line by line first (`csv_lines`, `csv_records`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import polars as pl

from flows.io.code_page import NotUtf8Error, read_decoded
from flows.io.csv_blocks import Turned, is_blank, turned_pieces
from flows.io.csv_header import Header, read_header
from flows.io.csv_kept import AsText, Kept, room
from flows.io.csv_lines import RECORD_BYTES, Grammar
from flows.io.csv_part import Part, in_order, in_order_as_text, judged, too_long
from flows.io.csv_records import Rules, judge
from flows.io.landed import (
    LIMITS,
    Account,
    Limits,
    Parsed,
    Refused,
    UnbalancedError,
    empty_file,
    refused_frame,
    require_few_refused,
)
from flows.io.source_bytes import SourceBytes
from flows.io.staged_rows import IN_MEMORY, Staging
from flows.io.text_encoding import Text, is_utf8
from transforms.layout import BLANKS, Layout

BLOCK_BYTES = 4 << 20
"""Enough for polars to work in parallel, little enough for the scan to stay in the processor's cache."""


@dataclass(frozen=True, kw_only=True)
class _How:
    layout: Layout
    limits: Limits
    block_bytes: int
    staging: Staging


def read_csv(
    name: str,
    data: bytes | SourceBytes,
    layout: Layout,
    *,
    limits: Limits = LIMITS,
    block_bytes: int = BLOCK_BYTES,
    staging: Staging = IN_MEMORY,
) -> Parsed:
    """One row a record; the records that are not as the header promises apart, with a reason."""
    source = SourceBytes(io.BytesIO(data)) if isinstance(data, bytes) else data
    how = _How(layout=layout, limits=limits, block_bytes=block_bytes, staging=staging)
    return read_decoded(name, source, layout, staging, lambda given, text: _read(given, text, how))


def _read(source: SourceBytes, text: Text, how: _How) -> Parsed:
    layout = how.layout
    if is_blank(source, text, layout):
        size_bytes = sum(len(piece) for piece in source.pieces())
        return empty_file(text.name, may_be_empty=layout.may_be_empty, encoding=text.encoding, size_bytes=size_bytes)
    turned = Turned()
    layout = replace(layout, quote="") if layout.separator == BLANKS else layout
    given = turned_pieces(source, text, layout, turned)
    text = replace(text, data=next(given))
    header = _header(text, layout, how.limits)
    more = next(given, b"")
    if more and header.end == len(text.data) and not text.data.endswith(b"\n"):
        raise Refused(
            text.name,
            looked_for=f"a header within the first {len(text.data):,} bytes",
            found="no end of it",
            to_do="Set skip_lines or quote in the mapping, or export it again.",
        )
    grammar = Grammar(
        separator=ord(layout.mark), quote=ord(layout.quote) if layout.quote else None, cells=len(header.names)
    )
    rules = Rules(grammar=grammar, text=text, header=header, ends_with_newline=layout.ends_with_newline)
    kept = room(rules, how.staging, source.size_bytes)
    parts = _parts(rules, chain((more,), given), how.block_bytes, as_text=isinstance(kept, AsText))
    return _together(parts, kept, rules, turned, how)


def _header(text: Text, layout: Layout, limits: Limits) -> Header:
    try:
        return read_header(text, layout, limits)
    except Refused as refusal:
        if text.is_presumed and not is_utf8(text.data):
            raise NotUtf8Error from refusal
        raise


def _together(parts: Iterator[Part], rows: Kept, rules: Rules, turned: Turned, how: _How) -> Parsed:
    """The parts of a file as one, with the account that they are the whole of it."""
    accepted = refused = blank = blank_lines = 0
    refusals = [refused_frame(())]
    wanted = f"rows of {rules.grammar.cells} cells, most lines one of them"
    for part in parts:
        rows.take(part)
        accepted += part.accepted_bytes
        refused += part.refused_bytes
        blank += part.blank_bytes
        blank_lines += part.blank_lines
        if part.refused is not None:
            refusals.append(part.refused)
            require_few_refused(rules.text.name, sum(it.height for it in refusals), rows.height, wanted, how.limits)
    refusal = pl.concat(refusals)
    return Parsed(
        encoding="mixed" if turned.is_mixed else rules.text.encoding,
        header=rules.header.names,
        rows=rows.frame(),
        refused=refusal,
        rows_in=rows.height + refusal.height,
        blank_lines=blank_lines,
        account=Account(
            unit="bytes",
            total=turned.given_bytes + turned.squeezed_bytes,
            header=rules.header.end,
            accepted=accepted,
            refused=refused,
            blank=blank + turned.squeezed_bytes,
        ),
    )


def _parts(rules: Rules, given: Iterator[bytes], block_bytes: int, *, as_text: bool) -> Iterator[Part]:
    """The blocks of a text in order. A record cut by the end of a block is read again with the next one."""
    line, size = rules.header.next_line, block_bytes
    held, ended = rules.text.data, False
    position = rules.header.end
    while True:
        while not ended and len(held) - position < size:
            piece = next(given, b"")
            ended = not piece
            held, position = b"".join((memoryview(held)[position:], piece)), 0
        if position == len(held):
            return
        cut = _line_end(held, position, size, ended=ended)
        if not cut and len(held) - position <= max(size, RECORD_BYTES):
            size = 2 * size
            continue
        if not cut or cut - position > max(size, RECORD_BYTES):
            part, held = too_long(held[position : cut or len(held)], held[cut:] if cut else b"", given, rules, line)
            position = 0
        else:
            is_last = ended and cut == len(held)
            part = _guarded(held[position:cut], rules, line, is_last=is_last, as_text=as_text)
            position += part.read_bytes
            if not part.read_bytes and is_last:
                raise UnbalancedError(f"{rules.text.name}: the last {cut - position} bytes were never read")
        size = block_bytes if part.read_bytes else 2 * size
        line += part.lines
        if part.read_bytes:
            yield part


def _line_end(held: bytes, start: int, size: int, *, ended: bool) -> int:
    """Where a block ends: after the last whole line that fits, or after the first when none does; 0 when unknown."""
    if ended and start + size >= len(held):
        return len(held)
    cut = held.rfind(b"\n", start, start + size) + 1 or held.find(b"\n", start + size) + 1
    return cut or (len(held) if ended else 0)


def _guarded(block: bytes, rules: Rules, line: int, *, is_last: bool, as_text: bool) -> Part:
    part = in_order_as_text(block, rules, line) if as_text else in_order(block, rules, line)
    if part is not None:
        return part
    if rules.text.is_presumed and not is_utf8(block):
        raise NotUtf8Error
    return judged(block, judge(block, rules, is_last=is_last), rules, line)
