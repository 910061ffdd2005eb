"""How one column of ours is declared in a source mapping: its headers, formats, unit and words."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from expectations.schema import INSTANT, Column, DefinitionError, Table
from transforms.grammars import DURATION_UNITS, ENGLISH, FormatError, Numerals, TimeFormat, same_look, time_format
from transforms.labels import label_key

_COLUMN_KEYS = ("headers", "formats", "zone", "unit", "decimal", "thousands", "missing", "optional")
_UNITS = {"seconds": DURATION_UNITS, "cents": ("euros", "cents")}


class MappingError(DefinitionError):
    """A source mapping says something that cannot be meant."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """How the cells of one column of ours are found and read."""

    name: str
    column: Column
    headers: tuple[str, ...]
    """The first of them that a file has is read."""
    formats: tuple[TimeFormat, ...] = ()
    zone: str = ""
    """Of times without an offset; empty: the site's."""
    unit: str = ""
    numerals: Numerals = ENGLISH
    missing: tuple[str, ...] = ()
    """Words that stand for an empty cell; an empty cell always does."""
    is_optional: bool = False
    """A file without any of the headers is not refused: the column is null."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Labels, as they are compared, to the value each stands for."""


def mapping_error(name: str, what: str, remedy: str) -> MappingError:
    """Which file, what is wrong there, what to do."""
    return MappingError(f"{name}.toml: {what}: {remedy}")


def require_known(name: str, where: str, given: Iterable[str], allowed: tuple[str, ...]) -> None:
    """Refuse a word that is not one of those allowed, with the nearest that is."""
    for word in given:
        if word not in allowed:
            near = difflib.get_close_matches(word, allowed, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"write one of {', '.join(sorted(allowed)) or '(none)'}."
            raise mapping_error(name, f"{where} has {word!r}, which is not known there", remedy)


def one_text(name: str, what: str, value: object) -> str:
    """The value, when it is a text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise mapping_error(name, f"{what} is {value!r}", f'write {what} = "..." with a word in it.')
    return value.strip()


def texts(name: str, what: str, value: object) -> tuple[str, ...]:
    """The value, when it is a list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise mapping_error(
            name, f"{what} is {value!r}", f'write a list of texts: {what.rpartition(" ")[2]} = ["...", "..."].'
        )
    return tuple(value)


def parse_field(name: str, table: Table, column: str, given: object, document: Mapping[str, Any]) -> Field:
    """The options of one column; what it does not say itself, [read] says for the whole file."""
    options: dict[str, Any] = dict(given) if isinstance(given, dict) else {"headers": given}
    require_known(name, f"columns.{column}", options, _COLUMN_KEYS)
    contract, read = table.columns[column], document.get("read", {})
    headers = texts(name, f"columns.{column} headers", options.get("headers"))
    if not headers:
        raise mapping_error(name, f"columns.{column} lists no header", "list at least one.")
    missing = (*read.get("missing", ()), *options.get("missing", ()))
    return Field(
        name=column,
        column=contract,
        headers=headers,
        formats=_formats(name, column, contract, options, read),
        zone=_zone(name, column, options.get("zone", read.get("zone", ""))),
        unit=_unit(name, column, contract, options),
        numerals=_numerals(name, column, read | options),
        missing=texts(name, f"columns.{column} missing", list(missing)),
        is_optional=bool(options.get("optional", False)),
        words=_words(name, column, contract, document.get("values", {}).get(column, {})),
    )


def _formats(
    name: str, column: str, contract: Column, options: Mapping[str, Any], read: Mapping[str, Any]
) -> tuple[TimeFormat, ...]:
    if contract.dtype not in (INSTANT, pl.Date()):
        if "formats" in options:
            raise mapping_error(name, f"columns.{column} has formats, and {column} is no date", "take them away.")
        return ()
    usual = [*read.get("datetimes", ())]
    usual = [*read.get("dates", ()), *usual] if contract.dtype == pl.Date() else usual
    declared = texts(name, f"columns.{column} formats", options.get("formats", usual))
    if not declared:
        raise mapping_error(
            name,
            f"columns.{column} is a date or an instant, and no format is declared for it",
            f'write formats = ["%d/%m/%Y %H:%M"] on {column}, or datetimes = [...] or dates = [...] in [read].',
        )
    try:
        formats = tuple(time_format(one) for one in declared)
    except FormatError as error:
        raise mapping_error(name, f"columns.{column}: {error}", "correct the format.") from error
    if twins := same_look(formats):
        raise mapping_error(
            name, f"columns.{column}: {twins[0]} and {twins[1]} read one text as two days", "keep one of them."
        )
    return formats


def _zone(name: str, column: str, zone: str) -> str:
    try:
        return zoneinfo.ZoneInfo(zone).key if zone else ""
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        near = difflib.get_close_matches(zone, sorted(zoneinfo.available_timezones()), n=1)
        remedy = f"did you mean {near[0]!r}?" if near else "write an IANA name such as Europe/Paris, or UTC."
        raise mapping_error(name, f"columns.{column}: there is no time zone {zone!r}", remedy) from error


def _unit(name: str, column: str, contract: Column, options: Mapping[str, Any]) -> str:
    allowed = _UNITS.get(contract.unit, ())
    unit = str(options.get("unit", ""))
    if not unit and contract.unit == "cents":
        raise mapping_error(
            name, f"columns.{column} is an amount without unit", 'add unit = "euros" or unit = "cents".'
        )
    if unit:
        require_known(name, f"columns.{column} unit", [unit], allowed)
    return unit or next(iter(allowed), "")


def _numerals(name: str, column: str, given: Mapping[str, Any]) -> Numerals:
    numerals = Numerals(decimal=given.get("decimal", "."), thousands=given.get("thousands", ""))
    if numerals.decimal not in {",", "."} or numerals.thousands in {numerals.decimal, *"0123456789+-"}:
        raise mapping_error(
            name,
            f"columns.{column}: decimal is {numerals.decimal!r} and thousands {numerals.thousands!r}",
            'decimal is "," or ".", and thousands another mark (blanks and apostrophes are always understood).',
        )
    return numerals


def _words(name: str, column: str, contract: Column, lists: Mapping[str, Any]) -> dict[str, str]:
    """Labels to our values; a label may stand for one value only."""
    allowed = ("true", "false") if contract.dtype == pl.Boolean() else contract.one_of
    if allowed:
        require_known(name, f"[values.{column}]", lists, allowed)
    words: dict[str, str] = {}
    for ours, labels in lists.items():
        for label in texts(name, f"values.{column}.{ours}", labels):
            if words.setdefault(label_key(label), ours) != ours:
                both = f"{words[label_key(label)]!r} and {ours!r}"
                raise mapping_error(
                    name, f"[values.{column}]: the label {label!r} stands for {both}", "keep one of them."
                )
    return words
