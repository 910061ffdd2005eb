"""Strict text grammars: a cell reads exactly as declared, or it is null and its row is refused. Nothing is guessed.

Every function takes a trimmed text expression and returns a typed one, null where the text is not of the grammar.
Numbers never pass through floats: digits are moved, so 1,005 euros is not 1.00 euro.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from transforms.labels import label_key, label_keys

_GROUPS = (" ", "\u00a0", "\u202f", "\u2009", "'", "\u2019")
"""Marks that may stand between thousands: blanks (plain, no-break, narrow, thin) and apostrophes, one kind a number."""
_MINUS = "\u2212"
_DIGITS_IN_INT64 = 18
_DURATION_PLACES = 9
_FRACTION_PLACES = 30
"""Decimals of a duration that count: more than programs write, and what still fits when it is multiplied."""
_FACTOR_PLACES = 6
"""Decimals a factor of a product may have."""

TRUE_WORDS = ("oui", "true", "1", "yes", "vrai", "sim", "y", "o", "ja", "sí")
FALSE_WORDS = ("non", "false", "0", "no", "faux", "não", "n", "nee", "nein")

SECONDS_PER_UNIT = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
CLOCKS = {
    "hh:mm:ss": "^([0-9]{1,6}):([0-5][0-9]):([0-5][0-9])$",
    "mm:ss": "^()([0-9]{1,6}):([0-5][0-9])$",
    "hh:mm": "^([0-9]{1,6}):([0-5][0-9])()$",
}
"""Hours, minutes and seconds of a duration; the first of them may have any number of digits (0:02:14, 38:05:00)."""
DURATION_UNITS = (*SECONDS_PER_UNIT, "milliseconds", *CLOCKS)

CURRENCIES = {
    "euros": ("€", "EUR"),
    "dollars": ("US$", "$", "USD"),
    "pounds": ("£", "GBP"),
    "francs": ("CHF", "Fr."),
}
"""What amounts may be written in, and the signs that may stand around the number. Nothing is converted."""
FRACTIONS = {
    "1/1000": {"number": 3, "percent": 1},
    "1/1000 point": {"points": 3, "percent": 3},
    "1/100 percent": {"percent": 2, "share": 4},
}
"""Unit of a column to the ways its numbers may be written, and the decimals each may have: a weight of 0.5 or 50 %,
94.01 % as points of a hundred, a share of 94.01 % or 0.9401."""


@dataclass(frozen=True, kw_only=True)
class Numerals:
    """How an export writes numbers."""

    decimal: str = "."
    thousands: str = ""
    """A mark between thousands beyond blanks and apostrophes, such as the point of 1.234,56."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Every mark that may stand between thousands."""
        return (*_GROUPS, self.thousands) if self.thousands else _GROUPS

    @property
    def pattern(self) -> str:
        """The regular expression of a number: one kind of mark between thousands, three digits each time."""
        grouped = "|".join(f"[0-9]{{1,3}}(?:{re.escape(mark)}[0-9]{{3}})+" for mark in self.groups)
        return f"^[+\\-{_MINUS}]?(?:{grouped}|[0-9]+)(?:{re.escape(self.decimal)}[0-9]+)?$"


ENGLISH = Numerals()


def fixed_point(text: pl.Expr, *, numerals: Numerals = ENGLISH, places: int = 0, drops_extra: bool = False) -> pl.Expr:
    """Whole numbers in units of 10**-places; decimals beyond that are refused, unless they are zeros or dropped."""
    marks = "[" + re.escape("".join(numerals.groups)) + "+]"
    plain = text.str.replace_all(marks, "").str.replace(_MINUS, "-", literal=True)
    whole = plain.str.extract("^-?([0-9]+)", 1).str.strip_chars_start("0")
    decimals = plain.str.extract(re.escape(numerals.decimal) + "([0-9]+)$", 1).fill_null("")
    if drops_extra:
        decimals = decimals.str.slice(0, places)
    decimals = decimals.str.strip_chars_end("0")
    digits = pl.concat_str(whole, decimals.str.pad_end(places, "0")).str.pad_start(1, "0")
    fits = (decimals.str.len_bytes() <= places) & (digits.str.len_bytes() <= _DIGITS_IN_INT64)
    readable = text.str.contains(numerals.pattern) & fits
    value = pl.when(readable).then(digits).cast(pl.Int64, strict=False)
    return pl.when(plain.str.starts_with("-")).then(-value).otherwise(value)


def whole_number(text: pl.Expr, *, numerals: Numerals = ENGLISH) -> pl.Expr:
    """Whole numbers; 5.0 is one, 5.5 is not."""
    return fixed_point(text, numerals=numerals)


def amount(text: pl.Expr, *, currency: str, numerals: Numerals = ENGLISH) -> pl.Expr:
    """Amounts in cents from amounts in euros (dollars, ...), with or without the sign of the currency around them."""
    return fixed_point(_bare_amount(text, currency), numerals=numerals, places=2)


def _bare_amount(text: pl.Expr, currency: str) -> pl.Expr:
    signs = "|".join(re.escape(sign) for sign in CURRENCIES.get(currency, ()))
    return text.str.replace(f"^(?:{signs})[\\s]*", "").str.replace(f"[\\s]*(?:{signs})$", "") if signs else text


def product(left: pl.Expr, right: pl.Expr, *, places: int, currency: str = "", numerals: Numerals = ENGLISH) -> pl.Expr:
    """The product of two numbers in units of 10**-places; what lies beyond is rounded once, a half away from zero."""
    exact = [
        fixed_point(_bare_amount(text, currency), numerals=numerals, places=_FACTOR_PLACES).cast(pl.Int128)
        for text in (left, right)
    ]
    whole, unit = exact[0] * exact[1], 10 ** (2 * _FACTOR_PLACES - places)
    size = ((whole.abs() + unit // 2) // unit).cast(pl.Int64, strict=False)
    return pl.when(whole < 0).then(-size).otherwise(size)


def fraction(text: pl.Expr, *, of: str, written: str, numerals: Numerals = ENGLISH) -> pl.Expr:
    """Parts of a unit, as `FRACTIONS` has it; the percent sign may stand only where a percentage is declared."""
    read = percentage if written == "percent" else fixed_point
    return read(text, numerals=numerals, places=FRACTIONS[of][written])


def percentage(text: pl.Expr, *, numerals: Numerals = ENGLISH, places: int = 3) -> pl.Expr:
    """Points in units of 10**-places, with or without the percent sign."""
    return fixed_point(text.str.replace("[\\s]*%$", ""), numerals=numerals, places=places)


def duration(text: pl.Expr, *, unit: str, numerals: Numerals = ENGLISH) -> pl.Expr:
    """Whole seconds, exactly computed; a fraction of a second goes to the nearest, a half up."""
    if unit in SECONDS_PER_UNIT:
        # Whole units and their fraction apart: a year of hours in its last decimal times 3,600 would not fit.
        whole = fixed_point(text, numerals=numerals, places=_DURATION_PLACES, drops_extra=True) // 10**_DURATION_PLACES
        decimals = text.str.extract(re.escape(numerals.decimal) + "([0-9]+)$", 1).fill_null("")
        is_negative = text.str.contains(f"^[-{_MINUS}].*[1-9]")
        unit_s = SECONDS_PER_UNIT[unit]
        return pl.when(~is_negative).then(whole * unit_s + _nearest(decimals, unit_s))
    if unit == "milliseconds":
        millis = fixed_point(text, numerals=numerals)
        return pl.when(millis >= 0).then((millis + 500) // 1000)
    hours, minutes, seconds = (text.str.extract(CLOCKS[unit], n).cast(pl.Int64, strict=False) for n in (1, 2, 3))
    told = hours.fill_null(0) * 3600 + minutes * 60 + seconds.fill_null(0)
    return pl.when(text.str.contains(CLOCKS[unit])).then(told)


def _nearest(decimals: pl.Expr, seconds: int) -> pl.Expr:
    """The seconds in a fraction of a unit, from its decimals; of a second itself the first one decides."""
    places = 1 if seconds == 1 else _FRACTION_PLACES
    one = pl.lit(10**places, pl.Int128)
    fraction = decimals.str.slice(0, places).str.pad_end(places, "0").cast(pl.Int128)
    return ((fraction * seconds + one // 2) // one).cast(pl.Int64)


def labelled(text: pl.Expr, words: Mapping[str, str], *, others: str | None = None) -> pl.Expr:
    """The value a label stands for, compared without case; `others`, else null, where it is no known label."""
    known = {label_key(word): value for word, value in words.items()}
    keys = label_keys(text)
    value = keys.replace_strict(list(known), list(known.values()), default=others, return_dtype=pl.String)
    return pl.when(text.is_not_null()).then(value) if others else value


def yes_or_no(text: pl.Expr, words: Mapping[str, str] | None = None, *, others: str | None = None) -> pl.Expr:
    """True or false by words of the export (to `true` or `false`), else by those usual in French and beside it."""
    known = dict.fromkeys(TRUE_WORDS, "true") | dict.fromkeys(FALSE_WORDS, "false") | dict(words or {})
    value = labelled(text, known, others=others)
    return pl.when(value.is_not_null()).then(value == "true")
