"""JSON at the door: a list of objects, or one object a line; nested keys joined by dots, every value as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from flows.io.landed import Account, Limits, Parsed, Refused, empty_file, refused_frame, text_frame, unique_names
from flows.io.text_encoding import Text, decide_encoding
from transforms.layout import Layout, header_name

_BLANKS = " \t\r\n"
Cells = dict[str, str]


class _NotARowError(ValueError):
    """Why a record is refused: the message is the reason that is reported."""


@dataclass(frozen=True, kw_only=True)
class _Record:
    """One record: the cells it holds, or why it is refused."""

    line: int
    raw: str
    size: int
    """In the unit of the account."""
    cells: Cells | None = None
    reason: str = ""


def read_json_lines(name: str, data: bytes, layout: Layout, *, limits: Limits) -> Parsed:
    """One row a line that holds one object; a line that does not is refused with its reason."""
    text = decide_encoding(name, data, layout)
    lines = text.data[text.mark_bytes :].split(b"\n")
    if not lines[-1]:
        lines.pop()
    if not any(line.strip() for line in lines):
        return empty_file(name, may_be_empty=layout.may_be_empty, encoding=text.encoding, size_bytes=len(text.data))
    sizes = [len(line) + 1 for line in lines]
    sizes[-1] = len(text.data) - text.mark_bytes - sum(sizes[:-1])
    numbered = list(enumerate(zip(lines, sizes, strict=True), start=1))
    above, below = numbered[: layout.skip_lines], numbered[layout.skip_lines :]
    records = [_line_record(text, line, raw, size) for line, (raw, size) in below if raw.strip()]
    blank = [size for _, (raw, size) in below if not raw.strip()]
    skipped = text.mark_bytes + sum(size for _, (_, size) in above)
    return _parsed(text, records, limits, unit="bytes", skipped=skipped, blank=blank)


def read_json(name: str, data: bytes, layout: Layout, *, limits: Limits) -> Parsed:
    """One row an object of the list; the list is the document, or stands under the key named by `sheet`.

    A document that is not whole is refused: no element of a broken list can be trusted to be complete.
    """
    text = decide_encoding(name, data, layout)
    try:
        document = _decoder().decode(text.data[text.mark_bytes :].decode(text.codec).strip(_BLANKS))
    except (ValueError, RecursionError) as error:
        raise Refused(
            name, looked_for="a whole JSON document", found=f"one that breaks ({error})", to_do="Export it again."
        ) from error
    elements = _elements(name, document, layout)
    records = [_element_record(place, element) for place, element in enumerate(elements, start=1)]
    return _parsed(text, records, limits, unit="rows", skipped=0, blank=[])


def _parsed(text: Text, records: list[_Record], limits: Limits, *, unit: str, skipped: int, blank: list[int]) -> Parsed:
    accepted = [(record, record.cells) for record in records if record.cells is not None]
    refused = [record for record in records if record.cells is None]
    keys = list(dict.fromkeys(key for _, cells in accepted for key in cells))
    if len(keys) > limits.columns:
        raise Refused(
            text.name,
            looked_for=f"objects of at most {limits.columns:,} keys in all",
            found=f"{len(keys):,}",
            to_do="Export fewer fields.",
        )
    header = unique_names(header_name(key) for key in keys)
    rows = text_frame(header, [record.line for record, _ in accepted], _table(keys, accepted))
    sizes = {False: 0, True: 0}
    for record in records:
        sizes[record.cells is not None] += record.size
    total = len(text.data) if unit == "bytes" else len(records)
    return Parsed(
        encoding=text.encoding,
        header=header,
        rows=rows.lazy(),
        refused=refused_frame((record.line, record.reason, record.raw) for record in refused),
        rows_in=len(records),
        blank_lines=len(blank),
        account=Account(
            unit=unit, total=total, header=skipped, accepted=sizes[True], refused=sizes[False], blank=sum(blank)
        ),
    )


def _table(keys: list[str], accepted: list[tuple[_Record, Cells]]) -> list[list[str]]:
    """A key that an object lacks is an empty cell: what is missing is decided by the mapping."""
    return [[cells.get(key, "") for key in keys] for _, cells in accepted]


def _line_record(text: Text, line: int, raw: bytes, size: int) -> _Record:
    shown = raw.decode(text.codec, "replace").strip(_BLANKS)
    if not text.fits(raw):
        return _Record(line=line, raw=shown, size=size, reason="encoding")
    try:
        cells = _cells(_value(shown))
    except _NotARowError as error:
        return _Record(line=line, raw=shown, size=size, reason=str(error))
    except RecursionError:
        return _Record(line=line, raw=shown, size=size, reason="too_deep")
    return _Record(line=line, raw=shown, size=size, cells=cells)


def _element_record(place: int, element: object) -> _Record:
    try:
        cells = _cells(element)
    except _NotARowError as error:
        return _Record(line=place, raw=_shown(element), size=1, reason=str(error))
    except RecursionError:
        return _Record(line=place, raw="", size=1, reason="too_deep")
    return _Record(line=place, raw="", size=1, cells=cells)


def _elements(name: str, document: object, layout: Layout) -> list[object]:
    """The list of the document, or the list under the named key."""
    keys = [key for key, value in document.pairs if isinstance(value, list)] if isinstance(document, _Object) else []
    if isinstance(document, _Object) and layout.sheet:
        document = dict(document.pairs).get(layout.sheet)
    if isinstance(document, list):
        return document
    raise Refused(
        name,
        looked_for=f"a list under the key {layout.sheet!r}" if layout.sheet else "a list of objects",
        found=f"an object with lists under {keys}" if keys else f"no list, but {type(document).__name__}",
        to_do="Set sheet in the mapping to the key of the list." if keys else "Export it again as a list.",
    )


@dataclass(frozen=True)
class _Object:
    """An object as it is written: a repeated key is seen, not dropped."""

    pairs: list[tuple[str, object]]


class _Number(str):
    """A number as it is written: 1.10 stays 1.10, and 20 digits stay 20 digits."""

    __slots__ = ()


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_Number, strict=True
    )


def _value(text: str) -> object:
    try:
        return _decoder().decode(text)
    except (ValueError, RecursionError) as error:
        raise _NotARowError("broken_json") from error


def _cells(element: object) -> Cells:
    """The values of an object under their dotted keys."""
    if not isinstance(element, _Object):
        raise _NotARowError("not_an_object")
    cells: Cells = {}
    for key, value in _flat(element, ""):
        if key in cells:
            raise _NotARowError("repeated_key")
        if "\0" in value:
            raise _NotARowError("nul_byte")
        if not _is_unicode(key + value):
            raise _NotARowError("encoding")
        cells[key] = value
    return cells


def _flat(element: _Object, above: str) -> Iterator[tuple[str, str]]:
    for key, value in element.pairs:
        if isinstance(value, _Object):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, _shown(value)


def _shown(value: object) -> str:
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
    if isinstance(value, _Object):
        return "{" + ",".join(f"{json.dumps(key)}:{_written(one)}" for key, one in value.pairs) + "}"
    return json.dumps(value, ensure_ascii=False)


def _is_unicode(text: str) -> bool:
    """False for half of a surrogate pair, which no encoding can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
