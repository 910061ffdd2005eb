"""The same values with one column per metric, for people who drag columns."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from expectations.schema import Column, Layer, Table, number
from expectations.tables.metric import METRIC_VALUES
from transforms.metrics.metric import Metric

SHOWN = ("total", "channel", "team", "channel_team")
"""The cuts of which a wide table has rows."""
_KEYS = ("period_start", "period_end", "grouping_set", "channel_key", "team_key", "is_complete")


def wide_table(metrics: Mapping[str, Metric], grain: str) -> Table:
    """The contract of `kpi_<grain>_wide`: the keys of the long table, and every metric that has this grain."""
    long = METRIC_VALUES[grain]
    columns: dict[str, Column] = {name: long.columns[name] for name in _KEYS}
    for name, metric in metrics.items():
        if grain in metric.grains:
            columns[name] = number(f"{metric.title}.", unit=metric.unit.value.label)
    return Table(
        name=f"kpi_{grain}_wide",
        layer=Layer.METRIC,
        grain=f"a {grain} in the total, a channel, a team, or a team in a channel",
        key=("period_start", "grouping_set", "channel_key", "team_key"),
        clock="period_start",
        columns=columns,
    )


def kpi_wide(published: pl.LazyFrame, metrics: Mapping[str, Metric], *, grain: str) -> pl.LazyFrame:
    """One row per period and member of a cut by channel and team, one column per metric.

    A metric that was not computed keeps its column, empty: the columns do not depend on what was delivered.
    """
    table = wide_table(metrics, grain)
    names = [name for name in table.columns if name not in _KEYS]
    return (
        published.filter(pl.col("grouping_set").is_in(SHOWN))
        .pivot(on="metric_id", on_columns=names, index=list(_KEYS), values="value", aggregate_function="first")
        .select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())
        .sort("period_start", *table.key[1:])
    )
