"""The figures of the shop, self-service, quality and the team's surveys, from their slow twins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flows.sample import twin_care, twin_shop
from flows.sample.figures import Figures, Span, those
from flows.sample.twin import Life, Row
from flows.sample.twin_shop import Moments, Order

_COARSE = ("month", "quarter", "year")


@dataclass(frozen=True)
class Beside:
    """What happened beside the help desk, as plain rows."""

    orders: list[Order]
    carts: list[Row]
    spells: list[Row]
    help_events: list[Row]
    sessions: list[Row]
    reviews: list[Row]
    staff_answers: list[Row]
    moments: Moments


def beside_of(rows: Callable[[str], list[Row]], lives: list[Life], contacts: list[Row]) -> Beside:
    """All of it, with the contacts by which it is judged; `rows` gives the rows of a part of the simulation."""
    talks = twin_shop.talks(lives, contacts, rows("events"))
    return Beside(
        twin_shop.orders(rows("orders"), talks), rows("carts"), rows("customers"), rows("help_events"),
        rows("bot_sessions"), rows("reviews"), rows("staff_answers"), twin_shop.moments(lives, contacts),
    )  # fmt: skip


def figures(beside: Beside, span: Span, cut: dict[str, str]) -> Figures:
    """Reviews know every cut; customers have a segment; the team is told of as a whole."""
    found = twin_care.quality(those(beside.reviews, cut), span)
    if set(cut) <= {"segment"}:
        found |= _of_customers(beside, span, cut)
    if not cut and span.grain in _COARSE:
        found |= twin_care.staff(beside.staff_answers, span)
    return found


def _of_customers(beside: Beside, span: Span, cut: dict[str, str]) -> Figures:
    orders = [order for order in beside.orders if order.segment == cut.get("segment", order.segment)]
    found = twin_shop.revenue(orders, span) | twin_shop.carts(those(beside.carts, cut), span)
    found |= twin_care.help_centre(those(beside.help_events, cut), beside.moments, span)
    found |= twin_care.bot(those(beside.sessions, cut), beside.moments, span)
    if span.grain in _COARSE:
        found |= twin_shop.retention(those(beside.spells, cut), span) | twin_shop.lifetime(orders, span)
    return found
