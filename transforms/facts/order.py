"""`fact_order`: what was sold, and whether the service had a part in it; `fact_service_revenue`: sales and contacts.

Two ways in which an order may belong to the service, never mixed. An explicit link: the order names a ticket, an agent
or a voucher of the service's own, or its source calls it a sale of the service. Influence: the customer was in contact
with the service in the 7 days before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from expectations.tables.fact_commerce import FACT_ORDER, FACT_SERVICE_REVENUE
from transforms.calendar import local_day
from transforms.facts.credit import Tickets, credited
from transforms.facts.reached import Contacted, of_persons
from transforms.facts.shape import in_shape, until
from transforms.facts.tells import filled_by, with_tells
from transforms.site import Site

INFLUENCE = dt.timedelta(days=7)
LINKS = ("ticket_id", "agent_id", "is_service_sale", "coupon")
"""Columns by which an order may be linked to the service."""
_TELLS = {name: f"tells_{name}" for name in LINKS}
_ORDER = ["source", "order_id"]
_CELL = ["channel", "team", "segment"]
_NAMED = ("customer_id", *_CELL, "agent_id", "topic", "ticket_id")


def linking_sources(orders: pl.LazyFrame, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is a source, with the columns of a link to the service that some of its orders before the end fill."""
    return filled_by(until(orders, "ordered_at", end), LINKS)


def fact_order(
    orders: pl.LazyFrame,
    linking: pl.LazyFrame,
    served: Contacted,
    tickets: Tickets | None,
    site: Site,
    *,
    end: dt.datetime,
) -> pl.LazyFrame:
    """One row is an order placed before the end: its lines less its refunds, dated by the first of its lines.

    What an order does not name itself (channel, team, segment, agent, customer) is that of the ticket that led to it.
    `linking`: what all orders of each source tell of links (`linking_sources`).
    """
    known = with_tells(until(orders, "ordered_at", end), linking, _TELLS.values())
    linked = known.with_columns(is_service_sale=_is_linked(site))
    summed = _judged(linked.group_by(_ORDER).agg(_of_lines()))
    named = credited(summed.with_columns(ordered_on=local_day("ordered_at", site.zone)), tickets, at="ordered_at")
    return in_shape(_with_influence(named, served), FACT_ORDER)


def fact_service_revenue(
    orders: pl.LazyFrame, contacts: pl.LazyFrame | None, tickets: pl.LazyFrame | None
) -> pl.LazyFrame:
    """One row is a day and cell with a sale linked to the service or a contact handled.

    Contacts count from the first day on which a sale could have been linked; without any contacts there is no row.
    """
    known = orders.filter(pl.col("is_counted") & pl.col("is_service_sale").is_not_null())
    sales = known.filter("is_service_sale").select(
        *_CELL, day_on="ordered_on", service_orders=pl.lit(1, pl.Int64()), service_net_cents="net_cents"
    )
    handled = list(_handled(contacts, tickets))
    if not handled:
        return FACT_SERVICE_REVENUE.empty()
    sums = ("service_orders", "service_net_cents", "handled_contacts")
    days = pl.concat([FACT_SERVICE_REVENUE.empty(), sales, *handled], how="diagonal").group_by("day_on", *_CELL)
    since = known.select(since_on=pl.col("ordered_on").min())
    told = days.agg(pl.col(sums).sum()).join(since, how="cross").filter(pl.col("day_on") >= pl.col("since_on"))
    return in_shape(told, FACT_SERVICE_REVENUE)


def _is_linked(site: Site) -> pl.Expr:
    """Whether a line is linked to the service; null where its source tells of no link at all."""
    links = {
        "ticket_id": pl.col("ticket_id").is_not_null(),
        "agent_id": pl.col("agent_id").is_not_null(),
        "is_service_sale": pl.col("is_service_sale"),
    }
    if site.service_coupons:
        links["coupon"] = _is_own_coupon(site.service_coupons)
    can_tell = pl.any_horizontal(pl.col(_TELLS[column]) for column in links)
    is_linked = pl.any_horizontal(link.fill_null(value=False) for link in links.values())
    return pl.when(can_tell).then(is_linked)


def _is_own_coupon(coupons: Iterable[str]) -> pl.Expr:
    """Whether the voucher is one of the service's own: the same letters, or the same beginning where it ends in *."""
    used = pl.col("coupon").str.strip_chars().str.to_lowercase()
    wanted = [coupon.lower() for coupon in coupons]
    begins = [used.str.starts_with(coupon.removesuffix("*")) for coupon in wanted if coupon.endswith("*")]
    return pl.any_horizontal(used.is_in([c for c in wanted if not c.endswith("*")]), *begins)


def _of_lines() -> list[pl.Expr]:
    """What the lines of an order add up to; of several names the least, so that the order of lines changes nothing."""
    is_sold = ~pl.col("is_cancelled").fill_null(value=False)
    net = pl.col("amount_cents") - pl.col("refunded_cents").fill_null(0)
    items = pl.col("item_count").filter(is_sold)
    names_one = (pl.col("product").min() == pl.col("product").max()) & (pl.col("product").null_count() == 0)
    return [
        pl.col("ordered_at").min(),
        pl.col(_NAMED).min(),
        pl.when(names_one).then(pl.col("product").min()).alias("product"),
        net.filter(is_sold).sum().alias("net_cents"),
        pl.when(items.count() > 0).then(items.sum()).alias("item_count"),
        pl.col("is_service_sale").any(ignore_nulls=False),
        pl.col("is_test").fill_null(value=False).any(),
        (~is_sold).all().alias("is_cancelled"),
    ]


def _judged(lf: pl.LazyFrame) -> pl.LazyFrame:
    reason = (
        pl.when("is_test")
        .then(pl.lit("test"))
        .when("is_cancelled")
        .then(pl.lit("cancelled"))
        .when(pl.col("net_cents") < 0)
        .then(pl.lit("refund_alone"))
        .when(pl.col("net_cents") == 0)
        .then(pl.lit("no_value"))
    )
    return lf.with_columns(exclusion_reason=reason, is_counted=reason.is_null())


def _with_influence(orders: pl.LazyFrame, served: Contacted) -> pl.LazyFrame:
    """Whether the customer's last contact before the order lies within the 7 days before it."""
    can_tell = pl.col("are_contacts_known") & pl.col("customer_id").is_not_null()
    return (
        orders.sort("ordered_at")
        .join_asof(
            of_persons(served.moments, orders),
            left_on="ordered_at",
            right_on="reached_at",
            by="customer_id",
            tolerance=INFLUENCE,
            coalesce=False,
            check_sortedness=False,
        )
        .join(served.are_known, how="cross")
        .with_columns(is_influenced=pl.when(can_tell).then(pl.col("reached_at").is_not_null()))
    )


def _handled(contacts: pl.LazyFrame | None, tickets: pl.LazyFrame | None) -> Iterable[pl.LazyFrame]:
    """Calls and chats answered by day and cell; tickets answered where no calls or chats are told of."""
    if contacts is not None:
        handled = contacts.filter("is_counted", "is_handled").group_by(*_CELL, day_on="started_on")
        yield handled.agg(handled_contacts=pl.col("contacts").sum())
    if tickets is not None:
        known = tickets.filter(pl.col("is_counted") & pl.col("first_response_on").is_not_null())
        answered = known.group_by(*_CELL, day_on="first_response_on").agg(handled_contacts=pl.len().cast(pl.Int64()))
        if contacts is not None:
            told = contacts.select("channel").unique()
            answered = answered.join(told, on="channel", how="anti", nulls_equal=True)
        yield answered
