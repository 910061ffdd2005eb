"""The metric table of a grain: every metric, period and cut, from the facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import add

import polars as pl

from expectations.tables.metric import GROUPING_SETS, METRIC_VALUES
from transforms.metrics import intervals, significance
from transforms.metrics.cells import Cut, squares, table_of_sums
from transforms.metrics.exact import quotient
from transforms.metrics.metric import CUTS, Metric, Ratio, Statistic, Sum
from transforms.metrics.periods import a_year_back, back, end_of
from transforms.metrics.targets import is_target_met, target_value
from transforms.site import Site

_SUMS = ("numerator", "denominator", "n", "n_positive", "n_negative", "squares")
Pair = tuple[pl.Expr, pl.Expr]


def metric_values(
    facts: Mapping[str, pl.LazyFrame], metrics: Mapping[str, Metric], *, grain: str, as_of: dt.date, site: Site
) -> pl.LazyFrame:
    """One row per metric, period and member of a cut, in codes.

    A plain sum has a row for each period from the member's first row to the as-of date; a ratio where anything was
    counted, and in the total for each period since it first was. Metrics whose facts are absent are left out.
    """
    schema = value_schema(grain)
    wanted = [m for m in metrics.values() if grain in m.grains and set(m.facts) <= set(facts)]
    if not wanted:
        return pl.LazyFrame(schema=schema)
    cut = Cut(grain=grain, as_of=as_of)
    sums = table_of_sums(facts, wanted, cut).cache()
    values = pl.concat([_values_of(sums, metric, rank, cut, site) for rank, metric in enumerate(_by_name(wanted))])
    changed = significance.beyond_chance(pl.col("p"), "cell").alias("is_significant_vs_prior")
    order = ("period_start", "rank", "cell")
    return values.with_columns(changed).select(*schema.names(), *order[1:]).sort(order).drop(order[1:])


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
            rows.append({"metric_id": name, "needs": f"{', '.join(metric.feeds)} (for {', '.join(columns)})"})
    return pl.DataFrame(rows, schema={"metric_id": pl.String, "needs": pl.String})


def value_schema(grain: str) -> pl.Schema:
    """Columns of `metric_values`: the contract's, with codes for keys and without the run."""
    contract = METRIC_VALUES[grain].schema
    codes = {f"{cut}_key": cut for cut in CUTS}
    return pl.Schema(
        {
            codes.get(name, name): pl.String() if name in codes else dtype
            for name, dtype in contract.items()
            if name != "run_key"
        }
    )


def published_values(values: pl.LazyFrame, dimensions: Mapping[str, pl.LazyFrame], run_key: str) -> pl.LazyFrame:
    """The same rows as the contract has them: -1 for a cut the row is not cut by, 0 for the unknown member."""
    contract = METRIC_VALUES["month"]
    for cut in CUTS:
        key = f"{cut}_key"
        known = dimensions[f"dim_{cut}"].filter(pl.col(key) > 0).select(pl.col("code").alias(cut), key)
        is_cut_by = pl.col("grouping_set").is_in([name for name, cuts in GROUPING_SETS.items() if cut in cuts])
        values = values.join(known, on=cut, how="left").with_columns(
            pl.when(is_cut_by).then(pl.col(key).fill_null(0)).otherwise(pl.lit(-1)).cast(pl.Int32).alias(key)
        )
    keys = [name for name in contract.key if name != contract.clock]
    return (
        values.with_columns(pl.lit(run_key).alias("run_key"))
        .select(pl.col(name).cast(dtype) for name, dtype in contract.schema.items())
        .sort(contract.clock, *keys)
    )


def _by_name(metrics: Sequence[Metric]) -> list[Metric]:
    return sorted(metrics, key=lambda metric: metric.name)


def _values_of(sums: pl.LazyFrame, metric: Metric, rank: int, cut: Cut, site: Site) -> pl.LazyFrame:
    """The rows of one metric, before the correction over all metrics."""
    start = pl.col("period_start")
    end = end_of(start, cut.grain)
    earlier = [back(name, 1).alias(f"prior_{name}") for name in ("value", *_SUMS)]
    low, high, p = _judged(metric)
    return (
        sums.filter(pl.col("grouping_set").is_in(metric.grouping_sets))
        .select("cell", "member", "age", "grouping_set", *CUTS, "period_start", *_read(metric))
        .with_columns((pl.col("present").cum_sum().over("member") > 0).alias("is_known"))
        .with_columns(pl.when("is_known").then(_value(metric)).alias("value"))
        .with_columns(*earlier, a_year_back("value", cut.grain).alias("prior_year_value"))
        .filter(_is_shown(metric))
        .with_columns(
            end.alias("period_end"),
            pl.lit(rank).alias("rank"),
            pl.lit(metric.name).alias("metric_id"),
            pl.lit(metric.version, pl.Int64).alias("metric_version"),
            pl.col("squares").cast(pl.Float64).alias("sum_sq"),
            low.alias("ci_low"),
            high.alias("ci_high"),
            pl.lit(metric.interval).alias("ci_method"),
            p.alias("p"),
            pl.when(pl.col("value").is_null()).then(pl.lit("no_data")).otherwise(pl.lit("ok")).alias("status"),
            (end <= cut.as_of).alias("is_complete"),
            (end <= cut.as_of - dt.timedelta(days=metric.maturity_days)).alias("is_mature"),
        )
        .with_columns(target_value(metric, site).alias("target_value"))
        .with_columns(is_target_met(metric).alias("is_target_met"))
    )


def _read(metric: Metric) -> list[pl.Expr]:
    """The sums of a metric out of the table of sums; null where it has none of the kind."""
    columns: dict[str, pl.Expr] = {}
    if isinstance(metric, Statistic):
        columns = {"n": pl.col(f"{metric.name}:n"), "value": pl.col(f"{metric.name}:value")}
        columns["present"] = columns["n"]
    if isinstance(metric, Ratio):
        columns = {"numerator": _added(metric.above), "n": pl.col(metric.support.id)}
        columns["present"] = pl.col(metric.presence.id) if metric.is_plain_sum else columns["n"]
        if not metric.is_plain_sum:
            columns["denominator"] = _added(metric.below)
        if metric.interval == "adjusted_wald":
            columns["n_positive"] = _added(Sum(metric.above.plus))
            columns["n_negative"] = _added(Sum(metric.above.minus))
        if metric.interval == "student_t":
            columns["squares"] = pl.col(squares(metric.above.measures[0]))
    types = {"squares": pl.Int128(), "value": pl.Float64()}
    return [
        columns.get(name, pl.lit(None)).cast(types.get(name, pl.Int64())).alias(name)
        for name in (*_SUMS, "value", "present")
    ]


def _added(terms: Sum) -> pl.Expr:
    """Sums added to, and taken from, each other."""
    more = reduce(add, [pl.col(m.id) for m in terms.plus], pl.lit(0, pl.Int64))
    return more - reduce(add, [pl.col(m.id) for m in terms.minus], pl.lit(0, pl.Int64))


def _value(metric: Metric) -> pl.Expr:
    """Multiplied first, divided once; null where the denominator is 0."""
    unit = metric.unit.value
    if isinstance(metric, Statistic):
        return quotient(pl.col("value") * unit.scale, unit.parts)
    above, below = pl.col("numerator") * unit.scale, pl.col("denominator") * unit.parts
    if isinstance(metric, Ratio) and metric.is_plain_sum:
        return quotient(above, unit.parts)
    return pl.when(below > 0).then(above / below)


def _is_shown(metric: Metric) -> pl.Expr:
    """Which periods of a member are rows of the table."""
    if isinstance(metric, Ratio) and metric.is_plain_sum:
        return pl.col("is_known")
    counted = pl.any_horizontal(pl.col("numerator", "denominator", "n").fill_null(0) != 0)
    return counted | (pl.col("is_known") & (pl.col("grouping_set") == "total"))


def _judged(metric: Metric) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Both ends of the interval, and the p-value of the change since the period before."""
    unit = metric.unit.value
    now = {name: pl.col(name) for name in _SUMS}
    pairs: dict[str, Pair] = {name: (pl.col(name), pl.col(f"prior_{name}")) for name in _SUMS}
    above, below = now["numerator"], now["denominator"]
    match metric.interval:
        case "wilson":
            bounds = intervals.wilson(above, below)
            p = significance.two_proportions(pairs["numerator"], pairs["denominator"])
        case "adjusted_wald":
            bounds = intervals.adjusted_wald(now["n_positive"], now["n_negative"], below)
            p = significance.two_nps(pairs["n_positive"], pairs["n_negative"], pairs["denominator"])
        case "student_t":
            bounds = intervals.student_t(above, now["squares"], below)
            p = significance.two_means(pairs["numerator"], pairs["squares"], pairs["denominator"])
        case _:
            nothing = pl.lit(None, pl.Float64)
            return nothing, nothing, nothing
    # A bound of -0.0 is none for a reader: adding 0 makes it 0.
    low, high = (quotient(end * unit.scale, unit.parts).clip(unit.lowest, unit.highest) + 0.0 for end in bounds)
    has_rows = below > 0
    return pl.when(has_rows).then(low), pl.when(has_rows).then(high), p
