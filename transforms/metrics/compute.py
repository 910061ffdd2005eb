"""The metric table of a grain: every metric, period and cut, from the facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from functools import partial

import polars as pl

from expectations.tables.metric import GROUPING_SETS, METRIC_VALUES
from transforms.metrics.cells import Cut, table_of_sums
from transforms.metrics.days import Days
from transforms.metrics.metric import CUTS, Metric, Ratio
from transforms.metrics.periods import ALWAYS, Span
from transforms.metrics.statistics import with_statistics
from transforms.metrics.suppression import CELL, HIDDEN, hidden_cells
from transforms.metrics.values import all_values, beginnings_of, looked_at, veil_of
from transforms.site import Site

_OF_A_RUN = ("first_published_value", "run_key")
"""Columns that hold for a run, and not for whatever run comes to these values."""
_OF_THE_RUN = ("benchmark_value", *_OF_A_RUN)
"""Columns that do not follow from the facts: they are filled in when the values are published."""


def metric_cells(
    facts: Mapping[str, pl.LazyFrame], metrics: Mapping[str, Metric], days: Days, *, grain: str, as_of: dt.date
) -> pl.LazyFrame:
    """One row per period and member of a cut, without gaps: the sums that values are made of, and what is hidden."""
    there, cut = wanted(facts, metrics, grain), Cut(grain=grain, as_of=as_of)
    if not there:
        return pl.LazyFrame(schema={"period_start": pl.Date()})
    sums = table_of_sums(there, cut, with_statistics(days, facts, there, grain=grain, as_of=as_of))
    for metric in {veil_of(m): m for m in there if isinstance(m, Ratio) and m.suppress_below}.values():
        hidden = hidden_cells(facts, metric.guard, metric.suppress_below, cut).rename({HIDDEN: veil_of(metric)})
        sums = sums.join(hidden, on=CELL, how="left", nulls_equal=True, maintain_order="left")
    return sums


def values_of(
    cells: pl.LazyFrame,
    facts: Collection[str],
    metrics: Mapping[str, Metric],
    *,
    grain: str,
    as_of: dt.date,
    site: Site,
    span: Span = ALWAYS,
    beginnings: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """One row per metric, period and member of a cut, of the periods that start in a span of days, in codes.

    `beginnings` are the `beginnings_of` the cells, where they were worked out before: every span asks for them.

    A plain sum has a row for each period from the member's first row to the as-of date, by day and week only in the
    total: there a member without a row had nothing. A ratio has one where anything was counted, and in the total for
    each period since it first was. Metrics whose facts are absent are left out.
    """
    schema, there = value_schema(grain), wanted(facts, metrics, grain)
    if not there:
        return pl.LazyFrame(schema=schema)
    begun = beginnings_of(cells, there) if beginnings is None else beginnings
    return looked_at(cells, begun, span, grain).map_batches(
        partial(
            all_values,
            metrics=there,
            cut=Cut(grain=grain, as_of=as_of),
            site=site,
            schema=schema,
            span=span,
        ),
        schema=schema,
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
    )


def wanted(facts: Collection[str], metrics: Mapping[str, Metric], grain: str) -> list[Metric]:
    """The metrics of a grain whose facts are there, by name."""
    there = [m for m in metrics.values() if grain in m.grains and set(m.facts) <= set(facts)]
    return sorted(there, key=lambda metric: metric.name)


def missing_metrics(
    facts: Collection[str], metrics: Mapping[str, Metric], *, computed: Collection[str] | None = None
) -> pl.DataFrame:
    """One row per metric that could not be computed, with what it needs (`metric_missing`).

    `computed` names the metrics that have a row: a fact may be there without the columns that a metric reads.
    """
    rows = []
    for name, metric in sorted(metrics.items()):
        absent = [fact for fact in metric.facts if fact not in facts]
        if absent or (computed is not None and name not in computed):
            columns = absent or sorted({f"{m.fact}.{c}" for m in metric.measures for c in m.columns})
            settings = "".join(f"; {setting} of pipeline.toml" for setting in metric.settings)
            needs = f"{', '.join(metric.feeds)} (for {', '.join(columns)}){settings}"
            rows.append({"metric_id": name, "needs": needs})
    return pl.DataFrame(rows, schema={"metric_id": pl.String, "needs": pl.String})


def value_schema(grain: str) -> pl.Schema:
    """Columns of `values_of`: the contract's, with codes for keys and without what only the run knows."""
    contract = METRIC_VALUES[grain].schema
    codes = {f"{cut}_key": cut for cut in CUTS}
    return pl.Schema(
        {
            codes.get(name, name): pl.String() if name in codes else dtype
            for name, dtype in contract.items()
            if name not in _OF_THE_RUN
        }
    )


def published_values(values: pl.LazyFrame, dimensions: Mapping[str, pl.LazyFrame], run_key: str) -> pl.LazyFrame:
    """The same rows as the contract has them: -1 for a cut the row is not cut by, 0 for the unknown member.

    As if nothing had been published before; `transforms.analysis.revision` knows better.
    """
    return of_a_run(with_keys(values, dimensions), run_key)


def with_keys(values: pl.LazyFrame, dimensions: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The same rows in the order of the contract, with keys for codes, and without what is of a run."""
    contract = METRIC_VALUES["month"]
    for cut in CUTS:
        key = f"{cut}_key"
        known = dimensions[f"dim_{cut}"].filter(pl.col(key) > 0).select(pl.col("code").alias(cut), key)
        is_cut_by = pl.col("grouping_set").is_in([name for name, cuts in GROUPING_SETS.items() if cut in cuts])
        values = values.join(known, on=cut, how="left").with_columns(
            pl.when(is_cut_by).then(pl.col(key).fill_null(0)).otherwise(pl.lit(-1)).cast(pl.Int32).alias(key)
        )
    keys = [name for name in contract.key if name != contract.clock]
    columns = {name: dtype for name, dtype in contract.schema.items() if name not in _OF_A_RUN}
    return (
        values.with_columns(pl.lit(None).alias("benchmark_value"))
        .select(pl.col(name).cast(dtype) for name, dtype in columns.items())
        .sort(contract.clock, *keys)
    )


def of_a_run(values: pl.LazyFrame, run_key: str) -> pl.LazyFrame:
    """Values with keys as a run publishes them, the first that does."""
    schema = METRIC_VALUES["month"].schema
    first = pl.when("is_complete").then("value").alias("first_published_value")
    return values.with_columns(first, run_key=pl.lit(run_key)).select(
        pl.col(name).cast(dtype) for name, dtype in schema.items()
    )
