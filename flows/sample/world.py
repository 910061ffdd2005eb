"""One simulation, two sizes: the shipped sample, and as many tickets as a bench wants; month by month, flat memory."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from flows.sample import clock, company, demand
from flows.sample.clock import Seconds
from flows.sample.conversation import BOT, NEVER, Tickets, lives
from flows.sample.demand import Draw, Requests
from flows.sample.service import Span, agent_days, contacts_of, ledger_of
from flows.sample.staff import Staff
from flows.sample.surveys import surveys_of
from flows.sample.tables import event_frame, ticket_frame

_SAMPLE_COPIES_PER_SCALE = 25
_REPEAT_SHARE = 0.07
_EXCLUDED_SHARE = (("test", 0.002), ("deleted", 0.0015), ("spam", 0.012), ("outbound", 0.008))
_MERGED_SHARE, _DUPLICATE_SHARE = 0.009, 0.004


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


@dataclass
class _Carry:
    """What one month hands on to the next."""

    repeats: list[Requests]
    events: pl.DataFrame | None = None
    next_ticket: int = 1
    next_event: int = 1
    next_contact: int = 1


def copies(scale: float) -> int:
    """How many times the team of the sample is there."""
    return max(1, round(scale * _SAMPLE_COPIES_PER_SCALE))


def months(scale: float, seed: int = company.SEED) -> Iterator[Month]:
    """The months of the sample, one after the other; the same scale and seed give the same months."""
    total = round(1_000_000 * scale)
    staff = Staff(copies(scale))
    starts = [*clock.month_starts(), company.AS_OF + dt.timedelta(days=1)]
    per_day = np.random.default_rng([seed, 0]).multinomial(round(total * 0.93), demand.day_weights())
    carry = _Carry(repeats=[])
    for number, (first, after) in enumerate(itertools.pairwise(starts), start=1):
        draw = np.random.default_rng([seed, number])
        days = slice((first - company.FIRST_DAY).days, (after - company.FIRST_DAY).days)
        fresh = demand.arrivals(draw, per_day[days], days.start, max(200, round(total * 0.6)))
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
    return Month(
        month_on=span.first,
        tickets=tickets,
        events=events.with_columns(agent=_agent_codes(events["agent"], staff)),
        surveys=surveys_of(draw, tickets, span.first),
        contacts=contacts,
        agent_days=agent_days(draw, staff, span),
        ledger=ledger_of(draw, staff, span.first, contacts.height),
    )


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
