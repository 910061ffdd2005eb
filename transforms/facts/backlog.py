"""`fact_backlog_daily`: how many tickets were open at the end of each day, from what changed on it.

Nothing is ever listed by ticket and day: a ticket open from one day to another adds one where it opens and takes one
away where it closes, and the same at the days on which it comes of a greater age. Sums over the days do the rest.
A ticket that is not counted is opened and taken out on one day, so that what was opened are all tickets.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_ticket import FACT_BACKLOG_DAILY
from transforms.facts.shape import in_shape

CELL = ["channel", "team", "segment"]
AGES: dict[str, tuple[int, int | None]] = {
    "age_0_1_d": (0, 1),
    "age_1_3_d": (1, 3),
    "age_3_7_d": (3, 7),
    "age_7_30_d": (7, 30),
    "age_30_d_up": (30, None),
}
_MOVES = ("created", "reopened", "resolved", "excluded")
_TICKET = ["source", "ticket_id"]
_DONE = ("solved", "closed")
_LEAVES = "_leaves"


def backlog_moves(tickets: pl.LazyFrame, reopenings: pl.LazyFrame | None) -> pl.LazyFrame:
    """One row is a day, channel, team and segment on which tickets opened, closed or came of another age.

    Ages count from the creation, in whole local days. A ticket that is solved at an unknown instant is left out.
    """
    return _changes(_spells(tickets, reopenings)).sort("day_on", *CELL)


def fact_backlog_daily(moves: pl.LazyFrame, *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a day of a channel, team and segment, from the first on which it has a ticket to the as-of day.

    The moves of one day may come in several rows: of tickets that lie apart.
    """
    daily = moves.group_by("day_on", *CELL).agg(pl.col(*_MOVES, *AGES).sum())
    return in_shape(_summed(_calendar(daily, as_of), daily), FACT_BACKLOG_DAILY)


def _spells(tickets: pl.LazyFrame, reopenings: pl.LazyFrame | None) -> pl.LazyFrame:
    """One row is a stretch during which a ticket was open: from its creation or a reopening to the next resolution."""
    known = tickets.filter(pl.col("is_resolved") | ~pl.col("status").is_in(_DONE).fill_null(value=False)).select(
        *_TICKET, *CELL, "is_counted", "created_on", "first_resolved_on", "resolved_on"
    )
    columns = [*CELL, "is_counted", "created_on", "opened_on", "closed_on", "is_reopening"]
    if reopenings is None:
        return known.select(
            *CELL, "is_counted", "created_on", opened_on="created_on", closed_on="resolved_on", is_reopening=False
        )
    told = reopenings.select(_TICKET).unique().with_columns(is_told=pl.lit(value=True))
    first = known.join(told, on=_TICKET, how="left").with_columns(
        opened_on="created_on",
        closed_on=pl.when("is_told").then("first_resolved_on").otherwise("resolved_on"),
        is_reopening=pl.lit(value=False),
    )
    again = reopenings.join(known, on=_TICKET).with_columns(
        opened_on="reopened_on", closed_on="resolved_again_on", is_reopening=pl.lit(value=True)
    )
    return pl.concat([first.select(columns), again.filter("is_counted").select(columns)])


def _changes(spells: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a day and cell: how many tickets opened, closed, and came of or grew out of an age."""
    is_counted, is_reopening = pl.col("is_counted"), pl.col("is_reopening")
    moves = {
        "created": pl.when(~is_reopening).then("opened_on"),
        "reopened": pl.when(is_reopening).then("opened_on"),
        "resolved": pl.when(is_counted).then("closed_on"),
        "excluded": pl.when(~is_counted).then("opened_on"),
    }
    ages = {name: day for age, limits in AGES.items() for name, day in _age_days(age, *limits).items()}
    days = moves | ages
    counted = (
        spells.select(*CELL, **days)
        .unpivot(index=CELL, variable_name="change", value_name="day_on")
        .filter(pl.col("day_on").is_not_null())
        .group_by("day_on", *CELL, "change")
        .agg(n=pl.len().cast(pl.Int64))
    )
    n = {name: pl.col("n").filter(pl.col("change") == name).sum() for name in days}
    return counted.group_by("day_on", *CELL).agg(
        **{name: n[name] for name in moves}, **{age: n[age] - n[age + _LEAVES] for age in AGES}
    )


def _age_days(age: str, low: int, high: int | None) -> dict[str, pl.Expr]:
    """The day on which a ticket comes to an age while open, and the day on which it grows out of it or closes."""
    created = pl.col("created_on")
    begins = pl.max_horizontal("opened_on", created + dt.timedelta(days=low))
    grows = pl.lit(None, pl.Date()) if high is None else created + dt.timedelta(days=high)
    ends = pl.min_horizontal("closed_on", grows)
    is_of_age = pl.col("is_counted") & (begins < ends).fill_null(value=True)
    return {age: pl.when(is_of_age).then(begins), age + _LEAVES: pl.when(is_of_age).then(ends)}


def _calendar(daily: pl.LazyFrame, as_of: dt.date) -> pl.LazyFrame:
    """One row is a cell and a day, without gaps."""
    return (
        daily.group_by(CELL)
        .agg(first_on=pl.col("day_on").min())
        .filter(pl.col("first_on") <= as_of)
        .select(*CELL, day_on=pl.date_ranges("first_on", pl.lit(as_of)))
        .explode("day_on", empty_as_null=True, keep_nulls=True)
    )


def _summed(calendar: pl.LazyFrame, daily: pl.LazyFrame) -> pl.LazyFrame:
    """The changes of each day, and what they add up to from the first day on."""
    change = pl.col("created") + pl.col("reopened") - pl.col("resolved") - pl.col("excluded")
    return (
        calendar.join(daily, on=["day_on", *CELL], how="left", nulls_equal=True)
        .with_columns(pl.col(*_MOVES, *AGES).fill_null(0))
        .sort(*CELL, "day_on")
        .with_columns(change.cum_sum().over(CELL).alias("closing"), pl.col(*AGES).cum_sum().over(CELL))
        .with_columns(opening=pl.col("closing") - change)
    )
