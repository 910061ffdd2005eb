"""The published tables of one run folder, as the scorecard page looks things up in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from expectations.schema import Table
from expectations.tables.analysis import ALARM
from expectations.tables.dimensions import DIM_CHANNEL, DIM_METRIC, DIM_TEAM
from expectations.tables.metric import META_EXPORT, META_RUN, METRIC_MISSING, METRIC_VALUES

TOTAL_KEY = -1
UNKNOWN_KEY = 0
MONTHS_SHOWN = 18
CUTS = ("total", "channel", "team")

Row = Mapping[str, Any]
Cell = tuple[str, str, int, dt.date]
"""Metric, cut, key of the cut, first day of the month."""

HEADLINE_ORDER = (
    *("csat", "nps", "ces_ease_index", "survey_response_rate"),
    *("first_response_time_business_p50", "first_response_time_business_mean"),
    *("resolution_time_business_p50", "resolution_time_business_mean"),
    *("fcr_rate", "reopen_rate", "escalation_rate", "ticket_volume", "backlog"),
    *("service_level", "cost_per_contact", "occupancy", "turnover_rate"),
)
"""What a reader looks for first; a headline not named here follows, in the order of the registry."""

_PLACES = {"metric": "metrics", "dimension": "facts", "report": "reports"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One value of a metric in one month and cut."""

    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    """0 where the answers are too few to be told."""
    n_positive: int | None
    n_negative: int | None
    status: str
    period_end: dt.date
    is_complete: bool
    is_mature: bool
    target_value: float | None
    is_target_met: bool | None
    prior_value: float | None
    prior_year_value: float | None
    is_significant_vs_prior: bool | None

    @property
    def shown(self) -> float | None:
        """The value, where it may be read."""
        return self.value if self.status == "ok" else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, where the value may be read and has them."""
        if self.shown is None or self.ci_low is None or self.ci_high is None:
            return None
        return self.ci_low, self.ci_high


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What the page says of a metric, in its language."""

    metric_id: str
    label: str
    definition: str
    family: str
    unit: str
    better: str
    additivity: str
    maturity_days: int
    is_headline: bool


@dataclass(frozen=True, kw_only=True)
class Published:
    """Everything the page reads, looked up by name, cut and month."""

    metrics: tuple[Metric, ...]
    cells: Mapping[Cell, Reading]
    month: dt.date
    is_over: bool
    """False while no month is complete: the latest one is shown instead."""
    labels: Mapping[str, Mapping[int, str]]
    """Labels of channels and teams by key."""
    run: Row
    exports: Sequence[Row]
    missing: Sequence[Row]
    alarms: Sequence[Row] = ()

    @property
    def headlines(self) -> tuple[Metric, ...]:
        """The metrics of the scorecard, in the order in which they are read."""
        rank = {name: place for place, name in enumerate(HEADLINE_ORDER)}
        shown = [metric for metric in self.metrics if metric.is_headline]
        return tuple(sorted(shown, key=lambda metric: rank.get(metric.metric_id, len(rank))))

    def reading(self, metric_id: str, month: dt.date, cut: str = "total", key: int = TOTAL_KEY) -> Reading | None:
        """The value in one month and cut; None where the table has no row."""
        return self.cells.get((metric_id, cut, key, month))

    def metric(self, metric_id: str) -> Metric | None:
        """The metric of that name, where the registry has it."""
        return next((m for m in self.metrics if m.metric_id == metric_id), None)

    def months(self, count: int = MONTHS_SHOWN) -> tuple[dt.date, ...]:
        """The months up to the one shown, oldest first."""
        return tuple(months_before(self.month, back) for back in reversed(range(count)))


def months_before(month: dt.date, back: int) -> dt.date:
    """The first day of the month that lies so many months before."""
    year, index = divmod(month.year * 12 + month.month - 1 - back, 12)
    return dt.date(year, index + 1, 1)


def published(run_folder: Path, language: str) -> Published:
    """The tables of a run, ready for a page in one language."""
    values = _table(run_folder, METRIC_VALUES["month"]).filter(pl.col("grouping_set").is_in(CUTS))
    run = _table(run_folder, META_RUN).row(0, named=True)
    totals = values.filter(pl.col("grouping_set") == "total")
    over = totals.filter(pl.col("is_complete"))
    starts = (over if over.height else totals)["period_start"]
    last = starts.max()
    month = last if isinstance(last, dt.date) else run["as_of"].replace(day=1)
    oldest = months_before(month, MONTHS_SHOWN)
    recent = values.filter(pl.col("period_start").is_between(oldest, month))
    return Published(
        metrics=tuple(
            _metric(row, language) for row in _table(run_folder, DIM_METRIC, "metrics").iter_rows(named=True)
        ),
        cells={_cell(row): _reading(row) for row in recent.iter_rows(named=True)},
        month=month,
        is_over=over.height > 0,
        labels={
            "channel": _labels(_optional(run_folder, DIM_CHANNEL), "channel_key", language),
            "team": _labels(_optional(run_folder, DIM_TEAM), "team_key", language),
        },
        run=run,
        exports=_optional(run_folder, META_EXPORT).rows(named=True),
        missing=_optional(run_folder, METRIC_MISSING).rows(named=True),
        alarms=_optional(run_folder, ALARM).rows(named=True),
    )


def _path(run_folder: Path, table: Table, place: str = "") -> Path:
    return run_folder / (place or _PLACES[table.layer]) / f"{table.name}.parquet"


def _table(run_folder: Path, table: Table, place: str = "") -> pl.DataFrame:
    """The rows of a table the page cannot do without."""
    path = _path(run_folder, table, place)
    if not path.is_file():
        there = sorted(p.name for p in path.parent.glob("*.parquet")) if path.parent.is_dir() else "no such folder"
        raise FileNotFoundError(
            f"{path}: the scorecard looked for the table {table.name}; in {path.parent.name} there is {there}. "
            "Publish the run first, or give the folder of a whole run."
        )
    return pl.read_parquet(path)


def _optional(run_folder: Path, table: Table) -> pl.DataFrame:
    """The rows of a table that a run without its feeds does not have."""
    if not _path(run_folder, table).is_file():
        return pl.DataFrame(schema=table.schema)
    return _table(run_folder, table)


def _metric(row: Row, language: str) -> Metric:
    return Metric(
        metric_id=row["metric_id"],
        label=row[f"label_{language}"],
        definition=row[f"definition_{language}"],
        family=row["family"],
        unit=row["unit"],
        better=row["better"],
        additivity=row["additivity"],
        maturity_days=row["maturity_days"],
        is_headline=row["is_headline"],
    )


def _cell(row: Row) -> Cell:
    cut = row["grouping_set"]
    return row["metric_id"], cut, TOTAL_KEY if cut == "total" else row[f"{cut}_key"], row["period_start"]


def _reading(row: Row) -> Reading:
    return Reading(
        value=row["value"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        n=row["n"] or 0,
        n_positive=row["n_positive"],
        n_negative=row["n_negative"],
        status=row["status"],
        period_end=row["period_end"],
        is_complete=row["is_complete"],
        is_mature=row["is_mature"],
        target_value=row["target_value"],
        is_target_met=row["is_target_met"],
        prior_value=row["prior_value"],
        prior_year_value=row["prior_year_value"],
        is_significant_vs_prior=row["is_significant_vs_prior"],
    )


def _labels(frame: pl.DataFrame, key: str, language: str) -> dict[int, str]:
    return dict(frame.sort(key).select(key, f"label_{language}").iter_rows())
