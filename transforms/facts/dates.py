"""`dim_date`: every day from the first to the last year, with all that a reader cuts by."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.dimensions import DIM_DATE
from transforms.calendar import opening_days
from transforms.facts.shape import in_shape
from transforms.site import Site

MONTHS_FR = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS_FR = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = pl.col("day_on")
_SATURDAY = 6


def dim_date(codes: pl.LazyFrame, site: Site, as_of: dt.date) -> pl.LazyFrame:
    """One row is a day, from the first day of the year of the first fact (`told_codes`) to the last of the as-of."""
    first_on = pl.min_horizontal(pl.col("first_seen_on").min(), pl.lit(as_of))
    first = codes.select(day_on=first_on.dt.truncate("1y"))
    days = first.select(day_on=pl.date_ranges("day_on", pl.lit(dt.date(as_of.year, 12, 31)))).explode(
        "day_on", empty_as_null=True, keep_nulls=True
    )
    return in_shape(_with_words(_with_periods(days, site), site, as_of), DIM_DATE).sort("day_on")


def _with_periods(days: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    starts_in = site.fiscal_year_starts_in
    months = _DAY.dt.year() * 12 + _DAY.dt.month()
    monday = _DAY.dt.truncate("1w")
    is_next = (_DAY.dt.month() >= starts_in) & (starts_in > 1)
    return days.with_columns(
        year=_DAY.dt.year(),
        quarter=_DAY.dt.quarter(),
        month=_DAY.dt.month(),
        day_of_month=_DAY.dt.day(),
        weekday=_DAY.dt.weekday(),
        iso_year=_DAY.dt.iso_year(),
        iso_week=_DAY.dt.week(),
        week_start_on=monday,
        month_start_on=_DAY.dt.truncate("1mo"),
        quarter_start_on=_DAY.dt.truncate("1q"),
        year_start_on=_DAY.dt.truncate("1y"),
        week_index=(monday - monday.min()).dt.total_days() // 7 + 1,
        month_index=months - months.min() + 1,
        fiscal_year=_DAY.dt.year() + is_next.cast(pl.Int32),
        fiscal_month=(_DAY.dt.month().cast(pl.Int64) - starts_in + 12) % 12 + 1,
    )


def _with_words(days: pl.LazyFrame, site: Site, as_of: dt.date) -> pl.LazyFrame:
    holiday = _DAY.replace_strict(
        list(site.holidays), list(site.holidays.values()), default=None, return_dtype=pl.String()
    )
    year = _DAY.dt.year().cast(pl.String)

    def word(number: str, words: tuple[str, ...]) -> pl.Expr:
        return pl.col(number).replace_strict(range(1, len(words) + 1), words, return_dtype=pl.String())

    return days.with_columns(
        month_label_fr=pl.concat_str(word("month", MONTHS_FR), pl.lit(" "), year),
        month_label_en=pl.concat_str(word("month", MONTHS_EN), pl.lit(" "), year),
        weekday_label_fr=word("weekday", WEEKDAYS_FR),
        weekday_label_en=word("weekday", WEEKDAYS_EN),
        holiday_fr=holiday,
        is_holiday=_DAY.is_in(list(site.holidays)),
        is_weekend=_DAY.dt.weekday() >= _SATURDAY,
        is_working_day=opening_days(site, _DAY),
        is_to_date=pl.lit(as_of) >= _DAY,
    )
