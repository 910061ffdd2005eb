"""From the text of a cell to the value of its column, or to the reason why it has none."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from expectations.schema import INSTANT
from transforms import grammars
from transforms.labels import codes, label_keys
from transforms.mapping_fields import Field
from transforms.privacy import masked
from transforms.scales import Scale

CODED = ("channel", "team", "segment")
"""Dimensions whose values are codes; other open texts stay as they are written."""
_APART = "\x1f"
_SHOWN_CHARACTERS = 80


def present_text(cell: pl.Expr, missing: tuple[str, ...]) -> pl.Expr:
    """The trimmed text of a cell; null where it is empty, or a word that stands for an empty cell."""
    text = cell.str.strip_chars()
    absent = ["", *dict.fromkeys(word.strip().lower() for word in missing)]
    return pl.when(~text.str.to_lowercase().is_in(absent)).then(text)


def value(field: Field, text: pl.Expr, *, site_zone: str) -> pl.Expr:
    """The value of a column, typed as its contract says; null where the text cannot be read."""
    dtype, zone = field.column.dtype, field.zone or site_zone
    if dtype == pl.Boolean():
        return grammars.yes_or_no(text, field.words)
    worded = pl.coalesce(grammars.labelled(text, field.words), text) if field.words else text
    if dtype == INSTANT:
        return grammars.instants(worded, field.formats, zone=zone)
    if dtype == pl.Date():
        return grammars.days(worded, field.formats, zone=zone, site_zone=site_zone)
    if dtype == pl.String():
        return _text(field, worded)
    return _number(field, worded)


def _number(field: Field, text: pl.Expr) -> pl.Expr:
    if field.column.unit == "seconds":
        return grammars.duration(text, unit=field.unit, numerals=field.numerals)
    if field.unit == "euros":
        return grammars.euros(text, numerals=field.numerals)
    return grammars.whole_number(text, numerals=field.numerals)


def _text(field: Field, text: pl.Expr) -> pl.Expr:
    if field.column.one_of:
        known = label_keys(text)
        return pl.when(known.is_in(list(field.column.one_of))).then(known)
    return codes(text) if field.column.dimension in CODED else text


def score(field: Field, text: pl.Expr, scale: pl.Expr, scales: Mapping[str, Scale]) -> pl.Expr:
    """An answer in thousandths of a step: a label of its scale, else a number of at most three decimals.

    A number off the scale is read all the same: the contract quarantines it under its own name.
    """
    worded = pl.coalesce(grammars.labelled(text, field.words), text) if field.words else text
    labels = {f"{name}{_APART}{label}": milli for name, one in scales.items() for label, milli in one.labels.items()}
    by_label = (scale + _APART + label_keys(worded)).replace_strict(
        list(labels), list(labels.values()), default=None, return_dtype=pl.Int64
    )
    percent = [name for name, one in scales.items() if (one.low_milli, one.high_milli) == (0, 100_000)]
    number = pl.coalesce(
        grammars.fixed_point(worded, numerals=field.numerals, places=3),
        pl.when(scale.is_in(percent)).then(grammars.percentage(worded, numerals=field.numerals)),
    )
    return pl.coalesce(by_label, number)


def refusal(field: Field, text: pl.Expr, read: pl.Expr, *, site_zone: str) -> pl.Expr:
    """Why the cell refuses its row: column, text, what was expected; null when it does not."""
    shown = masked(text).str.slice(0, _SHOWN_CHARACTERS)
    reason = pl.format('{}: "{}" is not {}', pl.lit(field.name), shown, pl.lit(_expected(field)))
    if field.column.dtype == INSTANT:
        skipped = f"an hour of {field.zone or site_zone}: the clocks skip it that night"
        missing_hour = pl.format('{}: "{}" is not {}', pl.lit(field.name), shown, pl.lit(skipped))
        is_on_the_wall = grammars.wall_times(text, field.formats).is_not_null()
        reason = pl.when(is_on_the_wall).then(missing_hour).otherwise(reason)
    return pl.when(text.is_not_null() & read.is_null()).then(reason)


def _expected(field: Field) -> str:
    column = field.column
    if field.formats:
        return " or ".join(one.shown for one in field.formats)
    if column.one_of:
        return f"one of {', '.join(column.one_of)}, nor a label of one"
    if column.dtype == pl.Boolean():
        return "yes or no"
    return {
        "seconds": f"a duration in {field.unit}",
        "cents": f"an amount in {field.unit} with {field.numerals.decimal!r} before its decimals",
        "1/1000 step": "an answer of its scale",
    }.get(column.unit, "a whole number")
