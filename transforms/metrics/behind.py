"""The rows behind a number, for whoever asks why it is what it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from transforms.metrics.cells import Cut
from transforms.metrics.metric import Measure, Metric, Ratio


def rows_behind(
    facts: Mapping[str, pl.LazyFrame],
    metric: Metric,
    *,
    grain: str,
    period_start: dt.date,
    as_of: dt.date,
    members: Mapping[str, str | None],
) -> dict[str, pl.LazyFrame]:
    """By fact and date, the rows of one published number, with what each adds `above` and `below` the line.

    `members` names the member of each cut that is fixed, such as {"channel": "email"}; None is the unknown one. Behind
    a number about few people nothing is shown, however many there are: a row would be one person's answer.
    """
    if metric.suppress_below:
        return {}
    cut = Cut(grain=grain, as_of=as_of)
    found = {}
    for clock in metric.dates:
        fact, date = clock.split(".")
        here = list({m.id: m for m in metric.measures if (m.fact, m.date) == (fact, date)}.values())
        above = [m for m in here if not isinstance(metric, Ratio) or m in metric.above.measures]
        below = [m for m in here if isinstance(metric, Ratio) and m in metric.below.measures]
        rows = cut.rows(facts[fact], fact, date).filter(cut.period(date) == period_start)
        for name, code in members.items():
            rows = rows.filter(pl.col(name).eq_missing(pl.lit(code, pl.String)))
        counts = [_added(metric, above, cut).alias("above"), _added(metric, below, cut).alias("below")]
        found[clock] = rows.with_columns(counts).filter(pl.any_horizontal(pl.col("above", "below").is_not_null()))
    return found


def _added(metric: Metric, measures: list[Measure], cut: Cut) -> pl.Expr:
    """What a row adds to these measures together; null where nothing."""
    terms = []
    for measure in measures:
        each = measure.per_row
        if measure.over_time == "last":
            each = pl.when(cut.is_last_day(measure.date)).then(each)
        terms.append(-each if isinstance(metric, Ratio) and measure in metric.above.minus else each)
    some = pl.any_horizontal([term.is_not_null() for term in terms]) if terms else pl.lit(value=False)
    return pl.when(some).then(pl.sum_horizontal(terms) if terms else pl.lit(0, pl.Int64))
