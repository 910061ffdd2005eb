"""`fact_bot_session`: how a session with the bot ended.

The first that holds: handed off to a person; abandoned, a question of the bot left unanswered; recontacted, the person
contacted the service within 72 hours after the end; contained. The four add up to the sessions that count: those in
which the person wrote, and which are no test. A contact of an unknown person cannot be seen: such a session counts as
contained, unless the source never names its persons, or no contacts are known: then `is_recontact_known` is false.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_self_service import FACT_BOT_SESSION
from transforms.calendar import local_day
from transforms.facts.reached import Contacted, with_next_contact
from transforms.facts.shape import in_shape, until
from transforms.facts.tells import filled_by, with_tells
from transforms.site import Site

RECONTACTED_WITHIN = dt.timedelta(hours=72)
_NAMES_PERSONS = "tells_customer_id"


def naming_sources(sessions: pl.LazyFrame, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is a source, with whether it names the persons of some of its sessions before the end."""
    return filled_by(until(sessions, "started_at", end), ["customer_id"])


def fact_bot_session(
    sessions: pl.LazyFrame, naming: pl.LazyFrame, contacted: Contacted, site: Site, *, end: dt.datetime
) -> pl.LazyFrame:
    """One row is a session with the bot that started before the end.

    `naming`: whether each source names persons (`naming_sources`).
    """
    told = with_tells(until(sessions, "started_at", end), naming, [_NAMES_PERSONS])
    known = told.with_columns(
        started_on=local_day("started_at", site.zone),
        left_at=pl.coalesce("ended_at", "started_at"),
        is_handed_off=pl.col("is_handed_off").fill_null(value=False) | (pl.col("handed_off_at") < end).fill_null(False),
        is_counted=~pl.col("is_test").fill_null(value=False) & (pl.col("user_message_count").fill_null(1) > 0),
    )
    # At the very end the bot itself may open a ticket: only what comes later is the person's doing.
    followed = with_next_contact(known, contacted, after="left_at", counts_same_instant=False)
    return in_shape(_with_outcome(followed), FACT_BOT_SESSION)


def _with_outcome(lf: pl.LazyFrame) -> pl.LazyFrame:
    is_recontacted = pl.col("reached_at") <= pl.col("left_at") + RECONTACTED_WITHIN
    outcome = (
        pl.when("is_handed_off")
        .then(pl.lit("handed_off"))
        .when(pl.col("is_abandoned").fill_null(value=False))
        .then(pl.lit("abandoned"))
        .when(is_recontacted.fill_null(value=False))
        .then(pl.lit("recontacted"))
        .otherwise(pl.lit("contained"))
    )
    return lf.with_columns(
        outcome=pl.when("is_counted").then(outcome),
        is_contained=pl.col("is_counted") & (outcome == "contained"),
        is_recontact_known=pl.col("are_contacts_known") & pl.col(_NAMES_PERSONS),
    )
