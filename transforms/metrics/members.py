"""The members of a cut that only some facts know: survey, product, topic, tier, variant, category.

A catalogue of products may have a hundred thousand members, and each would have a row per metric and period. So the
most frequent are told one by one, the rest together: the parts still add up to the whole. A cut of which no row tells
a member is none: its one part would repeat the total.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from transforms.metrics.measure import has_cuts

MOST_MEMBERS = 200
OTHER, UNKNOWN = "(other)", "(unknown)"
_TOLD = "members told"


def most_frequent(facts: Mapping[str, pl.LazyFrame], name: str) -> pl.LazyFrame:
    """One row per member told by itself: of the most frequent over all facts, so that ratios over two facts agree."""
    counts = [
        lf.group_by(pl.col(name).cast(pl.String)).agg(pl.len().alias("rows"))
        for fact, lf in facts.items()
        if has_cuts(fact, [name])
    ]
    return (
        pl.concat(counts)
        .drop_nulls(name)
        .group_by(name)
        .agg(pl.col("rows").sum())
        .sort("rows", name, descending=[True, False])
        .head(MOST_MEMBERS)
        .select(name, member=name)
    )


def as_members(rows: pl.LazyFrame, name: str, told: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows with the member each belongs to."""
    rest = pl.when(pl.col(name).is_null()).then(pl.lit(UNKNOWN)).otherwise(pl.lit(OTHER))
    is_a_cut = told.select(pl.len().alias(_TOLD))
    return (
        rows.with_columns(pl.col(name).cast(pl.String))
        .join(told, on=name, how="left")
        .with_columns(pl.col("member").fill_null(rest))
        .join(is_a_cut, how="cross")
        .filter(pl.col(_TOLD) > 0)
        .drop(_TOLD)
    )
