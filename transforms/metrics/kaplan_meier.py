"""The median time to an event when some rows are still waiting for it.

Kaplan and Meier, Nonparametric Estimation from Incomplete Observations (Journal of the American Statistical Association
53, 1958): at each moment the share still waiting is multiplied by the share of those at risk to whom nothing happened.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_HALF = 0.5 + 1e-9
"""A product of fractions that is one half on paper may lie an ulp above it."""


def kaplan_meier_median(rows: pl.LazyFrame, by: Sequence[str], *, time: str, happened: str) -> pl.LazyFrame:
    """One row per group: the first time at which at most half are still waiting (`median`), and `n`.

    The median is null where more than half are still waiting at the end.
    """
    moments = (
        rows.group_by(*by, time)
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col(happened).sum().cast(pl.Int64).alias("events"))
        .sort(*by, time)
    )
    at_risk = pl.col("n").cum_sum(reverse=True).over(by)
    waiting = ((at_risk - pl.col("events")) / at_risk).cum_prod().over(by)
    return (
        moments.with_columns(waiting.alias("waiting"))
        .group_by(by)
        .agg(
            pl.col("n").sum(),
            pl.when(pl.col("waiting") <= _HALF).then(pl.col(time)).min().cast(pl.Float64).alias("median"),
        )
    )
