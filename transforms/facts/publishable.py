"""A fact as it is published: keys instead of codes, local times instead of instants, sorted."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from expectations.schema import INSTANT, Table
from transforms.facts.dimensions import UNKNOWN


def published_names(table: Table) -> dict[str, str]:
    """The columns that are published, in order, with the name they are published by."""
    return {
        name: f"{column.dimension}_key" if column.dimension else name
        for name, column in table.columns.items()
        if column.published
    }


def publishable(fact: pl.LazyFrame, table: Table, dimensions: Mapping[str, pl.LazyFrame], zone: str) -> pl.LazyFrame:
    """The same rows with `<dimension>_key` for every code and naive local times, sorted by the clock, then the key."""
    names = published_names(table)
    keyed = fact
    for name, column in table.columns.items():
        if column.published and column.dimension:
            keyed = _with_key(keyed, name, dimensions[f"dim_{column.dimension}"], names[name])
    instants = [name for name in names if table.columns[name].dtype == INSTANT]
    local = pl.col(instants).dt.convert_time_zone(zone).dt.replace_time_zone(None)
    order = [names[name] for name in dict.fromkeys([*filter(None, [table.clock]), *table.key]) if name in names]
    return keyed.with_columns(local).select(names.values()).sort(order)


def _with_key(lf: pl.LazyFrame, name: str, dimension: pl.LazyFrame, key: str) -> pl.LazyFrame:
    codes = dimension.filter(pl.col(key) > UNKNOWN).select(pl.col("code").alias(name), key)
    return lf.join(codes, on=name, how="left").with_columns(pl.col(key).fill_null(UNKNOWN))
