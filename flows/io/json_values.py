"""One object of JSON as the cells of a row: nested keys joined by dots, every value as the text it was written as."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

BLANKS = " \t\r\n"
DEPTH = 100
"""How deep objects and lists may stand in one another; no export comes near, and no parser's stack is in danger."""
_STRING_OR_EDGE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_KEY, _VALUE = json.JSONEncoder(), json.JSONEncoder(ensure_ascii=False)
Cells = dict[str, str]


class NotARowError(ValueError):
    """Why a record is refused: the message is the reason that is reported."""


class Object(NamedTuple):
    """An object as it is written: a repeated key is seen, not dropped."""

    pairs: list[tuple[str, object]]


class _Number(str):
    """A number as it is written: 1.10 stays 1.10, and 20 digits stay 20 digits."""

    __slots__ = ()


def decoder() -> json.JSONDecoder:
    """A decoder that changes no value and drops no key."""
    return json.JSONDecoder(
        object_pairs_hook=Object, parse_int=_Number, parse_float=_Number, parse_constant=_Number, strict=True
    )


def is_deep(text: str) -> bool:
    """Whether anything in a text of JSON stands deeper than is believed."""
    if text.count("[") + text.count("{") <= DEPTH:
        return False
    depth = 0
    for found in _STRING_OR_EDGE.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > DEPTH:
            return True
    return False


def line_cells(text: str, decoding: json.JSONDecoder) -> Cells:
    """The cells of a line that holds one object."""
    if is_deep(text):
        raise NotARowError("too_deep")
    try:
        element = decoding.decode(text)
    except ValueError as error:
        raise NotARowError("broken_json") from error
    return object_cells(element)


def object_cells(element: object) -> Cells:
    """The values of an object under their dotted keys."""
    if not isinstance(element, Object):
        raise NotARowError("not_an_object")
    cells: Cells = {}
    for key, value in _flat(element, ""):
        if key in cells:
            raise NotARowError("repeated_key")
        cells[key] = value
    together = "".join((*cells, *cells.values()))
    if "\0" in together:
        raise NotARowError("nul_byte")
    if not _is_unicode(together):
        raise NotARowError("encoding")
    return cells


def _flat(element: Object, above: str) -> Iterator[tuple[str, str]]:
    for key, value in element.pairs:
        if isinstance(value, str):
            yield above + key, value
        elif isinstance(value, Object):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, shown(value)


def shown(value: object) -> str:
    """A value as text: null is empty, true and false are words, a list stays JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return _written(value)


def _written(value: object) -> str:
    """Compact JSON of a list or an object, with its numbers as they came."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, list):
        return "[" + ",".join(_written(one) for one in value) + "]"
    if isinstance(value, Object):
        return "{" + ",".join(f"{_KEY.encode(key)}:{_written(one)}" for key, one in value.pairs) + "}"
    return _VALUE.encode(value)


def _is_unicode(text: str) -> bool:
    """False for half of a surrogate pair, which no encoding can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
