"""Text rows of one export to rows of a feed: each cell is read as declared, or its row is refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass

import polars as pl

from expectations.schema import Personal
from expectations.tables.feed_survey import SURVEY_KINDS
from transforms import cells
from transforms.conditions import Where, WhereError, holds
from transforms.fingerprint import fingerprint
from transforms.layout import header_name
from transforms.mapping import FINGERPRINTED, Constant, Mapping, MappingMismatchError, found_headers
from transforms.mapping_fields import Field
from transforms.origin import FILE_HEADER, LINE_HEADER, ROW_HEADER, SPECIAL_HEADERS
from transforms.privacy import masked, pseudonyms, require_key
from transforms.scales import Scale, unsuitable
from transforms.unpivot import Spread, UnpivotError, is_filled, spread, unpivoted

_CELL, _TEXT = "cell:", "text:"
"""Marks of the columns on the way; no column of a contract has a colon in its name."""
FATE = "fate:"
GOOD, REFUSED, NOT_OURS = "good", "refused", "not_ours"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What became of the rows of one export: every row has exactly one fate."""

    told: pl.LazyFrame
    """One row per row, in the schema of its feed, with its `FATE`: the whole in one pass."""
    refused: pl.LazyFrame
    """One row per row with a cell that could not be read: `line`, `reasons`, `raw`. A pass of its own, so best asked
    of those lines alone."""
    unknown_headers: tuple[str, ...]
    """Columns of the file that the mapping does not name."""
    rows_per_record: int = 1
    """How many rows each record of the file gives: more than one for a wide table."""

    @property
    def good(self) -> pl.LazyFrame:
        """One row per row that could be read, in the schema of its feed."""
        return self.of_fate(GOOD)

    @property
    def not_ours(self) -> pl.LazyFrame:
        """One row per row that has none of the values it would be ours for."""
        return self.of_fate(NOT_OURS)

    def of_fate(self, fate: str) -> pl.LazyFrame:
        """The rows of one fate."""
        return self.told.filter(pl.col(FATE) == fate).drop(FATE)


def canonical(
    rows: pl.LazyFrame,
    mapping: Mapping,
    *,
    slot: str,
    header: tuple[str, ...],
    zone: str,
    scales: Dict[str, Scale],
    key: bytes,
) -> Typed:
    """The rows of one export, typed, refused or not ours.

    `rows` has a String column for every name of `header`, and `line`.
    """
    require_key(key)
    wide = _spread(mapping, header, slot)
    inner = wide.header if wide else header
    found = {name: found_headers(mapping, field, header=inner, slot=slot) for name, field in mapping.fields.items()}
    frame = _cells_of(rows, mapping, wide, found, slot=slot, header=header, key=key)
    texts = {
        name: cells.field_text(mapping.fields[name], [pl.col(_CELL + one) for one in columns])
        for name, columns in found.items()
    }
    for name, field in mapping.fields.items():
        if field.where and header:
            texts[name] = pl.when(_holds(field.where, inner, slot)).then(texts[name])
    frame = frame.with_columns(text.alias(_TEXT + name) for name, text in texts.items())
    frame = frame.with_columns(_values(mapping, slot=slot, zone=zone))
    if numbered := _numbered(mapping):
        parts = [pl.col(_CELL + one) for one in (ROW_HEADER, *(wide.names[0] if wide else ()))]
        frame = frame.with_columns(pl.concat_str(parts, separator="-").alias(numbered))
    problems = [_refusal(mapping.fields[name], zone) for name in mapping.fields]
    is_refused = [pl.lit(value=False)]
    is_refused += [cells.is_refused(pl.col(_TEXT + name), pl.col(name)) for name in mapping.fields]
    if mapping.table.name == "feed_survey":
        frame = _as_survey(frame, mapping, scales)
        problems.append(_scale_problem(mapping, scales))
        is_refused.append(problems[-1].is_not_null())
    is_ours = _is_ours(mapping, wide, inner, slot)
    fate = pl.when(~is_ours).then(pl.lit(NOT_OURS)).when(pl.any_horizontal(is_refused)).then(pl.lit(REFUSED))
    judged = frame.with_columns(fate.otherwise(pl.lit(GOOD)).alias(FATE))
    reasons = pl.concat_list(pl.lit(None, pl.String()), *problems).list.drop_nulls().alias("reasons")
    return Typed(
        told=judged.select(*_stored(mapping, key), FATE),
        refused=judged.filter(pl.col(FATE) == REFUSED).select(
            "line", reasons, _raw(mapping, found, inner, key).alias("raw")
        ),
        unknown_headers=_unknown(mapping, wide.kept if wide else header),
        rows_per_record=len(wide.names) if wide else 1,
    )


def _spread(mapping: Mapping, header: tuple[str, ...], slot: str) -> Spread | None:
    """How the columns of a wide file become rows; None for other files, and for one that is empty."""
    if mapping.unpivot is None or (mapping.layout.may_be_empty and not header):
        return None
    try:
        return spread(mapping.unpivot, header)
    except UnpivotError as error:
        raise MappingMismatchError(f"{slot}: {error}") from error


def _numbered(mapping: Mapping) -> str:
    """The identifier that is worked out of the row because the export has none; empty when it has one."""
    numbered = FINGERPRINTED.get(mapping.table.name, "")
    return "" if numbered in mapping.fields else numbered


def _cells_of(
    rows: pl.LazyFrame,
    mapping: Mapping,
    wide: Spread | None,
    found: Dict[str, tuple[str, ...]],
    *,
    slot: str,
    header: tuple[str, ...],
    key: bytes,
) -> pl.LazyFrame:
    """`line` and every cell under its header; a wide row as several, each with what is known of the whole row."""
    named = {name: pl.col(name).alias(_CELL + name) for name in header}
    frame = rows.select(pl.col("line").cast(pl.Int64), *named.values())
    known = {
        LINE_HEADER: pl.col("line").cast(pl.String),
        FILE_HEADER: pl.lit(slot.rpartition("/")[2]),
        ROW_HEADER: fingerprint({name: pl.col(_CELL + name) for name in header}, key, line="line"),
    }
    asked = {one for columns in found.values() for one in columns if one in SPECIAL_HEADERS}
    if _numbered(mapping):
        asked.add(ROW_HEADER)
    if asked:
        frame = frame.with_columns(known[one].alias(_CELL + one) for one in sorted(asked))
    return unpivoted(frame, wide, cell=_CELL) if wide else frame


def _values(mapping: Mapping, *, slot: str, zone: str) -> list[pl.Expr]:
    """One expression per column of the contract: read, stated, or null; answers wait for their scale."""
    stated: dict[str, Constant] = {"source": mapping.source, "slot": slot, **mapping.constants}
    values = []
    for name, column in mapping.table.columns.items():
        if name == "line":
            continue
        field = mapping.fields.get(name)
        if field is None:
            value = pl.lit(stated.get(name), dtype=column.dtype)
        elif name == "score_milli" and mapping.table.name == "feed_survey":
            value = pl.lit(None, dtype=column.dtype)
        else:
            value = cells.value(field, pl.col(_TEXT + name), site_zone=zone)
        values.append(value.alias(name))
    return values


def _refusal(field: Field, zone: str) -> pl.Expr:
    return cells.refusal(field, pl.col(_TEXT + field.name), pl.col(field.name), site_zone=zone)


def _is_ours(mapping: Mapping, wide: Spread | None, header: tuple[str, ...], slot: str) -> pl.Expr:
    """Whether a row is one of ours: it has what it must have, and is no empty part of a wide row."""
    is_ours = pl.lit(True)
    if mapping.only_rows_with:
        is_ours = pl.any_horizontal(pl.col(_TEXT + name).is_not_null() for name in mapping.only_rows_with)
    if mapping.only_rows_where and header:
        is_ours &= _holds(mapping.only_rows_where, header, slot)
    return is_ours & is_filled(mapping.unpivot, wide, cell=_CELL) if mapping.unpivot and wide else is_ours


def _holds(conditions: tuple[Where, ...], header: tuple[str, ...], slot: str) -> pl.Expr:
    try:
        return holds(conditions, header, {name: pl.col(_CELL + name) for name in header})
    except WhereError as error:
        raise MappingMismatchError(f"{slot}: {error}") from error


def _as_survey(frame: pl.LazyFrame, mapping: Mapping, scales: Dict[str, Scale]) -> pl.LazyFrame:
    """Answers read on their scale, and the columns that follow from others."""
    scale, columns = pl.col("scale"), []
    if (field := mapping.fields.get("score_milli")) is not None:
        used = {name: one for name, one in scales.items() if mapping.constants.get("scale", name) == name}
        columns.append(cells.score(field, pl.col(_TEXT + "score_milli"), scale, used).alias("score_milli"))
    names = list(scales)
    for column, ends in (
        ("scale_low_milli", [one.low_milli for one in scales.values()]),
        ("scale_high_milli", [one.high_milli for one in scales.values()]),
    ):
        columns.append(scale.replace_strict(names, ends, default=None, return_dtype=pl.Int64).alias(column))
    return frame.with_columns(
        *columns,
        response_id=pl.coalesce("response_id", "invitation_id"),
        invitation_id=pl.coalesce("invitation_id", "response_id"),
        dated_at=pl.coalesce("answered_at", "started_at", "sent_at"),
    )


def _scale_problem(mapping: Mapping, scales: Dict[str, Scale]) -> pl.Expr:
    """Why the scale a row names cannot carry its answer; a scale stated for the whole file was checked with it."""
    if "scale" not in mapping.fields and "kind" not in mapping.fields:
        return pl.lit(None, dtype=pl.String)
    problems = {
        f"{kind} {name}": f"scale: {problem}"
        for kind in SURVEY_KINDS
        for name, scale in scales.items()
        if (problem := unsuitable(kind, scale))
    }
    pair = pl.col("kind") + " " + pl.col("scale")
    unknown = pl.format('scale: "{}" is not a declared scale', pl.col("scale"))
    return (
        pl.when(~pl.col("scale").is_in(list(scales)))
        .then(unknown)
        .otherwise(pair.replace_strict(list(problems), list(problems.values()), default=None, return_dtype=pl.String))
    )


def _stored(mapping: Mapping, key: bytes) -> list[pl.Expr]:
    """The columns of the contract, persons hidden."""
    hidden = []
    for name, column in mapping.table.columns.items():
        stored = pl.col(name)
        if column.personal is Personal.PSEUDONYM:
            stored = pseudonyms(stored, key)
        elif column.personal is Personal.MASKED:
            stored = masked(stored)
        hidden.append(stored.alias(name))
    return hidden


def _raw(mapping: Mapping, found: Dict[str, tuple[str, ...]], header: tuple[str, ...], key: bytes) -> pl.Expr:
    """The cells of a row, joined; a person stands there as it would be stored, and what we do not read is masked."""
    personal = {column: mapping.fields[name].column.personal for name, columns in found.items() for column in columns}
    joined = [pl.lit("")] if not header else []
    for name in header:
        cell = pl.col(_CELL + name).fill_null("")
        if personal.get(name) is Personal.PSEUDONYM:
            text = cell.str.strip_chars()
            cell = pl.when(text == "").then(cell).otherwise(pseudonyms(text, key))
        elif name not in personal or personal[name] is Personal.MASKED:
            cell = masked(cell)
        joined.append(cell)
    return pl.concat_str(joined, separator=mapping.layout.mark)


def _unknown(mapping: Mapping, header: tuple[str, ...]) -> tuple[str, ...]:
    named = {header_name(one) for field in mapping.fields.values() for one in field.headers}
    named |= {one.header for field in mapping.fields.values() for one in field.where}
    named |= {one.header for one in mapping.only_rows_where}
    return tuple(name for name in header if header_name(name) not in named)
