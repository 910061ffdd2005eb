"""What each fact adds up to day by day: every fact is read once, for the metrics of all grains and cuts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from expectations.tables import FACTS
from expectations.tables.metric import GROUPING_SETS, MEMBER_CUTS
from transforms.metrics.members import as_members, most_frequent, told_members
from transforms.metrics.metric import CUTS, Measure, Metric, Ratio, has_cuts

Frames = Mapping[str, pl.LazyFrame]
CELLS_OF, BY_KEYS = "cells_of", "keys"
"""Which cells a row is one of: those by channel, team and segment together, or those of a cut by members."""


@dataclass(frozen=True, kw_only=True)
class Days:
    """What metrics are made of, but for those that need the rows themselves."""

    sums: Frames
    """By `fact.date`: the sums of each day and cell of the fact, in one row or several; one column per measure."""
    members: Frames
    """By cut: the members that are told one by one."""
    statistics: Frames = field(default_factory=dict)
    """By `fact.date`: what its statistics are in each cell, in some grains; those that are not here are worked out."""


def days_of(facts: Frames, metrics: Iterable[Metric], members: Frames | None = None) -> Days:
    """The sums of all metrics whose facts are there, by day; `members` where they were worked out before."""
    told = members_told(facts) if members is None else members
    sums = {clock: added.up(facts[added.fact], told) for clock, added in sums_of(facts, metrics).items()}
    return Days(sums=sums, members=told)


@dataclass(frozen=True, kw_only=True)
class Added:
    """What is added up of one fact by one of its dates."""

    measures: Sequence[Measure]
    also_squared: Collection[str]

    @property
    def fact(self) -> str:
        """The fact they are measures of."""
        return self.measures[0].fact

    @property
    def names(self) -> list[str]:
        """The columns that hold the sums."""
        return [m.id for m in self.measures] + [squares(m) for m in self.measures if m.id in self.also_squared]

    @property
    def columns(self) -> set[str]:
        """The columns of the fact that are read."""
        return {name for measure in self.measures for name in measure.columns}

    def up(self, rows: pl.LazyFrame, members: Frames) -> pl.LazyFrame:
        """One row per day and cell; a cell of a day has several where rows of the fact were added up part by part."""
        added = _sums(rows, self.measures, self.also_squared, members)
        return added.sort(pl.exclude(self.names))


def sums_of(facts: Collection[str], metrics: Iterable[Metric]) -> dict[str, Added]:
    """By `fact.date`, what all metrics add up whose facts are there."""
    ratios = [m for m in metrics if isinstance(m, Ratio) and set(m.facts) <= set(facts)]
    also_squared = squared(ratios)
    by_date = by_clock(m for ratio in ratios for m in ratio.measures)
    return {
        f"{fact}.{date}": Added(measures=measures, also_squared=also_squared & {m.id for m in measures})
        for (fact, date), measures in by_date.items()
    }


def members_told(facts: Frames) -> dict[str, pl.LazyFrame]:
    """By cut, one row per member that is told by itself."""
    cuts = member_cuts(facts)
    counts = {fact: told_members(facts[fact], names) for fact, names in cuts.items()}
    return {
        cut: most_frequent([counts[fact] for fact, names in cuts.items() if cut in names], cut)
        for cut in sorted({cut for names in cuts.values() for cut in names})
    }


def member_cuts(facts: Iterable[str]) -> dict[str, list[str]]:
    """By fact, the cuts by members that it knows; facts that know none are left out."""
    known = {fact: [name for name in MEMBER_CUTS if has_cuts(fact, [name])] for fact in facts}
    return {fact: names for fact, names in known.items() if names}


def squares(measure: Measure) -> str:
    """Name of the column with the sum of squares of a measure."""
    return f"{measure.id}:squares"


def squared(metrics: Iterable[Metric]) -> set[str]:
    """The measures of which the squares are added up too."""
    means = (m for m in metrics if isinstance(m, Ratio) and m.interval == "student_t")
    return {measure.id for mean in means for measure in mean.above.measures}


def by_clock(measures: Iterable[Measure]) -> dict[tuple[str, str], list[Measure]]:
    """The measures, each once, by fact and date: each of these is one pass over the rows."""
    groups: dict[tuple[str, str], dict[str, Measure]] = {}
    for measure in measures:
        groups.setdefault((measure.fact, measure.date), {})[measure.id] = measure
    return {clock: list(group.values()) for clock, group in groups.items()}


def sets_of(fact: str) -> list[str]:
    """The cuts a fact knows."""
    return [name for name, cuts in GROUPING_SETS.items() if has_cuts(fact, cuts)]


def _sums(
    rows: pl.LazyFrame, measures: Sequence[Measure], also_squared: Collection[str], members: Frames
) -> pl.LazyFrame:
    """One row per day and cell of one fact, by one of its dates."""
    fact, date = measures[0].fact, measures[0].date
    dated = rows.filter(pl.col(date).is_not_null())
    added = [m.per_row.sum().alias(m.id) for m in measures]
    added += [m.per_row.cast(pl.Int128).pow(2).sum().alias(squares(m)) for m in measures if m.id in also_squared]
    # A fact with grains counts something once in each period of each grain: its days do not add up to its months.
    by = [date, *(["grain"] if "grain" in FACTS[fact].columns else [])]
    keys = [cut for cut in CUTS if has_cuts(fact, [cut])]
    parts = [dated.group_by(*by, *keys).agg(added).with_columns(pl.lit(BY_KEYS).alias(CELLS_OF))]
    for name in (name for name in sets_of(fact) if name in MEMBER_CUTS):
        told = as_members(dated, name, members[name])
        parts.append(told.group_by(*by, "member").agg(added).with_columns(pl.lit(name).alias(CELLS_OF)))
    return pl.concat(parts, how="diagonal")
