"""Internal quality reviews: an interaction read or listened to again, category by category."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from expectations.schema import Column, Layer, Personal, Rule, Table, count, flag, instant, text
from expectations.tables import common

REVIEW_KINDS = ("review", "calibration", "self")
_MILLI = "1/1000 point"


def _points(about: str, *, required: bool = False) -> Column:
    """A score of the grid, which may be negative."""
    return Column(dtype=pl.Int64(), about=about, unit=_MILLI, required=required)


FEED_QUALITY_REVIEW = Table(
    name="feed_quality_review",
    layer=Layer.FEED,
    grain="a category of a review of an interaction",
    key=("source", "review_id", "category", "updated_at"),
    clock="reviewed_at",
    version="",
    columns={
        "source": common.SOURCE,
        "review_id": text(
            "Number of the review in its source; every version of a disputed review has it.", required=True
        ),
        "category": text("Category of the grid, such as knowledge or tone.", required=True),
        "reviewed_at": instant("When the review was made.", required=True),
        "updated_at": instant("When this version was made; the latest version of a review wins, whole."),
        "kind": text("A review, a calibration of the reviewers, or agents about themselves.", one_of=REVIEW_KINDS),
        "score_milli": _points("Score given; null where the category did not apply."),
        "low_milli": _points("Lowest score of the category.", required=True),
        "high_milli": _points("Highest score of the category.", required=True),
        "weight_milli": count("Weight of the category; null counts as 1.", unit="1/1000"),
        "is_critical": flag("Under half of its range, this category makes the whole review 0; null counts as no."),
        "is_error": flag(
            "The reviewer noted an error; where a source never notes any, an error is a score below the highest."
        ),
        "interaction_at": instant("When the interaction took place."),
        "reviewer_id": replace(common.AGENT, about="Who reviewed, pseudonymous."),
        "ticket_id": text("Ticket reviewed."),
        "contact_id": text("Call or chat reviewed."),
        **common.CUTS,
        "agent_id": common.AGENT,
        "topic": common.TOPIC,
        "comment": text("What the reviewer wrote, masked.", personal=Personal.MASKED),
        **common.PROVENANCE,
    },
    rules={
        "score_is_on_its_scale": Rule(
            holds=pl.col("score_milli").is_between(pl.col("low_milli"), pl.col("high_milli")),
            columns=("score_milli", "low_milli", "high_milli"),
            about="The score lies between the lowest and the highest of its category.",
        ),
        "category_has_a_range": Rule(
            holds=pl.col("low_milli") < pl.col("high_milli"),
            columns=("low_milli", "high_milli"),
            about="The highest score of a category is above the lowest.",
        ),
    },
)
