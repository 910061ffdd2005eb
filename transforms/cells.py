"""From the text of a cell to the value of its column, or to the reason why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import polars as pl

from expectations.schema import INSTANT
from transforms import grammars, instants
from transforms.distinct import once_each
from transforms.labels import codes, label_keys
from transforms.mapping_fields import Field
from transforms.origin import How, combined, factors
from transforms.privacy import masked
from transforms.scales import Scale

CODED = ("channel", "team", "segment")
"""Dimensions whose values are codes; other open texts stay as they are written."""
_APART = "\x1f"
_SHOWN_CHARACTERS, _FORM_CHARACTERS = 80, 30
_REFUSAL = r'(?s)^([\w ]+): "(.*)" is not (.*)$'
"""What `refusal` says, in its three parts."""
_FORMS = {r"\p{L}+": "a", r"\d": "9", r"\s+": " "}


def present_text(cell: pl.Expr, missing: tuple[str, ...]) -> pl.Expr:
    """The trimmed text of a cell; null where it is empty, or a word that stands for an empty cell."""
    text = cell.str.strip_chars()
    is_there = text != ""
    if words := sorted({word.strip().lower() for word in missing} - {""}):
        is_there &= ~text.str.to_lowercase().is_in(words)
    return pl.when(is_there).then(text)


def field_text(field: Field, cells: list[pl.Expr]) -> pl.Expr:
    """The text a column is read from, out of its cells; null where there is none, or none that counts."""
    text = combined(field.origin, [present_text(cell, field.missing) for cell in cells])
    if field.others == "" or not all(field.words.values()):
        return once_each(text, partial(_counted, field), pl.String())
    return text


def _counted(field: Field, text: pl.Expr) -> pl.Expr:
    """The text, where the mapping does not say that its label counts for nothing."""
    labels = label_keys(_taken(field, text))
    if field.others == "":
        usual = (*grammars.TRUE_WORDS, *grammars.FALSE_WORDS) if field.column.dtype == pl.Boolean() else ()
        known = [label for label, ours in field.words.items() if ours]
        return pl.when(labels.is_in([*known, *field.column.one_of, *usual])).then(text)
    ignored = [label for label, ours in field.words.items() if not ours]
    return pl.when(labels.is_in(ignored).not_().fill_null(value=True)).then(text)


def value(field: Field, text: pl.Expr, *, site_zone: str) -> pl.Expr:
    """The value of a column, typed as its contract says; null where the text cannot be read."""
    dtype, zone = field.column.dtype, field.zone or site_zone
    if dtype == INSTANT:
        return instants.instants(_worded(field, text), field.formats, zone=zone)
    if dtype == pl.Date():
        return instants.days(_worded(field, text), field.formats, zone=zone, site_zone=site_zone)
    return once_each(text, partial(_untimed, field), dtype)


def _untimed(field: Field, text: pl.Expr) -> pl.Expr:
    """A yes or no, a text or a number."""
    if field.column.dtype == pl.Boolean():
        return grammars.yes_or_no(_taken(field, text), field.words, others=field.others)
    worded = _worded(field, text)
    return _text(field, worded) if field.column.dtype == pl.String() else _number(field, worded)


def is_refused(text: pl.Expr, read: pl.Expr) -> pl.Expr:
    """Whether the cell refuses its row: there is a text, and no value came of it."""
    return text.is_not_null() & read.is_null()


def _taken(field: Field, text: pl.Expr) -> pl.Expr:
    return text.str.extract(field.take, 1).str.strip_chars() if field.take else text


def _worded(field: Field, text: pl.Expr) -> pl.Expr:
    """The part of the text that is read, labels as the values they stand for."""
    taken = _taken(field, text)
    if not field.words and not field.others:
        return taken
    if not field.others:
        return pl.coalesce(grammars.labelled(taken, field.words), taken)
    own = dict.fromkeys(field.column.one_of)
    return grammars.labelled(taken, {**{word: word for word in own}, **field.words}, others=field.others)


def _number(field: Field, text: pl.Expr) -> pl.Expr:
    unit, numerals = field.column.unit, field.numerals
    if field.origin.how is How.MULTIPLY:
        places = 2 if field.unit in grammars.CURRENCIES else grammars.FRACTIONS.get(unit, {}).get(field.unit, 0)
        left, right = factors(text)
        return grammars.product(left, right, places=places, currency=field.unit, numerals=numerals)
    if unit == "seconds":
        return grammars.duration(text, unit=field.unit, numerals=numerals)
    if unit in grammars.FRACTIONS:
        return grammars.fraction(text, of=unit, written=field.unit, numerals=numerals)
    if field.unit in grammars.CURRENCIES:
        return grammars.amount(text, currency=field.unit, numerals=numerals)
    return grammars.whole_number(text, numerals=numerals)


def _text(field: Field, text: pl.Expr) -> pl.Expr:
    if field.column.one_of:
        known = label_keys(text)
        return pl.when(known.is_in(list(field.column.one_of))).then(known)
    return codes(text) if field.column.dimension in CODED else text


def score(field: Field, text: pl.Expr, scale: pl.Expr, scales: Mapping[str, Scale]) -> pl.Expr:
    """An answer in thousandths of a step: a label of its scale, else a number of at most three decimals.

    A number off the scale is read all the same: the contract quarantines it under its own name.
    """
    pair = scale.fill_null("") + _APART + text
    return once_each(pair, partial(_score, field, scales), pl.Int64())


def _score(field: Field, scales: Mapping[str, Scale], pair: pl.Expr) -> pl.Expr:
    """An answer, out of its scale and its text."""
    apart = pair.str.splitn(_APART, 2)
    scale = apart.struct[0]
    worded = _worded(field, apart.struct[1])
    labels = {f"{name}{_APART}{label}": milli for name, one in scales.items() for label, milli in one.labels.items()}
    by_label = (scale + _APART + label_keys(worded)).replace_strict(
        list(labels), list(labels.values()), default=None, return_dtype=pl.Int64
    )
    percent = [name for name, one in scales.items() if (one.low_milli, one.high_milli) == (0, 100_000)]
    shares = [name for name, one in scales.items() if (one.low_milli, one.high_milli) == (0, 1000) and not one.labels]
    number = pl.coalesce(
        grammars.fixed_point(worded, numerals=field.numerals, places=3),
        pl.when(scale.is_in(percent)).then(grammars.percentage(worded, numerals=field.numerals)),
        pl.when(scale.is_in(shares)).then(grammars.percentage(worded, numerals=field.numerals, places=1)),
    )
    return pl.coalesce(by_label, number)


def refusal(field: Field, text: pl.Expr, read: pl.Expr, *, site_zone: str) -> pl.Expr:
    """Why the cell refuses its row: column, text, what was expected; null when it does not."""
    shown = masked(text).str.slice(0, _SHOWN_CHARACTERS)
    reason = pl.format('{}: "{}" is not {}', pl.lit(field.name), shown, pl.lit(_expected(field)))
    if field.column.dtype == INSTANT:
        skipped = f"an hour of {field.zone or site_zone}: the clocks skip it that night"
        missing_hour = pl.format('{}: "{}" is not {}', pl.lit(field.name), shown, pl.lit(skipped))
        is_on_the_wall = instants.wall_times(_worded(field, text), field.formats).is_not_null()
        reason = pl.when(is_on_the_wall).then(missing_hour).otherwise(reason)
    return pl.when(is_refused(text, read)).then(reason)


def without_the_cell(reason: pl.Expr) -> pl.Expr:
    """The reason of a `refusal` for whatever cell: column, and what was expected. Other reasons stay as they are."""
    return reason.str.replace(_REFUSAL, "${1} is not ${3}")


def form_of_the_cell(reason: pl.Expr) -> pl.Expr:
    """How the cell of a `refusal` is written, not what it says: 9 is a digit, a is letters. Null for other reasons."""
    form = reason.str.extract(_REFUSAL, 2)
    for kind, sign in _FORMS.items():
        form = form.str.replace_all(kind, sign)
    return form.str.slice(0, _FORM_CHARACTERS)


def _expected(field: Field) -> str:
    column = field.column
    if field.take:
        return f"a text with {field.take}, read as {_expected(replace(field, take=''))}"
    if field.formats:
        return " or ".join(one.shown for one in field.formats)
    if column.one_of:
        return f"one of {', '.join(column.one_of)}, nor a label of one"
    by_type = {pl.Boolean(): "yes or no", pl.String(): "a text"}
    return by_type.get(column.dtype) or _expected_number(field)


def _expected_number(field: Field) -> str:
    unit = field.column.unit
    if unit in grammars.FRACTIONS:
        return f"a number ({field.unit}) of at most {grammars.FRACTIONS[unit][field.unit]} decimals"
    return {
        "seconds": f"a duration in {field.unit}",
        "cents": f"an amount in {field.unit} with {field.numerals.decimal!r} before its decimals",
        "1/1000 step": "an answer of its scale",
    }.get(unit, "a whole number")
