"""The made-up desk of the bench: tickets, events and surveys of one month, from a seed; numpy only, no loop over rows.

A month depends on the seed, the scale and its own number alone, so that any month can be made without the others. What
happens after the end of the history is not known in it. One cell in some thousand is broken, as in real exports.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

SEED = 42
FIRST_DAY = dt.date(2023, 7, 1)
LAST_DAY = dt.date(2026, 6, 29)
"""The history ends here; the day after is the delivery of the nightly cases."""
TICKETS = 1_000_000
"""Of scale 1, in three years."""
CHANNELS = ("email", "chat", "phone", "form", "social", "bot")
TEAMS = ("billing", "delivery", "tech", "sales", "returns", "vip", "onboarding", "generic")
SEGMENTS = ("consumer", "business", "premium")
PRIORITIES = ("low", "normal", "high", "urgent")
TOPICS = ("refund", "delivery", "invoice", "password", "lost", "late", "cancel", "quote", "fault", "warranty")
EVENTS = ("created", "reply", "message", "solved", "reopened", "moved")
CREATED, REPLY, MESSAGE, SOLVED, REOPENED, MOVED = range(len(EVENTS))
SCALES = ("1-5", "faces_3", "1-10", "0-100", "0-10", "ease_1-7", "effort_1-5")
LOWEST, HIGHEST = np.array([1, 1, 1, 0, 0, 1, 1]), np.array([5, 3, 10, 100, 10, 7, 5])
COMMENTS = (
    *("Très bien, merci beaucoup", "Délai trop long", "Réponse claire et rapide", "ok"),
    *("Problème non résolu, j’attends toujours", "Conseillère très à l’écoute", '"Nul", à fuir'),
    *("Déçu; le colis est arrivé cassé", "Ça marche, merci", "I waited two days for an answer"),
)
_HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 8, 16, 22, 24, 22, 18, 20, 22, 22, 20, 18, 14, 10, 8, 6, 4, 2], float)
_SHIFT_S = 7200
"""Days are Paris days of summer, near enough: a day begins at 22:00 UTC of the day before."""
DAY_S = 86_400
DUPLICATE = "is_duplicate"
Numbers = np.ndarray[Any, np.dtype[Any]]


def start_s(day: dt.date) -> int:
    """First second of a day of the desk."""
    return (day - dt.date(1970, 1, 1)).days * DAY_S - _SHIFT_S


@dataclass(frozen=True)
class Month:
    """What one month adds: frames of plain columns, instants in seconds since 1970 or null."""

    number: int
    tickets: pl.DataFrame
    events: pl.DataFrame
    surveys: pl.DataFrame


def days_of_months() -> list[tuple[dt.date, int]]:
    """First day and number of days of each month of the history."""
    found, day = [], FIRST_DAY
    while day <= LAST_DAY:
        after = min((day.replace(day=1) + dt.timedelta(days=32)).replace(day=1), LAST_DAY + dt.timedelta(days=1))
        found.append((day, (after - day).days))
        day = after
    return found


def tickets_a_day(scale: float) -> Numbers:
    """How many tickets each day of the history brings: growth, seasons, weekends, a dozen bad spells."""
    count = (LAST_DAY - FIRST_DAY).days + 1
    day = np.arange(count)
    dice = np.random.default_rng(SEED)
    weekday = (day + FIRST_DAY.weekday()) % 7
    weight = (1 + 0.4 * day / count) * (1 + 0.2 * np.sin(2 * np.pi * day / 365.25)) * np.where(weekday < 5, 1, 0.35)
    for spike in dice.integers(0, count, 12):
        weight[spike : spike + 3] *= 2.5
    return dice.multinomial(round(TICKETS * scale), weight / weight.sum())


def month(number: int, scale: float) -> Month:
    """One month of the history."""
    daily = tickets_a_day(scale)
    first, length = days_of_months()[number]
    before = (first - FIRST_DAY).days
    here = daily[before : before + length]
    day_s = start_s(first) + np.repeat(np.arange(length), here) * DAY_S
    first_id = 1_000_000 + int(daily[:before].sum())
    dice = np.random.default_rng((SEED, number))
    end_s = start_s(LAST_DAY + dt.timedelta(days=1))
    return made(dice, number, day_s, first_id, customers=max(1000, round(TICKETS * scale * 0.45)), end_s=end_s)


def made(dice: np.random.Generator, number: int, day_s: Numbers, first_id: int, *, customers: int, end_s: int) -> Month:
    """Tickets opened on the days given, with all that happens to them until the end."""
    n = len(day_s)
    at = day_s + dice.choice(24, n, p=_HOURS / _HOURS.sum()) * 3600 + dice.integers(0, 3600, n)
    at.sort()
    ids = np.arange(first_id, first_id + n)
    channel = dice.choice(len(CHANNELS), n, p=[0.35, 0.2, 0.2, 0.1, 0.05, 0.1])
    team = dice.choice(len(TEAMS), n, p=[0.2, 0.2, 0.15, 0.1, 0.1, 0.05, 0.08, 0.12])
    response = at + np.exp(dice.normal(np.array([9.2, 3.8, 4.2, 9.6, 8.5, 1.0])[channel], 1.0)).astype(np.int64) + 1
    rest = np.exp(dice.normal(np.array([10.2, 6.5, 6.3, 10.5, 9.5, 5.0])[channel], 1.4)).astype(np.int64) + 5
    answered = (dice.random(n) >= 0.02) & (response < end_s)
    solved_at = response + rest
    solved = answered & (dice.random(n) >= 0.03) & (solved_at < end_s)
    wanted = np.where(solved, dice.poisson(0.09, n), 0)
    again_1 = solved_at + (DAY_S * (0.5 + dice.random(n))).astype(np.int64)
    again_2 = again_1 + (DAY_S * (1 + dice.random(n))).astype(np.int64)
    reopened = [(wanted >= 1) & (again_1 < end_s), (wanted >= 2) & (again_2 < end_s)]
    last_solved, is_done = solved_at.copy(), solved.copy()
    for mask, again in zip(reopened, (again_1, again_2), strict=True):
        is_done = np.where(mask, again + 7200 < end_s, is_done)
        last_solved = np.where(mask, again + 7200, last_solved)
    moved = (dice.random(n) < 0.06) & answered
    to_team = np.where(moved, (team + 1 + dice.integers(0, len(TEAMS) - 1, n)) % len(TEAMS), team)
    tickets = pl.DataFrame(
        {
            "ticket_id": ids,
            "channel": taken(CHANNELS, channel),
            "team": taken(TEAMS, to_team),
            "agent_id": to_team * 40 + (40 * dice.random(n) ** 1.5).astype(np.int64),
            "customer_id": (customers * dice.random(n) ** 1.7).astype(np.int64),
            "created_at": at,
            "first_reply_at": _where(answered, response),
            "solved_at": _where(is_done, last_solved),
            "reopen_count": reopened[0].astype(np.int64) + reopened[1],
            "status": taken(("open", "pending", "solved"), np.where(is_done, 2, np.where(answered, 1, 0))),
            "priority": taken(PRIORITIES, dice.choice(4, n, p=[0.2, 0.6, 0.15, 0.05])),
            "topic": taken(TOPICS, dice.integers(0, len(TOPICS), n)),
            "segment": taken(SEGMENTS, dice.choice(3, n, p=[0.7, 0.2, 0.1])),
            "updated_at": np.where(is_done, last_solved, np.where(answered, response, at)),
        }
    )
    parts = [(np.ones(n, bool), at, 0, CREATED, team), (answered, response, 1, REPLY, None)]
    span = np.where(solved, solved_at - response, DAY_S)
    for actor, share in ((0, 0.45), (1, 0.35), (0, 0.15), (1, 0.12)):
        later = (response + 1 + span * dice.random(n)).astype(np.int64)
        parts.append(((dice.random(n) < share) & answered, later, actor, REPLY if actor else MESSAGE, None))
    parts.append((moved, (response + 1 + span * dice.random(n)).astype(np.int64), 1, MOVED, to_team))
    parts.append((solved, solved_at, 1, SOLVED, None))
    for mask, again in zip(reopened, (again_1, again_2), strict=True):
        parts += [(mask, again, 0, REOPENED, None), (mask, again + 7200, 1, SOLVED, None)]
    surveys = _surveys(dice, ids, np.where(solved, solved_at, at + DAY_S) + 600, end_s)
    return Month(number, _dirty(dice, tickets), _events(dice, ids, parts, first_id, end_s), surveys)


def taken(words: tuple[str, ...], index: Numbers) -> pl.Series:
    """The word of each number."""
    return pl.Series(words).gather(pl.Series(index.astype(np.int64)))


def _where(mask: Numbers, values: Numbers) -> pl.Series:
    return pl.select(pl.when(pl.Series(mask)).then(pl.Series(values))).to_series()


def _dirty(dice: np.random.Generator, tickets: pl.DataFrame) -> pl.DataFrame:
    """Of ten thousand rows two have no customer, two are solved before they began, two no date; two come twice."""
    luck = pl.Series("luck", dice.random(tickets.height))
    rows = tickets.with_columns(luck).with_columns(
        customer_id=pl.when(pl.col("luck") >= 2e-4).then("customer_id"),
        solved_at=pl.when(pl.col("luck").is_between(2e-4, 4e-4))
        .then(pl.col("created_at") - 10_800)
        .otherwise("solved_at"),
        created_at=pl.when(~pl.col("luck").is_between(4e-4, 6e-4)).then("created_at"),
    )
    return pl.concat([rows, rows.filter(pl.col("luck").is_between(6e-4, 8e-4))]).drop("luck")


def _events(dice: np.random.Generator, ids: Numbers, parts: list[Any], first_id: int, end_s: int) -> pl.DataFrame:
    """All events by instant; a few have lost their ticket or their instant."""
    kept = [mask & (at < end_s) for mask, at, *_ in parts]
    frame = pl.concat(
        pl.DataFrame(
            {
                "ticket_id": ids[mask],
                "at": at[mask],
                "actor_type": pl.select(pl.repeat(("customer", "agent")[actor], int(mask.sum()))).to_series(),
                "event": pl.select(pl.repeat(EVENTS[event], int(mask.sum()))).to_series(),
                "team": taken(TEAMS, teams[mask])
                if teams is not None
                else pl.Series([None] * 0, dtype=pl.String).extend_constant(None, int(mask.sum())),
            }
        )
        for mask, (_, at, actor, event, teams) in zip(kept, parts, strict=True)
    ).sort("at", "ticket_id", maintain_order=True)
    luck = pl.Series("luck", dice.random(frame.height))
    number = pl.Series("event_id", np.arange(frame.height) + first_id * 10)
    return frame.with_columns(luck, number).select(
        "event_id",
        pl.when(pl.col("luck") >= 5e-4).then("ticket_id").alias("ticket_id"),
        pl.when(~pl.col("luck").is_between(5e-4, 8e-4)).then("at").alias("at"),
        *("actor_type", "event", "team"),
        sort_at="at",
    )


def _surveys(dice: np.random.Generator, ids: Numbers, sent: Numbers, end_s: int) -> pl.DataFrame:
    """Every other ticket is asked about; of ten thousand scores three are off their scale."""
    of = np.flatnonzero((dice.random(len(ids)) < 0.5) & (sent < end_s))
    n = len(of)
    kind = dice.choice(3, n, p=[0.6, 0.25, 0.15])
    among = dice.choice(4, n, p=[0.6, 0.15, 0.15, 0.1])
    scale = np.where(kind == 1, 4, np.where(kind == 2, 5 + (among > 1), among))
    low, high = LOWEST[scale], HIGHEST[scale]
    score = low + np.floor(dice.beta(4, 1.6, n) * (high - low + 1)).clip(0, high - low)
    score = np.where(dice.random(n) < 3e-4, score + 150.5, score)
    answered_at = sent[of] + np.exp(dice.normal(9, 1.5, n)).astype(np.int64)
    answered = (dice.random(n) > 0.45) & (answered_at < end_s)
    spoke = answered & (dice.random(n) < 0.25)
    return pl.DataFrame(
        {
            "response_id": ids[of] * 2 + 1,
            "ticket_id": np.where(dice.random(n) < 3e-4, 5, ids[of]),
            "sent_at": sent[of],
            "answered_at": _where(answered, answered_at),
            "kind": taken(("csat", "nps", "ces"), kind),
            "scale": taken(SCALES, scale),
            "score": _where(answered, score),
            "comment": _where_text(spoke, taken(COMMENTS, dice.integers(0, len(COMMENTS), n))),
        }
    )


def _where_text(mask: Numbers, words: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(mask)).then(words)).to_series()
