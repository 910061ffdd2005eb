"""From the table of sums to values: for each metric the division, the interval, the comparison, the target.

Worked out on the table of sums as one step of the plan, and not as a branch of the plan for each metric: a plan with
a hundred branches over one table takes longer to make than to run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from operator import add

import polars as pl

from transforms.metrics import intervals, significance
from transforms.metrics.cells import MEMBER, Cut
from transforms.metrics.days import squares
from transforms.metrics.exact import quotient
from transforms.metrics.metric import Metric, Ratio, Statistic, Sum
from transforms.metrics.periods import Span, a_year_back, back, end_of
from transforms.metrics.suppression import HIDDEN
from transforms.metrics.targets import is_target_met, target_value
from transforms.metrics.unit import Unit
from transforms.site import Site

_SUMS = ("numerator", "denominator", "n", "n_positive", "n_negative", "squares")
_ABOUT = ("cell", *MEMBER, "period_start", "period_end", "prior", "prior_year")
"""What is known of a row whatever the metric; where the rows lie that it is compared with."""
_OF_ALL = ("status", "is_complete", "is_significant_vs_prior")
"""Columns that are worked out for all metrics at once."""
_BEGAN = ":began"
"""How the columns end that hold the first period in which a member had a metric."""
_SPARSE = {"day", "week"}
"""Grains in which members are many and quiet: ten years of sixty teams are two hundred thousand days without a row."""
Pair = tuple[pl.Expr, pl.Expr]


def all_values(
    sums: pl.DataFrame, *, metrics: Sequence[Metric], cut: Cut, site: Site, schema: pl.Schema, span: Span
) -> pl.DataFrame:
    """One row per metric, period of the span and member of a cut; `sums` are those that the span looks at."""
    rows = sums.with_columns(
        period_end=end_of(pl.col("period_start"), cut.grain),
        prior=_place(back(1)),
        prior_year=_place(a_year_back(cut.grain)),
    )
    alike: dict[tuple[str, Unit], list[Metric]] = {}
    for metric in metrics:
        alike.setdefault((metric.interval, metric.unit), []).append(metric)
    known = [*(name for name in schema if name not in _OF_ALL), HIDDEN, "cell", "p"]
    values = pl.concat(
        # Selected a few at a time: what only the way to a value needs would be several times the memory of the values.
        _judged(pl.concat((_values_of(rows, it, cut, site, span) for it in few), rechunk=True), few[0]).select(known)
        for few in alike.values()
    )
    of_all = (_status(), pl.col("period_end") <= cut.as_of, significance.beyond_chance(pl.col("p"), "cell"))
    named = dict(zip(_OF_ALL, of_all, strict=True))
    return values.with_columns(**named).select(schema.names())


def looked_at(sums: pl.LazyFrame, beginnings: pl.LazyFrame, span: Span, grain: str) -> pl.LazyFrame:
    """The periods of a span and those they are compared with, each with the `beginnings_of` its member."""
    is_looked_at = pl.any_horizontal(it.has(pl.col("period_start")) for it in span.looked_at(grain))
    begun = beginnings.select("series", pl.exclude("series", *MEMBER).name.suffix(_BEGAN))
    return sums.filter(is_looked_at).join(begun, on="series", how="left", maintain_order="left")


def beginnings_of(sums: pl.LazyFrame, metrics: Sequence[Metric]) -> pl.LazyFrame:
    """One row per member of the table of sums: the first period in which it had each metric."""
    if not metrics:
        return pl.LazyFrame(schema={"series": pl.Int64()} | dict.fromkeys(MEMBER, pl.String()))
    first = [pl.when(present(it) > 0).then("period_start").min().alias(it.name) for it in metrics]
    return sums.group_by("series", *MEMBER).agg(first)


def _place(cell: pl.Expr) -> pl.Expr:
    """Where a cell lies among the rows, which are in the order of cells; null where it is not looked at."""
    place = pl.col("cell").search_sorted(cell)
    return pl.when(pl.col("cell").gather(place, null_on_oob=True) == cell).then(place)


def veil_of(metric: Metric) -> str:
    """The column that says which cells of a metric are hidden: metrics about the same answers hide the same cells."""
    return f"{metric.guard.id}:below {metric.suppress_below}" if isinstance(metric, Ratio) else ""


def _known(rows: pl.DataFrame, metric: Metric, cut: Cut) -> pl.DataFrame:
    """The sums of one metric, as far as they may be told."""
    veil = pl.col(veil_of(metric)).fill_null(value=False) if metric.suppress_below else pl.lit(value=False)
    has_begun = (pl.col("period_start") >= pl.col(metric.name + _BEGAN)).fill_null(value=False)
    told = rows.select(*_ABOUT, *_read(metric), veil.alias(HIDDEN), has_begun.alias("is_known"))
    if not metric.suppress_below:
        return told
    is_running = pl.col("period_end") > cut.as_of
    return told.with_columns(pl.col(HIDDEN) | (is_running & pl.col("is_known"))).with_columns(
        pl.when(~pl.col(HIDDEN)).then(pl.col(_SUMS))
    )


def _compared(rows: pl.DataFrame, metric: Metric, cut: Cut, span: Span) -> pl.DataFrame:
    """The rows of one metric in the periods of a span, each beside what it is compared with."""
    told = rows.with_columns(pl.when("is_known").then(_value(metric)).alias("value"))
    shown = told.filter(
        pl.col("period_start") >= span.first,
        pl.col("grouping_set").is_in(metric.grouping_sets),
        pl.col(HIDDEN) | _is_shown(metric, cut),
    )
    # Looked up for the rows that are shown: they are few.
    earlier = told.select(
        pl.col("value", *_SUMS).gather(shown["prior"]).name.prefix("prior_"),
        prior_year_value=pl.col("value").gather(shown["prior_year"]),
    )
    return shown.hstack(earlier)


def _values_of(rows: pl.DataFrame, metric: Metric, cut: Cut, site: Site, span: Span) -> pl.DataFrame:
    """The rows of one metric in the periods of a span, before anything is judged by chance."""
    target = target_value(metric, site)
    return _compared(_known(rows, metric, cut), metric, cut, span).with_columns(
        metric_id=pl.lit(metric.name),
        metric_version=pl.lit(metric.version, pl.Int64),
        ci_method=pl.lit(metric.interval),
        is_mature=pl.col("period_end") <= cut.as_of - dt.timedelta(days=metric.maturity_days),
        target_value=target,
        is_target_met=is_target_met(metric, target),
    )


def _judged(rows: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """The rows of metrics that are judged as this one is, with their intervals, before the correction over all."""
    low, high, p = _by_chance(metric)
    return rows.with_columns(sum_sq=pl.col("squares").cast(pl.Float64), ci_low=low, ci_high=high, p=p)


def _status() -> pl.Expr:
    """Whether the value can be read, and if not, why."""
    no_value = pl.when(pl.col("value").is_null()).then(pl.lit("no_data")).otherwise(pl.lit("ok"))
    return pl.when(HIDDEN).then(pl.lit("too_few")).otherwise(no_value)


def _read(metric: Metric) -> list[pl.Expr]:
    """The sums of a metric out of the table of sums; null where it has none of the kind."""
    columns: dict[str, pl.Expr] = {}
    if isinstance(metric, Statistic):
        columns |= {"n": pl.col(f"{metric.name}:n"), "value": pl.col(f"{metric.name}:value")}
    if isinstance(metric, Ratio):
        columns |= {"numerator": _added(metric.above), "n": pl.col(metric.support.id)}
        if not metric.is_plain_sum:
            columns["denominator"] = _added(metric.below)
        if metric.interval == "adjusted_wald":
            columns["n_positive"] = _added(Sum(metric.above.plus))
            columns["n_negative"] = _added(Sum(metric.above.minus))
        if metric.interval == "student_t":
            columns["squares"] = _squares(metric)
    types = {"squares": pl.Int128(), "value": pl.Float64()}
    return [columns.get(name, pl.lit(None)).cast(types.get(name, pl.Int64())).alias(name) for name in (*_SUMS, "value")]


def present(metric: Metric) -> pl.Expr:
    """What tells that a member has begun to have a metric, where it is more than 0."""
    if isinstance(metric, Ratio):
        return pl.col(metric.presence.id if metric.is_plain_sum else metric.support.id)
    return pl.col(f"{metric.name}:n")


def _squares(metric: Ratio) -> pl.Expr:
    """Sum of squares of a mean; null where a row stands for several, for their spread is not told."""
    told = pl.col(squares(metric.above.measures[0]))
    if metric.single_rows is None:
        return told
    return pl.when(pl.col(metric.single_rows.id) == pl.col(metric.below.measures[0].id)).then(told)


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


def _is_shown(metric: Metric, cut: Cut) -> pl.Expr:
    """Which periods of a member are rows of the table."""
    counted = pl.any_horizontal(pl.col("numerator", "denominator", "n").fill_null(0) != 0)
    if isinstance(metric, Ratio) and metric.is_plain_sum and cut.grain not in _SPARSE:
        return pl.col("is_known")
    return counted | (pl.col("is_known") & (pl.col("grouping_set") == "total"))


def _by_chance(metric: Metric) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
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
