"""Strict text grammars: a cell reads exactly as declared, or it is null and its row is refused. Nothing is guessed.

Every function takes a trimmed text expression and returns a typed one, null where the text is not of the grammar.
Numbers never pass through floats: digits are moved, so 1,005 euros is not 1.00 euro.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from transforms.labels import label_key, label_keys

_GROUPS = (" ", "\u00a0", "\u202f", "\u2009", "'", "\u2019")
"""Marks that may stand between thousands: blanks (plain, no-break, narrow, thin) and apostrophes, one kind a number."""
_MINUS = "\u2212"
_DIGITS_IN_INT64 = 18
_DURATION_PLACES = 9

TRUE_WORDS = ("oui", "true", "1", "yes", "vrai", "sim", "y", "o", "ja", "sí")
FALSE_WORDS = ("non", "false", "0", "no", "faux", "não", "n", "nee", "nein")

SECONDS_PER_UNIT = {"seconds": 1, "minutes": 60, "hours": 3600}
DURATION_UNITS = (*SECONDS_PER_UNIT, "hh:mm:ss", "mm:ss")


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


def euros(text: pl.Expr, *, numerals: Numerals = ENGLISH) -> pl.Expr:
    """Amounts in cents from amounts in euros, with or without the sign of the currency around them."""
    bare = text.str.replace("^(?:€|EUR)[\\s]*", "").str.replace("[\\s]*(?:€|EUR)$", "")
    return fixed_point(bare, numerals=numerals, places=2)


def percentage(text: pl.Expr, *, numerals: Numerals = ENGLISH, places: int = 3) -> pl.Expr:
    """Points in units of 10**-places, with or without the percent sign."""
    return fixed_point(text.str.replace("[\\s]*%$", ""), numerals=numerals, places=places)


def duration(text: pl.Expr, *, unit: str, numerals: Numerals = ENGLISH) -> pl.Expr:
    """Whole seconds, exactly computed; a fraction of a second goes to the nearest, a half up."""
    if unit in SECONDS_PER_UNIT:
        nanos = fixed_point(text, numerals=numerals, places=_DURATION_PLACES, drops_extra=True)
        one = 10**_DURATION_PLACES
        # Whole units and their fraction apart: a year of hours in billionths times 3,600 would not fit.
        fraction = ((nanos % one) * SECONDS_PER_UNIT[unit] + one // 2) // one
        return pl.when(nanos >= 0).then((nanos // one) * SECONDS_PER_UNIT[unit] + fraction)
    pattern = "^(?:([0-9]{1,6}):)([0-5][0-9]):([0-5][0-9])$" if unit == "hh:mm:ss" else "^()([0-9]{1,6}):([0-5][0-9])$"
    hours, minutes, seconds = (text.str.extract(pattern, n).cast(pl.Int64, strict=False) for n in (1, 2, 3))
    return hours.fill_null(0) * 3600 + minutes * 60 + seconds


def labelled(text: pl.Expr, words: Mapping[str, str]) -> pl.Expr:
    """The value a label stands for, compared without case; null where it is no known label."""
    known = {label_key(word): value for word, value in words.items()}
    keys = label_keys(text)
    return keys.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def yes_or_no(text: pl.Expr, words: Mapping[str, str] | None = None) -> pl.Expr:
    """True or false by words of the export (to `true` or `false`), else by those usual in French and beside it."""
    known = dict.fromkeys(TRUE_WORDS, "true") | dict.fromkeys(FALSE_WORDS, "false") | dict(words or {})
    value = labelled(text, known)
    return pl.when(value.is_not_null()).then(value == "true")


_DIRECTIVES = {
    "Y": ("[0-9]{4}", "yyyy"),
    "y": ("[0-9]{2}", "yy"),
    "m": ("[0-9]{2}", "mm"),
    "-m": ("[0-9]{1,2}", "m"),
    "d": ("[0-9]{2}", "dd"),
    "-d": ("[0-9]{1,2}", "d"),
    "H": ("(?:[01][0-9]|2[0-3])", "hh"),
    "-H": ("(?:[01]?[0-9]|2[0-3])", "h"),
    "M": ("[0-5][0-9]", "mm"),
    "S": ("[0-5][0-9]", "ss"),
    "f": ("[0-9]{1,9}", "fraction"),
    "z": ("(?:Z|[+-][0-9]{2}:?[0-9]{2})", "offset"),
}
_TOKEN = re.compile(r"%(-?[A-Za-z%])")


class FormatError(ValueError):
    """A format of dates or times cannot be used."""


@dataclass(frozen=True, kw_only=True)
class TimeFormat:
    """One strict way to write a date or an instant: what `strptime` tolerates beyond it is refused."""

    declared: str
    pattern: str
    """What the text must look like, to the width of each part."""
    parser: str
    """The same for polars."""
    shown: str
    """The same for a person: dd/mm/yyyy hh:mm."""
    has_day: bool
    """Without one, the first day of the month is meant."""
    has_time: bool
    has_offset: bool
    """The text names its own offset from UTC, so no zone is needed."""


def time_format(declared: str) -> TimeFormat:
    """A format from its declaration in Python's own directives, or an error that names those that are known."""
    found = _TOKEN.findall(declared)
    unknown = [part for part in found if part not in _DIRECTIVES]
    loose_fraction = "f" in found and ".%f" not in declared
    if unknown or loose_fraction or not {"Y", "y"} & set(found) or not {"m", "-m"} & set(found):
        known = ", ".join(f"%{part}" for part in _DIRECTIVES)
        msg = f"the format {declared!r} cannot be used: it needs a year and a month, of {known} (%f after a point)."
        raise FormatError(msg)
    literal = _TOKEN.split(declared)  # texts at even places, directives at odd ones
    pieces = [(_DIRECTIVES[part] if i % 2 else (re.escape(part), part)) for i, part in enumerate(literal)]
    has_z = declared.endswith("Z") and not declared.endswith("%Z")
    return TimeFormat(
        declared=declared,
        pattern="^" + "".join(pattern for pattern, _ in pieces) + "$",
        parser=declared.replace(".%f", "%.f") + ("" if {"d", "-d"} & set(found) else " %d"),
        shown="".join(shown for _, shown in pieces),
        has_day=bool({"d", "-d"} & set(found)),
        has_time=bool({"H", "-H"} & set(found)),
        has_offset="z" in found or has_z,
    )


def same_look(formats: Sequence[TimeFormat]) -> tuple[str, str] | None:
    """Two formats that would read one text as two different days, if there are any."""
    seen: dict[str, str] = {}
    for one in formats:
        loose = one.pattern.replace("[0-9]{1,2}", "[0-9]{2}")
        if seen.setdefault(loose, one.declared) != one.declared:
            return seen[loose], one.declared
    return None


def _parsed(text: pl.Expr, one: TimeFormat) -> pl.Expr:
    """Naive wall times (UTC where the text names its offset); fractions under a microsecond are dropped."""
    fitting = pl.when(text.str.contains(one.pattern)).then(text)
    if "%z" in one.parser:
        offset = fitting.str.replace("Z$", "+0000")
        return offset.str.to_datetime(one.parser, time_unit="us", strict=False).dt.replace_time_zone(None)
    whole_day = fitting if one.has_day else fitting + " 01"
    if one.has_time:
        return whole_day.str.to_datetime(one.parser, time_unit="us", strict=False)
    return whole_day.str.to_date(one.parser, strict=False).cast(pl.Datetime("us"))


def _in_zone(naive: pl.Expr, zone: str) -> pl.Expr:
    """Instants of local wall times: the hour that happens twice is its first occurrence, the missing one is null."""
    return naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")


def instants(text: pl.Expr, formats: Sequence[TimeFormat], *, zone: str) -> pl.Expr:
    """Instants in UTC; a text without offset is wall time of the zone, and a date is the first instant of its day."""
    return pl.coalesce(_instant(text, one, zone) for one in formats)


def _instant(text: pl.Expr, one: TimeFormat, zone: str) -> pl.Expr:
    naive = _parsed(text, one)
    if one.has_offset:
        return naive.dt.replace_time_zone("UTC")
    if one.has_time:
        return _in_zone(naive, zone)
    # Some zones have skipped midnight itself: the day then begins an hour later.
    return pl.coalesce(_in_zone(naive, zone), _in_zone(naive.dt.offset_by("1h"), zone))


def wall_times(text: pl.Expr, formats: Sequence[TimeFormat]) -> pl.Expr:
    """Texts read as they stand on the wall, whatever the zone: tells a missing hour from an unreadable text."""
    return pl.coalesce(_parsed(text, one) for one in formats)


def days(text: pl.Expr, formats: Sequence[TimeFormat], *, zone: str, site_zone: str) -> pl.Expr:
    """Days in the site's zone; of a time, the day it falls on there."""
    return pl.coalesce(_day(text, one, zone, site_zone) for one in formats)


def _day(text: pl.Expr, one: TimeFormat, zone: str, site_zone: str) -> pl.Expr:
    if not one.has_time:
        return _parsed(text, one).dt.date()
    return _instant(text, one, zone).dt.convert_time_zone(site_zone).dt.date()
