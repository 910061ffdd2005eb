"""The members of a cut that only some facts know: survey, product, topic, tier, variant, category.

A catalogue of products may have a hundred thousand members, and each would have a row per metric and period. So the
most frequent are told one by one, the rest together: the parts still add up to the whole. A cut of which no row tells
a member is none: its one part would repeat the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

MOST_MEMBERS = 200
OTHER, UNKNOWN = "(other)", "(unknown)"
_TOLD = "members told"
CUT, CODE = "cut", "code"


def told_members(rows: pl.LazyFrame, cuts: Sequence[str]) -> pl.LazyFrame:
    """One row per cut and member that rows tell of, with how many do; counts of parts of a fact are added up."""
    each = [
        rows.group_by(pl.col(cut).cast(pl.String).alias(CODE))
        .agg(pl.len().alias("rows"))
        .select(pl.lit(cut).alias(CUT), CODE, "rows")
        for cut in cuts
    ]
    return pl.concat(each).drop_nulls(CODE).sort(CUT, CODE)


def most_frequent(told: Iterable[pl.LazyFrame], name: str) -> pl.LazyFrame:
    """One row per member told by itself: of the most frequent over all facts, so that ratios over two facts agree.

    In the order of their names: as long as the same members are told, the rows are the same.
    """
    return (
        pl.concat(told)
        .filter(pl.col(CUT) == name)
        .group_by(pl.col(CODE).alias(name))
        .agg(pl.col("rows").sum())
        .sort("rows", name, descending=[True, False])
        .head(MOST_MEMBERS)
        .sort(name)
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


def with_member(rows: pl.LazyFrame, name: str, told: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows with the member in the place of the code; null in every row where the cut is none."""
    rest = pl.when(pl.col(name).is_null()).then(pl.lit(UNKNOWN)).otherwise(pl.lit(OTHER))
    is_a_cut = told.select((pl.len() > 0).alias(_TOLD))
    return (
        rows.with_columns(pl.col(name).cast(pl.String))
        .join(told, on=name, how="left")
        .join(is_a_cut, how="cross")
        .with_columns(pl.when(_TOLD).then(pl.col("member").fill_null(rest)).alias(name))
        .drop(_TOLD, "member")
    )
