"""Benchmarks: the figures of others, compared only where they were measured as ours are."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from expectations.tables.dimensions import DIM_BENCHMARK
from transforms.site import Benchmark, Site

METHODS = {"csat": "top2_share", "csat_index": "mean_index", "nps": "nps", "enps": "nps"}
"""How the metrics are measured that others measure in several ways; all the rest is as_defined."""


def benchmark_dimension(site: Site, metrics: Mapping[str, object]) -> pl.LazyFrame:
    """One row per benchmark of a known metric: `dim_benchmark`."""
    rows = [
        {name: getattr(it, name) for name in DIM_BENCHMARK.columns if name != "is_comparable"}
        | {"is_comparable": _is_comparable(it)}
        for it in site.benchmarks
        if it.metric_id in metrics
    ]
    return pl.LazyFrame(rows, schema=DIM_BENCHMARK.schema).sort(DIM_BENCHMARK.key)


def with_benchmark(values: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    """The published values with the benchmark that holds for the total of each metric in each period.

    It was measured as the metric is, for the site's industry and country (or any), in the year of the period or before;
    one that names the industry goes before one that names the country, of equals the latest holds.
    """
    fitting = [it for it in site.benchmarks if _is_comparable(it) and _is_ours(it, site)]
    fitting.sort(key=lambda it: (it.industry is not None, it.country is not None, it.year or 0), reverse=True)
    holds = [(_holds(it), pl.lit(it.value, pl.Float64)) for it in fitting]
    value = pl.coalesce(*(pl.when(here).then(number) for here, number in holds), pl.lit(None, pl.Float64))
    return values.with_columns(benchmark_value=value)


def _is_comparable(it: Benchmark) -> bool:
    return it.method == METHODS.get(it.metric_id, "as_defined")


def _is_ours(it: Benchmark, site: Site) -> bool:
    return it.industry in {None, site.industry} and it.country in {None, site.country}


def _holds(it: Benchmark) -> pl.Expr:
    is_total_of_it = (pl.col("metric_id") == it.metric_id) & (pl.col("grouping_set") == "total")
    return is_total_of_it if it.year is None else is_total_of_it & (pl.col("period_start").dt.year() >= it.year)
