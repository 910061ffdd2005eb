"""Which code page a text is in: decided once a file, then held against every line."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace

import polars as pl

from flows.io.landed import Refused
from transforms.layout import Layout

FALLBACK = "windows-1252"
_WINDOW = 4 << 20
_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True)
class Text:
    """The bytes of a text in a code page where line ends, separators and quotes are the ASCII ones."""

    name: str
    data: bytes
    encoding: str
    """What the file was in."""
    codec: str
    """What `data` is in: the same, or UTF-8 after UTF-16 was turned into it."""
    mark_bytes: int = 0
    """Length of the byte order mark."""
    undefined: bytes = b""
    """Bytes the code page gives no meaning to."""
    all_fit: bool = True
    """False: some lines may not be in the code page; `fits` tells which."""
    may_hold_utf8: bool = False
    """A Windows-1252 file, by its majority, in which some text is well-formed UTF-8: those lines do not fit."""

    @property
    def is_utf8(self) -> bool:
        """Whether polars can read the bytes as they are."""
        return self.codec == "utf-8"

    def fits(self, line: bytes) -> bool:
        """Whether a line is in the code page of its file."""
        if line.isascii():
            return True
        if not _decodes(line, self.codec):
            return False
        return not (self.may_hold_utf8 and _decodes(line, "utf-8"))

    def block_fits(self, block: bytes) -> bool:
        """Whether every line of a block is surely in the code page; False: ask line by line."""
        if self.all_fit or block.isascii():
            return True
        if self.is_utf8:
            return is_utf8(block)
        return not self.may_hold_utf8 and len(block.translate(None, self.undefined)) == len(block)


def decide_encoding(name: str, data: bytes, layout: Layout) -> Text:
    """The text with its code page: the byte order mark, else the declared one, else UTF-8 or Windows-1252.

    A file that mixes both is what most of its accented text is; the other lines do not fit and are refused.
    """
    declared = "" if layout.encoding == "auto" else codecs.lookup(layout.encoding).name
    if declared in ("", "utf-16") and data[:2] in _WIDE_MARKS:
        return _as_utf8(name, data, "utf-16")
    if declared in ("", "utf-8", "utf-8-sig") and data.startswith(_UTF8_MARK):
        text = Text(name=name, data=data, encoding="utf-8", codec="utf-8", mark_bytes=len(_UTF8_MARK))
        return replace(text, all_fit=is_utf8(data))
    if declared in ("", "utf-8", "utf-8-sig"):
        text = Text(name=name, data=data, encoding="utf-8", codec="utf-8", all_fit=is_utf8(data))
        return text if text.all_fit or declared else _by_majority(text)
    undefined = _undefined_bytes(declared)
    if undefined is None:
        return _as_utf8(name, data, layout.encoding)
    return Text(
        name=name, data=data, encoding=layout.encoding, codec=declared, undefined=undefined, all_fit=not undefined
    )


def is_utf8(data: bytes) -> bool:
    """Whether bytes are strict UTF-8; by windows cut at line ends, for memory."""
    start = 0
    while start < len(data):
        stop = data.find(b"\n", start + _WINDOW) + 1 or len(data)
        try:
            pl.Series([data[start:stop]], dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.ComputeError:
            return False
        start = stop
    return True


def _by_majority(text: Text) -> Text:
    """The same text as UTF-8 or Windows-1252, whichever more of its accented letters are in."""
    readable = text.data.decode("utf-8", "ignore")
    readable_bytes = len(readable.encode())
    stray = len(text.data) - readable_bytes
    wide = readable_bytes - len(readable)
    if wide >= stray:
        return text
    undefined = _undefined_bytes("cp1252") or b""
    return replace(text, encoding=FALLBACK, codec="cp1252", undefined=undefined, may_hold_utf8=wide > 0)


def _as_utf8(name: str, data: bytes, encoding: str) -> Text:
    """A text in an encoding whose bytes are not ASCII's, turned into UTF-8 whole or refused whole."""
    try:
        turned = data.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        raise Refused(
            name,
            looked_for=f"text in {encoding}",
            found=f"bytes that are not ({error})",
            to_do="Export it again, or name its encoding in the mapping.",
        ) from error
    return Text(name=name, data=turned, encoding=encoding, codec="utf-8")


def _undefined_bytes(codec: str) -> bytes | None:
    """Bytes a one-byte code page does not define; None when the codec is not ASCII plus one byte a letter."""
    low = bytes(range(128))
    if not _decodes(low, codec) or low.decode(codec) != low.decode("ascii"):
        return None
    high = [bytes([value]) for value in range(128, 256)]
    undefined = [value for value in high if not _decodes(value, codec)]
    leads = any(_decodes(first + second, codec) for first in undefined for second in (b"A", b"\x81", b"\xa1"))
    if leads or any(len(value.decode(codec)) != 1 for value in high if value not in undefined):
        return None
    return b"".join(undefined)


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeError:
        return False
    return True
