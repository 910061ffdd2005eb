"""The values of metrics from facts, step by step as the run makes them, each step written down before the next.

As one plan they would be optimised for longer than they take to work out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from transforms.metrics.cells import MEMBER
from transforms.metrics.compute import metric_cells, values_of, wanted
from transforms.metrics.days import Days, days_of, members_told
from transforms.metrics.metric import Metric
from transforms.metrics.statistics import with_statistics
from transforms.site import Site


def metric_values(
    facts: Mapping[str, pl.LazyFrame], metrics: Mapping[str, Metric], *, grain: str, as_of: dt.date, site: Site
) -> pl.LazyFrame:
    """One row per metric, period and member of a cut, in codes and in their order.

    A plain sum has a row for each period from the member's first row to the as-of date, by day and week only in the
    total: there a member without a row had nothing. A ratio has one where anything was counted, and in the total for
    each period since it first was. Metrics whose facts are absent are left out.
    """
    rows = _made(facts)
    days = days_of(rows, metrics.values(), _made(members_told(rows)))
    added = Days(sums=_made(days.sums), members=days.members)
    found = with_statistics(added, rows, wanted(rows, metrics, grain), grain=grain, as_of=as_of)
    whole = Days(sums=found.sums, members=found.members, statistics=_made(found.statistics))
    cells = metric_cells(rows, metrics, whole, grain=grain, as_of=as_of).collect().lazy()
    values = values_of(cells, rows, metrics, grain=grain, as_of=as_of, site=site)
    return values.sort("period_start", "metric_id", *MEMBER)


def _made(frames: Mapping[str, pl.LazyFrame]) -> dict[str, pl.LazyFrame]:
    return dict(zip(frames, (frame.lazy() for frame in pl.collect_all(frames.values())), strict=True))
