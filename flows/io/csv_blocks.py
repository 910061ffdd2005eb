"""A text in pieces, from its first byte to its last, turned into the one shape that records are looked for in.

Pieces end anywhere; where lines must be seen whole to be turned (blanks squeezed, cells of two code pages), they end
after a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from flows.io.csv_lines import RECORD_BYTES
from flows.io.source_bytes import PIECE_BYTES, SourceBytes
from flows.io.text_encoding import Text, unmixed
from transforms.layout import BLANKS, MIXED, Layout


@dataclass(kw_only=True)
class Turned:
    """What was done to a text on its way, for its account."""

    given_bytes: int = 0
    """After all that was done."""
    squeezed_bytes: int = 0
    """Taken away: they held nothing."""
    is_mixed: bool = False
    """Some cell was not UTF-8 and was read as Windows-1252."""


def is_blank(source: SourceBytes, text: Text, layout: Layout) -> bool:
    """Whether a text holds nothing but line ends (and blanks, where these are separators)."""
    nothing = b"\r\n \t" if layout.separator == BLANKS else b"\r\n"
    read = source.look()
    first = next(read, b"")[text.mark_bytes :]
    return not any(piece.strip(nothing) for piece in chain((first,), read))


def turned_pieces(source: SourceBytes, text: Text, layout: Layout, turned: Turned) -> Iterator[bytes]:
    """The pieces of a text with line feeds for line ends, in one code page, with one mark between cells."""
    read: Iterable[bytes] = source.pieces()
    if not any(b"\n" in piece for piece in source.look()):
        read = (piece.replace(b"\r", b"\n") for piece in read)
    if layout.separator == BLANKS or layout.encoding == MIXED:
        read = _whole_lines(read)
    mark_bytes = text.mark_bytes
    for piece in read:
        lines = piece
        if layout.encoding == MIXED and text.is_utf8:
            lines = unmixed(lines, layout)
            turned.is_mixed |= lines is not piece
        if layout.separator == BLANKS:
            before = len(lines)
            lines = squeezed(lines, mark_bytes)
            turned.squeezed_bytes += before - len(lines)
        mark_bytes = 0
        turned.given_bytes += len(lines)
        yield lines


def squeezed(data: bytes, mark_bytes: int) -> bytes:
    """The same lines, each run of blanks and tabs as one tab, without those around a line.

    What is squeezed away holds nothing: the account of the file counts those bytes as blank.
    """
    body = re.sub(rb"[ \t]+", b"\t", data[mark_bytes:])
    body = body.replace(b"\n\t", b"\n").replace(b"\t\r\n", b"\r\n").replace(b"\t\n", b"\n").removeprefix(b"\t")
    return data[:mark_bytes] + body.removesuffix(b"\t")


def _whole_lines(read: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes cut after line ends; a line too long to be believed is cut anywhere."""
    kept = b""
    for piece in read:
        kept += piece
        cut = kept.rfind(b"\n") + 1 or (len(kept) if len(kept) > PIECE_BYTES + RECORD_BYTES else 0)
        if cut:
            yield kept[:cut]
            kept = kept[cut:]
    if kept:
        yield kept
