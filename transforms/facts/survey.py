"""`fact_survey_invitation` and `fact_survey_response`: which customers were asked, and the answer that counts.

An answer or an invitation is credited to the team, agent and channel its own row names; else to those in charge of the
ticket at that instant, when the events tell; else to those of the ticket. The ticket is the one of that number in the
survey's own source, else the only one of that number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from expectations.tables.fact_survey import FACT_SURVEY_INVITATION, FACT_SURVEY_RESPONSE
from expectations.tables.feed_survey import CUSTOMER_KINDS
from transforms.calendar import local_day
from transforms.facts.credit import Tickets, credited
from transforms.facts.shape import in_shape
from transforms.scales import Scale
from transforms.site import Site

INVITATION = ["source", "kind", "invitation_id"]
OF_CUSTOMERS = pl.col("kind").is_in(CUSTOMER_KINDS)
FULL_INDEX = 900_000
_TELLER = ["source", "kind"]
_ABOUT = [
    *("survey", "variant", "channel", "team", "segment", "agent_id", "customer_id", "topic", "product", "ticket_id"),
    *("interaction_at", "is_test"),
]
PASSIVE_FROM_MILLI, PROMOTER_FROM_MILLI = 7_000, 9_000


def surveyed(surveys: pl.LazyFrame, site: Site, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is a row of the exports as it was at the end, with all that the rows of its invitation know together."""
    known = surveys.filter(pl.min_horizontal("sent_at", "dated_at") < end).with_columns(
        pl.when(pl.col(name) < end).then(name).alias(name) for name in ("started_at", "answered_at")
    )
    shared = (
        known.sort(*INVITATION, "dated_at", "slot", "line")
        .group_by(INVITATION)
        .agg(pl.col(*_ABOUT).drop_nulls().last(), sent_first_at=pl.col("sent_at").min())
    )
    is_answer = pl.col("score_milli").is_not_null() & pl.col("answered_at").is_not_null()
    in_time = pl.col("answered_at") <= pl.col("sent_first_at") + dt.timedelta(days=site.survey_window_days)
    return (
        known.join(shared, on=INVITATION, how="left", suffix="_shared", maintain_order="left")
        .with_columns(pl.coalesce(name, f"{name}_shared") for name in _ABOUT)
        .with_columns(sent_at="sent_first_at", counts=is_answer & in_time.fill_null(value=True))
        .sort("source", "response_id")
    )


def fact_survey_response(
    rows: pl.LazyFrame, tickets: Tickets | None, site: Site, scales: Mapping[str, Scale]
) -> pl.LazyFrame:
    """One row is the answer that counts for a question of an invitation: the last within the invitation's window."""
    last = last_answers(rows.filter(OF_CUSTOMERS))
    answers = credited(last, tickets, at="answered_at").with_columns(
        answered_on=local_day("answered_at", site.zone),
        is_counted=~pl.col("is_test").fill_null(value=False),
    )
    return in_shape(scored(answers, scales), FACT_SURVEY_RESPONSE)


def last_answers(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row is the last answer in time to a question of an invitation."""
    return (
        rows.filter("counts")
        .sort(*INVITATION, "question", "answered_at", "updated_at", "slot", "line")
        .unique([*INVITATION, "question"], keep="last", maintain_order=True)
    )


def scored(lf: pl.LazyFrame, scales: Mapping[str, Scale]) -> pl.LazyFrame:
    """The answer as an index from worst to best, and on which side of its line it falls."""
    score, low, high = pl.col("score_milli"), pl.col("scale_low_milli"), pl.col("scale_high_milli")
    is_low_good = pl.col("scale").is_in([name for name, scale in scales.items() if scale.is_low_good])
    good_from = pl.col("scale").replace_strict(
        list(scales), [scale.good_from_milli for scale in scales.values()], default=None, return_dtype=pl.Int64()
    )
    is_good = pl.when(is_low_good).then(score <= good_from).otherwise(score >= good_from)
    above_worst = pl.when(is_low_good).then(high - score).otherwise(score - low)
    of_nps = pl.col("kind").is_in(["nps", "enps"])
    return lf.with_columns(
        index_parts=above_worst * FULL_INDEX // (high - low),
        is_satisfied=pl.when(pl.col("kind") == "csat").then(is_good),
        is_easy=pl.when(pl.col("kind") == "ces").then(is_good),
        is_promoter=pl.when(of_nps).then(score >= PROMOTER_FROM_MILLI),
        is_passive=pl.when(of_nps).then((score >= PASSIVE_FROM_MILLI) & (score < PROMOTER_FROM_MILLI)),
        is_detractor=pl.when(of_nps).then(score < PASSIVE_FROM_MILLI),
    )


def starting_surveys(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a source and kind of survey of customers that tells when they began to answer."""
    told = rows.filter(OF_CUSTOMERS, pl.col("sent_at").is_not_null(), pl.col("started_at").is_not_null())
    return told.select(_TELLER).unique().sort(_TELLER).with_columns(tells_starts=pl.lit(value=True))


def fact_survey_invitation(
    rows: pl.LazyFrame, starting: pl.LazyFrame, tickets: Tickets | None, site: Site
) -> pl.LazyFrame:
    """One row is an invitation whose sending is known; answers without one have no row here.

    `starting` are all `starting_surveys`, whichever rows are at hand.
    """
    window = dt.timedelta(days=site.survey_window_days)
    started = pl.when(pl.col("started_at") <= pl.col("sent_at") + window).then("started_at")
    invited = (
        rows.filter(OF_CUSTOMERS, pl.col("sent_at").is_not_null())
        .group_by(INVITATION)
        .agg(
            pl.col(*_ABOUT, "sent_at").drop_nulls().last(),
            started_at=started.min(),
            first_answered_at=pl.when("counts").then("answered_at").min(),
            is_shown=_any("is_shown"),
            is_completed=_any("is_completed"),
            is_bounced=_any("is_bounced"),
            is_opted_out=_any("is_opted_out"),
        )
    )
    told = credited(invited, tickets, at="sent_at").join(starting, on=_TELLER, how="left")
    return in_shape(_followed(told, site), FACT_SURVEY_INVITATION)


def _any(name: str) -> pl.Expr:
    """True where a row says yes, false where one says no, null where none says."""
    return pl.col(name).max()


def _followed(lf: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    """What became of the invitation."""
    is_responded = pl.col("first_answered_at").is_not_null()
    tells_starts = pl.col("tells_starts").fill_null(value=False)
    is_started = is_responded | pl.col("started_at").is_not_null()
    return lf.with_columns(
        sent_on=local_day("sent_at", site.zone),
        invitation_lag_s=(pl.col("sent_at") - pl.col("interaction_at")).dt.total_seconds(),
        answer_lag_s=(pl.col("first_answered_at") - pl.col("sent_at")).dt.total_seconds(),
        is_counted=~pl.col("is_test").fill_null(value=False),
        is_delivered=~(pl.col("is_bounced").fill_null(value=False) | pl.col("is_opted_out").fill_null(value=False)),
        is_started=pl.when(tells_starts | is_started).then(is_started),
        is_completed=pl.col("is_completed") & is_responded,
        is_skipped=pl.col("is_shown") & ~is_responded,
        is_responded=is_responded,
    )
