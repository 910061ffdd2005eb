"""How one column of ours is declared in a source mapping: its headers, formats, unit and words."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from expectations.schema import INSTANT, Column, Table
from transforms.conditions import Where, parse_where
from transforms.grammars import CURRENCIES, DURATION_UNITS, ENGLISH, FRACTIONS, Numerals
from transforms.labels import label_key
from transforms.mapping_words import MappingError, mapping_error, one_pattern, one_text, require_known, texts
from transforms.origin import How, Origin, parse_origin
from transforms.time_formats import FormatError, TimeFormat, same_look, time_format

__all__ = ["Field", "MappingError", "mapping_error", "one_text", "parse_field", "require_known", "texts"]

_COLUMN_KEYS = (
    *(how.value for how in How),
    *("with", "where", "take", "formats", "zone", "two_digit_years_from"),
    *("unit", "decimal", "thousands", "missing", "optional"),
)
_UNITS = {
    "seconds": DURATION_UNITS,
    "cents": (*CURRENCIES, "cents"),
    **{of: tuple(ways) for of, ways in FRACTIONS.items()},
}
_OTHERS = "*"
"""In a list of labels: every text that stands in no list."""
_YEARS = range(1900, 2001)


@dataclass(frozen=True, kw_only=True)
class Field:
    """How the cells of one column of ours are found and read."""

    name: str
    column: Column
    origin: Origin
    where: tuple[Where, ...] = ()
    """What other columns must hold for the cell to count; elsewhere it is empty."""
    take: str = ""
    """A regular expression with one group: the part of the text that is read; empty: the whole text."""
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
    """Labels, as they are compared, to the value each stands for; the empty value is an empty cell."""
    others: str | None = None
    """The value of every text that is neither a label nor a value of the column; None: it is read as it stands."""

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header it may be read from."""
        return self.origin.headers


def parse_field(name: str, table: Table, column: str, given: object, document: Mapping[str, Any]) -> Field:
    """The options of one column; what it does not say itself, [read] says for the whole file."""
    options: dict[str, Any] = dict(given) if isinstance(given, dict) else {"headers": given}
    require_known(name, f"columns.{column}", options, _COLUMN_KEYS)
    contract, read = table.columns[column], document.get("read", {})
    origin = parse_origin(name, column, options)
    if origin.how is How.MULTIPLY and (contract.dtype != pl.Int64() or contract.unit == "seconds"):
        raise mapping_error(name, f"columns.{column} multiplies, and {column} is no amount or count", "use join.")
    words = _words(name, column, contract, document.get("values", {}).get(column, {}))
    missing = (*read.get("missing", ()), *options.get("missing", ()))
    return Field(
        name=column,
        column=contract,
        origin=origin,
        where=parse_where(name, f"columns.{column} where", options["where"]) if "where" in options else (),
        take=_take(name, column, options),
        formats=_formats(name, column, contract, options, read),
        zone=_zone(name, column, options.get("zone", read.get("zone", ""))),
        unit=_unit(name, column, contract, options),
        numerals=_numerals(name, column, {**read, **options}),
        missing=texts(name, f"columns.{column} missing", list(missing)),
        is_optional=bool(options.get("optional", False)),
        words={label: ours for label, ours in words.items() if label != _OTHERS},
        others=words.get(_OTHERS),
    )


def _take(name: str, column: str, options: Mapping[str, Any]) -> str:
    if "take" not in options:
        return ""
    pattern = one_pattern(name, f"columns.{column} take", options["take"])
    if pattern.groups != 1:
        raise mapping_error(
            name, f"columns.{column} take has {pattern.groups} groups", "put one pair of ( ) around what is read."
        )
    return pattern.pattern


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
        formats = tuple(time_format(one, years_from=_years_from(name, column, {**read, **options})) for one in declared)
    except FormatError as error:
        raise mapping_error(name, f"columns.{column}: {error}", "correct the format.") from error
    if twins := same_look(formats):
        raise mapping_error(
            name, f"columns.{column}: {twins[0]} and {twins[1]} read one text as two days", "keep one of them."
        )
    return formats


def _years_from(name: str, column: str, given: Mapping[str, Any]) -> int | None:
    first = given.get("two_digit_years_from")
    if first is not None and first not in _YEARS:
        raise mapping_error(
            name, f"columns.{column} two_digit_years_from is {first!r}", "write a year from 1900 to 2000."
        )
    return first


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
            name, f"columns.{column} is an amount without unit", f"add unit = one of {', '.join(_UNITS['cents'])}."
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
        require_known(name, f"[values.{column}]", lists, ("", *allowed))
    words: dict[str, str] = {}
    for ours, labels in lists.items():
        for label in texts(name, f"values.{column}.{ours}", labels):
            if words.setdefault(label_key(label), ours) != ours:
                both = f"{words[label_key(label)]!r} and {ours!r}"
                raise mapping_error(
                    name, f"[values.{column}]: the label {label!r} stands for {both}", "keep one of them."
                )
    return words
