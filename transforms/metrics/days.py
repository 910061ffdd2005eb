"""What each fact adds up to day by day: every fact is read once, for the metrics of all grains and cuts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from expectations.tables import FACTS
from expectations.tables.metric import GROUPING_SETS, MEMBER_CUTS
from transforms.metrics.members import as_members, most_frequent
from transforms.metrics.metric import CUTS, Measure, Metric, Ratio, has_cuts

Frames = Mapping[str, pl.LazyFrame]
CELLS_OF, BY_KEYS = "cells_of", "keys"
"""Which cells a row is one of: those by channel, team and segment together, or those of a cut by members."""


@dataclass(frozen=True, kw_only=True)
class Days:
    """What metrics are made of, but for those that need the rows themselves."""

    sums: Frames
    """By `fact.date`: one row per day and cell of the fact, one column per measure."""
    members: Frames
    """By cut: the members that are told one by one."""


def days_of(facts: Frames, metrics: Iterable[Metric], members: Frames | None = None) -> Days:
    """The sums of all metrics whose facts are there, by day; `members` where they were worked out before."""
    ratios = [m for m in metrics if isinstance(m, Ratio) and set(m.facts) <= set(facts)]
    told = members_told(facts) if members is None else members
    sums = {
        f"{fact}.{date}": _sums(facts[fact], measures, squared(ratios), told)
        for (fact, date), measures in by_clock(m for ratio in ratios for m in ratio.measures).items()
    }
    return Days(sums=sums, members=told)


def members_told(facts: Frames) -> dict[str, pl.LazyFrame]:
    """By cut, one row per member that is told by itself."""
    there = [name for name in MEMBER_CUTS if any(has_cuts(fact, [name]) for fact in facts)]
    return {name: most_frequent(facts, name) for name in there}


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


def _sums(rows: pl.LazyFrame, measures: list[Measure], also_squared: set[str], members: Frames) -> pl.LazyFrame:
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
