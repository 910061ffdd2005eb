"""`fact_ticket`: what the events tell of a ticket, else what its own row remembers, with every clock resolved.

What the events decide. Messages (first customer message, replies, contacts): for each ticket that has events, when its
source tells of messages at all. Resolutions and reopens: for each ticket with a status among its events, when its
source tells of resolutions. Team and agent in charge, merges, transfers: whenever the events tell. The creation is
the row's; a ticket known from events only is built when one of them is its creation.

A chat is one session: one contact and one reply, however many messages went to and fro.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.schema import INSTANT
from expectations.tables.fact_ticket import FACT_TICKET
from expectations.tables.feed_ticket import FEED_TICKET
from transforms.calendar import elapsed_seconds, local_day
from transforms.facts.merge import with_inheritance
from transforms.facts.repeat import with_repeats
from transforms.facts.shape import in_shape, threshold, tier
from transforms.facts.sla import with_promises
from transforms.facts.tells import ANSWERING, TOLD_BY_SOURCE, with_tells
from transforms.facts.ticket_hand_off import with_response_clock
from transforms.facts.ticket_life import LIFE, TICKET
from transforms.open_clock import OpenClock
from transforms.site import Site

DONE, _OPEN = ("solved", "closed"), ("new", "open", "pending", "hold")
INSTANTS = [name for name in FEED_TICKET.columns if name.endswith("_at") and name != "updated_at"]
_LATER = (
    *("tier", "sla_first_response_s", "sla_first_response_clock", "is_sla_first_response_met"),
    *("sla_resolution_s", "sla_resolution_clock", "is_sla_resolution_met", "observed_s"),
    *(name for name in FACT_TICKET.columns if name.startswith("is_") and not name.startswith("is_sla")),
)
TIMED = pl.Schema(
    {name: dtype for name, dtype in FACT_TICKET.schema.items() if name not in _LATER} | {"response_clock_at": INSTANT}
)
"""One row is a ticket with every clock of it resolved, before what was promised for it and what became of it."""


def lived(
    tickets: pl.LazyFrame | None, lives: pl.LazyFrame | None, tells: pl.LazyFrame | None, *, end: dt.datetime
) -> pl.LazyFrame:
    """One row is a ticket, its creation told or not: its own row and what its events tell, made one; nothing later.

    `tells` says what each source tells of at all (`transforms.facts.tells.told_by_source`).
    """
    known = with_tells(_known(tickets, lives, end), tells, TOLD_BY_SOURCE)
    return _with_resolutions(_with_messages(_with_cuts(known)))


def timed_ticket(
    tickets: pl.LazyFrame,
    inherited: pl.LazyFrame | None,
    hand_offs: pl.LazyFrame | None,
    site: Site,
    *,
    clock: OpenClock,
) -> pl.LazyFrame:
    """One row is a ticket created before the end with every clock of it resolved; `tickets` are those of `lived`.

    What other tickets tell comes later (`fact_ticket`), but for what a survivor inherits from those merged into it.
    """
    created = with_inheritance(tickets, inherited).filter(pl.col("created_at").is_not_null())
    timed = _with_durations(_with_exclusions(with_response_clock(created, hand_offs)), site, clock=clock)
    return timed.select(pl.col(name).cast(dtype) for name, dtype in TIMED.items()).sort(TICKET)


def fact_ticket(
    timed: pl.LazyFrame,
    answering: pl.LazyFrame | None,
    again: pl.LazyFrame,
    site: Site,
    *,
    end: dt.datetime,
    clock: OpenClock,
) -> pl.LazyFrame:
    """One row is a ticket created before the end, in its state at that instant.

    What happened later is left out: rows created later, and instants of a row that lie later. `answering` says which
    sources tell of answers (`tell_answers`), `again` after which tickets customers came back (`repeated`).
    """
    promised = with_promises(with_tells(timed, answering, ANSWERING), site, end=end, clock=clock)
    level = tier(site.tiers, pl.col("team"), pl.coalesce("resolved_on", "created_on"))
    judged = _with_verdicts(with_repeats(promised, again), site, end=end).with_columns(tier=level)
    return in_shape(with_observation(judged, end), FACT_TICKET)


def with_observation(lf: pl.LazyFrame, end: dt.datetime) -> pl.LazyFrame:
    """The same tickets with how long each was seen: until its resolution, else until the end."""
    seen_until = pl.max_horizontal(pl.coalesce("resolved_at", pl.lit(end)), "created_at")
    return lf.with_columns(observed_s=(seen_until - pl.col("created_at")).dt.total_seconds())


def _known(tickets: pl.LazyFrame | None, lives: pl.LazyFrame | None, end: dt.datetime) -> pl.LazyFrame:
    """One row is a ticket: its own row and what its events tell, side by side; nothing later than the end.

    A ticket whose creation is unknown is still here: its events say what its source tells of.
    """
    rows = FEED_TICKET.empty() if tickets is None else tickets
    life = pl.LazyFrame(schema=LIFE) if lives is None else lives
    return (
        rows.with_columns(ends_later=pl.coalesce("resolved_at", "closed_at") >= end)
        .with_columns(pl.when(pl.col(name) < end).then(name).alias(name) for name in INSTANTS)
        .join(life.with_columns(has_events=pl.lit(value=True)), on=TICKET, how="full", coalesce=True)
        .with_columns(
            pl.col("has_events").fill_null(value=False), created_at=pl.coalesce("created_at", "told_created_at")
        )
    )


def _with_cuts(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Team, agent, merge and moves between teams, as the events tell, else as the row does."""
    moves = {"transfer_count": "told_transfers", "escalation_count": "told_escalations"}
    without_move = pl.when(pl.col("has_events") & pl.col("tells_team")).then(0)
    return lf.with_columns(
        team=pl.coalesce("told_team", "team"),
        agent_id=pl.coalesce("told_agent_id", "agent_id"),
        merged_into_id=pl.coalesce("told_merged_into_id", "merged_into_id"),
        **{name: pl.coalesce(told, name, without_move) for name, told in moves.items()},
    )


def _with_messages(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The customer's first message, the answers to it, and the contacts."""
    by_events = pl.col("has_events") & pl.col("tells_messages")
    is_outbound = pl.coalesce("is_outbound", "told_is_agent_started", pl.lit(value=False))
    once = pl.when(pl.col("channel") == "chat").then(1)

    def decided(told: str, own: str) -> pl.Expr:
        return pl.when(by_events).then(told).otherwise(own)

    return lf.with_columns(
        first_customer_message_at=pl.coalesce(
            "told_first_customer_at", "first_customer_message_at", pl.when(~is_outbound).then("created_at")
        ),
        first_response_at=decided("told_first_response_at", "first_response_at"),
        auto_response_at=decided("told_auto_response_at", "auto_response_at"),
        customer_contact_count=pl.when(by_events)
        .then(pl.min_horizontal("told_contacts", once))
        .otherwise("customer_contact_count"),
        human_reply_count=pl.when(by_events)
        .then(pl.min_horizontal("told_replies", once))
        .otherwise("human_reply_count"),
    )


def _with_resolutions(lf: pl.LazyFrame) -> pl.LazyFrame:
    """First and last resolution, the reopens between, and the state; a row's closing counts where it was not solved."""
    by_events = pl.col("told_status").is_not_null() & pl.col("tells_resolutions")
    ended = pl.coalesce("resolved_at", "closed_at")
    own_last = pl.when(~pl.col("status").is_in(_OPEN).fill_null(value=False)).then(ended)
    no_reopen = pl.when(pl.col("has_events") & pl.col("tells_resolutions")).then(0)
    was_open = pl.col("status").is_in(DONE) & pl.col("ends_later")
    return lf.with_columns(
        first_resolved_at=pl.when(by_events)
        .then("told_first_resolved_at")
        .otherwise(pl.coalesce("first_resolved_at", ended)),
        resolved_at=pl.when(by_events).then("told_resolved_at").otherwise(own_last),
        reopen_count=pl.when(by_events).then("told_reopens").otherwise(pl.coalesce("reopen_count", no_reopen)),
        status=pl.coalesce("told_status", pl.when(was_open).then(pl.lit("open")).otherwise("status")),
    ).with_columns(
        resolution_kind=pl.when(pl.col("resolved_at").is_not_null()).then(
            pl.coalesce("resolution_kind", "told_resolution_kind")
        )
    )


def _with_exclusions(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The first reason, in order, for which a ticket is not counted."""
    reasons = {
        "test": pl.col("is_test"),
        "deleted": pl.col("status") == "deleted",
        "spam": pl.col("is_spam"),
        "merged": pl.col("merged_into_id").is_not_null(),
        "outbound": pl.col("first_customer_message_at").is_null(),
        "duplicate": pl.col("duplicate_of_id").is_not_null(),
    }
    first = pl.coalesce(pl.when(holds).then(pl.lit(reason)) for reason, holds in reasons.items())
    return lf.with_columns(exclusion_reason=first)


def _with_durations(lf: pl.LazyFrame, site: Site, *, clock: OpenClock) -> pl.LazyFrame:
    """Every duration, elapsed and open, and the days they belong to."""
    clock_starts, response = "response_clock_at", "first_response_at"
    by_events = pl.col("told_status").is_not_null() & pl.col("resolved_at").is_not_null()
    waited, waited_open = (pl.when(by_events).then(f"told_waiting{unit}") for unit in ("_micros", "_open_micros"))
    net_micros = (pl.col("resolved_at") - pl.col("created_at")).dt.total_microseconds() - waited
    waits_from_on = local_day(clock_starts, site.zone)
    ends = ("created", "first_response", "first_resolved", "resolved")
    # A reply before the customer wrote answers nothing.
    answered = lf.with_columns(pl.when(pl.col(response) >= pl.col(clock_starts)).then(response).alias(response))
    return answered.with_columns(
        **{f"{name}_on": local_day(f"{name}_at", site.zone) for name in ends},
        first_response_calendar_s=elapsed_seconds(clock_starts, response),
        first_response_business_s=clock.open_seconds_between(clock_starts, response),
        first_response_from_first_message_calendar_s=elapsed_seconds("first_customer_message_at", response),
        asked_bot_business_s=clock.open_seconds_between("asked_bot_at", response),
        first_response_target_s=threshold(site.first_response_targets, pl.col("channel"), waits_from_on),
        auto_response_s=elapsed_seconds("asked_in_ticket_at", "auto_response_at"),
        first_resolution_calendar_s=elapsed_seconds("created_at", "first_resolved_at"),
        first_resolution_business_s=clock.open_seconds_between("created_at", "first_resolved_at"),
        resolution_calendar_s=elapsed_seconds("created_at", "resolved_at"),
        resolution_business_s=clock.open_seconds_between("created_at", "resolved_at"),
        net_resolution_calendar_s=pl.when(net_micros >= 0).then(net_micros // 1_000_000),
        net_resolution_business_s=clock.open_seconds_between("created_at", "resolved_at", less_micros=waited_open),
    ).with_columns(
        # Where no bot was first both waits are one: the clock is not looked up twice.
        first_response_from_first_message_business_s=pl.when(pl.col("asked_bot_at").is_null())
        .then("first_response_business_s")
        .otherwise("asked_bot_business_s")
    )


def _with_verdicts(lf: pl.LazyFrame, site: Site, *, end: dt.datetime) -> pl.LazyFrame:
    """The yes and no of a ticket; null where it cannot be told."""
    is_counted = pl.col("exclusion_reason").is_null()
    is_resolved = pl.col("resolved_at").is_not_null()
    replies, reopens = pl.col("human_reply_count"), pl.col("reopen_count")
    has_reply = (replies > 0).fill_null(value=False) | pl.col("first_response_at").is_not_null()
    is_eligible = is_counted & is_resolved & has_reply
    is_one_touch = _all_known(replies == 1, reopens == 0)
    is_first_contact = _all_known(
        is_one_touch,
        pl.col("customer_contact_count") == 1,
        pl.col("transfer_count") == 0,
        pl.col("escalation_count") == 0,
        ~pl.col("is_repeated"),
    )
    return lf.with_columns(
        is_counted=is_counted,
        is_resolved=is_resolved,
        is_unanswered=_is_unanswered(site, end),
        is_auto_resolved=is_resolved & ~has_reply & (replies == 0),
        is_reopened=reopens > 0,
        is_escalated=pl.col("escalation_count") > 0,
        is_transferred=pl.col("transfer_count") > 0,
        is_fcr_eligible=is_eligible,
        is_first_contact_resolution=pl.when(is_eligible).then(is_first_contact),
        is_one_touch=pl.when(is_eligible).then(is_one_touch),
        is_mature=pl.col("resolved_at") + dt.timedelta(days=site.fcr_window_days) <= end,
    )


def _all_known(*conditions: pl.Expr) -> pl.Expr:
    """Whether all hold; null where one cannot be told.

    A certain no among unknowns stays null too: where only the noes are known, a share over them would always be zero.
    """
    return pl.when(pl.all_horizontal(it.is_not_null() for it in conditions)).then(pl.all_horizontal(*conditions))


def _is_unanswered(site: Site, end: dt.datetime) -> pl.Expr:
    """No human reply within the waiting time; null while it may still come, or where the source tells of no replies."""
    clock_starts, response = pl.col("response_clock_at"), pl.col("first_response_at")
    limit = clock_starts + dt.timedelta(days=site.unanswered_after_days)
    return (
        pl.when(clock_starts.is_null() | ~pl.col("tells_answers"))
        .then(None)
        .when(response.is_not_null())
        .then(response > limit)
        .when(pl.col("human_reply_count") > 0)
        .then(pl.lit(value=False))
        .when(limit <= end)
        .then(pl.lit(value=True))
    )
