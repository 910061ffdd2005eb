"""What else the desk of the bench keeps: calls and chats, sessions of the bot, the shop, the help centre, reviews, staff.

Each month is drawn from the seed, the scale and its number alone, around the tickets of that month; numpy only, no loop
over rows. About twice the rows of the tickets, in eight more feeds.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from tests.benchmarks import world
from tests.benchmarks.world import DAY_S, Numbers

_AGENTS_A_TEAM, _DAYS_A_WEEK = 40, 5
_HOUR_S = 3600
CATEGORIES = ("greeting", "knowledge", "tone", "solution")
_ON_CALL, _BY_BOT, _ORDERS, _CARTS, _VIEWS, _REVIEWED = 0.95, 0.25, 0.3, 0.35, 0.6, 0.01
"""Rows of each kind to a ticket; calls and chats to a ticket that came by phone or chat."""


@dataclass(frozen=True)
class Some:
    """Tickets drawn out of a month, and the dice for what is told of them."""

    dice: np.random.Generator
    tickets: pl.DataFrame

    @property
    def n(self) -> int:
        """How many."""
        return self.tickets.height

    def after(self, at: Numbers, mean_s: float) -> Numbers:
        """An instant some time after another."""
        return np.asarray(at + 1 + self.dice.exponential(mean_s, self.n).astype(np.int64))

    def luck(self, share: float) -> pl.Series:
        """True for that share."""
        return pl.Series(self.dice.random(self.n) < share)

    def column(self, name: str) -> Numbers:
        """A column of the tickets."""
        return self.tickets[name].to_numpy()


def month(number: int, scale: float) -> dict[str, pl.DataFrame]:
    """By feed, the rows of one month; instants in seconds since 1970."""
    tickets = world.month(number, scale).tickets.drop_nulls("created_at").unique("ticket_id", maintain_order=True)
    tickets = tickets.with_columns(pl.col("customer_id").fill_null(0))
    talks = tickets.filter(pl.col("channel").is_in(["phone", "chat"]))
    drawn = (
        ("contacts", talks, _ON_CALL, _contacts),
        ("bot_sessions", tickets, _BY_BOT, _bot_sessions),
        ("orders", tickets, _ORDERS, _orders),
        ("carts", tickets, _CARTS, _carts),
        ("article_views", tickets, _VIEWS, _article_views),
        ("reviews", tickets, _REVIEWED, _reviews),
    )
    found = {}
    for place, (name, of, share, made) in enumerate(drawn):
        dice = np.random.default_rng((world.SEED, number, place, 1))
        found[name] = made(Some(dice, of.filter(pl.Series(dice.random(of.height) < share))))
    return {**found, "agent_days": _agent_days(number)}


def _contacts(some: Some) -> pl.DataFrame:
    start = some.column("created_at")
    wait = some.dice.exponential(70, some.n).astype(np.int64)
    talk, wrap = (some.dice.exponential(mean, some.n).astype(np.int64) + 20 for mean in (300, 60))
    is_answered = some.luck(0.9)
    return some.tickets.select(
        pl.Series("contact_id", some.column("ticket_id") * 3),
        pl.Series("started_at", start),
        pl.when(is_answered).then(pl.Series(start + wait)).alias("answered_at"),
        pl.when(~is_answered).then(pl.Series(start + wait)).alias("abandoned_at"),
        pl.lit("inbound").alias("direction"),
        *("channel", "team", "segment", "topic", "ticket_id", "customer_id"),
        pl.when(is_answered).then("agent_id").alias("agent_id"),
        pl.Series("wait_s", wait),
        pl.when(is_answered).then(pl.Series(talk)).alias("talk_s"),
        pl.when(is_answered).then(pl.Series(wrap)).alias("wrap_s"),
        pl.when(pl.col("channel") == "chat").then(2).otherwise(1).alias("concurrency"),
    )


def _bot_sessions(some: Some) -> pl.DataFrame:
    end = some.column("created_at") - 5
    length = some.dice.exponential(200, some.n).astype(np.int64) + 5
    to_person = some.luck(0.5)
    return some.tickets.select(
        pl.Series("session_id", some.column("ticket_id") * 5),
        pl.Series("started_at", end - length),
        pl.Series("ended_at", end),
        *("customer_id", "segment", "topic"),
        pl.Series("user_message_count", some.dice.poisson(3, some.n) + 1),
        to_person.alias("is_handed_off"),
        pl.when(~to_person).then(some.luck(0.1)).otherwise(pl.lit(value=False)).alias("is_abandoned"),
        pl.when(to_person).then("ticket_id").alias("ticket_id"),
    )


def _orders(some: Some) -> pl.DataFrame:
    return some.tickets.select(
        pl.Series("order_id", some.column("ticket_id") * 7),
        pl.lit(1).alias("line_id"),
        pl.Series("ordered_at", some.after(some.column("created_at"), 10 * DAY_S)),
        *("customer_id", "segment"),
        pl.Series("item_count", some.dice.poisson(1.5, some.n) + 1),
        pl.Series("amount", np.round(some.dice.gamma(2, 25, some.n), 2)),
        pl.when(some.luck(0.05)).then("ticket_id").alias("ticket_id"),
        some.luck(0.02).alias("is_cancelled"),
    ).filter(pl.col("ordered_at") < _end_s())


def _carts(some: Some) -> pl.DataFrame:
    at = some.after(some.column("created_at"), 8 * DAY_S)
    is_bought = some.luck(0.4)
    return some.tickets.select(
        pl.Series("cart_id", some.column("ticket_id") * 11),
        pl.Series("created_at", at),
        *("customer_id", "segment"),
        pl.Series("item_count", some.dice.poisson(2, some.n) + 1),
        pl.Series("value", np.round(some.dice.gamma(2, 25, some.n), 2)),
        pl.when(is_bought).then(pl.Series(some.after(at, _HOUR_S))).alias("ordered_at"),
    ).filter(pl.col("created_at") < _end_s() - DAY_S)


def _article_views(some: Some) -> pl.DataFrame:
    kind = some.dice.choice(3, some.n, p=[0.7, 0.2, 0.1])
    return some.tickets.select(
        pl.Series("view_id", some.column("ticket_id") * 13),
        pl.Series("viewed_at", some.column("created_at") - some.dice.integers(30, 3 * _HOUR_S, some.n)),
        world.taken(("view", "search", "vote"), kind).alias("kind"),
        pl.Series("session_id", some.column("ticket_id") // 2),
        pl.Series("article_id", some.dice.integers(1, 200, some.n)),
        *("customer_id", "segment", "topic"),
        pl.when(pl.Series(kind == 2)).then(some.luck(0.7).cast(pl.Int64)).alias("up_count"),
        pl.when(pl.Series(kind == 1)).then(pl.Series(some.dice.poisson(3, some.n))).alias("result_count"),
    )


def _reviews(some: Some) -> pl.DataFrame:
    asked = some.tickets.select(
        pl.Series("review_id", some.column("ticket_id") * 17),
        pl.Series("reviewed_at", some.after(some.column("created_at"), 5 * DAY_S)),
        *("ticket_id", "channel", "team", "segment", "topic", "agent_id"),
    ).filter(pl.col("reviewed_at") < _end_s())
    rows = asked.join(pl.DataFrame({"category": CATEGORIES}), how="cross")
    score = pl.Series("score", some.dice.choice(5, rows.height, p=[0.02, 0.05, 0.13, 0.3, 0.5]))
    return rows.with_columns(score, pl.lit(0).alias("low"), pl.lit(4).alias("high"))


def _agent_days(number: int) -> pl.DataFrame:
    """Agents on each working day of a month, as many at every scale."""
    first, length = world.days_of_months()[number]
    days = [day for n in range(length) if (day := first + dt.timedelta(days=n)).weekday() < _DAYS_A_WEEK]
    agents = np.arange(len(world.TEAMS) * _AGENTS_A_TEAM)
    dice = np.random.default_rng((world.SEED, number, 9, 1))
    n = len(days) * len(agents)
    handling = dice.integers(2 * _HOUR_S, 6 * _HOUR_S, n)
    team = np.tile(agents // _AGENTS_A_TEAM, len(days))
    return pl.DataFrame(
        {
            "agent_id": np.tile(agents, len(days)),
            "work_on": pl.Series(days).gather(pl.Series(np.repeat(np.arange(len(days)), len(agents)))),
            "team": world.taken(world.TEAMS, team),
            "paid_s": 7 * _HOUR_S,
            "available_s": dice.integers(0, _HOUR_S, n),
            "handling_s": handling,
            "productive_s": handling + dice.integers(0, _HOUR_S // 2, n),
        }
    )


def employees() -> pl.DataFrame:
    """Everybody of the desk, a tenth of whom have left."""
    agents = np.arange(len(world.TEAMS) * _AGENTS_A_TEAM)
    dice = np.random.default_rng((world.SEED, 10, 1))
    has_left = pl.Series(dice.random(len(agents)) < 0.1)
    left_on = _days_after(world.FIRST_DAY, dice.integers(200, 1000, len(agents)))
    start = pl.lit(world.FIRST_DAY - dt.timedelta(days=365))
    return pl.DataFrame({"agent_id": agents}).select(
        "agent_id",
        world.taken(world.TEAMS, agents // _AGENTS_A_TEAM).alias("team"),
        start.alias("valid_from"),
        pl.when(has_left).then(left_on).alias("valid_to"),
        pl.when(has_left).then(pl.lit("voluntary")).alias("leave_kind"),
    )


def customers(scale: float) -> pl.DataFrame:
    """Everybody who may write."""
    n = max(1000, round(world.TICKETS * scale * 0.45))
    dice = np.random.default_rng((world.SEED, 11, 1))
    since = _days_after(world.FIRST_DAY, -dice.integers(0, 2000, n))
    is_lost = pl.Series(dice.random(n) < 0.08)
    lost_on = _days_after(world.FIRST_DAY, dice.integers(1, (world.LAST_DAY - world.FIRST_DAY).days, n))
    return pl.DataFrame({"customer_id": np.arange(n)}).select(
        "customer_id",
        world.taken(world.SEGMENTS, dice.choice(3, n, p=[0.7, 0.2, 0.1])).alias("segment"),
        since.alias("valid_from"),
        pl.when(is_lost).then(lost_on).alias("valid_to"),
    )


def _days_after(day: dt.date, days: Numbers) -> pl.Series:
    return pl.Series(np.datetime64(day, "D") + days)


def _end_s() -> int:
    return world.start_s(world.LAST_DAY + dt.timedelta(days=1))
