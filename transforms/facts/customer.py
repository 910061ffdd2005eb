"""`fact_customer_period`: how many customers a period began with, kept, lost, gained and got back.

Nothing is listed by customer and period. A spell is two events, becoming a customer and being one no longer; in a
period, the first event of a customer tells what the person was before it, and the last what the person is after it.
Who has no event in a period is kept or absent, and needs no row: sums over the periods do the rest.

The spells are sorted by customer and day once; everything else looks at the row before or after.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_commerce import FACT_CUSTOMER_PERIOD
from transforms.facts.shape import ALL_CUSTOMERS, Share, in_shape
from transforms.metrics.periods import INTERVALS, end_of, start_of

CUSTOMER_GRAINS = ("month", "quarter", "year")
_CUSTOMER = ["source", "customer_id"]
_CELL = ["channel", "team", "segment"]
_COUNTS = ["stock", "lost", "gained", "returned"]
_NEVER = dt.date(9999, 1, 1)
_FAR = 10_000_000
"""More days than any date has since 1970."""


def customer_events(customers: pl.LazyFrame, share: Share = ALL_CUSTOMERS, *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a customer who became one, or is one no longer, up to the as-of day; in order of `nth` and day.

    `nth` numbers the customers. Of spells that overlap, the one that began last holds. A spell that follows another
    without a day between is a move: the end of the one comes before the beginning of the other.
    """
    days = pl.concat_list("valid_from", "left_on")
    return (
        _spells(share.rows(customers), share)
        .select("nth", *_CELL, "is_new", day_on=days, is_customer=pl.lit([True, False]))
        .explode("day_on", "is_customer", empty_as_null=True, keep_nulls=True)
        .filter(pl.col("day_on") <= as_of)
    )


def fact_customer_period(events: pl.LazyFrame, *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a period of a grain and a cell, from the cell's first customer to the as-of day.

    A customer who moves to another channel, team or segment within a period is kept, and counts where the period
    began. A period that is not over ends on the as-of day.
    """
    cells = events.select(_CELL).unique().sort(_CELL).with_row_index("cell")
    numbered = events.join(cells, on=_CELL, how="left", nulls_equal=True, maintain_order="left").drop(_CELL)
    parts = [_of_periods(_moves(numbered, grain), cells, grain, as_of) for grain in CUSTOMER_GRAINS]
    return in_shape(pl.concat(parts), FACT_CUSTOMER_PERIOD)


def _spells(customers: pl.LazyFrame, share: Share) -> pl.LazyFrame:
    """One row is a spell with the day after its last, in order of customers and days."""
    lost_on = pl.when(pl.col("is_lost").fill_null(value=False)).then("observed_on")
    left_on = pl.coalesce(pl.col("valid_to").dt.offset_by("1d"), lost_on, pl.lit(_NEVER))
    is_new = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in _CUSTOMER)
    # A cumulative maximum within each customer: a customer's numbers are all greater than those of the one before.
    base = pl.col("nth") * _FAR
    reach = (base + pl.col("left_on").to_physical()).cum_max() - base
    next_on = pl.when(pl.col("nth").shift(-1) == pl.col("nth")).then(pl.col("valid_from").shift(-1))
    return (
        customers.with_columns(left_on=left_on)
        .filter(pl.col("left_on") > pl.col("valid_from"))
        .sort(*_CUSTOMER, "valid_from")
        .with_columns(is_new=is_new)
        .with_columns(share.nth(pl.col("is_new")))
        .with_columns(left_on=pl.min_horizontal(reach.cast(pl.Int32).cast(pl.Date), next_on))
    )


def _moves(events: pl.LazyFrame, grain: str) -> pl.LazyFrame:
    """One row is a cell and period: what its stock changes by, and by whom."""
    period = start_of(pl.col("day_on"), grain)
    is_first = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in ("nth", "period_start"))

    def of_first(value: pl.Expr) -> pl.Expr:
        """What the first event of the customer in the period says, on each of them."""
        return pl.when(is_first).then(value).forward_fill()

    changes = (
        events.with_columns(period_start=period)
        .with_columns(
            is_last=is_first.shift(-1, fill_value=True),
            was=of_first(~pl.col("is_customer")),
            is_first_ever=of_first(pl.col("is_new") & pl.col("is_customer")),
            cell_before=of_first(pl.col("cell")),
        )
        .filter("is_last")
    )
    is_lost, is_got = pl.col("was") & ~pl.col("is_customer"), ~pl.col("was") & pl.col("is_customer")
    before = changes.filter("was").select(
        "period_start", cell="cell_before", stock=pl.lit(-1, pl.Int64()), lost=is_lost.cast(pl.Int64)
    )
    after = changes.filter("is_customer").select(
        "period_start",
        "cell",
        stock=pl.lit(1, pl.Int64()),
        gained=(is_got & pl.col("is_first_ever")).cast(pl.Int64),
        returned=(is_got & ~pl.col("is_first_ever")).cast(pl.Int64),
    )
    return pl.concat([before, after], how="diagonal").group_by("period_start", "cell").agg(pl.col(_COUNTS).sum())


def _of_periods(moves: pl.LazyFrame, cells: pl.LazyFrame, grain: str, as_of: dt.date) -> pl.LazyFrame:
    """One row is a cell and period, without gaps."""
    start = pl.col("period_start")
    last = start_of(pl.lit(as_of), grain)
    calendar = (
        moves.group_by("cell")
        .agg(start.min())
        .with_columns(pl.date_ranges("period_start", last, interval=INTERVALS[grain]))
        .explode("period_start", empty_as_null=True, keep_nulls=True)
    )
    closing = pl.col("stock").cum_sum().over("cell")
    return (
        calendar.join(moves, on=["period_start", "cell"], how="left")
        .with_columns(pl.col(_COUNTS).fill_null(0))
        .sort("cell", "period_start")
        .with_columns(active_at_start=closing - pl.col("stock"))
        .with_columns(kept=pl.col("active_at_start") - pl.col("lost"))
        .with_columns(
            grain=pl.lit(grain),
            period_end_on=pl.min_horizontal(end_of(start, grain), pl.lit(as_of)),
            active_at_end=pl.sum_horizontal("kept", "gained", "returned"),
        )
        .join(cells, on="cell")
    )
