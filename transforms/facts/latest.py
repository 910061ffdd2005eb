"""Of several rows with one key, the one that counts."""

from __future__ import annotations

import polars as pl

from expectations.schema import Table

UPDATE_NUMBER = "update_number"
"""The column of a feed that counts the updates of a row."""


def latest(lf: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """The row of each key with the greatest version (none is least), ties by the order of files and lines.

    The version is an instant, a counter (`update_number`), or both: the counter tells versions of one instant apart.
    """
    key = list(table.key)
    repeated = lf.group_by(key).len().filter(pl.col("len") > 1).select(key)
    # Part of a key may be absent (the version of a review): two such rows are the same row all the same.
    has_gaps = not set(key) <= set(table.required)
    # Most keys come once: only the others are sorted.
    once = lf.join(repeated, on=key, how="anti", nulls_equal=has_gaps, maintain_order="left")
    versions = [name for name in (table.version, UPDATE_NUMBER) if name in table.columns]
    order = [*key, *versions, "slot", "line"]
    several = lf.join(repeated, on=key, how="semi", nulls_equal=has_gaps)
    several = several.sort(order).unique(key, keep="last", maintain_order=True)
    return pl.concat([once, several])


def duplicates(lf: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """One row is an export: how many of its rows gave way to another version (`rows_duplicate`)."""
    kept = latest(lf, table).group_by("slot").agg(rows_kept=pl.len().cast(pl.Int64))
    return (
        lf.group_by("slot")
        .agg(rows=pl.len().cast(pl.Int64))
        .join(kept, on="slot", how="left")
        .select("slot", rows_duplicate=pl.col("rows") - pl.col("rows_kept").fill_null(0))
        .sort("slot")
    )
