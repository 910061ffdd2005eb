"""From texts to instants and days, strictly: a text reads exactly as one of its formats, or it is null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from transforms.time_formats import COUNTED, TimeFormat, time_format

_EXCEL_DAY_OF_1970 = 25_569
_CENTURY = 100

_MONTH_NAMES = (
    "jan|january|janv|janvier",
    "feb|february|fev|fevr|fevrier|fév|févr|février",
    "mar|march|mars",
    "apr|april|avr|avril",
    "may|mai",
    "jun|june|juin",
    "jul|july|juil|juillet",
    "aug|august|aou|aout|aoû|août",
    "sep|sept|september|septembre",
    "oct|october|octobre",
    "nov|november|novembre",
    "dec|december|decembre|déc|décembre",
)
_MONTH_OF_NAME = {name: f"{n:02d}" for n, names in enumerate(_MONTH_NAMES, start=1) for name in names.split("|")}


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


def _parsed(text: pl.Expr, one: TimeFormat) -> pl.Expr:
    """Naive wall times (UTC where the text names its offset); fractions under a microsecond are dropped."""
    fitting = pl.when(text.str.contains(one.pattern)).then(text)
    if one.declared in COUNTED:
        return _counted(fitting, one.declared)
    if one.pieces:
        return _parsed(_plain(fitting, one), _plain_format(one))
    if "%z" in one.parser:
        offset = fitting.str.replace("Z$", "+0000")
        return offset.str.to_datetime(one.parser, time_unit="us", strict=False).dt.replace_time_zone(None)
    whole_day = fitting if one.has_day else fitting + " 01"
    if one.has_time:
        return whole_day.str.to_datetime(one.parser, time_unit="us", strict=False)
    return whole_day.str.to_date(one.parser, strict=False).cast(pl.Datetime("us"))


def _plain_format(one: TimeFormat) -> TimeFormat:
    """What `_plain` writes."""
    clock = " %H:%M:%S.%f" if one.has_time else ""
    plain = time_format("%Y-%m-%d" + clock + ("%z" if "z" in one.pieces else ""))
    return replace(plain, has_offset=one.has_offset)


def _plain(text: pl.Expr, one: TimeFormat) -> pl.Expr:
    """The same instant written with four digits for the year, numbers for months and 24 hours."""
    cell = {part: text.str.extract(one.pattern, n) for n, part in enumerate(one.pieces, start=1)}

    def padded(*names: str, otherwise: str) -> pl.Expr:
        found = next((cell[name] for name in names if name in cell), None)
        return pl.lit(otherwise) if found is None else found.str.pad_start(2, "0")

    written = [_year(cell, one.years_from), pl.lit("-"), _month(cell), pl.lit("-"), padded("d", "-d", otherwise="01")]
    if one.has_time:
        hour = _hour(cell) if "p" in cell else padded("H", "-H", otherwise="00")
        written += [pl.lit(" "), hour, pl.lit(":"), padded("M", otherwise="00"), pl.lit(":")]
        written += [padded("S", otherwise="00"), pl.lit("."), cell.get("f", pl.lit("0"))]
    if "z" in cell:
        written.append(cell["z"])
    return pl.concat_str(written)


def _year(cell: dict[str, pl.Expr], years_from: int) -> pl.Expr:
    if "Y" in cell:
        return cell["Y"]
    short = cell["y"].cast(pl.Int64, strict=False)
    return (years_from + (short - years_from) % _CENTURY).cast(pl.String)


def _month(cell: dict[str, pl.Expr]) -> pl.Expr:
    if "b" in cell:
        name = cell["b"].str.to_lowercase().str.strip_chars_end(".")
        names, numbers = list(_MONTH_OF_NAME), list(_MONTH_OF_NAME.values())
        return name.replace_strict(names, numbers, default=None, return_dtype=pl.String)
    if "q" in cell:
        return (cell["q"].cast(pl.Int64, strict=False) * 3 - 2).cast(pl.String).str.pad_start(2, "0")
    return next(cell[part] for part in ("m", "-m") if part in cell).str.pad_start(2, "0")


def _hour(cell: dict[str, pl.Expr]) -> pl.Expr:
    """12 AM is midnight, 12 PM is noon."""
    shown = next(cell[part] for part in ("I", "-I") if part in cell).cast(pl.Int64, strict=False)
    is_afternoon = cell["p"].str.to_lowercase().str.starts_with("p")
    return (shown % 12 + pl.when(is_afternoon).then(12).otherwise(0)).cast(pl.String).str.pad_start(2, "0")


def _counted(text: pl.Expr, kind: str) -> pl.Expr:
    """Naive instants from a number: UTC for Unix, the wall clock for Excel, whose days are exact to a millisecond."""
    whole = text.str.extract("^([0-9]+)", 1).cast(pl.Int64, strict=False)
    places = 9 if kind == "excel" else 6
    part = text.str.extract("[.,]([0-9]+)$", 1).fill_null("0").str.slice(0, places).str.pad_end(places, "0")
    fraction = part.cast(pl.Int64, strict=False)
    if kind == "excel":
        millis = (whole - _EXCEL_DAY_OF_1970) * 86_400_000 + (fraction * 86_400_000 + 500_000_000) // 1_000_000_000
        return (millis * 1000).cast(pl.Datetime("us"))
    unit = 1_000_000 if kind == "unix" else 1000
    return (whole * unit + fraction * unit // 1_000_000).cast(pl.Datetime("us"))
