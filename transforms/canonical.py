"""Text rows of one export to rows of a feed: each cell is read as declared, or its row is refused with the reason."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping as Dict
from dataclasses import dataclass

import polars as pl

from expectations.schema import Personal
from expectations.tables.feed_survey import SURVEY_KINDS
from transforms import cells
from transforms.layout import header_name
from transforms.mapping import FINGERPRINTED, Mapping, found_header
from transforms.mapping_fields import Field
from transforms.privacy import masked, pseudonyms, require_key
from transforms.scales import Scale, unsuitable

_CELL, _TEXT, _REASONS, _IS_OURS = "cell:", "text:", "reasons", "is:ours"
"""Marks of the columns on the way; no column of a contract has a colon in its name."""
_FINGERPRINT_LENGTH = 24


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What became of the rows of one export: every row is in exactly one of the three frames."""

    good: pl.LazyFrame
    """One row per row that could be read, in the schema of its feed."""
    refused: pl.LazyFrame
    """One row per row with a cell that could not be read: `line`, `reasons`, `raw`."""
    not_ours: pl.LazyFrame
    """One row per row that has none of the values it would be ours for: `line`."""
    unknown_headers: tuple[str, ...]
    """Columns of the file that the mapping does not name."""


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
    """The rows of one export, typed, refused or not ours: three views of one pass.

    `rows` has a String column for every name of `header`, and `line`. Collect the three frames together.
    """
    require_key(key)
    found = {name: found_header(mapping, field, header=header, slot=slot) for name, field in mapping.fields.items()}
    texts = [_present(mapping.fields[name], column).alias(_TEXT + name) for name, column in found.items()]
    frame = rows.select(pl.col("line").cast(pl.Int64), *(pl.col(name).alias(_CELL + name) for name in header))
    frame = frame.with_columns(texts).with_columns(_values(mapping, slot=slot, zone=zone))
    if (numbered := FINGERPRINTED.get(mapping.table.name)) and numbered not in mapping.fields:
        frame = frame.with_columns(_fingerprint(header, key).alias(numbered))
    problems = [_refusal(mapping.fields[name], zone) for name in mapping.fields]
    if mapping.table.name == "feed_survey":
        frame = _as_survey(frame, mapping, scales)
        problems.append(_scale_problem(mapping, scales))
    read = frame.with_columns(
        pl.concat_list(problems).list.drop_nulls().alias(_REASONS) if problems else _no_reasons(),
        _is_ours(mapping).alias(_IS_OURS),
    )
    ours, is_good = read.filter(_IS_OURS), pl.col(_REASONS).list.len() == 0
    return Typed(
        good=ours.filter(is_good).select(_stored(mapping, key)),
        refused=ours.filter(~is_good).select("line", _REASONS, _raw(mapping, found, header, key).alias("raw")),
        not_ours=read.filter(~pl.col(_IS_OURS)).select("line"),
        unknown_headers=_unknown(mapping, header),
    )


def _present(field: Field, header: str | None) -> pl.Expr:
    if header is None:
        return pl.lit(None, dtype=pl.String)
    return cells.present_text(pl.col(_CELL + header), field.missing)


def _values(mapping: Mapping, *, slot: str, zone: str) -> list[pl.Expr]:
    """One expression per column of the contract: read, stated, or null; scores wait for their scale."""
    stated: dict[str, str | int | bool | dt.date] = {"source": mapping.source, "slot": slot, **mapping.constants}
    values = []
    for name, column in mapping.table.columns.items():
        if name == "line":
            continue
        field = mapping.fields.get(name)
        if field is None:
            value = pl.lit(stated.get(name), dtype=column.dtype)
        elif name == "score_milli":
            value = pl.lit(None, dtype=column.dtype)
        else:
            value = cells.value(field, pl.col(_TEXT + name), site_zone=zone)
        values.append(value.alias(name))
    return values


def _refusal(field: Field, zone: str) -> pl.Expr:
    return cells.refusal(field, pl.col(_TEXT + field.name), pl.col(field.name), site_zone=zone)


def _no_reasons() -> pl.Expr:
    return pl.lit([], dtype=pl.List(pl.String)).alias(_REASONS)


def _is_ours(mapping: Mapping) -> pl.Expr:
    if not mapping.only_rows_with:
        return pl.lit(True)
    return pl.any_horizontal(pl.col(_TEXT + name).is_not_null() for name in mapping.only_rows_with)


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


def _raw(mapping: Mapping, found: Dict[str, str | None], header: tuple[str, ...], key: bytes) -> pl.Expr:
    """The cells of a row, joined; a person stands there as it would be stored, and what we do not read is masked."""
    personal = {column: mapping.fields[name].column.personal for name, column in found.items() if column}
    joined = [pl.lit("")] if not header else []
    for name in header:
        cell = pl.col(_CELL + name).fill_null("")
        if personal.get(name) is Personal.PSEUDONYM:
            text = cell.str.strip_chars()
            cell = pl.when(text == "").then(cell).otherwise(pseudonyms(text, key))
        elif name not in personal or personal[name] is Personal.MASKED:
            cell = masked(cell)
        joined.append(cell)
    return pl.concat_str(joined, separator=mapping.layout.separator)


def _unknown(mapping: Mapping, header: tuple[str, ...]) -> tuple[str, ...]:
    named = {header_name(one) for field in mapping.fields.values() for one in field.headers}
    return tuple(name for name in header if header_name(name) not in named)


def _fingerprint(header: tuple[str, ...], key: bytes) -> pl.Expr:
    """A number for rows that have none: a hash of the cells that hold something, and which of its equals it is.

    Two equal lines of one file stay two rows, and the same lines delivered again repeat their numbers. The order of
    the columns and a new column that is empty change nothing. `hashlib`, because polars' own hash may change with
    its version; keyed, because a hash of a few cells can be guessed back to the person in them.
    """
    pieces = [pl.lit("")]
    for name in sorted(header):
        text = pl.col(_CELL + name).str.strip_chars()
        pieces.append(pl.when(text != "").then(pl.lit(f"{name}\x1f") + text + "\x1e").otherwise(pl.lit("")))
    content = pl.concat_str(pieces)

    def digest(text: str) -> str:
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:_FINGERPRINT_LENGTH]

    def digests(values: pl.Series) -> pl.Series:
        distinct = values.unique().to_list()
        return values.replace_strict(distinct, [digest(one) for one in distinct], return_dtype=pl.String)

    hashed = content.map_batches(digests, return_dtype=pl.String, is_elementwise=True)
    nth = pl.col("line").rank("ordinal").over(content)
    return pl.format("{}-{}", hashed, nth)
