"""`fact_contact`: calls and chats, with what became of each in the queue, and the counts of days beside them."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_service import FACT_CONTACT
from transforms.calendar import elapsed_seconds, local_day
from transforms.facts.contact_day import tallied_contacts
from transforms.facts.people import People
from transforms.facts.shape import in_shape, threshold, until
from transforms.facts.tells import with_tells
from transforms.site import Site

_TELLS = ("tells_answers", "has_answers", "tells_waits")
"""Whether it tells of any contact if it was answered; whether any was; how long one of these waited."""


def tallied(tallies: pl.LazyFrame, site: Site, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is all contacts of a day and tally before the end that ended alike, in the columns of the fact."""
    return until(tallied_contacts(tallies, site), "started_at", end)


def tell_contacts(contacts: pl.LazyFrame, people: People | None, site: Site, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is a source, with what some of its contacts before the end tell of answers (`_TELLS`)."""
    dated = _answered(_dated(contacts, people, site, end=end))
    waited = pl.coalesce("wait_s", elapsed_seconds("started_at", "answered_at"))
    return (
        dated.group_by("source")
        .agg(
            tells_answers=(pl.col("is_answered").is_not_null() | pl.col("answered_at").is_not_null()).any(),
            has_answers=pl.col("was_answered").any(),
            tells_waits=(pl.col("was_answered") & waited.is_not_null()).any(),
        )
        .sort("source")
    )


def fact_contact(
    contacts: pl.LazyFrame | None,
    tells: pl.LazyFrame | None,
    tallies: pl.LazyFrame | None,
    people: People | None,
    site: Site,
    *,
    end: dt.datetime,
) -> pl.LazyFrame:
    """One row is a call, chat or callback that entered the queue before the end, or those of a tally that ended alike.

    Where the export names no team, it is that of the agent on the day. A contact nobody answered counts as abandoned;
    where the export never tells who was answered, or an agent took it who is no person, nothing is said.
    Handle time is shared out over the chats held at once in whole seconds, rounded down. `tells`: what each source
    tells of answers (`tell_contacts`); `tallies` are in the columns of the fact (`tallied`).
    """
    parts = [FACT_CONTACT.empty()]
    if contacts is not None:
        known = with_tells(_answered(_dated(contacts, people, site, end=end)), tells, _TELLS)
        parts.append(in_shape(_judged(_timed(_handled(known), site)), FACT_CONTACT))
    if tallies is not None:
        parts.append(tallies)
    return pl.concat(parts)


def _dated(contacts: pl.LazyFrame, people: People | None, site: Site, *, end: dt.datetime) -> pl.LazyFrame:
    """The contacts before the end, with their day and with what is known of their agent."""
    dated = until(contacts, "started_at", end).with_columns(
        started_on=local_day("started_at", site.zone), contacts=pl.lit(1), is_tally=pl.lit(value=False)
    )
    return _with_people(dated, people)


def _with_people(lf: pl.LazyFrame, people: People | None) -> pl.LazyFrame:
    """The team of the agent on the day where none is named, and whether the agent is a person."""
    if people is None:
        return lf.with_columns(by_machine=pl.lit(value=False))
    known = people.asked(lf, agent="agent_id", day="started_on").select(
        "agent_id", started_on="day_on", team_of_agent="team", by_machine=~pl.col("is_human")
    )
    return lf.join(known, on=["agent_id", "started_on"], how="left").with_columns(
        team=pl.coalesce("team", "team_of_agent"), by_machine=pl.col("by_machine").fill_null(value=False)
    )


def _answered(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Whether a contact is told to have been answered by a person: false where it was not, and where nothing tells."""
    is_answered = pl.col("is_answered") | pl.col("answered_at").is_not_null() | (pl.col("talk_s") > 0)
    return lf.with_columns(was_answered=~pl.col("by_machine") & is_answered.fill_null(value=False))


def _handled(lf: pl.LazyFrame) -> pl.LazyFrame:
    missed = pl.col("tells_answers") | pl.col("abandoned_at").is_not_null()
    return lf.with_columns(
        is_handled=pl.when("by_machine")
        .then(None)
        .when("was_answered")
        .then(pl.lit(value=True))
        .when(missed)
        .then(pl.lit(value=False))
    )


def _timed(lf: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    """Waiting and handle time, with the limits that hold for the channel on the day."""
    until_missed = pl.coalesce(elapsed_seconds("started_at", "abandoned_at"), elapsed_seconds("started_at", "ended_at"))
    answered = elapsed_seconds("started_at", "answered_at")
    # Between answer and end the person talks or is on hold; an export without talk time tells only both together.
    talk = pl.coalesce(
        pl.col("talk_s") + pl.col("hold_s").fill_null(0), "talk_s", elapsed_seconds("answered_at", "ended_at")
    )
    held = talk + pl.col("wrap_s").fill_null(0)
    at_once = pl.max_horizontal(pl.col("concurrency").fill_null(1), 1)
    return lf.with_columns(
        wait_s=pl.coalesce("wait_s", pl.when("is_handled").then(answered).otherwise(until_missed)),
        handle_s=pl.when("is_handled").then(held // at_once),
        threshold_s=threshold(site.service_level_thresholds, pl.col("channel"), pl.col("started_on")),
        short_abandon_s=pl.lit(site.short_abandon_s),
    )


def _judged(lf: pl.LazyFrame) -> pl.LazyFrame:
    is_counted = (pl.col("direction").fill_null("inbound") == "inbound") & ~pl.col("is_test").fill_null(value=False)
    is_missed = ~pl.col("is_handled")
    is_short = (is_missed & (pl.col("wait_s") < pl.col("short_abandon_s"))).fill_null(value=False)
    within = pl.when("is_handled").then(pl.col("wait_s") <= pl.col("threshold_s"))
    # Where no answer tells how long it took, those given up alone would make the service level 0.
    tells = ~pl.col("has_answers") | pl.col("tells_waits")
    return lf.with_columns(
        is_counted=is_counted,
        is_offered=is_counted & ~is_short,
        is_abandoned=is_missed & ~is_short,
        is_answered_within=pl.when(pl.col("threshold_s").is_not_null() & is_missed & tells)
        .then(pl.lit(value=False))
        .otherwise(within),
    )
