"""What a step of the facts works with, and what a step is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import polars as pl

from expectations.tables.feed_ticket import FEED_TICKET
from transforms.calendar import day_ends_at
from transforms.facts.credit import Tickets
from transforms.facts.families import TICKET
from transforms.facts.people import People
from transforms.facts.reached import TURNED_TO_US, WAS_SERVED, Contacted
from transforms.facts.shape import ALL_CUSTOMERS, Share
from transforms.facts.tells import of_all_parts
from transforms.facts.ticket import lived
from transforms.facts.ticket_hand_off import told_hand_offs
from transforms.facts.ticket_life import reopenings
from transforms.open_clock import OpenClock
from transforms.scales import Scale
from transforms.site import Site

TOLD_EVENT, TOLD_TICKET, TOLD_SURVEY = "told_event", "told_ticket", "told_survey"
TOLD_SOURCE, TOLD_ANSWER = "told_source", "told_answer"
"""What each source tells of at all by its events, and by its tickets."""
TOLD_OF_CONTACTS, TOLD_OF_ORDERS, TOLD_OF_CARTS, TOLD_OF_BOTS, TOLD_OF_REVIEWS = (
    *("told_contact_source", "told_order_source", "told_cart_source"),
    *("told_bot_source", "told_review_source"),
)
"""The same by its calls and chats, orders, carts, sessions with the bot and reviews."""
TOLD_MERGE, TOLD_HEIR = "told_merge", "told_heir"
"""Tickets that were merged into others, and what these inherit."""
TOLD_BOT, TOLD_TIME = "told_bot", "told_time"
"""Hand-offs by bots, and tickets with their clocks."""
TOLD_OPENING, TOLD_REPEAT = "told_opening", "told_repeat"
"""When customers came with a topic, and the tickets after which they came back in time."""
TOLD_START = "told_start"
"""The surveys that tell when people began to answer."""
TOLD_BACKLOG, TOLD_DURATION, TOLD_WORK = "told_backlog", "told_duration", "told_work"
"""What the tickets of a part add to the backlog, to the histogram, and to the work of a month."""
TOLD_REVIEW, TOLD_HELP = "told_review", "told_help"
"""Frames that several facts are made of; they stay inside the house."""
TOLD_TALLY, TOLD_PLACED = "told_tally", "told_placed"
"""Contacts that were only counted, and orders that carts name."""
TOLD_REACHED, TOLD_CALLED, TOLD_KNOWN = "told_reached", "told_called", "told_known"
"""When known persons were in contact, by tickets and by calls and chats, and whether any were."""
TOLD_CART, TOLD_CUSTOMER, TOLD_BUYER = "told_cart", "told_customer", "told_buyer"
"""Carts, spells and months of orders in the order of their customers."""


Frames = Mapping[str, pl.LazyFrame]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a step works with: the feeds and the steps before it, and what holds for the site."""

    frames: Frames
    site: Site
    as_of: dt.date
    scales: Mapping[str, Scale]
    share: Share = ALL_CUSTOMERS
    """The customers of whom a frame by customer is made."""

    def __getitem__(self, name: str) -> pl.LazyFrame:
        """A frame that must be there."""
        return self.frames[name]

    def get(self, name: str) -> pl.LazyFrame | None:
        """A frame that may be there."""
        return self.frames.get(name)

    @property
    def end(self) -> dt.datetime:
        """The first instant after the as-of day."""
        return day_ends_at(self.as_of, self.site.zone)

    @property
    def clock(self) -> OpenClock:
        """The opening hours of the site."""
        return OpenClock.of(self.site, self.as_of)

    @property
    def tickets(self) -> pl.LazyFrame:
        """The rows of tickets, where there are any."""
        return self.frames.get("feed_ticket", FEED_TICKET.empty())

    @property
    def window(self) -> dt.timedelta:
        """How long after a resolution a customer who comes back was not helped."""
        return dt.timedelta(days=self.site.fcr_window_days)

    @property
    def lived(self) -> pl.LazyFrame:
        """The tickets as their rows and their events tell them."""
        return lived(self.tickets, self.get(TOLD_TICKET), self.get(TOLD_SOURCE), end=self.end)

    @property
    def hand_offs(self) -> pl.LazyFrame | None:
        """The hand-offs by bots, where any feed could tell of one."""
        return told_hand_offs(self.get(TOLD_BOT), self.get(TOLD_EVENT), self.people)

    @property
    def people(self) -> People | None:
        """Who was employed on which day."""
        return People(self["feed_employee"], self.as_of) if "feed_employee" in self.frames else None

    @property
    def credit(self) -> Tickets | None:
        """The tickets to which surveys belong; as they are told with their clocks, which no verdict changes."""
        return Tickets(self[TOLD_TIME], self.get(TOLD_EVENT)) if TOLD_TIME in self.frames else None

    @property
    def turned_to_us(self) -> Contacted:
        """When known persons contacted the service."""
        return Contacted.told(TURNED_TO_US, *map(self.get, (TOLD_REACHED, TOLD_CALLED, TOLD_KNOWN)))

    @property
    def was_served(self) -> Contacted:
        """When known customers were in contact with the service."""
        return Contacted.told(WAS_SERVED, *map(self.get, (TOLD_REACHED, TOLD_CALLED, TOLD_KNOWN)))

    @property
    def reopenings(self) -> pl.LazyFrame | None:
        """When tickets were reopened, where events tell."""
        return reopenings(self[TOLD_EVENT], self.site.zone) if TOLD_EVENT in self.frames else None


class Lies(StrEnum):
    """How the rows of a frame lie."""

    WHOLE = "whole"
    PARTS = "parts"
    """As a family of feeds lies (`families`), each part made of its own part of other such frames."""
    SCATTERED = "scattered"
    """Made whole, then laid into parts by what they tell of."""
    SHARES = "shares"
    """By customer, each of all rows of a share of them."""
    MONTHS = "months"
    """By the month of their day, each made of all parts that tell of days in it."""


@dataclass(frozen=True, kw_only=True)
class Near:
    """Frames of which a step of parts is given every part that its own rows reach."""

    frames: tuple[str, ...]
    by: Literal["tickets", "openings", "days"]
    """Those of the tickets that the rows name, those in which a customer may come back, or those with moments on days
    that lie near.
    """
    clocks: tuple[str, ...] = ()
    """Of near days, the instants that look at them."""
    before: dt.timedelta = dt.timedelta(0)
    after: dt.timedelta = dt.timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Daily:
    """Columns that follow from the others and from the end of the day alone."""

    columns: tuple[str, ...]
    made_of: tuple[str, ...]
    """The other columns that decide them."""
    told: Callable[[pl.LazyFrame, dt.datetime], pl.LazyFrame]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A frame to build."""

    needs: tuple[str, ...]
    """Frames of which at least one must be there."""
    also: tuple[str, ...] = ()
    """Frames that are used where they are; a step is given no others than these and those it needs."""
    build: Callable[[Bench], pl.LazyFrame]
    where: tuple[str, ...] = ()
    """It is made only where one of these is there too; none: always."""
    is_in_order: bool = False
    """Whether its rows come in an order; those of other facts get that of their key."""
    at_once: bool = False
    """Whether its parts are made in memory: where all rows are sorted or many columns wide, a fifth less work."""
    lies: Lies = Lies.WHOLE
    family: str = TICKET
    """By what it lies, where it lies in parts."""
    near: tuple[Near, ...] = ()
    """What a step of parts reads beyond its own part."""
    changes_at: Callable[[Bench], pl.LazyFrame] | None = None
    """When time alone changes the rows of a part, in one cell; None where it never does."""

    daily: Daily | None = None
    """Columns that every day changes by itself: they are worked out where the rows are read."""

    @property
    def uses(self) -> tuple[str, ...]:
        """Every frame that the step may read."""
        return self.needs + self.also


CREDIT = (TOLD_TIME, TOLD_EVENT)
"""Of what tickets are credited to whoever was in charge."""


def by_source(name: str, of_part: Step) -> dict[str, Step]:
    """What each source tells of at all: what each part of its rows does, and from that all of them."""
    some = f"{name}_part"
    return {some: of_part, name: Step(needs=(some,), build=lambda b: of_all_parts(b[some]))}
