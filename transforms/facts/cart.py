"""`fact_cart`: what became of each cart within 7 days; `fact_cart_customer_period`: the same by customer."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_commerce import FACT_CART, FACT_CART_CUSTOMER_PERIOD
from expectations.tables.metric import GRAINS
from transforms.calendar import local_day
from transforms.facts.shape import ALL_CUSTOMERS, Share, in_shape, until
from transforms.facts.tells import filled_by, with_tells
from transforms.metrics.periods import end_of, start_of
from transforms.site import Site

WINDOW = dt.timedelta(days=7)
_CELL = ["channel", "team", "segment"]
_CART = ["source", "cart_id"]
_OF_ORDERS = ("ordered_at", "order_id", "is_ordered")
_TELLS = [f"tells_{name}" for name in _OF_ORDERS]


def telling_sources(carts: pl.LazyFrame, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is a source, with what some of its carts before the end tell of orders."""
    return filled_by(until(carts, "created_at", end), _OF_ORDERS)


def placed(carts: pl.LazyFrame, orders: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a cart that names an order of its source, and does not tell when that was placed."""
    asked = carts.filter(pl.col("ordered_at").is_null()).select(*_CART, "order_id")
    known = orders.select("source", "order_id", placed_at="ordered_at")
    return asked.join(known, on=["source", "order_id"]).select(*_CART, "placed_at")


def fact_cart(
    carts: pl.LazyFrame, telling: pl.LazyFrame, orders: pl.LazyFrame | None, site: Site, *, end: dt.datetime
) -> pl.LazyFrame:
    """One row is a cart created before the end; an order later than that is none yet.

    The instant of the order is the cart's own, else that of the order it names (`placed`); a cart that is only said to
    have become an order did so in time. `telling`: what each source tells of orders (`telling_sources`).
    """
    known = with_tells(_with_order(until(carts, "created_at", end), orders), telling, _TELLS)
    can_tell = pl.any_horizontal(_TELLS)
    in_time = (pl.col("bought_at") < end) & (pl.col("bought_at") - pl.col("created_at") <= WINDOW)
    is_said = pl.col("is_ordered").fill_null(pl.col("order_id").is_not_null())
    return in_shape(
        known.with_columns(
            created_on=local_day("created_at", site.zone),
            is_counted=(pl.col("item_count").fill_null(1) > 0) & ~pl.col("is_test").fill_null(value=False),
            is_converted=pl.when(can_tell).then(in_time.fill_null(is_said)),
        ),
        FACT_CART,
    )


def customer_carts(carts: pl.LazyFrame, share: Share = ALL_CUSTOMERS) -> pl.LazyFrame:
    """One row is a cart that counts, of a known customer; in order of `nth`, which numbers the customers, and time."""
    is_judged = pl.col("is_counted") & pl.col("is_converted").is_not_null() & pl.col("customer_id").is_not_null()
    is_new = pl.col("customer_id").ne_missing(pl.col("customer_id").shift())
    return (
        share.rows(carts.filter(is_judged))
        .sort("customer_id", "created_at", "source", "cart_id")
        .select(*_CELL, "created_on", "is_converted", share.nth(is_new))
    )


def fact_cart_customer_period(carts: pl.LazyFrame, *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a period and cell: customers with a cart, and those none of whose carts became an order.

    A customer counts once in a period, in the cell of the first cart.
    """
    return in_shape(pl.concat([_of_period(carts, grain, as_of) for grain in GRAINS]), FACT_CART_CUSTOMER_PERIOD)


def _of_period(carts: pl.LazyFrame, grain: str, as_of: dt.date) -> pl.LazyFrame:
    is_first = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in ("nth", "start_on"))
    bought = pl.col("is_converted").cast(pl.Int64)
    # How many carts were bought before the first of a customer: as many before the next customer's, and none was.
    before, bought_next = pl.col("before"), pl.col("before").shift(-1).fill_null(pl.col("bought"))
    return (
        carts.with_columns(start_on=start_of(pl.col("created_on"), grain))
        .with_columns(is_first=is_first, before=bought.cum_sum() - bought, bought=bought.sum())
        .filter("is_first")
        .with_columns(is_abandoning=bought_next == before)
        .group_by("start_on", *_CELL)
        .agg(
            grain=pl.lit(grain),
            customers=pl.len().cast(pl.Int64),
            abandoning_customers=pl.col("is_abandoning").sum().cast(pl.Int64),
        )
        .with_columns(period_end_on=pl.min_horizontal(end_of(pl.col("start_on"), grain), pl.lit(as_of)))
    )


def _with_order(carts: pl.LazyFrame, orders: pl.LazyFrame | None) -> pl.LazyFrame:
    """When the cart became an order, as it says itself or as the order of its source does."""
    if orders is None:
        return carts.with_columns(bought_at="ordered_at")
    return carts.join(orders, on=_CART, how="left").with_columns(bought_at=pl.coalesce("ordered_at", "placed_at"))
