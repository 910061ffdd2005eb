"""The slow twin of the shop: orders and the service's part in them, carts, and who stays a customer."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from flows.sample import company
from flows.sample.figures import Figures, Span, share, there
from flows.sample.shop import BY_COUPON
from flows.sample.twin import DAY_S, END, Life, Row, local_day

Moments = dict[int, list[int]]
"""Instants by customer, in order."""
SERVICE_COUPONS = ("SAV10", "GESTE5")
YEARS, MARGIN, DISCOUNT = 4, Fraction(38, 100), Fraction(8, 100)
_WEEK_S = 7 * DAY_S
_NOT_BY_THE_CUSTOMER = ("test", "deleted", "spam", "outbound")


@dataclass
class Order:
    """An order with its lines added up."""

    customer: int
    segment: str
    at: int
    day: dt.date
    """Day it was placed."""
    cents: int = 0
    is_linked: bool = False
    is_influenced: bool = False
    is_void: bool = False
    """A test, or cancelled."""

    @property
    def counts(self) -> bool:
        """Something is left to pay."""
        return not self.is_void and self.cents > 0


def moments(lives: Iterable[Life], contacts: Iterable[Row]) -> Moments:
    """When each known customer turned to the service: by a ticket, a call or a chat, answered or not."""
    found: Moments = {}
    for life in lives:
        if life.row["excluded"] not in _NOT_BY_THE_CUSTOMER:
            found.setdefault(life.row["customer"], []).append(life.row["created"])
    for contact in contacts:
        if not contact["outbound"]:
            found.setdefault(contact["customer"], []).append(contact["started"])
    return {customer: sorted(times) for customer, times in found.items() if customer >= 0}


def talks(lives: Iterable[Life], contacts: Iterable[Row], events: Iterable[Row]) -> Moments:
    """When each known customer was in contact: the same, with every message, without calls nobody answered."""
    by_ticket = {life.row["ticket"]: life for life in lives}
    found = moments(by_ticket.values(), [contact for contact in contacts if contact["answered"]])
    for event in events:
        life = by_ticket[event["ticket"]]
        if event["actor"] == "customer" and life.counted and life.row["customer"] >= 0:
            found.setdefault(life.row["customer"], []).append(event["at"])
    return {customer: sorted(times) for customer, times in found.items()}


def orders(lines: Iterable[Row], contact: Moments) -> list[Order]:
    """Every order: its lines less its refunds, and whether the service had a part in it."""
    found: dict[int, Order] = {}
    for line in lines:
        new = Order(line["customer"], line["segment"], line["at"], local_day(line["at"]))
        order = found.setdefault(line["order"], new)
        order.cents += line["cents"]
        order.is_void = order.is_void or line["test"] or line["cancelled"]
        named = line["ticket"] is not None or line["agent"] is not None
        order.is_linked = order.is_linked or named or line["coupon"] in SERVICE_COUPONS or line["way"] == BY_COUPON
    for order in found.values():
        times = contact.get(order.customer, [])
        before = bisect_right(times, order.at)
        order.is_influenced = before > 0 and times[before - 1] >= order.at - _WEEK_S
    return list(found.values())


def revenue(every: list[Order], span: Span) -> Figures:
    """Sums of the orders placed in a period."""
    ours = [order for order in every if order.counts and span.holds(order.day)]
    linked = [order for order in ours if order.is_linked]
    influenced = [order for order in ours if order.is_influenced and not order.is_linked]
    cents = sum(order.cents for order in ours)
    found: Figures = {
        "revenue": (Fraction(cents, 100), None),
        "order_count": (len(ours), None),
        "service_revenue": (Fraction(sum(order.cents for order in linked), 100), None),
        "revenue_influenced": (Fraction(sum(order.cents for order in influenced), 100), None),
    }
    return found | ({"average_basket": (Fraction(cents, 100 * len(ours)), len(ours))} if ours else {})


def carts(every: list[Row], span: Span) -> Figures:
    """Carts created in a period, and their customers."""
    ours = [c for c in every if span.holds_at(c["created"]) and c["items"] > 0 and not c["test"]]
    bought: dict[int, bool] = {}
    for cart in ours:
        if cart["customer"] >= 0:
            bought[cart["customer"]] = bought.get(cart["customer"], False) or _is_converted(cart)
    return there({
        "cart_abandonment_rate": share(not _is_converted(cart) for cart in ours),
        "cart_customer_abandonment_rate": share(not has for has in bought.values()),
    }) | {"cart_count": (len(ours), None)}  # fmt: skip


def _is_converted(cart: Row) -> bool:
    """It became an order within a week, and that by the end of the sample."""
    at = cart["ordered"]
    return at is not None and at < END and at - cart["created"] <= _WEEK_S


def retention(spells: list[Row], span: Span) -> Figures:
    """Who is a customer on the day before a period, and on its last."""
    eve, last = span.first - dt.timedelta(days=1), span.after - dt.timedelta(days=1)
    at_start = {spell["customer"] for spell in spells if _is_customer(spell, eve)}
    at_end = {spell["customer"] for spell in spells if _is_customer(spell, last)}
    ever = {spell["customer"] for spell in spells if spell["valid_from"] < span.first}
    n = len(at_start)
    return {
        "retention_rate": (Fraction(100 * len(at_start & at_end), n), n),
        "churn_rate": (Fraction(100 * len(at_start - at_end), n), n),
        "retention_rate_balance": (Fraction(100 * (len(at_end) - len(at_end - at_start - ever)), n), n),
        "active_customers": (len(at_end), None),
    }


def _is_customer(spell: Row, day: dt.date) -> bool:
    return bool(spell["valid_from"] <= day and (spell["valid_to"] is None or day <= spell["valid_to"]))


def lifetime(every: list[Order], span: Span) -> Figures:
    """What the customers of twelve months are worth, and what those who began in the period brought so far."""
    found: Figures = {}
    since = dt.date(span.after.year - 1, span.after.month, 1)
    if since >= company.FIRST_DAY:
        year = [order for order in every if order.counts and since <= order.day < span.after]
        customers = len({order.customer for order in year})
        cents = sum(order.cents for order in year)
        worth = sum((1 / (1 + DISCOUNT) ** n for n in range(1, YEARS + 1)), Fraction(0)) * MARGIN
        found["ltv"] = (Fraction(cents, 100 * customers) * worth, customers)
        found["ltv_revenue"] = (Fraction(cents, 100 * customers) * YEARS, customers)
        found["orders_per_customer_year"] = (Fraction(len(year), customers), customers)
    placed = [order for order in every if not order.is_void and order.cents >= 0]
    first: dict[int, dt.date] = {}
    for order in placed:
        first[order.customer] = min(order.day, first.get(order.customer, order.day))
    cohort = {customer for customer, day in first.items() if span.holds(day)}
    if cohort:
        brought = [order for order in placed if order.customer in cohort]
        n, times = len(cohort), Counter(order.customer for order in brought)
        found["ltv_realised"] = (Fraction(sum(order.cents for order in brought), 100 * n), n)
        found["repeat_purchase_rate"] = (Fraction(100 * sum(number > 1 for number in times.values()), n), n)
    return found
