"""The alarm `retention_by_balance_differs`: customers returned, and the balance formula takes them for kept ones."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_commerce import FACT_CUSTOMER_PERIOD

LOOK_BACK = dt.timedelta(days=365)
_SUMS = ("active_at_start", "active_at_end", "kept", "gained")


def retention_by_balance_differs(customer_periods: pl.LazyFrame, *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a month of the last twelve in which both readings of retention differ, over all customers."""
    end = pl.col(FACT_CUSTOMER_PERIOD.clock)
    months = customer_periods.filter(pl.col("grain") == "month", end > as_of - LOOK_BACK).group_by(end)
    share = 100 / pl.col("active_at_start")
    return (
        months.agg(pl.col(_SUMS).sum())
        .with_columns(stayed=pl.col("active_at_end") - pl.col("gained"))
        .filter((pl.col("active_at_start") > 0) & (pl.col("stayed") != pl.col("kept")))
        .with_columns(value=pl.col("stayed") * share, compared_with=pl.col("kept") * share)
        .select(
            "value",
            "compared_with",
            n="active_at_start",
            subject=end.dt.strftime("%Y-%m"),
            detail=pl.format(
                "Retention is {} % by customers kept and {} % by balance: {} lost customers returned. "
                "Read retention_rate; the balance takes them for customers kept.",
                pl.col("compared_with").round(2),
                pl.col("value").round(2),
                pl.col("stayed") - pl.col("kept"),
            ),
        )
    )
