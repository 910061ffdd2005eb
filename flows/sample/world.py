"""One simulation, two sizes: the shipped sample, and as many tickets as a bench wants; month by month, flat memory."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
import polars as pl

from flows.sample import clock, company, demand
from flows.sample.bot import bot_sessions_of
from flows.sample.clock import Seconds
from flows.sample.conversation import BOT, NEVER, Tickets, lives
from flows.sample.customers import Customers
from flows.sample.demand import Draw, Requests
from flows.sample.help_centre import help_events_of
from flows.sample.quality import reviews_of
from flows.sample.service import Span, agent_days, contacts_of, ledger_of
from flows.sample.shop import carts_of, orders_of
from flows.sample.staff import Staff
from flows.sample.staff_surveys import staff_answers_of
from flows.sample.surveys import surveys_of, with_variant
from flows.sample.tables import event_frame, ticket_frame

_SAMPLE_COPIES_PER_SCALE = 25
_REPEAT_SHARE = 0.07
_EXCLUDED_SHARE = (("test", 0.002), ("deleted", 0.0015), ("spam", 0.012), ("outbound", 0.008))
_MERGED_SHARE, _DUPLICATE_SHARE = 0.009, 0.004
_REVIEWS, _STAFF, _CUSTOMERS, _ORDERS, _CARTS, _HELP, _BOT, _VARIANT = range(1, 9)
"""Subjects that are drawn apart, so that one more of them moves none of the others."""


@dataclass(frozen=True)
class Month:
    """What happened in a month, clean and typed: instants are UTC, people and teams are codes."""

    month_on: dt.date
    tickets: pl.DataFrame
    """Tickets opened in the month, with their whole life."""
    events: pl.DataFrame
    """Events of the month, whichever month their ticket is of."""
    surveys: pl.DataFrame
    """Invitations sent for tickets of the month, with their answers: one row each."""
    contacts: pl.DataFrame
    agent_days: pl.DataFrame
    ledger: pl.DataFrame
    reviews: pl.DataFrame
    """Categories of reviews of replies of the month."""
    staff_answers: pl.DataFrame
    orders: pl.DataFrame
    """Lines of orders that this month led to, refunds among them."""
    carts: pl.DataFrame
    help_events: pl.DataFrame
    bot_sessions: pl.DataFrame
    customers: pl.DataFrame | None
    """Every spell of every customer, once the last month is over."""


@dataclass
class _Carry:
    """What one month hands on to the next."""

    repeats: list[Requests]
    customers: Customers
    seed: int
    events: pl.DataFrame | None = None
    next_ticket: int = 1
    next_event: int = 1
    next_contact: int = 1
    rows: Counter[str] = field(default_factory=Counter)
    """How many orders, carts and the like there are so far."""


def copies(scale: float) -> int:
    """How many times the team of the sample is there."""
    return max(1, round(scale * _SAMPLE_COPIES_PER_SCALE))


def months(scale: float, seed: int = company.SEED) -> Iterator[Month]:
    """The months of the sample, one after the other; the same scale and seed give the same months."""
    total = round(1_000_000 * scale)
    staff = Staff(copies(scale))
    starts = [*clock.month_starts(), company.AS_OF + dt.timedelta(days=1)]
    per_day = np.random.default_rng([seed, 0]).multinomial(round(total * 0.93), demand.day_weights())
    people = max(200, round(total * 0.6))
    carry = _Carry([], Customers(np.random.default_rng([seed, 0, _CUSTOMERS]), people), seed)
    for number, (first, after) in enumerate(itertools.pairwise(starts), start=1):
        draw = np.random.default_rng([seed, number])
        days = slice((first - company.FIRST_DAY).days, (after - company.FIRST_DAY).days)
        fresh = demand.arrivals(draw, per_day[days], days.start, people)
        span = Span(first, clock.epoch(first), clock.epoch(after))
        yield _month(draw, span, _with_repeats(carry, fresh, span.until), staff, carry)


def _with_repeats(carry: _Carry, fresh: Requests, until: int) -> Requests:
    """The month's requests, with those that come back from earlier ones."""
    waiting = demand.together([*carry.repeats, fresh.take(np.zeros(0, dtype=np.int64))])
    due = waiting.created < until
    carry.repeats = [waiting.take(~due)]
    asked = demand.together([fresh, waiting.take(due)])
    return asked.take(np.argsort(asked.created, kind="stable"))


def _month(draw: Draw, span: Span, asked: Requests, staff: Staff, carry: _Carry) -> Month:
    """One month: lives of its tickets, then what hangs on them."""
    asked, excluded = _exclude(draw, asked)
    t = lives(draw, asked, excluded, staff)
    survivor, into_kind = _twins(draw, t)
    carry.repeats += [_repeats(draw, t)]
    tickets, order = ticket_frame(t, survivor, into_kind, carry.next_ticket)
    carry.next_ticket += tickets.height
    events = event_frame(t, order, tickets)
    if carry.events is not None:
        events = pl.concat([carry.events, events])
    carry.events = events.filter(pl.col("at") >= span.until)
    events = events.filter((pl.col("at") < span.until) & (pl.col("at") < clock.END)).sort("at", "ticket", "step")
    events = events.with_columns(event_id=pl.int_range(carry.next_event, carry.next_event + events.height))
    carry.next_event += events.height
    tickets = tickets.with_columns(agent=_agent_codes(tickets["agent"], staff))
    contacts = contacts_of(draw, tickets, staff, span, first_id=carry.next_contact)
    carry.next_contact += contacts.height
    surveys = surveys_of(draw, tickets, span.first)
    return Month(
        month_on=span.first,
        tickets=tickets,
        events=events.with_columns(agent=_agent_codes(events["agent"], staff)),
        surveys=with_variant(_draw(carry, span, _VARIANT), surveys),
        contacts=contacts,
        agent_days=agent_days(draw, staff, span),
        ledger=ledger_of(draw, staff, span.first, contacts.height),
        staff_answers=staff_answers_of(_draw(carry, span, _STAFF), staff, span),
        **_beside(tickets, span, carry),
    )


class _Beside(TypedDict):
    """What does not come from the help desk."""

    reviews: pl.DataFrame
    orders: pl.DataFrame
    carts: pl.DataFrame
    help_events: pl.DataFrame
    bot_sessions: pl.DataFrame
    customers: pl.DataFrame | None


def _beside(tickets: pl.DataFrame, span: Span, carry: _Carry) -> _Beside:
    """Reviews of the month's tickets; what customers did before and after them; numbers go on from month to month."""
    customers, rows = carry.customers, carry.rows
    customers.note(tickets["customer"].to_numpy(), tickets["created"].to_numpy())
    reviews = reviews_of(_draw(carry, span, _REVIEWS), tickets, first_id=rows["review"] + 1)
    orders = orders_of(_draw(carry, span, _ORDERS), tickets, customers, span, first_id=rows["order"] + 1)
    carts = carts_of(_draw(carry, span, _CARTS), orders, customers, span, first_id=rows["cart"] + 1)
    events = help_events_of(
        _draw(carry, span, _HELP), tickets, customers, span, first_visit=rows["visit"] + 1, first_id=rows["help"] + 1
    )
    sessions = bot_sessions_of(_draw(carry, span, _BOT), tickets, customers, span, first_id=rows["session"] + 1)
    rows["review"] += reviews["review"].n_unique()
    rows["order"] += orders["order"].n_unique()
    rows["cart"] += carts.height
    rows["visit"] = int(events["visit"].to_numpy().max(initial=rows["visit"]))
    rows["help"] += events.height
    rows["session"] += sessions.height
    is_last = span.until >= clock.END
    return _Beside(
        reviews=reviews, orders=orders, carts=carts, help_events=events, bot_sessions=sessions,
        customers=customers.frame() if is_last else None,
    )  # fmt: skip


def _draw(carry: _Carry, span: Span, subject: int) -> Draw:
    """The dice of one subject in one month."""
    return np.random.default_rng([carry.seed, (span.first - company.FIRST_DAY).days, subject])


def _agent_codes(numbers: pl.Series, staff: Staff) -> pl.Series:
    """Numbers of agents as their codes; the assistant has its own, nobody is null."""
    codes = pl.Series([company.BOT.agent, None, *staff.codes], dtype=pl.String)
    return codes.gather((numbers - BOT).cast(pl.Int64)).alias("agent")


def _exclude(draw: Draw, asked: Requests) -> tuple[Requests, Seconds]:
    """Tests, spam and the like, each from senders of its own, so that they touch no other ticket's history."""
    fate, excluded, low = draw.random(len(asked)), np.zeros(len(asked), dtype=np.int64), 0.0
    for reason, share in _EXCLUDED_SHARE:
        excluded = np.where((fate >= low) & (fate < low + share), company.EXCLUSIONS.index(reason), excluded)
        low += share
    odd = excluded > 0
    asked.customer = np.where(odd, -1 - np.arange(len(asked)) - asked.created, asked.customer)
    asked.channel = np.where(odd, 0, asked.channel)
    return asked, excluded


def _twins(draw: Draw, t: Tickets) -> tuple[Seconds, Seconds]:
    """Which tickets were written twice: their positions, and whether the second was merged or marked a duplicate.

    The second message comes before anybody answers the first, and is dealt with on the same day.
    """
    slow = (t.replied != NEVER) & (t.replied - t.asked.created > 3 * 3_600) & (t.excluded == 0)
    early = clock.local(t.asked.created) % 86_400 < 20 * 3_600
    fate = draw.random(len(t.asked))
    twice = slow & early & (t.asked.channel != 1) & (fate < (_MERGED_SHARE + _DUPLICATE_SHARE) * 2)
    survivor = np.flatnonzero(twice)
    merged, duplicate = company.EXCLUSIONS.index("merged"), company.EXCLUSIONS.index("duplicate")
    return survivor, np.where(fate[survivor] < _MERGED_SHARE * 2, merged, duplicate)


def _repeats(draw: Draw, t: Tickets) -> Requests:
    """Customers who open another ticket on the same topic after theirs was solved, most within a week."""
    last = np.where(t.solved[-1] != NEVER, t.solved[-1], np.where(t.solved[-2] != NEVER, t.solved[-2], t.solved[0]))
    again = (last != NEVER) & (t.excluded == 0) & (draw.random(len(last)) < _REPEAT_SHARE)
    found = t.asked.take(again)
    gap = (draw.gamma(2.0, 2.2 * 86_400, len(found)) + 7_200).astype(np.int64)
    found.created = clock.awake(last[again] + gap)
    found.channel = np.where(np.isin(found.channel, [demand.PHONE, demand.CHAT]), 0, found.channel)
    return found.take(found.created < clock.END)
