"""Which feeds lie in parts, and what keeps the rows of a part together.

Rows of one family lie by the same things: those of tickets, events and surveys by their tickets, those of every other
feed by what it tells of. A part has the things that began on its days, by the first day that any row tells of each; so
all versions of a row, all lines of an order and all pages of a visit lie together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from transforms.facts.survey import INVITATION

TICKET, CONTACT, ORDER, CART = "ticket", "contact", "order", "cart"
BOT_SESSION, VISIT, REVIEW = "bot_session", "visit", "review"


@dataclass(frozen=True, kw_only=True)
class Laid:
    """How the rows of a feed lie in parts."""

    family: str
    by: pl.Expr
    """What keeps rows together."""
    clock: str
    """The instant of a row that tells on which day it began."""
    tells: pl.Expr | None = None
    """Whether a row tells it; None: every row does."""
    follows: bool = False
    """Its rows lie with the things of the family that they name, and tell a day only of what names none."""


LAID: Mapping[str, Laid] = {
    "feed_ticket": Laid(family=TICKET, by=pl.col("ticket_id"), clock="created_at"),
    "feed_ticket_event": Laid(
        family=TICKET, by=pl.col("ticket_id"), clock="occurred_at", tells=pl.col("kind") == "created"
    ),
    "feed_survey": Laid(family=TICKET, by=pl.struct(INVITATION), clock="dated_at", follows=True),
    "feed_contact": Laid(family=CONTACT, by=pl.struct("source", "contact_id"), clock="started_at"),
    "feed_order": Laid(family=ORDER, by=pl.struct("source", "order_id"), clock="ordered_at"),
    "feed_cart": Laid(family=CART, by=pl.struct("source", "cart_id"), clock="created_at"),
    "feed_bot_session": Laid(family=BOT_SESSION, by=pl.struct("source", "session_id"), clock="started_at"),
    "feed_article_view": Laid(
        family=VISIT, by=pl.struct("source", pl.coalesce("session_id", "view_id")), clock="viewed_at"
    ),
    "feed_quality_review": Laid(family=REVIEW, by=pl.struct("source", "review_id"), clock="reviewed_at"),
}
"""The feeds that lie in parts; one that is not named here is one part, however long."""

FAMILIES: Mapping[str, list[str]] = {
    family: [feed for feed, laid in LAID.items() if laid.family == family]
    for family in dict.fromkeys(laid.family for laid in LAID.values())
}
"""By family its feeds, first the one that tells of the things themselves."""
