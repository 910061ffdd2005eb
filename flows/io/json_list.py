"""A JSON document of any size, element by element: as much of its text is held as one element may need, twice."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from json import JSONDecodeError

from flows.io.code_page import NotUtf8Error
from flows.io.json_values import DEPTH, decoder, is_deep
from flows.io.landed import Refused
from flows.io.source_bytes import SourceBytes
from flows.io.text_encoding import Text

ELEMENT_CHARACTERS = 4 << 20
"""The longest element that is believed to be a record, and the longest value beside the list."""
_BLANK = re.compile(r"[ \t\r\n]*")


class Elements:
    """The elements of the list that is the document, or that stands under a named key of it."""

    def __init__(self, source: SourceBytes, text: Text, key: str) -> None:
        """Nothing is read yet."""
        self._text, self._key = text, key
        self._given = _letters(source, text)
        self._held, self._at, self._passed, self._ended = "", 0, 0, False
        self._decoder = decoder()

    def __iter__(self) -> Iterator[object]:
        """Each element once; `Refused` as soon as the document is not what it must be."""
        start = self._next()
        if start == "[":
            yield from self._list()
        elif start == "{":
            yield from self._under_key()
        else:
            self._value()
            raise self._no_list([])
        if self._next():
            raise self._broken("more behind its end")

    def _under_key(self) -> Iterator[object]:
        """The elements under the key; what stands under other keys is read over."""
        self._at += 1
        keys: list[str] = []
        seen: set[str] = set()
        if self._next() == "}":
            self._at += 1
            raise self._no_list(keys)
        while True:
            name = self._value() if self._next() == '"' else None
            if not isinstance(name, str) or self._next() != ":":
                raise self._broken("an object without a key")
            self._at += 1
            if name in seen:
                raise self._broken(f"the key {name!r} twice")
            seen.add(name)
            if self._next() == "[":
                keys.append(name)
                for element in self._list():
                    if name == self._key:
                        yield element
            else:
                self._value()
            if not self._goes_on("}"):
                break
        if self._key not in keys or not self._key:
            raise self._no_list(keys)

    def _list(self) -> Iterator[object]:
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if not self._goes_on("]"):
                return

    def _goes_on(self, end: str) -> bool:
        """Whether a comma comes next, and not the end."""
        mark = self._next()
        if mark not in (",", end) or not mark:
            raise self._broken(f"no comma and no {end}")
        self._at += 1
        return mark == ","

    def _next(self) -> str:
        """The next character that is not blank, with enough behind it for the longest element; empty at the end."""
        while True:
            self._at = _past_blanks(self._held, self._at)
            if len(self._held) - self._at > ELEMENT_CHARACTERS or self._ended:
                return self._held[self._at : self._at + 1]
            piece = next(self._given, "")
            self._ended = not piece
            self._passed += self._at
            self._held, self._at = self._held[self._at :] + piece, 0

    def _value(self) -> object:
        """The value that starts at the next character."""
        self._next()
        start = self._at
        try:
            value, self._at = self._decoder.raw_decode(self._held, start)
        except JSONDecodeError as error:
            reaches_end = error.msg.startswith("Unterminated") or error.pos - start > ELEMENT_CHARACTERS
            is_long = reaches_end and not self._ended
            raise self._too_long() if is_long else self._broken(error.msg, error.pos) from error
        except RecursionError as error:
            raise self._too_deep() from error
        if self._at - start > ELEMENT_CHARACTERS:
            raise self._too_long()
        if is_deep(self._held[start : self._at]):
            raise self._too_deep()
        return value

    def _broken(self, what: str, at: int | None = None) -> Refused:
        place = self._passed + (self._at if at is None else at) + 1
        return Refused(
            self._text.name,
            looked_for="a whole JSON document",
            found=f"one that breaks ({what}, at character {place:,})",
            to_do="Export it again.",
        )

    def _too_long(self) -> Refused:
        return Refused(
            self._text.name,
            looked_for=f"a list of objects of at most {ELEMENT_CHARACTERS:,} characters each",
            found=f"a longer value from character {self._passed + self._at + 1:,} on",
            to_do="Export it again, as a list of records, or as JSON lines.",
        )

    def _too_deep(self) -> Refused:
        return Refused(
            self._text.name,
            looked_for=f"objects and lists in one another at most {DEPTH} deep",
            found="a deeper one",
            to_do="Export it again.",
        )

    def _no_list(self, keys: list[str]) -> Refused:
        return Refused(
            self._text.name,
            looked_for=f"a list under the key {self._key!r}" if self._key else "a list of objects",
            found=f"an object with lists under {keys}" if keys else "no list",
            to_do="Set sheet in the mapping to the key of the list." if keys else "Export it again as a list.",
        )


def _past_blanks(text: str, start: int) -> int:
    found = _BLANK.match(text, start)
    return found.end() if found else start


def _letters(source: SourceBytes, text: Text) -> Iterator[str]:
    """The text of a document, piece by piece, without byte order mark."""
    decoding = codecs.getincrementaldecoder(text.codec)("strict")
    marks = text.mark_bytes
    try:
        for piece in source.pieces():
            if letters := decoding.decode(piece[marks:]):
                yield letters
            marks = 0
        yield decoding.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if text.is_presumed:
            raise NotUtf8Error from error
        raise Refused(
            text.name,
            looked_for=f"a whole JSON document in {text.encoding}",
            found=f"one that breaks ({error.reason})",
            to_do="Export it again, or name its encoding in the mapping.",
        ) from error
