"""A text read in its code page: taken for UTF-8 until a line says otherwise, and then begun again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flows.io.landed import Parsed
from flows.io.source_bytes import PIECE_BYTES, SourceBytes
from flows.io.staged_rows import Staging
from flows.io.text_encoding import Text, by_majority, presumed_encoding, turned_to_utf8
from transforms.layout import Layout


class NotUtf8Error(ValueError):
    """A text taken for UTF-8 has other bytes: its code page must be decided over the whole of it."""


def read_decoded(
    name: str, source: SourceBytes, layout: Layout, staging: Staging, read: Callable[[SourceBytes, Text], Parsed]
) -> Parsed:
    """What `read` makes of a text in a code page whose line ends and marks are the ASCII ones."""
    text = presumed_encoding(name, source.start(), layout)
    if text.must_be_turned:
        with turned_to_utf8(text, source.pieces(), staging.draft()) as utf8:
            return read(SourceBytes(utf8), replace(text, codec="utf-8"))
    try:
        return read(source, text)
    except NotUtf8Error:
        return read(source, by_majority(text, source.look(PIECE_BYTES)))
