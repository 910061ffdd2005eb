"""The facts, built from the feeds.

Inside the house a fact carries codes and instants in UTC; `publishable` turns it into what BI opens. Nothing later
than the end of the as-of day, in the site's zone, enters a fact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import polars as pl

from expectations.tables import FACTS
from transforms.facts.backlog import backlog_moves, fact_backlog_daily
from transforms.facts.bench import (
    FED_IN_PARTS,
    TOLD_ANSWER,
    TOLD_ANSWERING,
    TOLD_BACKLOG,
    TOLD_BOT,
    TOLD_BUYER,
    TOLD_CART,
    TOLD_CONTACT,
    TOLD_CUSTOMER,
    TOLD_DURATION,
    TOLD_EVENT,
    TOLD_HEIR,
    TOLD_HELP,
    TOLD_MERGE,
    TOLD_OPENING,
    TOLD_REPEAT,
    TOLD_REVIEW,
    TOLD_SOURCE,
    TOLD_START,
    TOLD_SURVEY,
    TOLD_TICKET,
    TOLD_TIME,
    TOLD_WORK,
    Bench,
    Daily,
    Frames,
    Lies,
    Near,
    Step,
)
from transforms.facts.bot import fact_bot_session
from transforms.facts.cart import customer_carts, fact_cart, fact_cart_customer_period
from transforms.facts.cohort import customer_months, fact_customer_cohort, fact_customer_value
from transforms.facts.contact import fact_contact
from transforms.facts.cost import fact_cost_allocation, work_of_months
from transforms.facts.customer import customer_events, fact_customer_period
from transforms.facts.dimensions import build_dimensions
from transforms.facts.employee_survey import fact_employee_answer, fact_employee_invitation
from transforms.facts.help_centre import fact_article_view, fact_help_session, helped
from transforms.facts.histogram import durations_in_buckets, fact_duration_histogram
from transforms.facts.latest import duplicates, latest
from transforms.facts.merge import inherited, merged
from transforms.facts.order import fact_order, fact_service_revenue, in_contact
from transforms.facts.publishable import publishable, published_names
from transforms.facts.quality import fact_quality_category, fact_quality_review, reviewed
from transforms.facts.repeat import openings_of, repeated
from transforms.facts.settled import next_answer, next_event, next_instant, next_verdict
from transforms.facts.staffing import FEEDS as STAFFING_FEEDS
from transforms.facts.staffing import fact_agent_day
from transforms.facts.survey import fact_survey_invitation, fact_survey_response, starting_surveys, surveyed
from transforms.facts.tells import answering_sources, tell_answers, told_by_source
from transforms.facts.ticket import fact_ticket, timed_ticket, with_observation
from transforms.facts.ticket_hand_off import hand_offs_of_bots
from transforms.facts.ticket_life import fact_ticket_event, lives, told_events
from transforms.facts.workload import fact_required_staff
from transforms.scales import SCALES, Scale
from transforms.site import Site

__all__ = ["STEPS", "build", "build_dimensions", "build_facts", "duplicates", "latest", "publishable"]
__all__ += ["FED_IN_PARTS", "Bench", "Lies", "Step", "published_names", "steps"]

_CREDIT = (TOLD_TIME, TOLD_EVENT)

STEPS: dict[str, Step] = {
    TOLD_EVENT: Step(
        needs=("feed_ticket_event",),
        also=("feed_employee",),
        build=lambda b: told_events(b["feed_ticket_event"], b.site, end=b.end, clock=b.clock, people=b.people),
        lies=Lies.PARTS,
        changes_at=lambda b: next_event(b["feed_ticket_event"], b.end),
    ),
    TOLD_TICKET: Step(needs=(TOLD_EVENT,), build=lambda b: lives(b[TOLD_EVENT], b.site), lies=Lies.PARTS),
    TOLD_SOURCE: Step(needs=(TOLD_TICKET,), build=lambda b: told_by_source(b[TOLD_TICKET])),
    TOLD_MERGE: Step(
        needs=("feed_ticket", TOLD_TICKET),
        also=(TOLD_SOURCE,),
        build=lambda b: merged(b.lived),
        lies=Lies.PARTS,
        changes_at=lambda b: next_instant(b.tickets, b.end),
    ),
    TOLD_HEIR: Step(needs=(TOLD_MERGE,), build=lambda b: inherited(b[TOLD_MERGE]), lies=Lies.SCATTERED),
    TOLD_BOT: Step(
        needs=("feed_bot_session",),
        build=lambda b: hand_offs_of_bots(b["feed_bot_session"], end=b.end),
        lies=Lies.SCATTERED,
    ),
    TOLD_TIME: Step(
        needs=("feed_ticket", TOLD_TICKET),
        also=(TOLD_SOURCE, TOLD_HEIR, TOLD_BOT, TOLD_EVENT, "feed_employee"),
        build=lambda b: timed_ticket(b.lived, b.get(TOLD_HEIR), b.hand_offs, b.site, clock=b.clock),
        lies=Lies.PARTS,
        changes_at=lambda b: next_instant(b.tickets, b.end),
    ),
    TOLD_ANSWERING: Step(needs=(TOLD_TIME,), build=lambda b: answering_sources(b[TOLD_TIME]), lies=Lies.PARTS),
    TOLD_ANSWER: Step(needs=(TOLD_ANSWERING,), build=lambda b: tell_answers(b[TOLD_ANSWERING])),
    TOLD_OPENING: Step(needs=(TOLD_TIME,), build=lambda b: openings_of(b[TOLD_TIME]), lies=Lies.PARTS),
    TOLD_REPEAT: Step(
        needs=(TOLD_TIME,),
        also=(TOLD_OPENING,),
        build=lambda b: repeated(b[TOLD_TIME], b[TOLD_OPENING], window=b.window),
        lies=Lies.PARTS,
        near=Near(frames=(TOLD_OPENING,), by="openings"),
    ),
    "fact_ticket": Step(
        needs=(TOLD_TIME,),
        also=(TOLD_ANSWER, TOLD_REPEAT),
        build=lambda b: fact_ticket(b[TOLD_TIME], b[TOLD_ANSWER], b[TOLD_REPEAT], b.site, end=b.end, clock=b.clock),
        lies=Lies.PARTS,
        daily=Daily(columns=("observed_s",), made_of=("created_at", "resolved_at"), told=with_observation),
        changes_at=lambda b: next_verdict(b["fact_ticket"], b.site, b.end),
    ),
    "fact_ticket_event": Step(needs=(TOLD_EVENT,), build=lambda b: fact_ticket_event(b[TOLD_EVENT]), lies=Lies.PARTS),
    TOLD_BACKLOG: Step(
        needs=("fact_ticket",),
        also=(TOLD_EVENT,),
        build=lambda b: backlog_moves(b["fact_ticket"], b.reopenings),
        lies=Lies.PARTS,
    ),
    "fact_backlog_daily": Step(
        needs=(TOLD_BACKLOG,), build=lambda b: fact_backlog_daily(b[TOLD_BACKLOG], as_of=b.as_of)
    ),
    TOLD_DURATION: Step(needs=(TOLD_TIME,), build=lambda b: durations_in_buckets(b[TOLD_TIME]), lies=Lies.PARTS),
    "fact_duration_histogram": Step(
        needs=(TOLD_DURATION,), build=lambda b: fact_duration_histogram(b[TOLD_DURATION]), lies=Lies.MONTHS
    ),
    "fact_contact": Step(
        needs=("feed_contact", "feed_contact_day"),
        also=("feed_employee",),
        build=lambda b: fact_contact(b.get("feed_contact"), b.get("feed_contact_day"), b.people, b.site, end=b.end),
    ),
    TOLD_SURVEY: Step(
        needs=("feed_survey",),
        build=lambda b: surveyed(b["feed_survey"], b.site, end=b.end),
        lies=Lies.PARTS,
        changes_at=lambda b: next_answer(b["feed_survey"], b.end),
    ),
    TOLD_START: Step(needs=(TOLD_SURVEY,), build=lambda b: starting_surveys(b[TOLD_SURVEY])),
    "fact_survey_invitation": Step(
        needs=(TOLD_SURVEY,),
        also=(TOLD_START, *_CREDIT),
        build=lambda b: fact_survey_invitation(b[TOLD_SURVEY], b[TOLD_START], b.credit, b.site),
        lies=Lies.PARTS,
        near=Near(frames=_CREDIT, by="tickets"),
    ),
    "fact_survey_response": Step(
        needs=(TOLD_SURVEY,),
        also=_CREDIT,
        build=lambda b: fact_survey_response(b[TOLD_SURVEY], b.credit, b.site, b.scales),
        lies=Lies.PARTS,
        near=Near(frames=_CREDIT, by="tickets"),
    ),
    "fact_employee_invitation": Step(
        needs=(TOLD_SURVEY,), build=lambda b: fact_employee_invitation(b[TOLD_SURVEY], b.site), lies=Lies.PARTS
    ),
    "fact_employee_answer": Step(
        needs=(TOLD_SURVEY,),
        build=lambda b: fact_employee_answer(b[TOLD_SURVEY], b.site, b.scales),
        lies=Lies.PARTS,
    ),
    "fact_agent_day": Step(
        needs=STAFFING_FEEDS,
        also=("feed_employee", "fact_contact"),
        build=lambda b: fact_agent_day(b.frames, b.people, b.get("fact_contact"), as_of=b.as_of),
    ),
    "fact_required_staff": Step(
        needs=("feed_contact",),
        also=("fact_contact", "fact_agent_day"),
        build=lambda b: fact_required_staff(b["fact_contact"], b.get("fact_agent_day"), b.site),
    ),
    TOLD_CONTACT: Step(
        needs=("feed_order",),
        also=("fact_ticket", "fact_contact", TOLD_EVENT),
        build=lambda b: in_contact(b.get("fact_ticket"), b.get("fact_contact"), b.get(TOLD_EVENT)),
    ),
    "fact_order": Step(
        needs=("feed_order",),
        also=(TOLD_CONTACT, *_CREDIT),
        build=lambda b: fact_order(b["feed_order"], b[TOLD_CONTACT], b.credit, b.site, end=b.end),
    ),
    "fact_service_revenue": Step(
        needs=("fact_order",),
        also=("fact_contact", "fact_ticket"),
        build=lambda b: fact_service_revenue(b["fact_order"], b.get("fact_contact"), b.get("fact_ticket")),
    ),
    "fact_cart": Step(
        needs=("feed_cart",),
        also=("fact_order",),
        build=lambda b: fact_cart(b["feed_cart"], b.get("fact_order"), b.site, end=b.end),
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
    TOLD_WORK: Step(needs=("fact_ticket",), build=lambda b: work_of_months(b["fact_ticket"]), lies=Lies.PARTS),
    "fact_cost_allocation": Step(
        needs=("feed_cost",),
        also=("fact_contact", TOLD_WORK),
        build=lambda b: fact_cost_allocation(
            b["feed_cost"], b.get("fact_contact"), b.get(TOLD_WORK), b.site, as_of=b.as_of
        ),
    ),
    TOLD_REVIEW: Step(
        needs=("feed_quality_review",),
        also=("feed_employee", *_CREDIT),
        build=lambda b: reviewed(b["feed_quality_review"], b.people, b.credit, b.site, end=b.end),
    ),
    "fact_quality_review": Step(needs=(TOLD_REVIEW,), build=lambda b: fact_quality_review(b[TOLD_REVIEW])),
    "fact_quality_category": Step(needs=(TOLD_REVIEW,), build=lambda b: fact_quality_category(b[TOLD_REVIEW])),
    TOLD_HELP: Step(needs=("feed_article_view",), build=lambda b: helped(b["feed_article_view"], b.site, end=b.end)),
    "fact_article_view": Step(needs=(TOLD_HELP,), build=lambda b: fact_article_view(b[TOLD_HELP])),
    "fact_help_session": Step(
        needs=(TOLD_HELP,),
        also=("fact_ticket", "fact_contact"),
        build=lambda b: fact_help_session(b[TOLD_HELP], b.moments, b.site),
    ),
    "fact_bot_session": Step(
        needs=("feed_bot_session",),
        also=("fact_ticket", "fact_contact"),
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
