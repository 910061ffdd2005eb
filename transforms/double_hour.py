"""The hour that happens twice when the clocks go back: a wall time in it is read as its first occurrence, and counted.

Only texts without an offset can be meant either way. Where a column mixes texts with and without, those that fall into
the first occurrence count whether or not they named it.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict

import polars as pl

from expectations.schema import INSTANT
from transforms.calendar import double_hours
from transforms.mapping import Mapping

_FIRST, _LAST = "first of ", "last of "


def wall_columns(mapping: Mapping, zone: str) -> dict[str, str]:
    """The columns that are read from times on a wall, and the zone of that wall."""
    return {
        name: field.zone or zone
        for name, field in mapping.fields.items()
        if field.column.dtype == INSTANT and any(one.has_time and not one.has_offset for one in field.formats)
    }


def extent(rows: pl.LazyFrame, columns: Dict[str, str]) -> pl.LazyFrame:
    """One row: the first and the last instant of each column, for `in_double_hours` to know where to look."""
    ends = {_FIRST + name: pl.col(name).min() for name in columns}
    return rows.select(**ends, **{_LAST + name: pl.col(name).max() for name in columns})


def in_double_hours(rows: pl.LazyFrame, columns: Dict[str, str], found: pl.DataFrame) -> pl.LazyFrame:
    """One row: in each column, how many instants lie in the first occurrence of an hour that happens twice."""
    ends = found.row(0, named=True)
    counts = {}
    for name, zone in columns.items():
        first, last = ends[_FIRST + name], ends[_LAST + name]
        hours = [] if first is None else double_hours(zone, first.date(), last.date())
        inside = [pl.col(name).is_between(start, end, closed="left") for start, end in hours]
        counts[name] = pl.any_horizontal(inside).sum() if inside else pl.lit(0)
    return rows.select(**counts)
