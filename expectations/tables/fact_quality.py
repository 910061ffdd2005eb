"""Reviews as judged, and their categories."""

from __future__ import annotations

import polars as pl

from expectations.schema import Layer, Rule, Table, count, day, flag, instant, text
from expectations.tables import common
from expectations.tables.feed_quality_review import REVIEW_KINDS

PPM = "1/10000 percent"
_ABOUT_REVIEW = {
    "source": common.SOURCE,
    "review_id": text("Number of the review in its source.", required=True),
    "kind": text("A review, a calibration, or agents about themselves.", required=True, one_of=REVIEW_KINDS),
    "reviewed_at": instant("When the review was made.", required=True),
    "reviewed_on": day("Day of that.", required=True),
    **common.CUTS,
    "agent_id": common.AGENT,
    "topic": common.TOPIC,
    "ticket_id": text("Ticket reviewed."),
    "contact_id": text("Call or chat reviewed."),
}

FACT_QUALITY_REVIEW = Table(
    name="fact_quality_review",
    layer=Layer.FACT,
    grain="a review of an interaction, in its latest version",
    key=("source", "review_id"),
    clock="reviewed_on",
    columns={
        **_ABOUT_REVIEW,
        "score_ppm": count(
            "Weighted mean of the categories that applied, rounded to the nearest; 0 where a critical one failed; "
            "null where none applied.",
            unit=PPM,
            at_most=1_000_000,
        ),
        "rated_categories": count("Categories that applied.", required=True),
        "is_counted": flag("A review of another's work with at least one category rated.", required=True),
        "is_critical_failed": flag(
            "A critical category was under half of its range; null where the grid of the source tells of none."
        ),
        "has_error": flag("At least one error of any kind, critical or not.", required=True),
    },
    rules={
        "what_counts_has_a_score": Rule(
            holds=~pl.col("is_counted") | pl.col("score_ppm").is_not_null(),
            columns=("is_counted", "score_ppm"),
            about="A review that counts has a score.",
        ),
        "a_critical_failure_is_an_error": Rule(
            holds=~pl.col("is_critical_failed") | (pl.col("has_error") & (pl.col("score_ppm").fill_null(0) == 0)),
            columns=("is_critical_failed", "has_error", "score_ppm"),
            about="Where a critical category failed, there is an error and the review is 0.",
        ),
    },
)

FACT_QUALITY_CATEGORY = Table(
    name="fact_quality_category",
    layer=Layer.FACT,
    grain="a category rated in a review",
    key=("source", "review_id", "category"),
    clock="reviewed_on",
    columns={
        **_ABOUT_REVIEW,
        "category": text("Category of the grid.", required=True),
        "score_ppm": count(
            "Score as a share of the range of the category, rounded to the nearest.",
            required=True,
            unit=PPM,
            at_most=1_000_000,
        ),
        "weight_milli": count("Weight of the category.", required=True, unit="1/1000"),
        "is_critical": flag("A failure here makes the whole review 0.", required=True),
        "is_counted": flag("Belongs to a review that counts.", required=True),
        "is_error": flag(
            "An error was noted, or the category failed as a critical one; where the source never notes errors, a "
            "score below the highest.",
            required=True,
        ),
    },
)
