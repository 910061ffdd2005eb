"""Who an agent was on a day: the team, the level and whether a person, from the spells of employment."""

from __future__ import annotations

import datetime as dt

import polars as pl

KEY = ("agent_id", "day_on")


def employed_days(employees: pl.LazyFrame, as_of: dt.date) -> pl.LazyFrame:
    """One row is an agent on a day of employment; of spells that overlap, the one that began last holds."""
    last_day = pl.min_horizontal(pl.col("valid_to").fill_null(as_of), pl.lit(as_of))
    return (
        employees.filter(pl.col("valid_from") <= last_day)
        .with_columns(day_on=pl.date_ranges("valid_from", last_day))
        .explode("day_on", empty_as_null=True, keep_nulls=True)
        .sort(*KEY, "valid_from", "source")
        .unique(KEY, keep="last", maintain_order=True)
        .select("source", *KEY, "team", "tier", is_human=pl.col("is_human").fill_null(value=True))
    )
