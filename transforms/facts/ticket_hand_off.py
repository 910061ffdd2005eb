"""When a bot handed a ticket to people, where the bot had taken it first: the response clock starts there.

Who tells of it. A session with a bot that names the ticket (the ticket of its own source, else the only one of that
number) and the instant of its hand-off; of several, the earliest. Where no session does, the events: an agent that is
no person was in charge of the ticket, and somebody else or another team took it over. A reply by a machine alone takes
no conversation over: most are receipts, and the team that receives such a ticket was waited for from the start.

The bot took the ticket first where it began before the customer's first message in the ticket or at once after it, and
nobody had replied before the hand-off. A customer who wrote to people first and asked the bot later still waits for
people since the first message.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.schema import INSTANT
from transforms.facts.people import People
from transforms.facts.ticket_life import TICKET

AT_ONCE = dt.timedelta(minutes=5)
"""How long after a message its bot may begin and still have been first."""
HAND_OFF = pl.Schema(
    {
        "source": pl.String(),
        "ticket_id": pl.String(),
        "is_session": pl.Boolean(),
        "began_at": INSTANT,
        "handed_off_at": INSTANT,
    }
)
"""One row is a hand-off as a session or the events of a ticket tell it; the source is the teller's."""


def told_hand_offs(
    of_bots: pl.LazyFrame | None, told: pl.LazyFrame | None, people: People | None
) -> pl.LazyFrame | None:
    """One row is a hand-off from a bot to people (`HAND_OFF`), as sessions (`hand_offs_of_bots`) and events tell it.

    None where no feed could tell of one.
    """
    parts = [] if of_bots is None else [of_bots]
    if told is not None and people is not None:
        parts.append(_of_events(told, people.machines()))
    shaped = [part.select(pl.col(name).cast(dtype) for name, dtype in HAND_OFF.items()) for part in parts]
    return pl.concat(shaped) if shaped else None


def hand_offs_of_bots(sessions: pl.LazyFrame, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is a session before the end in which a person wrote, and that led to a ticket; tests are none."""
    is_real = ~pl.col("is_test").fill_null(value=False) & (pl.col("user_message_count").fill_null(1) > 0)
    return sessions.filter(is_real, pl.col("ticket_id").is_not_null(), pl.col("handed_off_at") < end).select(
        *TICKET, "handed_off_at", is_session=pl.lit(value=True), began_at="started_at"
    )


def _of_events(told: pl.LazyFrame, machines: pl.LazyFrame) -> pl.LazyFrame:
    """The tickets that a machine was in charge of: since when, and when they first went to somebody else."""
    # Few tickets are ever a machine's: only those are looked at.
    theirs = told.join(machines.select("agent_id"), on="agent_id", how="semi").select("ticket").unique()
    is_handed_on = pl.col("was_machine") & (~pl.col("is_machine") | (pl.col("team_before") != pl.col("team_now")))
    return (
        told.filter(pl.any_horizontal(pl.col("agent_id", "team").is_not_null()))
        .select("ticket", *TICKET, "occurred_at", "occurred_on", "agent_now", "team_now")
        # Events of one instant stay in their order: who came first is told by it alone.
        .join(theirs, on="ticket", how="semi", maintain_order="left")
        .join(
            machines.select(agent_now="agent_id", occurred_on="day_on", is_machine=pl.lit(value=True)),
            on=["agent_now", "occurred_on"],
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("is_machine").fill_null(value=False))
        .sort("ticket", "occurred_at", maintain_order=True)
        .with_columns(
            was_machine=pl.col("is_machine").shift(1).over("ticket"),
            team_before=pl.col("team_now").shift(1).over("ticket"),
        )
        .group_by(TICKET)
        .agg(
            began_at=pl.col("occurred_at").filter("is_machine").min(),
            handed_off_at=pl.col("occurred_at").filter(is_handed_on.fill_null(value=False)).min(),
        )
        .filter(pl.col("handed_off_at").is_not_null())
        .with_columns(is_session=pl.lit(value=False))
    )


def with_response_clock(lf: pl.LazyFrame, hand_offs: pl.LazyFrame | None) -> pl.LazyFrame:
    """The same tickets with the hand-off by a bot that was first, null without one, and where their clocks start.

    `first_customer_message_at` moves to the start of that bot's session, where the person wrote first, and is
    `asked_bot_at` then; `asked_in_ticket_at` keeps the first message in the ticket itself. `response_clock_at` is where
    people come in.
    """
    asked, handed_off = pl.col("first_customer_message_at"), pl.col("handed_off_at")
    first = pl.min_horizontal(asked, pl.when("is_session").then("began_at"))
    is_bot_first = (
        (pl.col("began_at") <= asked + AT_ONCE)
        & (handed_off >= first)
        & (handed_off <= pl.col("first_response_at").fill_null(handed_off))
    )
    return (
        _with_hand_off(lf, hand_offs)
        .with_columns(
            asked_in_ticket_at=asked,
            first_customer_message_at=pl.when(is_bot_first).then(first).otherwise(asked),
            asked_bot_at=pl.when(is_bot_first).then(first),
            handed_off_at=pl.when(is_bot_first).then(handed_off),
        )
        .with_columns(response_clock_at=pl.coalesce("handed_off_at", "first_customer_message_at"))
        .drop("is_session", "began_at")
    )


def _with_hand_off(lf: pl.LazyFrame, hand_offs: pl.LazyFrame | None) -> pl.LazyFrame:
    """The same tickets, each with its first hand-off."""
    if hand_offs is None:
        return lf.with_columns(
            pl.lit(None, dtype).alias(name) for name, dtype in HAND_OFF.items() if name not in TICKET
        )
    return lf.join(_first_of_each(hand_offs, lf.select(TICKET)), on=TICKET, how="left")


def _first_of_each(hand_offs: pl.LazyFrame, tickets: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a ticket that was handed off: the first hand-off a session tells of, else what its events tell."""
    mentioned = tickets.join(hand_offs.select("ticket_id"), on="ticket_id", how="semi")
    alone = mentioned.filter(pl.len().over("ticket_id") == 1).select("ticket_id", only_source="source")
    own = mentioned.with_columns(own_source="source")
    return (
        hand_offs.join(own, on=TICKET, how="left")
        .join(alone, on="ticket_id", how="left")
        .with_columns(source=pl.coalesce("own_source", "only_source"))
        .filter(pl.col("source").is_not_null())
        .sort(~pl.col("is_session"), "handed_off_at", "began_at")
        .group_by(TICKET, maintain_order=True)
        .agg(pl.col("is_session", "began_at", "handed_off_at").first())
    )
