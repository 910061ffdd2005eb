"""Which code page a text is in: decided once a file, then held against every line."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import IO

import numpy as np
import polars as pl

from flows.io.landed import Refused
from transforms.layout import MIXED, Layout

FALLBACK = "windows-1252"
_WINDOW = 4 << 20
UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LOW_QUOTE = 0x82
_STRANGE, _SMALL, _CAPITAL = (
    np.isin(np.arange(256), np.frombuffer(marks, np.uint8))
    for marks in (
        b"\x82\x84\x86\x87\x88\x89\x8a\x8b\x8c\x8e\x93",
        b"abcdefghijklmnopqrstuvwxyz",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    )
)
"""Bytes that are é, ç, ê, è, î, ô and the like in CP850 or Mac Roman; small letters; capitals."""
_USUAL, _IS_STRANGE = bytes(np.flatnonzero(~_STRANGE).tolist()), _STRANGE.astype(np.uint8).tobytes()


@dataclass(frozen=True, kw_only=True)
class Text:
    """The bytes of a text in a code page where line ends, separators and quotes are the ASCII ones."""

    name: str
    data: bytes
    """All of it, or as much as its header needs."""
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
    is_presumed: bool = False
    """Nothing says that it is UTF-8, and nothing yet that it is not."""
    must_be_turned: bool = False
    """Its bytes are not ASCII's: it must be turned into UTF-8 first."""
    may_hold_utf8: bool = False
    """A Windows-1252 file, by its majority, in which some text is well-formed UTF-8: those lines do not fit."""
    is_guessed: bool = False
    """Nobody says that it is Windows-1252: lines that look like CP850 or Mac Roman do not fit."""

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
        if self.is_guessed and _is_of_another_page(line):
            return False
        return not (self.may_hold_utf8 and _decodes(line, "utf-8"))

    def block_fits(self, block: bytes) -> bool:
        """Whether every line of a block is surely in the code page; False: ask line by line."""
        if self.all_fit or block.isascii():
            return True
        if self.is_utf8:
            return is_utf8(block)
        if len(block.translate(None, self.undefined)) != len(block):
            return False
        if self.is_guessed and _is_of_another_page(block):
            return False
        return not self.may_hold_utf8 or not _accented(block)[0]


def presumed_encoding(name: str, start: bytes, layout: Layout) -> Text:
    """The text by its byte order mark, else by the declared code page, else as UTF-8 until a line says otherwise."""
    declared = "" if layout.encoding in ("auto", MIXED) else codecs.lookup(layout.encoding).name
    if declared in ("", "utf-16") and start[:2] in _WIDE_MARKS:
        return Text(name=name, data=start, encoding="utf-16", codec="utf-16", must_be_turned=True)
    if declared in ("", "utf-8", "utf-8-sig"):
        mark_bytes = len(UTF8_MARK) if start.startswith(UTF8_MARK) else 0
        is_presumed = not mark_bytes and layout.encoding == "auto"
        return Text(
            name=name,
            data=start,
            encoding="utf-8",
            codec="utf-8",
            mark_bytes=mark_bytes,
            all_fit=False,
            is_presumed=is_presumed,
        )
    undefined = _undefined_bytes(declared)
    if undefined is None:
        return Text(name=name, data=start, encoding=layout.encoding, codec=layout.encoding, must_be_turned=True)
    return Text(
        name=name, data=start, encoding=layout.encoding, codec=declared, undefined=undefined, all_fit=not undefined
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


def by_majority(text: Text, pieces: Iterable[bytes]) -> Text:
    """The same text as UTF-8 or Windows-1252, whichever more of its accented letters are in."""
    wide = stray = 0
    cut = b""
    for piece in pieces:
        block = cut + piece
        start = _last_letter(block)
        found = _accented(block[:start])
        wide, stray, cut = wide + found[0], stray + found[1], block[start:]
    found = _accented(cut)
    wide, stray = wide + found[0], stray + found[1]
    if wide >= stray:
        return replace(text, is_presumed=False)
    undefined = _undefined_bytes("cp1252") or b""
    return replace(
        text,
        encoding=FALLBACK,
        codec="cp1252",
        undefined=undefined,
        is_presumed=False,
        may_hold_utf8=wide > 0,
        is_guessed=True,
    )


def _accented(data: bytes) -> tuple[int, int]:
    """Bytes beyond the first of each well-formed letter of UTF-8, and bytes that are in no such letter.

    Only bytes over 127 matter, each run of them with the ASCII byte behind it so that runs stay apart.
    """
    if data.isascii():
        return 0, 0
    high = np.frombuffer(data, np.uint8) >= 128  # noqa: PLR2004
    kept = high.copy()
    kept[1:] |= high[:-1]
    letters = np.frombuffer(data, np.uint8)[kept].tobytes()
    readable = letters.decode("utf-8", "ignore")
    readable_bytes = len(readable.encode())
    return readable_bytes - len(readable), len(letters) - readable_bytes


def _is_of_another_page(data: bytes) -> bool:
    """Whether marks of Windows-1252 stand where only letters of another code page can: `d‚‡u` was written as `déçu`.

    Those are a low quote behind a letter, and daggers, carets, opening quotes and capitals between small letters.
    """
    if not data.translate(None, _USUAL):
        return False
    buffer = np.frombuffer(data, np.uint8)
    at = np.flatnonzero(np.frombuffer(data.translate(_IS_STRANGE), np.bool_))
    before, after = buffer[np.maximum(at - 1, 0)], buffer[np.minimum(at + 1, buffer.size - 1)]
    is_inside = _SMALL[before] & (_SMALL[after] | _STRANGE[after])
    is_low_quote = (buffer[at] == _LOW_QUOTE) & (_SMALL[before] | _CAPITAL[before])
    return bool((is_inside | is_low_quote).any())


def _last_letter(block: bytes) -> int:
    """Where the last letter starts if the block may end inside it; else the end."""
    for back in range(1, min(4, len(block)) + 1):
        byte = block[-back]
        if byte >= 0xC0:  # noqa: PLR2004 -- the first byte of a letter of several
            return len(block) - back
        if byte < 0x80:  # noqa: PLR2004 -- ASCII
            break
    return len(block)


def unmixed(data: bytes, layout: Layout) -> bytes:
    """The same lines in UTF-8: a cell that is not UTF-8 is Windows-1252; one that is neither spoils its line."""
    if data.isascii() or is_utf8(data):
        return data
    mark = layout.mark.encode()
    lines = data.split(b"\n")
    for place, line in enumerate(lines):
        if not line.isascii() and not _decodes(line, "utf-8"):
            lines[place] = mark.join(_cell_as_utf8(cell) for cell in line.split(mark))
    return b"\n".join(lines)


def _cell_as_utf8(cell: bytes) -> bytes:
    if _decodes(cell, "utf-8") or not _decodes(cell, "cp1252"):
        return cell
    return cell.decode("cp1252").encode()


def turned_to_utf8(text: Text, pieces: Iterable[bytes], turned: IO[bytes]) -> IO[bytes]:
    """A text in an encoding whose bytes are not ASCII's, written to a draft as UTF-8 without mark, or refused whole."""
    decoder = codecs.getincrementaldecoder(text.codec)("strict")
    try:
        for piece in chain(pieces, (b"",)):
            letters = decoder.decode(piece, final=not piece)
            turned.write((letters if turned.tell() else letters.removeprefix("\ufeff")).encode())
    except UnicodeError as error:
        turned.close()
        raise Refused(
            text.name,
            looked_for=f"text in {text.encoding}",
            found=f"bytes that are not ({error})",
            to_do="Export it again, or name its encoding in the mapping.",
        ) from error
    turned.seek(0)
    return turned


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
