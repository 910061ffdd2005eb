"""`fact_duration_histogram`: durations in buckets that add up, so that a reader finds medians after any filter.

Bucket k holds the durations in (g^(k-1), g^k] seconds with g = 1.01 / 0.99; the value 2 g^k / (g + 1) that stands for
it is within 1 % of each of them.
"""

from __future__ import annotations

import math

import polars as pl

from expectations.tables.fact_ticket import FACT_DURATION_HISTOGRAM
from transforms.facts.shape import in_shape

GAMMA = 1.01 / 0.99
ZERO_BUCKET = -1
DURATIONS = {
    f"{name}_{clock}": day
    for name, day in {
        "first_response": "first_response_on",
        "first_resolution": "first_resolved_on",
        "resolution": "resolved_on",
        "net_resolution": "resolved_on",
    }.items()
    for clock in ("calendar", "business")
}
"""Durations of `fact_ticket`, without their unit, and the day each belongs to."""
_CELL = ["day_on", "channel", "team", "segment", "bucket"]


def durations_in_buckets(tickets: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a day, channel, team, segment, duration and bucket, over the tickets that count, with how many."""
    counted = tickets.filter(pl.col("exclusion_reason").is_null())
    return pl.concat([_buckets(counted, duration, day) for duration, day in DURATIONS.items()]).sort("duration", *_CELL)


def fact_duration_histogram(buckets: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows, each once though its tickets lie apart, with the duration that its bucket stands for; in order."""
    words = pl.col("duration", "channel", "team", "segment")
    # Few words in a million rows: as categories they are grouped and sorted in two thirds of the memory.
    some = buckets.with_columns(words.cast(pl.Categorical)).group_by("duration", *_CELL).agg(pl.col("n").sum())
    rows = some.sort("duration", *_CELL).with_columns(words.cast(pl.String))
    stands_for = pl.lit(GAMMA).pow(pl.col("bucket")) * (2 / (GAMMA + 1))
    value = pl.when(pl.col("bucket") == ZERO_BUCKET).then(0.0).otherwise(stands_for)
    return in_shape(rows.with_columns(bucket_value_s=value), FACT_DURATION_HISTOGRAM)


def _buckets(tickets: pl.LazyFrame, duration: str, day: str) -> pl.LazyFrame:
    value = pl.col(f"{duration}_s")
    bucket = pl.when(value < 1).then(ZERO_BUCKET).otherwise((value.log() / math.log(GAMMA)).ceil()).cast(pl.Int64)
    return (
        tickets.filter(value.is_not_null())
        .with_columns(day_on=day, bucket=bucket)
        .group_by(_CELL)
        .agg(n=pl.len().cast(pl.Int64))
        .with_columns(duration=pl.lit(duration))
    )
