"""What is worked out from the rows of each cell and never added up: percentiles, medians of waiting, means on a scale.

The rows of a fact are read once for all grains and cuts. They are laid out as numbers, so that each grouping is one
sort of words (`transforms.metrics.packed`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from expectations.tables import FACTS
from expectations.tables.metric import GROUPING_SETS, MEMBER_CUTS
from transforms.metrics.days import Days, sets_of
from transforms.metrics.kaplan_meier import Waiting
from transforms.metrics.measure import CUTS
from transforms.metrics.members import with_member
from transforms.metrics.metric import Metric, Statistic
from transforms.metrics.packed import HALF, Ascending, Numbers, coded
from transforms.metrics.percentiles import PERCENTILES, percentile
from transforms.metrics.periods import start_of

Frames = Mapping[str, pl.LazyFrame]
UNSETTLED = "is_unsettled"
"""Whether time alone, without a row that changes, may change a value: rows that wait will have waited longer."""
WAITING, _ON_ONE_SCALE = "kaplan_meier_p50", "mean_on_one_scale"
_CELL = ("grain", "period_start", "grouping_set", *CUTS, "member")
Levels = Mapping[str, pl.Series]
"""By column of a cut, its members in the order of their numbers."""
_DAY, _SCALE, _HAPPENED, _GROUP = "day:", "scale", "happened:", "group"


def columns_of(statistics: Sequence[Statistic]) -> list[str]:
    """The columns of the fact that statistics of one fact and date read, in order."""
    fact = statistics[0].sample.fact
    read = {name for s in statistics for name in (*s.sample.columns, *s.happened.meta.root_names())}
    return sorted(read.union(_cuts_of(fact), _apart(statistics)))


def statistics_of(
    rows: pl.LazyFrame, statistics: Sequence[Statistic], members: Frames, *, grains: Sequence[str], as_of: dt.date
) -> pl.LazyFrame:
    """One row per grain, period and member of a cut: `n` and `value` of each statistic of one fact and date.

    A cell has as many rows as the statistics have samples, each with the statistics of one.
    """
    schema = dict.fromkeys(_CELL, pl.String()) | {"period_start": pl.Date(), UNSETTLED: pl.Boolean()}
    schema |= {f"{s.name}:n": pl.Int64() for s in statistics} | {f"{s.name}:value": pl.Float64() for s in statistics}
    return _samples(rows, statistics, members, as_of).map_batches(
        partial(_worked_out, statistics=statistics, grains=grains, schema=pl.Schema(schema)),
        schema=pl.Schema(schema),
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
    )


def _cuts_of(fact: str) -> list[str]:
    """The columns by which a fact is cut."""
    return list(dict.fromkeys(cut for name in sets_of(fact) for cut in GROUPING_SETS[name]))


def _apart(statistics: Sequence[Statistic]) -> list[str]:
    """What else tells rows apart: the grain they are counted in, the scale they were answered on."""
    has_grains = "grain" in FACTS[statistics[0].sample.fact].columns
    return ["grain"] * has_grains + [_SCALE] * any(s.kind == _ON_ONE_SCALE for s in statistics)


def _samples(rows: pl.LazyFrame, statistics: Sequence[Statistic], members: Frames, as_of: dt.date) -> pl.LazyFrame:
    """The rows that take part: their day, their member of each cut, their numbers.

    Members are categories: a text for each row would be most of the memory.
    """
    fact, date = statistics[0].sample.fact, statistics[0].sample.date
    samples = {s.sample.id: s.sample for s in statistics}
    cuts = _cuts_of(fact)
    happened = {_HAPPENED + s.name: s.happened.fill_null(value=False) for s in statistics if s.kind == WAITING}
    taking_part = (
        rows.filter(pl.col(date) <= as_of)
        .select(
            *cuts,
            *_apart(statistics),
            pl.col(date).alias(_DAY),
            *(m.per_row.alias(m.id) for m in samples.values()),
            **happened,
        )
        .filter(pl.any_horizontal(pl.col(name).is_not_null() for name in samples))
    )
    for name in (name for name in sets_of(fact) if name in MEMBER_CUTS):
        taking_part = with_member(taking_part, name, members[name])
    return taking_part.with_columns(pl.col(cuts).cast(pl.Categorical()))


@dataclass(frozen=True)
class _Cutting:
    """The members of one cut as numbers from 0, of rows."""

    name: str
    codes: Numbers
    levels: Levels

    @classmethod
    def of(cls, name: str, rows: pl.DataFrame, levels: Levels) -> _Cutting:
        """A cut of rows that have the numbers of their members."""
        mine = {column: levels[column] for column in GROUPING_SETS[name]}
        codes = np.zeros(rows.height, _least(math.prod(map(len, mine.values()))))
        for column, members in mine.items():
            codes *= len(members)
            codes += rows[column].to_numpy()
        return cls(name, codes, mine)

    @property
    def size(self) -> int:
        """How many combinations of members there may be."""
        return math.prod(map(len, self.levels.values()))

    def within(self, periods: Numbers, count: int) -> Numbers:
        """Of rows in some periods, so many at most, the number of period and member together."""
        groups = np.multiply(periods, self.size, dtype=_least(count * self.size))
        groups += self.codes
        return groups

    def members(self, codes: Numbers) -> dict[str, pl.Series]:
        """The members that numbers stand for."""
        found = {}
        for column in reversed(list(self.levels)):
            codes, place = np.divmod(codes, max(len(self.levels[column]), 1))
            found["member" if self.name in MEMBER_CUTS else column] = self.levels[column].gather(place)
        return found


def _worked_out(
    rows: pl.DataFrame, *, statistics: Sequence[Statistic], grains: Sequence[str], schema: pl.Schema
) -> pl.DataFrame:
    """The statistics of each cell, from the rows that take part."""
    found = [schema.to_frame()]
    rows, levels = _numbered(rows, _cuts_of(statistics[0].sample.fact))
    numbers = {s.sample.id for s in statistics} | {_HAPPENED + s.name for s in statistics if s.kind == WAITING}
    for name in dict.fromkeys(s.sample.id for s in statistics):
        mine = [s for s in statistics if s.sample.id == name]
        others = numbers - {name} - {_HAPPENED + s.name for s in mine}
        here = rows.drop(others)
        if here[name].has_nulls():
            here = here.filter(pl.col(name).is_not_null())
        if "grain" in here.columns:
            for grain in grains:
                found += _of_sample(here.filter(pl.col("grain") == grain), levels, mine, [grain])
        else:
            found += _of_sample(here, levels, mine, grains)
    return pl.concat(found, how="diagonal").select(schema.names())


def _numbered(rows: pl.DataFrame, cuts: Sequence[str]) -> tuple[pl.DataFrame, Levels]:
    """The rows with numbers from 0 in the place of members, and what these stand for."""
    levels = {column: rows[column].unique() for column in cuts}
    for column, members in levels.items():
        # Categories are numbers already, with gaps; no member at all comes before them.
        places, mine = (
            (categories.to_physical().cast(pl.Int32) + 1).fill_null(0).to_numpy()
            for categories in (members, rows[column])
        )
        numbers = np.zeros(int(places.max(initial=0)) + 1, np.uint16 if len(members) <= 2**16 else np.uint32)
        numbers[places] = np.arange(len(members))
        rows = rows.with_columns(pl.Series(column, numbers[mine]))
    return rows, {column: members.cast(pl.String()) for column, members in levels.items()}


def _of_sample(
    rows: pl.DataFrame, levels: Levels, statistics: Sequence[Statistic], grains: Sequence[str]
) -> Iterator[pl.DataFrame]:
    """The statistics of one sample, by grain and cut; the rows all have a number."""
    if rows.is_empty():
        return
    sample = _Sample(rows, statistics)
    periods = {grain: _periods(rows[_DAY], grain) for grain in grains}
    for name in sets_of(statistics[0].sample.fact):
        if name in MEMBER_CUTS and levels[name].null_count() == len(levels[name]):
            continue
        cutting = _Cutting.of(name, rows, levels)
        for grain, (period, starts) in periods.items():
            groups, ids = coded(cutting.within(period, len(starts)), HALF)
            for found in sample.by(groups):
                group = found[_GROUP].to_numpy()
                period_of, codes = np.divmod(group if ids is None else ids[group], cutting.size)
                yield found.drop(_GROUP).with_columns(
                    starts.gather(period_of).alias("period_start"),
                    grain=pl.lit(grain),
                    grouping_set=pl.lit(cutting.name),
                    **cutting.members(codes),
                )


def _least(numbers: int) -> type[np.int32 | np.int64]:
    """The type that holds so many numbers from 0: of millions of rows, half as large is a hundred megabytes less."""
    return np.int32 if numbers <= 2**31 else np.int64


def _periods(days: pl.Series, grain: str) -> tuple[Numbers, pl.Series]:
    """For each day the number of its period, and the first days of the periods by their numbers."""
    day = pl.col(_DAY)
    all_days = days.to_frame(_DAY).select(pl.date_range(day.min(), day.max()).alias(_DAY))
    of_days = all_days.select(start_of(day, grain)).to_series()
    since = days.to_physical().to_numpy() - all_days[_DAY].to_physical()[0]
    return of_days.rle_id().cast(pl.Int32).to_numpy()[since], of_days.unique(maintain_order=True)


class _Sample:
    """The numbers of one sample, sorted once for all grains and cuts."""

    def __init__(self, rows: pl.DataFrame, statistics: Sequence[Statistic]) -> None:
        self._rows, self._number = rows, rows[statistics[0].sample.id]
        numbers = self._number.to_numpy()
        self._quantiles = [s for s in statistics if s.kind in PERCENTILES]
        self._ascending = Ascending.of(numbers) if self._quantiles else None
        waiting = (s for s in statistics if s.kind == WAITING)
        self._waiting = {s.name: Waiting.of(numbers, rows[_HAPPENED + s.name].to_numpy()) for s in waiting}
        self._means = [s for s in statistics if s.kind == _ON_ONE_SCALE]

    def by(self, groups: Numbers) -> Iterator[pl.DataFrame]:
        """One row per group, with some of the statistics."""
        if self._ascending is not None:
            ordered = self._ascending.by(groups)
            yield _frame(
                ordered.groups, {s.name: (ordered.counts, percentile(ordered, s.kind)) for s in self._quantiles}
            )
        for name, waiting in self._waiting.items():
            it = waiting.medians(groups)
            yield _frame(it.groups, {name: (it.n, it.median)}, it.is_unsettled)
        if self._means:
            rows = pl.DataFrame({_GROUP: groups, "number": self._number, _SCALE: self._rows[_SCALE]})
            added = rows.group_by(_GROUP).agg(pl.len().alias("n"), pl.col("number").sum(), pl.col(_SCALE).n_unique())
            value = added.select(pl.when(pl.col(_SCALE) == 1).then(pl.col("number") / pl.col("n"))).to_series()
            yield _frame(added[_GROUP], {s.name: (added["n"], value) for s in self._means})


def _frame(
    groups: Numbers | pl.Series,
    values: Mapping[str, tuple[Numbers | pl.Series, pl.Series]],
    is_unsettled: npt.NDArray[np.bool_] | None = None,
) -> pl.DataFrame:
    """The `n` and the value of statistics, by group."""
    columns = {f"{name}:n": pl.Series(n).cast(pl.Int64()) for name, (n, _) in values.items()}
    columns |= {f"{name}:value": value for name, (_, value) in values.items()}
    settled = np.zeros(len(groups), dtype=bool) if is_unsettled is None else is_unsettled
    return pl.DataFrame({_GROUP: groups, UNSETTLED: settled, **columns})


def by_clock_of(metrics: Iterable[Metric]) -> dict[str, list[Statistic]]:
    """The statistics by `fact.date`: each of these reads the rows once."""
    found: dict[str, list[Statistic]] = {}
    for metric in metrics:
        if isinstance(metric, Statistic):
            found.setdefault(f"{metric.sample.fact}.{metric.sample.date}", []).append(metric)
    return found


def with_statistics(days: Days, facts: Frames, metrics: Iterable[Metric], *, grain: str, as_of: dt.date) -> Days:
    """The same, with the statistics that were not worked out before."""
    made = {
        clock: statistics_of(facts[mine[0].sample.fact], mine, days.members, grains=[grain], as_of=as_of)
        for clock, mine in by_clock_of(metrics).items()
        if clock not in days.statistics
    }
    return replace(days, statistics={**made, **days.statistics})
