"""From facts to the table of sums: one row per period and member of a cut, without gaps, one column per measure.

Each fact is read once per date, for all measures at once; the sums of several facts are stacked and added up, so that
a ratio over two facts needs no join.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from expectations.tables import FACTS
from expectations.tables.metric import GROUPING_SETS, MEMBER_CUTS
from transforms.metrics.kaplan_meier import kaplan_meier_median
from transforms.metrics.members import as_members, most_frequent
from transforms.metrics.metric import CUTS, Measure, Metric, Ratio, Statistic, has_cuts
from transforms.metrics.percentiles import PERCENTILES, percentile
from transforms.metrics.periods import INTERVALS, end_of, start_of

Frames = Mapping[str, pl.LazyFrame]
MEMBER = ("grouping_set", *CUTS, "member")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How time is cut: periods of a grain, up to the as-of date."""

    grain: str
    as_of: dt.date

    def period(self, date: str) -> pl.Expr:
        """First day of the period of a date."""
        return start_of(pl.col(date), self.grain).alias("period_start")

    def is_last_day(self, date: str) -> pl.Expr:
        """The day on which a stock is counted: the last of its period, or the as-of date."""
        end = end_of(start_of(pl.col(date), self.grain), self.grain)
        return pl.col(date) == pl.min_horizontal(end, pl.lit(self.as_of))

    def rows(self, facts: Frames, fact: str, date: str) -> pl.LazyFrame:
        """The rows of a fact that count: with a date not after the as-of date, and of this grain where it has grains.

        A fact with grains counts something once in each period of each grain: its days do not add up to its months.
        """
        rows = facts[fact].filter(pl.col(date) <= self.as_of)
        return rows.filter(pl.col("grain") == self.grain) if "grain" in FACTS[fact].columns else rows


def squares(measure: Measure) -> str:
    """Name of the column with the sum of squares of a measure."""
    return f"{measure.id}:squares"


def table_of_sums(facts: Frames, metrics: Sequence[Metric], cut: Cut) -> pl.LazyFrame:
    """One row per period and member of a cut, from the member's first row to the as-of date, in that order.

    `cell` numbers the rows, `series` the members, `age` the periods of a member from 0. Where some cells are to be
    hidden, members begin with the year of their first row: an empty month may have to be hidden as well.
    """
    first = pl.col("period_start").min()
    if any(metric.suppress_below for metric in metrics):
        first = start_of(first, "year")
    parts = [*_sums(facts, metrics, cut), *_statistics(facts, metrics, cut)]
    stacked = pl.concat(parts, how="diagonal").cache()
    calendar = (
        stacked.group_by(MEMBER)
        .agg(first.alias("period_start"))
        .with_columns(
            pl.date_ranges("period_start", start_of(pl.lit(cut.as_of), cut.grain), interval=INTERVALS[cut.grain])
        )
        .explode("period_start", empty_as_null=True)
    )
    values = [f"{metric.name}:value" for metric in metrics if isinstance(metric, Statistic)]
    return (
        pl.concat([stacked, calendar], how="diagonal")
        .group_by(*MEMBER, "period_start")
        .agg(pl.col(values).max(), pl.exclude(*MEMBER, "period_start", *values).sum())
        .sort(*MEMBER, "period_start", nulls_last=False)
        .with_row_index("cell")
        .with_columns(pl.int_range(pl.len()).over(MEMBER).alias("age"))
        .with_columns((pl.col("cell").cast(pl.Int64) - pl.col("age")).alias("series"))
    )


def _sums(facts: Frames, metrics: Iterable[Metric], cut: Cut) -> list[pl.LazyFrame]:
    """The sums of each fact and date, for each cut the fact knows."""
    ratios = [metric for metric in metrics if isinstance(metric, Ratio)]
    squared = {m.id for ratio in ratios if ratio.interval == "student_t" for m in ratio.above.measures}
    parts = []
    for (fact, date), measures in _by_clock(m for ratio in ratios for m in ratio.measures).items():
        cuts = [c for c in CUTS if has_cuts(fact, [c])]
        squares_too = [m for m in measures if m.id in squared]
        days = cut.rows(facts, fact, date).group_by(date, *cuts).agg(_added(measures, squares_too)).cache()
        parts += [_rolled_up(days, date, measures, name, cut) for name in _sets_of(fact) if name not in MEMBER_CUTS]
        for name in _member_sets_of(fact):
            rows = as_members(cut.rows(facts, fact, date), name, most_frequent(facts, name))
            sums = _added(measures, squares_too, stocks_on=cut.is_last_day(date))
            parts.append(rows.group_by(cut.period(date), "member").agg(sums).with_columns(**_member(name)))
    return parts


def _added(
    measures: Iterable[Measure], squares_too: Iterable[Measure], *, stocks_on: pl.Expr | None = None
) -> list[pl.Expr]:
    """What rows add up to, measure by measure; a stock on certain days only."""
    sums = []
    for m in measures:
        each = m.per_row if stocks_on is None or m.over_time == "sum" else pl.when(stocks_on).then(m.per_row)
        sums.append(each.sum().alias(m.id))
    return sums + [m.per_row.cast(pl.Int128).pow(2).sum().alias(squares(m)) for m in squares_too]


def _rolled_up(days: pl.LazyFrame, date: str, measures: Sequence[Measure], name: str, cut: Cut) -> pl.LazyFrame:
    """Sums of days added up to periods and members of one cut; of a stock, the last day only."""
    stocks = [m.id for m in measures if m.over_time == "last"]
    keys = (date, *CUTS)
    return (
        days.with_columns(pl.when(cut.is_last_day(date)).then(pl.col(stocks)))
        .group_by(cut.period(date), *GROUPING_SETS[name])
        .agg(pl.exclude(*keys).sum())
        .with_columns(**_member(name))
    )


def _statistics(facts: Frames, metrics: Iterable[Metric], cut: Cut) -> list[pl.LazyFrame]:
    """Values computed from the rows of each cell: n and value of each statistic."""
    statistics = [metric for metric in metrics if isinstance(metric, Statistic)]
    parts: list[pl.LazyFrame] = []
    for (fact, date), samples in _by_clock(s.sample for s in statistics).items():
        ids = {sample.id for sample in samples}
        here = [s for s in statistics if s.sample.id in ids]
        for name in _sets_of(fact):
            rows = cut.rows(facts, fact, date)
            if name in MEMBER_CUTS:
                rows = as_members(rows, name, most_frequent(facts, name))
            by = [cut.period(date), *map(pl.col, _keys(name))]
            parts += [_waiting(rows, by, name, s) for s in here if s.kind == "kaplan_meier_p50"]
            ordered = [s for s in here if s.kind != "kaplan_meier_p50"]
            parts += [_of_rows(rows, by, name, ordered)] if ordered else []
    return parts


def _of_rows(rows: pl.LazyFrame, by: list[pl.Expr], name: str, statistics: Sequence[Statistic]) -> pl.LazyFrame:
    """Percentiles and means: each sample is sorted once for all its statistics."""
    samples = {s.sample.id: s.sample for s in statistics}
    lists = [m.per_row.drop_nulls().sort().alias(m.id) for m in samples.values()]
    scales = [
        pl.col("scale").filter(s.sample.per_row.is_not_null()).n_unique().alias(f"{s.name}:scales")
        for s in statistics
        if s.kind == "mean_on_one_scale"
    ]
    found = []
    for s in statistics:
        numbers = pl.col(s.sample.id)
        if s.kind in PERCENTILES:
            value = percentile(numbers, s.kind)
        else:
            value = pl.when(pl.col(f"{s.name}:scales") == 1).then(numbers.list.sum() / numbers.list.len())
        found += [numbers.list.len().cast(pl.Int64).alias(f"{s.name}:n"), value.alias(f"{s.name}:value")]
    return rows.group_by(by).agg(*lists, *scales).select("period_start", *_keys(name), *found, **_member(name))


def _waiting(rows: pl.LazyFrame, by: list[pl.Expr], name: str, statistic: Statistic) -> pl.LazyFrame:
    """The Kaplan-Meier median."""
    keys = ["period_start", *_keys(name)]
    sample = rows.select(*by, time=statistic.sample.per_row, happened=statistic.happened.fill_null(value=False))
    return kaplan_meier_median(sample.drop_nulls("time"), keys, time="time", happened="happened").select(
        *keys,
        pl.col("n").alias(f"{statistic.name}:n"),
        pl.col("median").alias(f"{statistic.name}:value"),
        **_member(name),
    )


def _by_clock(measures: Iterable[Measure]) -> dict[tuple[str, str], list[Measure]]:
    """The measures, each once, by fact and date: each of these is one pass over the rows."""
    groups: dict[tuple[str, str], dict[str, Measure]] = {}
    for measure in measures:
        groups.setdefault((measure.fact, measure.date), {})[measure.id] = measure
    return {clock: list(group.values()) for clock, group in groups.items()}


def _sets_of(fact: str) -> list[str]:
    """The cuts a fact knows."""
    return [name for name, cuts in GROUPING_SETS.items() if has_cuts(fact, cuts)]


def _member_sets_of(fact: str) -> list[str]:
    """Those of them that share the column `member`."""
    return [name for name in _sets_of(fact) if name in MEMBER_CUTS]


def _keys(name: str) -> tuple[str, ...]:
    """The columns by which a cut tells its members apart."""
    return ("member",) if name in MEMBER_CUTS else GROUPING_SETS[name]


def _member(name: str) -> dict[str, pl.Expr]:
    """The columns that say which cut a row belongs to, but for those it is cut by."""
    absent = [column for column in MEMBER[1:] if column not in _keys(name)]
    return {"grouping_set": pl.lit(name)} | {column: pl.lit(None, pl.String) for column in absent}
