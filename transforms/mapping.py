"""One kind of export, declared: which column of ours is which of theirs, and how their cells are written.

The document is a source TOML: `table`, `source`, `follows`, `only_rows_with`, `only_rows_where`, `[read]`,
`[unpivot]`, `[columns]`, `[values]`, `[constants]`; docs/mapping.md explains each. Whatever it says that we do not know
stops the run with the nearest word we do know.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping as Dict
from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from expectations.errors import DefinitionError
from expectations.schema import INSTANT, Table
from expectations.tables import FEEDS
from transforms.conditions import Where, parse_where
from transforms.layout import Layout, header_name
from transforms.mapping_fields import Field, parse_field
from transforms.mapping_words import mapping_error, one_text, require_known
from transforms.origin import SPECIAL_HEADERS, How
from transforms.scales import Scale, ScaleError, require_scale
from transforms.unpivot import Unpivot, parse_unpivot

FINGERPRINTED = {
    "feed_ticket_event": "event_id",
    "feed_cost": "entry_id",
    "feed_order": "line_id",
    "feed_article_view": "view_id",
}
"""Where the export numbers no rows, the number is a fingerprint of the row."""
PROVIDED = ("source", "slot", "line")
DERIVED = {
    "feed_survey": {
        "dated_at": ("answered_at", "started_at", "sent_at"),
        "scale_low_milli": ("scale",),
        "scale_high_milli": ("scale",),
    }
}
"""Columns that are worked out of others, and of which (one of them is enough)."""
DEFAULTED = {"feed_survey": {"response_id": "invitation_id", "invitation_id": "response_id"}}
"""Columns that say the same as another where the export has only one of the two."""

_LAYOUT_KEYS = tuple(field.name for field in fields(Layout))
_READ_KEYS = (*_LAYOUT_KEYS, "decimal", "thousands", "datetimes", "dates", "zone", "missing", "two_digit_years_from")
_TOP_KEYS = (
    "table",
    "source",
    "follows",
    "only_rows_with",
    "only_rows_where",
    "read",
    "unpivot",
    "columns",
    "values",
    "constants",
)
Constant = str | int | bool | dt.date | dt.datetime


class MappingMismatchError(ValueError):
    """A file does not have the columns its mapping looks for."""


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """A parsed source mapping."""

    name: str
    table: Table
    source: str
    follows: str
    layout: Layout
    fields: Dict[str, Field]
    constants: Dict[str, Constant]
    only_rows_with: tuple[str, ...]
    only_rows_where: tuple[Where, ...] = ()
    unpivot: Unpivot | None = None
    """How the columns of a wide table become rows; None: a row of the file is a row."""


def parse_mapping(name: str, document: Dict[str, Any], scales: Dict[str, Scale]) -> Mapping:
    """The mapping a source TOML declares, or an error that names the file, what is wrong, what is there, what to do."""
    require_known(name, "the file", document, _TOP_KEYS)
    table = _table(name, document)
    mapped, values = document.get("columns", {}), document.get("values", {})
    constants = document.get("constants", {})
    ours = tuple(c for c in table.columns if c not in PROVIDED and c not in DERIVED.get(table.name, {}))
    for section, given in (("[columns]", mapped), ("[values]", values), ("[constants]", constants)):
        require_known(name, section, given, ours)
    require_known(name, "only_rows_with", document.get("only_rows_with", ()), tuple(mapped))
    for column in sorted(set(mapped) & set(constants)):
        raise mapping_error(name, f"{column} stands in [columns] and in [constants]", "keep one of them.")
    for column in sorted(set(values) - set(mapped)):
        raise mapping_error(
            name, f"[values.{column}] has labels, and no header is read for {column}", "add it to [columns]."
        )
    read = document.get("read", {})
    require_known(name, "[read]", read, _READ_KEYS)
    mapping = Mapping(
        name=name,
        table=table,
        source=one_text(name, "source", document.get("source", "")),
        follows=document.get("follows", ""),
        layout=_layout(name, read),
        fields={column: parse_field(name, table, column, given, document) for column, given in mapped.items()},
        constants={column: _constant(name, table, column, value) for column, value in constants.items()},
        only_rows_with=tuple(document.get("only_rows_with", ())),
        only_rows_where=(
            parse_where(name, "only_rows_where", document["only_rows_where"]) if "only_rows_where" in document else ()
        ),
        unpivot=parse_unpivot(name, document),
    )
    _complete(mapping)
    _scales_suit(mapping, scales)
    return mapping


def found_headers(mapping: Mapping, field: Field, *, header: tuple[str, ...], slot: str) -> tuple[str, ...]:
    """The columns of a file that a field is read from; none when it may be absent (optional, or an empty file)."""
    present = {header_name(name): name for name in reversed(header)} | {name: name for name in SPECIAL_HEADERS}
    parts = [
        next((present[key] for wanted in part if (key := header_name(wanted)) in present), None)
        for part in field.origin.parts
    ]
    found = tuple(part for part in parts if part is not None)
    if len(found) == len(parts):
        return found
    if field.is_optional:
        return found if field.origin.how is How.FIRST_OF else ()
    if mapping.layout.may_be_empty and not header:
        return ()
    wanted = list(field.origin.parts[parts.index(None)])
    near = difflib.get_close_matches(wanted[0].lower(), [name.lower() for name in header], n=1)
    hint = next(
        (f"The file has {name!r}: add it" for name in header if near and name.lower() == near[0]), "Add the name"
    )
    msg = (
        f"{slot}: no column found for {field.name}. Looked for {wanted}. The file has {list(header)}. "
        f"{hint} to {field.name} in the mapping {mapping.name!r}, or give {field.name} the option optional = true."
    )
    raise MappingMismatchError(msg)


def found_header(mapping: Mapping, field: Field, *, header: tuple[str, ...], slot: str) -> str | None:
    """The first column of a file that a field is read from; None when there is none, and need not be."""
    return next(iter(found_headers(mapping, field, header=header, slot=slot)), None)


def _table(name: str, document: Dict[str, Any]) -> Table:
    wanted = one_text(name, "table", document.get("table", ""))
    require_known(name, "table", [wanted], tuple(FEEDS))
    return FEEDS[wanted]


def _layout(name: str, read: Dict[str, Any]) -> Layout:
    try:
        return Layout(**{key: read[key] for key in _LAYOUT_KEYS if key in read})
    except (DefinitionError, TypeError) as error:
        raise mapping_error(name, f"[read] cannot be used ({error})", "correct that key.") from error


def _constant(name: str, table: Table, column: str, value: object) -> Constant:
    contract = table.columns[column]
    expected: dict[pl.DataType, tuple[type, str]] = {
        pl.String(): (str, "a text"),
        pl.Boolean(): (bool, "true or false"),
        pl.Int64(): (int, "a whole number"),
        pl.Date(): (dt.date, "a day, such as 2026-03-31"),
        INSTANT: (dt.datetime, "an instant with its offset, such as 2026-03-31T18:00:00+02:00"),
    }
    kind, wanted = expected[contract.dtype]
    has_offset = not isinstance(value, dt.datetime) or value.tzinfo is not None
    if type(value) is not kind or not has_offset or not isinstance(value, (str, bool, int, dt.date)):
        raise mapping_error(name, f"constants.{column} is {value!r}", f"this column takes {wanted}.")
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    if contract.one_of and isinstance(value, str):
        require_known(name, f"constants.{column}", [value], contract.one_of)
    return value


def _complete(mapping: Mapping) -> None:
    """Every required column must come from somewhere."""
    table, given = mapping.table, {*mapping.fields, *mapping.constants, *PROVIDED}
    derived, defaulted = DERIVED.get(table.name, {}), DEFAULTED.get(table.name, {})
    for column in table.required:
        sources = derived.get(column, (column, defaulted.get(column, column)))
        if not given & set(sources) and FINGERPRINTED.get(table.name) != column:
            raise mapping_error(
                mapping.name,
                f"{table.name} needs {column}, and there is only {sorted({*mapping.fields, *mapping.constants})}",
                f"map {' or '.join(dict.fromkeys(sources))} in [columns], or state it in [constants].",
            )


def _scales_suit(mapping: Mapping, scales: Dict[str, Scale]) -> None:
    """The scale of a survey is a known one, and suits what is measured."""
    scale, kind = mapping.constants.get("scale"), mapping.constants.get("kind")
    if isinstance(scale, str):
        require_known(mapping.name, "constants.scale", [scale], tuple(scales))
        try:
            require_scale(str(kind or ""), scales[scale])
        except ScaleError as error:
            raise mapping_error(mapping.name, str(error), "correct [constants].") from error
    if scale_field := mapping.fields.get("scale"):
        require_known(mapping.name, "[values.scale]", scale_field.words.values(), tuple(scales))
