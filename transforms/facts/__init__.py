"""The facts, built from the feeds.

Inside the house a fact carries codes and instants in UTC; `publishable` turns it into what BI opens. Nothing later
than the end of the as-of day, in the site's zone, enters a fact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import polars as pl

from expectations.tables import FACTS
from transforms.calendar import day_ends_at
from transforms.facts.backlog import fact_backlog_daily
from transforms.facts.bot import fact_bot_session
from transforms.facts.cart import customer_carts, fact_cart, fact_cart_customer_period
from transforms.facts.cohort import customer_months, fact_customer_cohort, fact_customer_value
from transforms.facts.contact import fact_contact
from transforms.facts.cost import fact_cost_allocation
from transforms.facts.credit import Tickets
from transforms.facts.customer import customer_events, fact_customer_period
from transforms.facts.dimensions import build_dimensions
from transforms.facts.employee_survey import fact_employee_answer, fact_employee_invitation
from transforms.facts.help_centre import fact_article_view, fact_help_session, helped
from transforms.facts.histogram import fact_duration_histogram
from transforms.facts.latest import duplicates, latest
from transforms.facts.order import fact_order, fact_service_revenue, in_contact
from transforms.facts.people import employed_days
from transforms.facts.publishable import publishable, published_names
from transforms.facts.quality import fact_quality_category, fact_quality_review, reviewed
from transforms.facts.reached import reached
from transforms.facts.staffing import FEEDS as STAFFING_FEEDS
from transforms.facts.staffing import fact_agent_day
from transforms.facts.survey import fact_survey_invitation, fact_survey_response, surveyed
from transforms.facts.ticket import fact_ticket
from transforms.facts.ticket_hand_off import told_hand_offs
from transforms.facts.ticket_life import fact_ticket_event, lives, reopenings, told_events
from transforms.facts.workload import fact_required_staff
from transforms.open_clock import OpenClock
from transforms.scales import SCALES, Scale
from transforms.site import Site

TOLD_EVENT, TOLD_TICKET, TOLD_SURVEY = "told_event", "told_ticket", "told_survey"
TOLD_HAND_OFF = "told_hand_off"
TOLD_REVIEW, TOLD_HELP = "told_review", "told_help"
"""Frames that several facts are made of; they stay inside the house."""
TOLD_CONTACT = "told_contact"
"""The moments at which known customers turned to the service."""
TOLD_CART, TOLD_CUSTOMER, TOLD_BUYER = "told_cart", "told_customer", "told_buyer"
"""Carts, spells and months of orders in the order of their customers."""

__all__ = ["STEPS", "build", "build_dimensions", "build_facts", "duplicates", "latest", "publishable"]
__all__ += ["published_names", "steps"]

Frames = Mapping[str, pl.LazyFrame]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a step works with: the feeds and the steps before it, and what holds for the site."""

    frames: Frames
    site: Site
    as_of: dt.date
    scales: Mapping[str, Scale]

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
    def people(self) -> pl.LazyFrame | None:
        """Who was employed on which day."""
        return employed_days(self["feed_employee"], self.as_of) if "feed_employee" in self.frames else None

    @property
    def credit(self) -> Tickets | None:
        """The tickets to which surveys belong."""
        return Tickets(self["fact_ticket"], self.get(TOLD_EVENT)) if "fact_ticket" in self.frames else None

    @property
    def moments(self) -> pl.LazyFrame:
        """When known persons contacted the service."""
        return reached(self.get("fact_ticket"), self.get("fact_contact"))

    @property
    def reopenings(self) -> pl.LazyFrame | None:
        """When tickets were reopened, where events tell."""
        return reopenings(self[TOLD_EVENT], self.site.zone) if TOLD_EVENT in self.frames else None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A frame to build."""

    needs: tuple[str, ...]
    """Frames of which at least one must be there; others are used where they are."""
    build: Callable[[Bench], pl.LazyFrame]


STEPS: dict[str, Step] = {
    TOLD_EVENT: Step(
        needs=("feed_ticket_event",),
        build=lambda b: told_events(b["feed_ticket_event"], b.site, end=b.end, clock=b.clock, people=b.people),
    ),
    TOLD_TICKET: Step(needs=(TOLD_EVENT,), build=lambda b: lives(b[TOLD_EVENT], b.site)),
    TOLD_HAND_OFF: Step(
        needs=("feed_bot_session", TOLD_EVENT),
        build=lambda b: told_hand_offs(b.get("feed_bot_session"), b.get(TOLD_EVENT), b.people, end=b.end),
    ),
    "fact_ticket": Step(
        needs=("feed_ticket", TOLD_TICKET),
        build=lambda b: fact_ticket(
            b.get("feed_ticket"), b.get(TOLD_TICKET), b.get(TOLD_HAND_OFF), b.site, end=b.end, clock=b.clock
        ),
    ),
    "fact_ticket_event": Step(needs=(TOLD_EVENT,), build=lambda b: fact_ticket_event(b[TOLD_EVENT])),
    "fact_backlog_daily": Step(
        needs=("fact_ticket",),
        build=lambda b: fact_backlog_daily(b["fact_ticket"], b.reopenings, as_of=b.as_of),
    ),
    "fact_duration_histogram": Step(needs=("fact_ticket",), build=lambda b: fact_duration_histogram(b["fact_ticket"])),
    "fact_contact": Step(
        needs=("feed_contact", "feed_contact_day"),
        build=lambda b: fact_contact(b.get("feed_contact"), b.get("feed_contact_day"), b.people, b.site, end=b.end),
    ),
    TOLD_SURVEY: Step(needs=("feed_survey",), build=lambda b: surveyed(b["feed_survey"], b.site, end=b.end)),
    "fact_survey_invitation": Step(
        needs=(TOLD_SURVEY,), build=lambda b: fact_survey_invitation(b[TOLD_SURVEY], b.credit, b.site)
    ),
    "fact_survey_response": Step(
        needs=(TOLD_SURVEY,), build=lambda b: fact_survey_response(b[TOLD_SURVEY], b.credit, b.site, b.scales)
    ),
    "fact_employee_invitation": Step(
        needs=(TOLD_SURVEY,), build=lambda b: fact_employee_invitation(b[TOLD_SURVEY], b.site)
    ),
    "fact_employee_answer": Step(
        needs=(TOLD_SURVEY,), build=lambda b: fact_employee_answer(b[TOLD_SURVEY], b.site, b.scales)
    ),
    "fact_agent_day": Step(
        needs=STAFFING_FEEDS,
        build=lambda b: fact_agent_day(b.frames, b.people, b.get("fact_contact"), as_of=b.as_of),
    ),
    "fact_required_staff": Step(
        needs=("feed_contact",),
        build=lambda b: fact_required_staff(b["fact_contact"], b.get("fact_agent_day"), b.site),
    ),
    TOLD_CONTACT: Step(
        needs=("feed_order",),
        build=lambda b: in_contact(b.get("fact_ticket"), b.get("fact_contact"), b.get(TOLD_EVENT)),
    ),
    "fact_order": Step(
        needs=("feed_order",),
        build=lambda b: fact_order(b["feed_order"], b[TOLD_CONTACT], b.credit, b.site, end=b.end),
    ),
    "fact_service_revenue": Step(
        needs=("fact_order",),
        build=lambda b: fact_service_revenue(b["fact_order"], b.get("fact_contact"), b.get("fact_ticket")),
    ),
    "fact_cart": Step(
        needs=("feed_cart",), build=lambda b: fact_cart(b["feed_cart"], b.get("fact_order"), b.site, end=b.end)
    ),
    TOLD_CART: Step(needs=("fact_cart",), build=lambda b: customer_carts(b["fact_cart"])),
    "fact_cart_customer_period": Step(
        needs=(TOLD_CART,), build=lambda b: fact_cart_customer_period(b[TOLD_CART], as_of=b.as_of)
    ),
    TOLD_CUSTOMER: Step(needs=("feed_customer",), build=lambda b: customer_events(b["feed_customer"], as_of=b.as_of)),
    "fact_customer_period": Step(
        needs=(TOLD_CUSTOMER,), build=lambda b: fact_customer_period(b[TOLD_CUSTOMER], as_of=b.as_of)
    ),
    TOLD_BUYER: Step(needs=("fact_order",), build=lambda b: customer_months(b["fact_order"])),
    "fact_customer_cohort": Step(
        needs=(TOLD_BUYER,), build=lambda b: fact_customer_cohort(b[TOLD_BUYER], as_of=b.as_of)
    ),
    "fact_customer_value": Step(
        needs=(TOLD_BUYER,), build=lambda b: fact_customer_value(b[TOLD_BUYER], b.site, as_of=b.as_of)
    ),
    "fact_cost_allocation": Step(
        needs=("feed_cost",),
        build=lambda b: fact_cost_allocation(
            b["feed_cost"], b.get("fact_contact"), b.get("fact_ticket"), b.site, as_of=b.as_of
        ),
    ),
    TOLD_REVIEW: Step(
        needs=("feed_quality_review",),
        build=lambda b: reviewed(b["feed_quality_review"], b.people, b.credit, b.site, end=b.end),
    ),
    "fact_quality_review": Step(needs=(TOLD_REVIEW,), build=lambda b: fact_quality_review(b[TOLD_REVIEW])),
    "fact_quality_category": Step(needs=(TOLD_REVIEW,), build=lambda b: fact_quality_category(b[TOLD_REVIEW])),
    TOLD_HELP: Step(needs=("feed_article_view",), build=lambda b: helped(b["feed_article_view"], b.site, end=b.end)),
    "fact_article_view": Step(needs=(TOLD_HELP,), build=lambda b: fact_article_view(b[TOLD_HELP])),
    "fact_help_session": Step(needs=(TOLD_HELP,), build=lambda b: fact_help_session(b[TOLD_HELP], b.moments, b.site)),
    "fact_bot_session": Step(
        needs=("feed_bot_session",),
        build=lambda b: fact_bot_session(b["feed_bot_session"], b.moments, b.site, end=b.end),
    ),
}
"""Every frame made from the feeds, each after those it is made of."""


def build_facts(
    feeds: Frames, site: Site, as_of: dt.date, *, scales: Mapping[str, Scale] = SCALES
) -> dict[str, pl.LazyFrame]:
    """The facts whose feeds are there, by name, each in the columns and types of its contract; not sorted.

    The feeds hold the latest version of each row (`latest`). Rows later than the as-of day count nowhere. Here each
    fact is one plan from the feeds: where there is much to do, write each of `steps` before the next one reads it.
    """
    frames = dict(feeds)
    for step in steps(feeds):
        frames[step] = build(step, frames, site, as_of, scales=scales)
    return {step: frames[step] for step in steps(feeds) if step in FACTS}


def steps(feeds: Collection[str]) -> tuple[str, ...]:
    """What the feeds allow to build: facts, and the frames that several facts need, in order."""
    there = set(feeds)
    for name, step in STEPS.items():
        if there.intersection(step.needs):
            there.add(name)
    return tuple(name for name in STEPS if name in there)


def build(
    step: str, frames: Frames, site: Site, as_of: dt.date, *, scales: Mapping[str, Scale] = SCALES
) -> pl.LazyFrame:
    """The rows of one of `steps`, from the feeds and the steps before it."""
    return STEPS[step].build(Bench(frames=frames, site=site, as_of=as_of, scales=scales))
