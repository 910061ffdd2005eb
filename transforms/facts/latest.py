"""Of several rows with one key, the one that counts."""

from __future__ import annotations

import polars as pl

from expectations.schema import Table


def latest(lf: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """The row of each key with the greatest version (none is least), ties by the order of files and lines."""
    key = list(table.key)
    repeated = lf.group_by(key).len().filter(pl.col("len") > 1).select(key)
    # Most keys come once: only the others are sorted.
    once = lf.join(repeated, on=key, how="anti", maintain_order="left")
    order = [*key, *filter(None, [table.version]), "slot", "line"]
    several = lf.join(repeated, on=key, how="semi").sort(order).unique(key, keep="last", maintain_order=True)
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
