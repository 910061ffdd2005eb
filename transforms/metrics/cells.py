"""From facts to the table of sums: one row per period and member of a cut, without gaps, one column per measure.

The sums of several facts are laid side by side, cell by cell, so that a ratio over two facts joins no rows of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce

import polars as pl

from expectations.tables import FACTS
from expectations.tables.metric import GROUPING_SETS, MEMBER_CUTS
from transforms.metrics.days import BY_KEYS, CELLS_OF, Days, by_clock, sets_of, squared, squares
from transforms.metrics.metric import CUTS, Metric, Ratio, Statistic
from transforms.metrics.periods import INTERVALS, end_of, start_of
from transforms.metrics.statistics import UNSETTLED

MEMBER = ("grouping_set", *CUTS, "member")
_CELL = (*MEMBER, "period_start")
_VALUE = ":value"
"""How the columns end that hold no sum but a value."""
Part = tuple[str, pl.LazyFrame]
"""Name of a cut, and the sums of its members."""


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

    def rows(self, rows: pl.LazyFrame, fact: str, date: str) -> pl.LazyFrame:
        """The rows of a fact that count: with a date not after the as-of date, and of this grain where it has grains.

        A fact with grains counts something once in each period of each grain: its days do not add up to its months.
        """
        known = rows.filter(pl.col(date) <= self.as_of)
        return known.filter(pl.col("grain") == self.grain) if "grain" in FACTS[fact].columns else known


def table_of_sums(metrics: Sequence[Metric], cut: Cut, days: Days) -> pl.LazyFrame:
    """One row per period and member of a cut, from the member's first row to the as-of date, in that order.

    `cell` numbers the rows, `series` the members, `age` the periods of a member from 0. Where some cells are to be
    hidden, members begin with the year of their first row: an empty month may have to be hidden as well.
    """
    by_set: dict[str, list[pl.LazyFrame]] = {}
    for name, part in (*_sums(days, metrics, cut), *_statistics(days, metrics, cut)):
        by_set.setdefault(name, []).append(part)
    first = "year" if any(metric.suppress_below for metric in metrics) else cut.grain
    step = partial(_without_gaps, cut=cut, first=first)
    added = [
        _at_once(step, _side_by_side(parts, _keys(name)).with_columns(**_member(name)), "age")
        for name, parts in sorted(by_set.items())
    ]
    # A cut at a time, and numbered as they pass by: all at once are most of a gigabyte, by day and with every feed.
    return (
        pl.concat(added, how="diagonal")
        .with_row_index("cell")
        .with_columns(pl.exclude(*_CELL, "cell", "age", f"^.*{_VALUE}$").fill_null(0), pl.col("cell").cast(pl.Int64))
        .with_columns(series=pl.col("cell") - pl.col("age"))
    )


def _side_by_side(parts: list[pl.LazyFrame], keys: Sequence[str]) -> pl.LazyFrame:
    """The sums of one cut: each part has one row per period and member, at most.

    Joined, not stacked and added up: each row of a stack would be as wide as all facts together.
    """
    by = ["period_start", *keys]
    return reduce(lambda one, two: one.join(two, on=by, how="full", coalesce=True, nulls_equal=True), parts)


def _at_once(step: Callable[[pl.DataFrame], pl.DataFrame], rows: pl.LazyFrame, *numbers: str) -> pl.LazyFrame:
    """A step on rows that are few and very wide, which adds columns of numbers.

    The streaming engine takes four times as long to group a few thousand rows with hundreds of sums.
    """
    return rows.map_batches(
        step,
        schema=pl.Schema(rows.collect_schema() | dict.fromkeys(numbers, pl.Int64())),
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
    )


def _added_up(rows: pl.DataFrame, *, keys: Sequence[str]) -> pl.DataFrame:
    """One row per period and member of a cut, of several that each hold the statistics of one sample."""
    sums = pl.exclude("period_start", *keys, f"^.*{_VALUE}$").sum()
    added = rows.group_by("period_start", *keys).agg(sums, pl.col(f"^.*{_VALUE}$").max())
    return added.select(rows.columns)


def _without_gaps(added: pl.DataFrame, *, cut: Cut, first: str) -> pl.DataFrame:
    """The same rows, and one for each period in which a member had none, from that of its `first` grain on."""
    begins, now = start_of(pl.col("period_start").min(), first), start_of(pl.lit(cut.as_of), cut.grain)
    periods = pl.date_ranges("period_start", now, interval=INTERVALS[cut.grain])
    return (
        added.group_by(MEMBER)
        .agg(begins.alias("period_start"))
        .sort(MEMBER, nulls_last=False)
        .with_columns(periods)
        .with_columns(pl.int_ranges(pl.col("period_start").list.len()).alias("age"))
        .explode("period_start", "age", empty_as_null=True)
        # Sorted while the rows are few and narrow.
        .join(added, on=_CELL, how="left", nulls_equal=True, maintain_order="left")
        .select(*added.columns, "age")
    )


def _sums(days: Days, metrics: Sequence[Metric], cut: Cut) -> Iterator[Part]:
    """The sums of each fact and date, for each cut the fact knows.

    Of each period first, in the cells that tell most: the cuts are made of these few, and not of the days.
    """
    also_squared = squared(metrics)
    for (fact, date), measures in by_clock(m for it in metrics if isinstance(it, Ratio) for m in it.measures).items():
        rows, cuts = cut.rows(days.sums[f"{fact}.{date}"], fact, date), sets_of(fact)
        sums = [m.id for m in measures] + [squares(m) for m in measures if m.id in also_squared]
        stocks = [m.id for m in measures if m.over_time == "last"]
        keys = dict.fromkeys([CELLS_OF, *(key for name in cuts for key in _keys(name))])
        # Of a stock the last day only.
        counted = rows.with_columns(pl.when(cut.is_last_day(date)).then(pl.col(stocks)))
        cells = counted.group_by(cut.period(date), *keys).agg(pl.col(sums).sum()).cache()
        for name in cuts:
            here = cells.filter(pl.col(CELLS_OF) == (name if name in MEMBER_CUTS else BY_KEYS))
            yield name, here.group_by("period_start", *_keys(name)).agg(pl.col(sums).sum())


def _statistics(days: Days, metrics: Iterable[Metric], cut: Cut) -> Iterator[Part]:
    """Values computed from the rows of each cell: n and value of each statistic."""
    statistics = [metric for metric in metrics if isinstance(metric, Statistic)]
    for fact, date in by_clock(s.sample for s in statistics):
        rows = days.statistics[f"{fact}.{date}"].filter(pl.col("grain") == cut.grain).drop("grain", UNSETTLED).cache()
        for name in sets_of(fact):
            others = [column for column in MEMBER if column not in _keys(name)]
            here = rows.filter(pl.col("grouping_set") == name).drop(others)
            yield name, _at_once(partial(_added_up, keys=_keys(name)), here)


def _keys(name: str) -> tuple[str, ...]:
    """The columns by which a cut tells its members apart."""
    return ("member",) if name in MEMBER_CUTS else GROUPING_SETS[name]


def _member(name: str) -> dict[str, pl.Expr]:
    """The columns that say which cut a row belongs to, but for those it is cut by."""
    absent = [column for column in MEMBER[1:] if column not in _keys(name)]
    return {"grouping_set": pl.lit(name)} | {column: pl.lit(None, pl.String) for column in absent}
