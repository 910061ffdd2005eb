"""`coverage`: which feed was delivered for which day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from expectations.schema import Table
from expectations.tables import FEEDS
from expectations.tables.analysis import COVERAGE
from transforms.facts.shape import in_shape

DAYS = "delivered_"
"""What the frames are called that tell the days of a feed."""


def told_days(rows: pl.LazyFrame, *, feed: Table, zone: str) -> pl.LazyFrame:
    """One row is a day of which an export tells in a feed, by which mapping, with its rows; no day without a clock."""
    by = ["source", "slot", "mapping", "day_on"]
    return rows.with_columns(day_on=clock_day(feed, zone)).group_by(by).agg(rows=pl.len()).sort(by)


def coverage(days: Mapping[str, pl.LazyFrame], *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a day of which a source of a feed was delivered, with its rows; from the `told_days` of the feeds.

    An export tells of every day from its first row to its last: a day between without a row is a true zero. A day
    that no export spans has no row here, and a zero elsewhere on that day means nothing. Feeds without a clock
    (employees) tell of no day.
    """
    parts = [_days_of(name, told, as_of) for name, told in days.items() if FEEDS[name].clock]
    return pl.concat([COVERAGE.empty(), *(in_shape(part, COVERAGE) for part in parts)])


def clock_day(table: Table, zone: str) -> pl.Expr:
    """The day a row of a feed tells of, in the site's zone; null for a feed without a clock."""
    if not table.clock:
        return pl.lit(None, pl.Date)
    clock = pl.col(table.clock)
    return clock if table.columns[table.clock].dtype == pl.Date() else clock.dt.convert_time_zone(zone).dt.date()


def _days_of(feed: str, told: pl.LazyFrame, as_of: dt.date) -> pl.LazyFrame:
    counted = told.filter(pl.col("day_on") <= as_of).select("source", "slot", "day_on", "rows")
    spans = counted.group_by("source", "slot").agg(first=pl.col("day_on").min(), last=pl.col("day_on").max())
    spanned = (
        spans.select("source", "slot", day_on=pl.date_ranges("first", "last"))
        .explode("day_on", empty_as_null=True)
        .with_columns(rows=pl.lit(0, pl.get_index_type()))
    )
    both = pl.concat([counted, spanned], how="diagonal")
    return both.group_by("source", "day_on").agg(pl.col("rows").sum()).with_columns(feed=pl.lit(feed))
