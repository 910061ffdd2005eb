"""Calls and chats, days worked, and what it all costs."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import polars as pl

from flows.sample import clock, company
from flows.sample.demand import Draw, chance, strikes
from flows.sample.staff import Staff
from flows.sample.tables import coded

PHONE, CHAT = "phone", "chat"
_CONTACTS_PER_TICKET = {PHONE: 3.1, CHAT: 2.6}
"""Most calls and chats are settled on the spot and leave no ticket."""
_ABANDONED = 0.09
_SEGMENT_SHARE = (0.72, 0.18, 0.10)
_WEEKLY_SHIFTS = 5
_WINTER = (1, 2, 12)


class Span(NamedTuple):
    """A month: its first day, its first instant, and the first instant after it."""

    first: dt.date
    start: int
    until: int


def contacts_of(draw: Draw, tickets: pl.DataFrame, staff: Staff, span: Span, *, first_id: int) -> pl.DataFrame:
    """A row a call or chat of the month."""
    live = tickets.filter(pl.col("replied").is_not_null() & pl.col("excluded").is_null())
    parts = [_channel(draw, live, staff, span, channel) for channel in (PHONE, CHAT)]
    frame = pl.concat(parts).sort("started", "channel", "customer")
    return frame.with_columns(contact=pl.int_range(first_id, first_id + frame.height))


def _channel(draw: Draw, live: pl.DataFrame, staff: Staff, span: Span, channel: str) -> pl.DataFrame:
    """Contacts with a ticket answer when the ticket does; the others come at any open hour."""
    linked = live.filter(pl.col("channel") == channel)
    m = linked.height
    extra = round(m * (_CONTACTS_PER_TICKET[channel] - 1))
    k = np.flatnonzero((span.start <= clock.OPENS) & (span.until > clock.OPENS))
    length = clock.CLOSES[k] - clock.OPENS[k]
    day = draw.choice(k, extra, p=length / length.sum())
    started = clock.OPENS[day] + (draw.random(extra) * (clock.CLOSES[day] - clock.OPENS[day] - 60)).astype(np.int64)
    wait = np.maximum(((20 if channel == PHONE else 35) * np.exp(0.8 * draw.standard_normal(extra))), 2)
    busy = strikes(clock.day_index(started))
    wait = (wait * np.where(busy, 2.4, 1.0)).astype(np.int64)
    gone = draw.random(extra) < _ABANDONED * np.where(busy, 2.2, 1.0)
    outbound = ~gone & chance(draw, extra, 0.03) & (channel == PHONE)
    team = draw.choice(4, extra, p=[0.55, 0.25, 0.10, 0.10])
    agent = staff.someone(draw, team, started)
    new = pl.DataFrame({
        "started": started, "wait": np.where(outbound, 0, wait), "answered": ~gone, "outbound": outbound,
        "ticket": pl.Series([None] * extra, dtype=pl.Int64),
        "team": coded(company.TEAMS, team), "agent": coded(staff.codes, np.where(gone, -1, agent)),
        "customer": pl.Series(draw.integers(0, 10**6, extra)),
        "segment": coded(company.SEGMENTS, draw.choice(3, extra, p=_SEGMENT_SHARE)),
        "topic": coded(company.TOPICS, draw.integers(0, 5, extra)),
    })  # fmt: skip
    old = linked.select(
        started="created", wait=pl.col("replied") - pl.col("created"), answered=pl.lit(True), outbound=pl.lit(False),
        ticket="ticket", team="first_team", agent="agent", customer="customer", segment="segment", topic="topic",
    )  # fmt: skip
    return _handled(draw, pl.concat([old, new]), channel, m + extra)


def _handled(draw: Draw, frame: pl.DataFrame, channel: str, n: int) -> pl.DataFrame:
    """The same contacts with the seconds spent on them."""
    talk = ((260 if channel == PHONE else 420) * np.exp(0.6 * draw.standard_normal(n))).astype(np.int64) + 10
    hold = np.where(chance(draw, n, 0.3) & (channel == PHONE), draw.integers(10, 180, n), 0)
    wrap = draw.integers(15, 120, n)
    at_once = draw.integers(1, 4, n) if channel == CHAT else np.ones(n, dtype=np.int64)
    seconds = {"talk": talk, "hold": hold, "wrap": wrap, "at_once": at_once}
    return frame.with_columns(
        channel=pl.lit(channel), **{name: pl.Series(name, values) for name, values in seconds.items()}
    ).with_columns(*(pl.when("answered").then(name).alias(name) for name in seconds))


def agent_days(draw: Draw, staff: Staff, span: Span) -> pl.DataFrame:
    """A row an agent and day worked."""
    rows: list[tuple[str, dt.date, str, int, int, int, int]] = []
    day = span.first
    while clock.epoch(day) < span.until:
        hours = company.hours_of(day)
        strike = company.STRIKE[0] <= day <= company.STRIKE[1]
        for agent, team in sorted(staff.teams_on(day).items()) if hours else ():
            works = draw.random() < (0.92 if day.weekday() < _WEEKLY_SHIFTS else 0.3)
            paid = 7 * 60 if day.weekday() < _WEEKLY_SHIFTS else 3 * 60
            busy = min(0.97, max(0.4, draw.normal(0.93 if strike else 0.80 if day.month in _WINTER else 0.74, 0.06)))
            on_phone = round(paid * draw.uniform(0.78, 0.88))
            handling = round(on_phone * busy)
            productive = min(paid, on_phone + int(draw.integers(5, 30)))
            if works:
                rows.append((agent, day, team, paid * 60, (on_phone - handling) * 60, handling * 60, productive * 60))
        day += dt.timedelta(days=1)
    names = ["agent", "day", "team", "paid", "available", "handling", "productive"]
    return pl.DataFrame(rows, schema=names, orient="row")


def ledger_of(draw: Draw, staff: Staff, first: dt.date, contacts: int) -> pl.DataFrame:
    """A row a ledger line: wages of each team, overhead, and what belongs to one channel."""
    month_end = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    teams = list(staff.teams_on(month_end).values())
    rows: list[tuple[str, str | None, str | None, str, int]] = [
        ("labour", None, t, f"Quote-part salaires {t}", teams.count(t) * 61_250) for t in company.TEAMS
    ]
    rows += [
        ("overhead", None, None, "Loyer et énergie", 62_000 + 100_000 * (first.month == 1)),
        ("overhead", None, None, "Licences du centre d'aide", 14_500 + 450 * len(teams)),
        ("overhead", None, None, "Formation", int(draw.integers(5_000, 20_000))),
        ("direct", "phone", None, "Téléphonie", 21_237 + contacts * 17),
        ("direct", "chat", None, "Outil de tchat", 12_990),
        ("direct", "social", None, "Veille réseaux sociaux", 4_050),
    ]
    if first.month % 6 == 0:
        rows.append(("overhead", None, None, "Avoir fournisseur", -int(draw.integers(2_000, 9_000))))
    names = ["kind", "channel", "team", "label", "cents"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(day=pl.lit(month_end))
