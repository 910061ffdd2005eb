"""What the events of a ticket tell of its life.

The events are sorted by ticket and instant once; everything else looks at the row before, so that the cost stays that
of one sort and one grouping. At one instant the creation comes first, then what the customer wrote.

A creation counts as a message of the customer unless an agent opened the ticket. A ticket is resolved when it enters
solved or closed from any other state (a ticket solved and closed later was resolved once), and reopened when it leaves
them for another state than deleted. Waiting for the customer is the time spent pending.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.schema import INSTANT
from expectations.tables.fact_ticket import FACT_TICKET_EVENT
from transforms.calendar import local_day
from transforms.facts.people import People
from transforms.facts.shape import ABSENT, in_shape, tier, until
from transforms.open_clock import OpenClock
from transforms.site import Site

TICKET = ["source", "ticket_id"]
_ON_THE_WAY = ("slot", "line", "order", "actor_is_human", "is_machine_reply", "state_now", "is_waiting")
"""Columns that nobody reads once it is known what an event does: a sixth of the work of writing all."""
_CUSTOMER, _PERSON = 1, 2
_TEAM_LEVEL = 0

LIFE = pl.Schema(
    {
        "source": pl.String(),
        "ticket_id": pl.String(),
        "told_created_at": INSTANT,
        "told_is_agent_started": pl.Boolean(),
        "told_first_customer_at": INSTANT,
        "told_first_response_at": INSTANT,
        "told_auto_response_at": INSTANT,
        "told_contacts": pl.Int64(),
        "told_replies": pl.Int64(),
        "told_has_messages": pl.Boolean(),
        "told_first_resolved_at": INSTANT,
        "told_resolved_at": INSTANT,
        "told_reopens": pl.Int64(),
        "told_status": pl.String(),
        "told_resolution_kind": pl.String(),
        "told_waiting_micros": pl.Int64(),
        "told_waiting_open_micros": pl.Int64(),
        "told_team": pl.String(),
        "told_agent_id": pl.String(),
        "told_merged_into_id": pl.String(),
        "told_transfers": pl.Int64(),
        "told_escalations": pl.Int64(),
    }
)
"""One row is a ticket, as its events tell it."""


def told_events(
    events: pl.LazyFrame, site: Site, *, end: dt.datetime, clock: OpenClock, people: People | None
) -> pl.LazyFrame:
    """One row is an event before the end, with what it does to its ticket; sorted by ticket and instant."""
    known = until(events, "occurred_at", end)
    spoken = _with_speakers(_with_people(known.with_columns(occurred_on=local_day("occurred_at", site.zone)), people))
    return _with_states(_with_messages(_in_order(spoken)), clock).drop(_ON_THE_WAY)


def fact_ticket_event(told: pl.LazyFrame) -> pl.LazyFrame:
    """One row is an event of a ticket."""
    is_message = pl.col("kind") == "message"
    by_agent = pl.when(pl.col("actor_kind") == "agent").then("actor_id")
    return in_shape(
        told.with_columns(
            agent_id=pl.coalesce(pl.when(is_message).then(by_agent), "agent_id", by_agent),
            is_public=pl.when(is_message).then(pl.col("is_public").fill_null(value=True)),
            is_reopen=pl.col("leaves"),
        ),
        FACT_TICKET_EVENT,
    )


def lives(told: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    """One row is a ticket, as its events tell it (`LIFE`)."""
    ticket = told.group_by("ticket").agg(
        pl.col("source", "ticket_id").first(),
        told_created_at=_at(pl.col("kind") == "created").min(),
        told_is_agent_started=((pl.col("kind") == "created") & (pl.col("actor_kind") == "agent")).any(),
        told_first_customer_at=_at("is_customer").min(),
        told_first_response_at=_at("is_reply").min(),
        told_auto_response_at=_at("is_auto").min(),
        told_contacts=pl.col("starts_contact").sum().cast(pl.Int64),
        told_replies=pl.col("is_reply").sum().cast(pl.Int64),
        told_has_messages=(pl.col("kind") == "message").any(),
        told_first_resolved_at=_at("enters").min(),
        told_resolved_at=pl.when(pl.col("is_done").last()).then(_at("enters").max()),
        told_reopens=pl.col("leaves").sum().cast(pl.Int64),
        told_status=pl.col("status_now").last(),
        told_resolution_kind=pl.col("resolution_kind_now").last(),
        told_waiting_micros=pl.col("waiting_micros").sum(),
        told_waiting_open_micros=pl.col("waiting_open_micros").sum(),
        told_team=pl.col("team_now").last(),
        told_agent_id=pl.col("agent_now").last(),
        told_merged_into_id=pl.col("merged_into_now").last(),
    )
    moves = _moves(told, site)
    has_team = pl.col("told_team").is_not_null()
    return (
        ticket.join(moves, on="ticket", how="left")
        .with_columns(pl.when(has_team).then(pl.col("told_transfers", "told_escalations").fill_null(0)))
        .select(pl.col(name).cast(dtype) for name, dtype in LIFE.items())
        .sort(TICKET)
    )


def reopenings(told: pl.LazyFrame, zone: str) -> pl.LazyFrame:
    """One row is a reopening: its day and that of the resolution after it (null while there is none)."""
    again = pl.when(pl.col("ticket") == pl.col("ticket").shift(-1)).then(pl.col("occurred_at").shift(-1))
    return (
        told.filter(pl.col("enters") | pl.col("leaves"))
        .select(*TICKET, "leaves", "occurred_on", resolved_again_on=local_day(again, zone))
        .filter("leaves")
        .select(*TICKET, reopened_on="occurred_on", resolved_again_on="resolved_again_on")
    )


def _at(condition: str | pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.col("occurred_at"))


def _with_people(lf: pl.LazyFrame, people: People | None) -> pl.LazyFrame:
    """Whether the actor is a person, and the team and level of the agent in charge, as of the day."""
    if people is None:
        return lf.with_columns(actor_is_human=pl.lit(value=True), agent_tier=ABSENT.cast(pl.Int64))
    staff = people.asked(lf, agent="actor_id", day="occurred_on").select(
        actor_id="agent_id", occurred_on="day_on", actor_is_human="is_human"
    )
    in_charge = people.asked(lf, agent="agent_id", day="occurred_on").select(
        agent_id="agent_id", occurred_on="day_on", agent_team="team", agent_tier=pl.col("tier").cast(pl.Int64)
    )
    return (
        lf.join(staff, on=["actor_id", "occurred_on"], how="left")
        .join(in_charge, on=["agent_id", "occurred_on"], how="left")
        .with_columns(
            pl.col("actor_is_human").fill_null(value=True),
            actor_kind=pl.coalesce("actor_kind", _author_kind()),
            team=pl.coalesce("team", pl.when(pl.col("kind") == "assignment").then("agent_team")),
        )
    )


def _author_kind() -> pl.Expr:
    """Of a message that names its author by number alone: an agent of that day's staff, else the customer."""
    is_unsaid = (pl.col("kind") == "message") & pl.col("actor_id").is_not_null()
    is_staff = pl.col("actor_is_human").is_not_null()
    return pl.when(is_unsaid).then(pl.when(is_staff).then(pl.lit("agent")).otherwise(pl.lit("customer")))


def _with_speakers(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Who speaks: the customer, a person of the team, or a machine; all null-safe."""
    kind, actor = pl.col("kind"), pl.col("actor_kind").fill_null("")
    is_message = (kind == "message") & pl.col("is_public").fill_null(value=True)
    by_agent = actor == "agent"
    return lf.with_columns(
        is_customer=(is_message & (actor == "customer")) | ((kind == "created") & ~by_agent),
        is_human_reply=is_message & by_agent & pl.col("actor_is_human"),
        is_machine_reply=is_message & (actor.is_in(["bot", "system"]) | (by_agent & ~pl.col("actor_is_human"))),
    )


def _in_order(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Sorted by ticket, instant, order of delivery, then number, as a line may tell of several events.

    `ticket` numbers the tickets, `is_first` opens each.
    """
    first = pl.when(pl.col("kind") == "created").then(0).when("is_customer").then(1).otherwise(2).cast(pl.Int8)
    differs = [pl.col(name) != pl.col(name).shift(1) for name in TICKET]
    return (
        lf.with_columns(order=first)
        .sort("ticket_id", "source", "occurred_at", "order", "slot", "line", "event_id")
        .with_columns(is_first=pl.any_horizontal(differs).fill_null(value=True))
        .with_columns(ticket=pl.col("is_first").cum_sum())
    )


def _carried(value: pl.Expr, before: object) -> pl.Expr:
    """The latest value of the ticket up to this row; `before` stands where there was none yet."""
    return pl.when(value.is_null() & pl.col("is_first")).then(pl.lit(before)).otherwise(value).forward_fill()


def _previous(name: str) -> pl.Expr:
    """The value of the row before, within the ticket."""
    return pl.when(~pl.col("is_first")).then(pl.col(name).shift(1))


def _with_messages(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Replies count from the customer's first message on; a contact is a run of messages between human replies."""
    speaker = pl.when("is_customer").then(_CUSTOMER).when("is_human_reply").then(_PERSON)
    return (
        lf.with_columns(
            speaker=_carried(speaker, 0),
            has_customer=_carried(pl.when("is_customer").then(pl.lit(value=True)), before=False),
        )
        .with_columns(
            starts_contact=pl.col("is_customer") & _previous("speaker").ne_missing(_CUSTOMER),
            is_reply=pl.col("is_human_reply") & pl.col("has_customer"),
            is_auto=pl.col("is_machine_reply") & pl.col("has_customer"),
        )
        .drop("speaker", "has_customer")
    )


def _with_states(lf: pl.LazyFrame, clock: OpenClock) -> pl.LazyFrame:
    """State, team and agent after each event, and the moments at which the ticket is resolved and reopened."""
    state = pl.when(pl.col("status") != "deleted").then("status")
    # An agent may have a level other than the team's; it holds until the ticket goes to somebody else.
    own_level = pl.when(pl.col("agent_id").is_not_null() | pl.col("team").is_not_null()).then(
        pl.col("agent_tier").fill_null(_TEAM_LEVEL)
    )
    carried = lf.with_columns(
        state_now=_carried(state, ""),
        status_now=_carried(pl.col("status"), ""),
        team_now=_carried(pl.col("team"), ""),
        agent_now=_carried(pl.col("agent_id"), ""),
        merged_into_now=_carried(pl.col("merged_into_id"), ""),
        level_now=_carried(own_level, _TEAM_LEVEL).replace(_TEAM_LEVEL, None),
    ).with_columns(is_done=pl.col("state_now").is_in(["solved", "closed"]), is_waiting=pl.col("state_now") == "pending")
    was_done = _previous("is_done").fill_null(value=False)
    moved = carried.with_columns(enters=pl.col("is_done") & ~was_done, leaves=~pl.col("is_done") & was_done)
    kind = _carried(pl.when("enters").then(_resolution_kind()), "")
    return _with_waiting(moved.with_columns(resolution_kind_now=kind), clock).with_columns(
        pl.col("status_now", "team_now", "agent_now", "merged_into_now", "resolution_kind_now").replace("", None)
    )


def _resolution_kind() -> pl.Expr:
    """By whom the ticket was resolved; a machine that closes a pending ticket closes it for silence."""
    by_machine = pl.col("actor_kind").is_in(["bot", "system"]) | (
        (pl.col("actor_kind") == "agent") & ~pl.col("actor_is_human")
    )
    return (
        pl.when(by_machine & _previous("is_waiting"))
        .then(pl.lit("silence"))
        .when(by_machine)
        .then(pl.lit("automatic"))
        .when(pl.col("actor_kind") == "agent")
        .then(pl.lit("human"))
        .otherwise(pl.lit(""))
    )


def _with_waiting(lf: pl.LazyFrame, clock: OpenClock) -> pl.LazyFrame:
    """The time, elapsed and open, that a pending ticket waits until the next event of it."""
    is_last = pl.col("is_first").shift(-1).fill_null(value=True)
    counts = pl.col("is_waiting") & ~is_last
    # Only the ends of the waiting are looked up: most events are none.
    matters = counts | (_previous("is_waiting").fill_null(value=False))
    opened = clock.open_micros(pl.when(matters).then("occurred_at"))
    return (
        lf.with_columns(opened=opened)
        .with_columns(
            waiting_micros=pl.when(counts).then(
                (pl.col("occurred_at").shift(-1) - pl.col("occurred_at")).dt.total_microseconds()
            ),
            waiting_open_micros=pl.when(counts).then(pl.col("opened").shift(-1) - pl.col("opened")),
        )
        .drop("opened")
    )


def _moves(told: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    """One row is a ticket that changed team: moves to a higher level, and to the same or a lower one."""
    level = pl.coalesce("level_now", tier(site.tiers, pl.col("team_now"), pl.col("occurred_on")))
    before = pl.coalesce("level_before", tier(site.tiers, pl.col("team_before"), pl.col("occurred_on")))
    return (
        told.with_columns(team_before=_previous("team_now"), level_before=_previous("level_now"))
        .filter(pl.col("team_before") != pl.col("team_now"))
        .with_columns(is_up=(level > before).fill_null(value=False))
        .group_by("ticket")
        .agg(
            told_transfers=(~pl.col("is_up")).sum().cast(pl.Int64),
            told_escalations=pl.col("is_up").sum().cast(pl.Int64),
        )
    )
