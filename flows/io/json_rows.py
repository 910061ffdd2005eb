"""JSON at the door: one object a line, or a list of objects; read piece by piece, never held whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flows.io.code_page import NotUtf8Error, read_decoded
from flows.io.csv_blocks import Turned, turned_pieces
from flows.io.json_kept import Records
from flows.io.json_list import Elements
from flows.io.json_values import BLANKS, NotARowError, decoder, line_cells, object_cells, shown
from flows.io.landed import RAW_CHARACTERS, Account, Limits, Parsed, empty_file
from flows.io.source_bytes import SourceBytes
from flows.io.staged_rows import Staging
from flows.io.text_encoding import Text
from transforms.layout import Layout

LINE_BYTES = 4 << 20
"""The longest line that is believed to be a record: what a parser makes of one is dozens of times its size."""


@dataclass(kw_only=True)
class _Sizes:
    """Where the bytes of a text of lines went."""

    header: int
    accepted: int = 0
    refused: int = 0
    blank: int = 0
    blank_lines: int = 0


def read_json_lines(name: str, source: SourceBytes, layout: Layout, *, limits: Limits, staging: Staging) -> Parsed:
    """One row a line that holds one object; a line that does not is refused with its reason."""
    plain = replace(layout, separator=",", quote='"')
    return read_decoded(
        name, source, plain, staging, lambda given, text: _read_lines(given, text, plain, limits, staging)
    )


def read_json(name: str, source: SourceBytes, layout: Layout, *, limits: Limits, staging: Staging) -> Parsed:
    """One row an object of the list; the list is the document, or stands under the key named by `sheet`.

    A document that is not whole is refused: no element of a broken list can be trusted to be complete.
    """
    return read_decoded(
        name, source, layout, staging, lambda given, text: _read_list(given, text, layout, limits, staging)
    )


def _read_lines(source: SourceBytes, text: Text, layout: Layout, limits: Limits, staging: Staging) -> Parsed:
    turned, sizes, decoding = Turned(), _Sizes(header=text.mark_bytes), decoder()
    records = Records(name=text.name, limits=limits, staging=staging)
    pieces = _without_mark(turned_pieces(source, text, layout, turned), text.mark_bytes)
    lines = 0
    for line, (raw, size) in enumerate(_lines(pieces), start=1):
        lines += 1
        if line <= layout.skip_lines:
            sizes.header += size
        elif not raw.strip():
            sizes.blank, sizes.blank_lines = sizes.blank + size, sizes.blank_lines + 1
        else:
            try:
                records.add(line, line_cells(_decoded(raw, size, text), decoding))
                sizes.accepted += size
            except NotARowError as refusal:
                shown_raw = raw[: 4 * RAW_CHARACTERS].decode(text.codec, "replace").strip(BLANKS)
                records.refuse(line, str(refusal), shown_raw)
                sizes.refused += size
    if sizes.blank_lines == lines:
        return empty_file(
            text.name, may_be_empty=layout.may_be_empty, encoding=text.encoding, size_bytes=turned.given_bytes
        )
    account = Account(
        unit="bytes",
        total=turned.given_bytes,
        header=sizes.header,
        accepted=sizes.accepted,
        refused=sizes.refused,
        blank=sizes.blank,
    )
    return records.parsed("mixed" if turned.is_mixed else text.encoding, account, sizes.blank_lines)


def _decoded(raw: bytes, size: int, text: Text) -> str:
    """The text of a line; a line too long to be a record was cut short by who hands it on."""
    if size > LINE_BYTES:
        raise NotARowError("record_too_long")
    if not text.fits(raw):
        if text.is_presumed:
            raise NotUtf8Error
        raise NotARowError("encoding")
    return raw.decode(text.codec).strip(BLANKS)


def _without_mark(pieces: Iterator[bytes], mark_bytes: int) -> Iterator[bytes]:
    yield next(pieces, b"")[mark_bytes:]
    yield from pieces


def _lines(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """Each line without its end, and its size with it; of one that is too long, the beginning."""
    start, size = b"", 0
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for part in whole:
            yield start + part[:LINE_BYTES], size + len(part) + 1
            start, size = b"", 0
        start, size = (start + rest)[:LINE_BYTES], size + len(rest)
    if size:
        yield start, size


def _read_list(source: SourceBytes, text: Text, layout: Layout, limits: Limits, staging: Staging) -> Parsed:
    records = Records(name=text.name, limits=limits, staging=staging)
    elements = Elements(source, text, layout.sheet)
    for place, element in enumerate(elements, start=1):
        try:
            records.add(place, object_cells(element))
        except NotARowError as refusal:
            records.refuse(place, str(refusal), shown(element))
    read = records.accepted + len(records.refusals)
    account = Account(
        unit="rows", total=read, header=0, accepted=records.accepted, refused=len(records.refusals), blank=0
    )
    return records.parsed(text.encoding, account, 0)
