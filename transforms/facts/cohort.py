"""Customers as their orders tell of them, without a list of customers.

`fact_customer_cohort`: what became of those whose first order lies in a month. `fact_customer_value`: what the
customers of twelve months bring in a year, and over the lifetime declared.

All orders of a customer count in the channel, team and segment of the first, so that customers and their orders are
always those of the same people. One person is one pseudonym, whichever system the orders come from.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_commerce import FACT_CUSTOMER_COHORT, FACT_CUSTOMER_VALUE
from transforms.facts.shape import ABSENT, ALL_CUSTOMERS, Share, in_shape
from transforms.site import Lifetime, Site

_CELL = ["channel", "team", "segment"]
_COHORT = ["cohort_on", *_CELL]
_SUMS = ["active_customers", "second_orders", "order_count", "net_cents"]
_YEAR = ["customers", "order_count", "net_cents"]
_MONTHS = 12
_PARTS = 10**9
"""Factors of a lifetime are whole numbers of billionths."""


def customer_months(orders: pl.LazyFrame, share: Share = ALL_CUSTOMERS) -> pl.LazyFrame:
    """One row is a customer and a month with orders, with the month and the cell of the first; in this order.

    `nth` numbers the customers. An order without value makes a customer, and is told apart as not counted; tests,
    cancelled orders and refunds of unknown orders do not. The orders are sorted once.
    """
    is_placed = pl.col("is_counted") | (pl.col("exclusion_reason") == "no_value")
    is_first = pl.col("customer_id").ne_missing(pl.col("customer_id").shift())
    in_order = (
        share.rows(orders.filter(is_placed & pl.col("customer_id").is_not_null()))
        .sort("customer_id", "ordered_at", "source", "order_id")
        .with_columns(is_first=is_first, month_on=pl.col("ordered_on").dt.month_start())
        .with_columns(share.nth(pl.col("is_first")))
    )
    months = in_order.group_by("nth", "month_on").agg(
        order_count=pl.len().cast(pl.Int64),
        counted_orders=pl.col("is_counted").sum().cast(pl.Int64),
        net_cents=pl.col("net_cents").sum(),
    )
    first = in_order.filter("is_first").select("nth", *_CELL, cohort_on="month_on")
    return months.join(first, on="nth").sort("nth", "month_on")


def fact_customer_cohort(months: pl.LazyFrame, *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a cohort and a month, from that of the first order to the as-of month, those without orders too."""
    so_far, is_new = pl.col("order_count").cum_sum(), pl.col("month_on") == pl.col("cohort_on")
    earlier = pl.when(is_new).then(so_far - pl.col("order_count")).forward_fill()
    own = so_far - earlier
    is_second = (own > 1) & (own - pl.col("order_count") <= 1)
    told = (
        months.with_columns(
            active_customers=pl.lit(1, pl.Int64()),
            second_orders=is_second.cast(pl.Int64),
            customers=is_new.cast(pl.Int64),
        )
        .group_by(*_COHORT, "month_on")
        .agg(pl.col("customers", *_SUMS).sum())
    )
    calendar = (
        told.group_by(_COHORT)
        .agg(pl.col("customers").sum())
        .with_columns(month_on=_months_until(pl.col("cohort_on"), as_of))
        .explode("month_on", empty_as_null=True, keep_nulls=True)
    )
    return in_shape(
        calendar.join(told.drop("customers"), on=[*_COHORT, "month_on"], how="left", nulls_equal=True).with_columns(
            pl.col(_SUMS).fill_null(0),
            ordered_month_on="month_on",
            months_since=_month_number("month_on") - _month_number("cohort_on"),
        ),
        FACT_CUSTOMER_COHORT,
    )


def fact_customer_value(months: pl.LazyFrame, site: Site, *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a month and cell, from the twelfth month with orders on: the orders of twelve calendar months.

    Only orders that count, of known customers. The month of the as-of day ends on that day.
    """
    counted = months.filter(pl.col("counted_orders") > 0).with_columns(order_count="counted_orders")
    first = counted.select(first_on=pl.col("month_on").min().dt.offset_by("11mo"))
    moves = _year_moves(counted)
    calendar = (
        moves.group_by(_CELL)
        .agg(month_on=_months_until(pl.col("month_on").min(), as_of))
        .explode("month_on", empty_as_null=True, keep_nulls=True)
    )
    last = pl.col("month_on").dt.month_end()
    return in_shape(
        calendar.join(moves, on=["month_on", *_CELL], how="left", nulls_equal=True)
        .with_columns(pl.col(_YEAR).fill_null(0))
        .sort(*_CELL, "month_on")
        .with_columns(pl.col(_YEAR).cum_sum().over(_CELL))
        .join(first, how="cross")
        .filter(pl.col("month_on") >= pl.col("first_on"), pl.col("customers") > 0)
        .with_columns(period_end_on=pl.min_horizontal(last, pl.lit(as_of)), **_over_lifetime(site.lifetime)),
        FACT_CUSTOMER_VALUE,
    )


def _year_moves(months: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a month and cell: by how much the sums of twelve months change.

    What a month adds leaves twelve months later; a customer leaves then only without an order in between.
    """
    next_on = pl.when(pl.col("nth").shift(-1) == pl.col("nth")).then(pl.col("month_on").shift(-1))
    out_on = pl.col("month_on").dt.offset_by(f"{_MONTHS}mo")
    into = months.select("month_on", *_CELL, "order_count", "net_cents", customers=pl.lit(1, pl.Int64()))
    out_of = months.select(*_CELL, -pl.col("order_count", "net_cents"), month_on=out_on)
    gone = months.select(*_CELL, month_on=pl.min_horizontal(out_on, next_on), customers=pl.lit(-1, pl.Int64()))
    moves = pl.concat([into, out_of, gone], how="diagonal")
    return moves.group_by("month_on", *_CELL).agg(pl.col(_YEAR).sum())


def _over_lifetime(lifetime: Lifetime | None) -> dict[str, pl.Expr]:
    """Revenue and margin of a year over a lifetime, each rounded to the cent once; null where none is declared."""
    if lifetime is None:
        return dict.fromkeys(("lifetime_net_cents", "lifetime_value_cents"), ABSENT.cast(pl.Int64))

    def times(factor: int) -> pl.Expr:
        return ((pl.col("net_cents").cast(pl.Int128) * factor + _PARTS // 2) // _PARTS).cast(pl.Int64)

    return {
        "lifetime_net_cents": times(round(lifetime.years * _PARTS)),
        "lifetime_value_cents": times(round(lifetime.value_years * _PARTS)),
    }


def _months_until(first: pl.Expr, as_of: dt.date) -> pl.Expr:
    return pl.date_ranges(first, pl.lit(as_of.replace(day=1)), interval="1mo")


def _month_number(column: str) -> pl.Expr:
    return pl.col(column).dt.year() * _MONTHS + pl.col(column).dt.month()
