"""What customers buy: orders with refunds, some of them sold by the service, and the carts before them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from flows.sample import clock, company
from flows.sample.clock import Seconds
from flows.sample.customers import Customers
from flows.sample.demand import Draw, chance, segment_of, strikes
from flows.sample.service import Span
from flows.sample.tables import coded

PRODUCTS = ("lampes", "guirlandes", "bougies", "abat-jour", "pièces détachées")
COUPONS = ("SAV10", "GESTE5", "NOEL25", "RENTREE")
_PRODUCT_SHARE = (0.34, 0.24, 0.20, 0.14, 0.08)
_PRICE_CENTS = np.array([6_400, 3_100, 2_200, 4_200, 1_500])
_ORDERS_A_MONTH = 0.06
_SEASON = {1: 0.9, 7: 0.8, 8: 0.75, 10: 1.1, 11: 1.5, 12: 1.8}
_BUYS_WHEN_NEW, _BUYS_FROM_SERVICE, _BUYS_AFTER = 0.8, 0.035, 0.07
_SECOND_LINE, _REFUNDED, _REFUNDED_IN_STRIKE = 0.25, 0.055, 0.15
_CANCELLED, _TEST = 0.02, 0.003
_ABANDONED_PER_ORDER, _KNOWN_SHARE, _EMPTY, _WAITS, _FORGETS = 1.7, 0.7, 0.04, 0.1, 0.05
_HOUR_S, _DAY_S = 3_600, 86_400
WEB, BY_TICKET, BY_AGENT, BY_COUPON = range(4)
Mask = npt.NDArray[np.bool_]


def orders_of(draw: Draw, tickets: pl.DataFrame, customers: Customers, span: Span, *, first_id: int) -> pl.DataFrame:
    """A row a line of an order placed because of this month; refunds are lines of their own."""
    wanted = pl.concat([_of_themselves(draw, customers, span), *_after_contact(draw, tickets)])
    customer, at = wanted["customer"].to_numpy(), wanted["at"].to_numpy()
    there = (customer >= 0) & (customer < len(customers)) & (at >= clock.START) & (at < clock.END)
    wanted = wanted.filter(pl.Series(there))
    customer, at = wanted["customer"].to_numpy(), wanted["at"].to_numpy()
    wanted = wanted.filter(pl.Series(customers.active(customer, clock.day_index(at)))).sort("at", "customer", "way")
    n = wanted.height
    heads = wanted.with_columns(
        order=pl.int_range(first_id, first_id + n),
        segment=coded(company.SEGMENTS, segment_of(wanted["customer"].to_numpy())),
        coupon=_coupons(draw, wanted), cancelled=chance(draw, n, _CANCELLED), test=chance(draw, n, _TEST),
    )  # fmt: skip
    return _lines(draw, heads).sort("order", "line")


def _of_themselves(draw: Draw, customers: Customers, span: Span) -> pl.DataFrame:
    """Orders that nobody of the service has to do with; most new customers place one on their first day."""
    days = clock.day_index(np.array([span.start, span.until]))
    rate = _ORDERS_A_MONTH * _SEASON.get(span.first.month, 1.0)
    at = _awake(draw, span.start + draw.integers(0, span.until - span.start, draw.poisson(rate * len(customers))))
    new, first_day = customers.newcomers(int(days[0]), int(days[1]))
    buys = draw.random(len(new)) < _BUYS_WHEN_NEW
    first_at = clock.DAY_STARTS[first_day[buys]] + draw.integers(9 * _HOUR_S, 22 * _HOUR_S, int(buys.sum()))
    return _wanted(np.concatenate([customers.some(draw, at), new[buys]]), np.concatenate([at, first_at]))


def _wanted(customer: Seconds, at: Seconds) -> pl.DataFrame:
    """Orders without a link to the service."""
    return pl.DataFrame({"customer": customer, "at": at}).with_columns(
        ticket=pl.lit(None, pl.Int64), agent=pl.lit(None, pl.String), way=pl.lit(WEB, pl.Int64)
    )


def _after_contact(draw: Draw, tickets: pl.DataFrame) -> list[pl.DataFrame]:
    """Orders an agent sold, by one of three links; and orders that came by themselves in the days after a contact."""
    told = tickets.filter(pl.col("excluded").is_null(), pl.col("replied").is_not_null(), pl.col("agent").is_not_null())
    sold = told.filter(pl.Series(chance(draw, told.height, _BUYS_FROM_SERVICE)))
    way = draw.choice([BY_TICKET, BY_AGENT, BY_COUPON], sold.height, p=[0.6, 0.25, 0.15])
    soon = sold["replied"].to_numpy() + draw.integers(600, _DAY_S, sold.height)
    linked = sold.select("customer", "ticket", "agent").with_columns(at=pl.Series(soon), way=pl.Series(way))
    linked = linked.with_columns(
        ticket=pl.when(pl.col("way") == BY_TICKET).then("ticket"),
        agent=pl.when(pl.col("way") != BY_COUPON).then("agent"),
    )
    after = told.filter(pl.Series(chance(draw, told.height, _BUYS_AFTER)))
    later = after["replied"].to_numpy() + draw.integers(_DAY_S, 6 * _DAY_S, after.height)
    return [linked.select("customer", "at", "ticket", "agent", "way"),
            _wanted(after["customer"].to_numpy(), _awake(draw, later))]  # fmt: skip


def _coupons(draw: Draw, wanted: pl.DataFrame) -> pl.Series:
    """The service has vouchers of its own; the shop has others, in season."""
    way, month = wanted["way"].to_numpy(), wanted.select(pl.from_epoch("at").dt.month()).to_series().to_numpy()
    n, autumn = wanted.height, COUPONS.index("RENTREE")
    winter = np.where(np.isin(month, [11, 12]) & chance(draw, n, 0.2), COUPONS.index("NOEL25"), -1)
    season = np.where(np.isin(month, [9]) & chance(draw, n, 0.15), autumn, winter)
    service = np.where(chance(draw, n, 0.7), COUPONS.index("SAV10"), COUPONS.index("GESTE5"))
    has = (way == BY_COUPON) | ((way == BY_TICKET) & chance(draw, n, 0.4))
    return coded(COUPONS, np.where(has, service, np.where(way == WEB, season, -1)))


def _lines(draw: Draw, heads: pl.DataFrame) -> pl.DataFrame:
    """Each order's first line, for some a second, and for some a refund, dated as its order and told later."""
    first = _priced(draw, heads, "1")
    second = _priced(draw, heads.filter(pl.Series(chance(draw, heads.height, _SECOND_LINE))), "2")
    striking = strikes(clock.day_index(heads["at"].to_numpy()))
    back = draw.random(heads.height) < np.where(striking, _REFUNDED_IN_STRIKE, _REFUNDED)
    told = heads["at"].to_numpy() + draw.integers(3 * _DAY_S, 25 * _DAY_S, heads.height)
    whole = chance(draw, heads.height, 0.6)
    refund = first.with_columns(
        line=pl.lit("R1"), changed=pl.Series(told), items=pl.lit(None, pl.Int64),
        cents=-pl.when(pl.Series(whole)).then("cents").otherwise(pl.col("cents") // 2),
    ).filter(pl.Series(back & (told < clock.END)) & ~pl.col("cancelled"))  # fmt: skip
    return pl.concat([first, second, refund])


def _priced(draw: Draw, heads: pl.DataFrame, line: str) -> pl.DataFrame:
    """A line of each order: what, how many, how much."""
    n = heads.height
    product = draw.choice(len(PRODUCTS), n, p=_PRODUCT_SHARE)
    items = 1 + draw.poisson(0.5, n)
    price = (_PRICE_CENTS[product] * np.exp(0.45 * draw.standard_normal(n))).astype(np.int64) // 10 * 10
    return heads.with_columns(
        line=pl.lit(line), product=coded(PRODUCTS, product), items=pl.Series(items), changed=pl.col("at"),
        cents=pl.Series(items * (price + 90)),
    )  # fmt: skip


def carts_of(draw: Draw, orders: pl.DataFrame, customers: Customers, span: Span, *, first_id: int) -> pl.DataFrame:
    """A row a cart: those of the month's orders from the site, and more that nobody paid."""
    web = orders.filter((pl.col("way") == WEB) & (pl.col("line") != "R1"))
    paid = web.group_by("order", maintain_order=True).agg(
        pl.col("customer", "product", "segment", "test").first(), pl.col("items").sum(), pl.col("cents").sum(),
        ordered=pl.col("at").first(),
    )  # fmt: skip
    n = paid.height
    minutes = (1_500 * np.exp(0.9 * draw.standard_normal(n))).astype(np.int64) + 60
    gap = np.where(chance(draw, n, _WAITS), draw.integers(_DAY_S, 6 * _DAY_S, n), minutes)
    gap = np.where(chance(draw, n, _FORGETS), draw.integers(8 * _DAY_S, 20 * _DAY_S, n), gap)
    paid = paid.with_columns(created=pl.col("ordered") - pl.Series(gap), changed="ordered")
    left = _left_behind(draw, customers, span, round(n * _ABANDONED_PER_ORDER))
    columns = ["created", "changed", "customer", "segment", "product", "items", "cents", "ordered", "order", "test"]
    carts = pl.concat([paid.select(columns), left.select(columns)]).filter(pl.col("created") >= clock.START)
    carts = carts.sort("created", "customer", "cents")
    return carts.with_columns(cart=pl.int_range(first_id, first_id + carts.height))


def _left_behind(draw: Draw, customers: Customers, span: Span, n: int) -> pl.DataFrame:
    """Carts without an order, many of visitors nobody knows; some were never filled."""
    at = _awake(draw, span.start + draw.integers(0, span.until - span.start, n))
    known = customers.some(draw, at)
    customer = np.where(chance(draw, n, _KNOWN_SHARE), known, -1)
    product = draw.choice(len(PRODUCTS), n, p=_PRODUCT_SHARE)
    items = np.where(chance(draw, n, _EMPTY), 0, 1 + draw.poisson(0.9, n))
    price = (_PRICE_CENTS[product] * np.exp(0.5 * draw.standard_normal(n))).astype(np.int64)
    segment = np.where(customer >= 0, segment_of(np.maximum(customer, 0)), -1)
    return pl.DataFrame({
        "created": at, "changed": np.minimum(at + draw.integers(60, 2_400, n), clock.END - 1), "customer": customer,
        "segment": coded(company.SEGMENTS, segment), "product": coded(PRODUCTS, np.where(items > 0, product, -1)),
        "items": items, "cents": items * price, "ordered": pl.Series([None] * n, dtype=pl.Int64),
        "order": pl.Series([None] * n, dtype=pl.Int64), "test": chance(draw, n, _TEST),
    })  # fmt: skip


def _awake(draw: Draw, at: Seconds) -> Seconds:
    """The same day at an hour when people buy: most in the evening."""
    day = clock.DAY_STARTS[clock.day_index(at)]
    return np.asarray(day + ((7 + 16.5 * draw.beta(2.2, 1.5, len(at))) * _HOUR_S).astype(np.int64))
