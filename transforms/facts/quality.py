"""`fact_quality_review` and `fact_quality_category`: interactions read or listened to again, category by category.

Of a disputed review the latest version counts, whole: a category that only an older version has is gone. A category
that did not apply (no score) takes part in nothing: no weight, no error, no critical failure.

Scores are parts per million of the range of the category, and of the review. Both are rounded to the nearest (half up),
so that a review lies within 1 ppm, a ten-thousandth of a percent, of the exact mean. Whether a critical category is
under half of its range is decided on the score itself.

Where a source notes errors at all, what it leaves blank is none; where it never does, a score below the highest is one.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_quality import FACT_QUALITY_CATEGORY, FACT_QUALITY_REVIEW
from transforms.calendar import local_day
from transforms.facts.credit import Tickets, credited
from transforms.facts.people import People
from transforms.facts.shape import ABSENT, in_shape, until
from transforms.facts.tells import filled_by, with_tells
from transforms.site import Site

REVIEW = ["source", "review_id"]
_NOTES_ERRORS, _NOTES_CRITICAL = "tells_is_error", "tells_is_critical"
WHOLE_PPM = 1_000_000
WEIGHT_MILLI = 1_000
"""Of a category without weight."""
_ABOUT = [
    *("kind", "reviewed_at", "interaction_at", "reviewer_id", "ticket_id", "contact_id"),
    *("channel", "team", "segment", "agent_id", "topic"),
]


def judging_sources(reviews: pl.LazyFrame, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is a source, with whether its reviews, as they hold at the end, ever note errors or critical ones."""
    return filled_by(_holding(reviews, end=end), ["is_error", "is_critical"])


def reviewed(
    reviews: pl.LazyFrame,
    judging: pl.LazyFrame,
    people: People | None,
    tickets: Tickets | None,
    site: Site,
    *,
    end: dt.datetime,
) -> pl.LazyFrame:
    """One row is a category of a review in the version that holds at the end, judged, with what the review tells.

    `judging`: what each source notes at all (`judging_sources`).
    """
    holding = with_tells(_holding(reviews, end=end), judging, [_NOTES_ERRORS, _NOTES_CRITICAL])
    about = _about(holding, people, tickets, site)
    rows = holding.drop(*(name for name in _ABOUT)).join(about, on=REVIEW, how="left")
    weight = pl.when("is_rated").then(pl.col("weight_milli").fill_null(WEIGHT_MILLI))
    return (
        _judged(rows)
        .with_columns(
            weight_milli=weight,
            is_counted=(pl.col("kind") == "review") & (weight.sum().over(REVIEW) > 0),
        )
        .sort(*REVIEW, "slot", "line")
    )


def _holding(reviews: pl.LazyFrame, *, end: dt.datetime) -> pl.LazyFrame:
    """The rows of the latest version made before the end; where a review has only a later one, of the latest.

    Reviews made after the end are none yet.
    """
    made = pl.col("updated_at")
    version = pl.coalesce(made.filter(made < end).max().over(REVIEW), made.max().over(REVIEW))
    return until(reviews, "reviewed_at", end).filter(made.eq_missing(version))


def _about(rows: pl.LazyFrame, people: People | None, tickets: Tickets | None, site: Site) -> pl.LazyFrame:
    """One row is a review: when, of what and of whom; it is credited to those in charge at the interaction."""
    told = rows.sort(*REVIEW, "slot", "line").group_by(REVIEW).agg(pl.col(_ABOUT).drop_nulls().last())
    timed = told.with_columns(
        reviewed_on=local_day("reviewed_at", site.zone),
        seen_at=pl.coalesce("interaction_at", "reviewed_at"),
        customer_id=ABSENT.cast(pl.String),
    )
    if people is not None:
        on_day = timed.with_columns(day_on=local_day("seen_at", site.zone))
        asked = people.asked(on_day, agent="agent_id", day="day_on")
        then = asked.select("agent_id", "day_on", team_then="team")
        timed = on_day.join(then, on=["agent_id", "day_on"], how="left").with_columns(pl.coalesce("team", "team_then"))
    kind = pl.col("kind").fill_null("review")
    is_self = (kind == "review") & (pl.col("reviewer_id") == pl.col("agent_id"))
    return (
        credited(timed, tickets, at="seen_at")
        .with_columns(kind=pl.when(is_self).then(pl.lit("self")).otherwise(kind))
        .select(*REVIEW, *_ABOUT, "reviewed_on")
    )


def _judged(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Each category as a share of its range, and what went wrong in it."""
    reached, reach = pl.col("score_milli") - pl.col("low_milli"), pl.col("high_milli") - pl.col("low_milli")
    is_critical, noted = (pl.col(name).fill_null(value=False) for name in ("is_critical", "is_error"))
    is_failed = is_critical & (2 * reached < reach).fill_null(value=False)
    is_short = (reached < reach).fill_null(value=False)
    is_error = pl.when(_NOTES_ERRORS).then(noted & reached.is_not_null()).otherwise(is_short)
    return rows.with_columns(
        is_rated=reached.is_not_null(),
        score_ppm=_nearest(reached * WHOLE_PPM, reach),
        is_critical=is_critical,
        is_critical_failed=pl.when(_NOTES_CRITICAL).then(is_failed),
        is_error=is_error | is_failed,
    )


def _nearest(above: pl.Expr, below: pl.Expr) -> pl.Expr:
    """The whole number nearest to a quotient of whole numbers, halves up; null where nothing divides."""
    return pl.when(below > 0).then((2 * above + below) // (2 * below))


def fact_quality_review(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a review; calibrations, self-reviews and reviews without a rated category stay, uncounted."""
    weight = pl.col("weight_milli")
    is_failed = pl.col("is_critical_failed").fill_null(value=False).any()
    mean = _nearest((pl.col("score_ppm") * weight).sum(), weight.sum())
    reviews = rows.group_by(REVIEW).agg(
        pl.col(*_ABOUT, "reviewed_on", "is_counted").first(),
        score_ppm=pl.when(weight.sum() > 0).then(pl.when(is_failed).then(0).otherwise(mean)),
        rated_categories=pl.col("is_rated").sum(),
        is_critical_failed=pl.col("is_critical_failed").max(),
        has_error=pl.col("is_error").any(),
    )
    return in_shape(reviews, FACT_QUALITY_REVIEW)


def fact_quality_category(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a category that was rated in a review."""
    return in_shape(rows.filter("is_rated"), FACT_QUALITY_CATEGORY)
