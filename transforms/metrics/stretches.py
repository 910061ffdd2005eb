"""Time cut into stretches, each worked out again only where rows that it reads have changed.

What is worked out from rows, and not from sums by day, is worked out for whole quarters: their days, their months, the
weeks that begin in them, and the quarter itself; years are stretches of their own. A quarter is known by its prints: a
count of its rows and a sum of their hashes, which say whether the same rows are there, in whatever order and parts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.metrics.periods import months_later, start_of

_INTO_THE_NEXT = dt.timedelta(days=6)
"""How far the week reaches that begins on the last day of a quarter."""
_HALF = 2**32
_MONTHS = {"quarter": 3, "year": 12}
_GRAINS = {"quarter": ("day", "week", "month", "quarter"), "year": ("year",)}
PRINT = ("quarter_start", "is_first_days")
"""What a print is of: the first six days of a quarter, which the last week before reads, or the rest."""


def prints_of(rows: pl.LazyFrame, date: str, columns: Sequence[str]) -> pl.LazyFrame:
    """One row per quarter and side of its sixth day: its rows, what their hashes add up to, and their last day.

    A hash has 64 bits; its halves are added up apart, so that no sum overflows and no bit is lost.
    """
    start, row = start_of(pl.col(date), "quarter"), pl.col("row")
    return (
        rows.filter(pl.col(date).is_not_null())
        .select(
            quarter_start=start,
            is_first_days=pl.col(date) - start < _INTO_THE_NEXT,
            day=pl.col(date),
            row=pl.struct(columns).hash(seed=0),
        )
        .group_by(PRINT)
        .agg(rows=pl.len(), last_on=pl.col("day").max(), high=(row // _HALF).sum(), low=(row % _HALF).sum())
        .sort(PRINT)
    )


def together(prints: Iterable[pl.LazyFrame]) -> pl.LazyFrame:
    """The prints of rows that lie in several parts."""
    sums = pl.col("rows", "high", "low").sum()
    return pl.concat(prints).group_by(PRINT).agg(sums, pl.col("last_on").max()).sort(PRINT)


@dataclass(frozen=True, kw_only=True, order=True)
class Stretch:
    """The periods of some grains that start in a quarter or a year."""

    first: dt.date
    kind: str

    @property
    def name(self) -> str:
        """How it is called."""
        return f"{self.kind} {self.first}"

    @property
    def grains(self) -> tuple[str, ...]:
        """The grains of its periods."""
        return _GRAINS[self.kind]

    @property
    def last(self) -> dt.date:
        """The last day on which one of its periods may start."""
        return months_later(self.first, _MONTHS[self.kind]) - dt.timedelta(days=1)

    @property
    def reads_until(self) -> dt.date:
        """The last day of its last period."""
        return self.last + (_INTO_THE_NEXT if self.kind == "quarter" else dt.timedelta())

    def reads(self, quarter_start: dt.date, *, is_first_days: bool) -> bool:
        """Whether rows of this side of a quarter count in one of its periods."""
        is_next = self.kind == "quarter" and is_first_days and quarter_start == months_later(self.first, 3)
        return is_next or self.first <= quarter_start <= self.last

    def seen_in(self, prints: pl.DataFrame) -> list[dict[str, Any]]:
        """The prints of the rows that it reads."""
        rows = prints.iter_rows(named=True)
        return [it for it in rows if self.reads(it["quarter_start"], is_first_days=it["is_first_days"])]


def stretches_of(prints: pl.DataFrame) -> list[Stretch]:
    """The stretches with rows, quarters first, each kind in order of time."""
    quarters = set(prints["quarter_start"])
    overlapped = {
        months_later(it, -3) for it in prints.filter("is_first_days")["quarter_start"] if it.year > dt.MINYEAR
    }
    years = {it.replace(month=1) for it in quarters}
    return [Stretch(first=first, kind="quarter") for first in sorted(quarters | overlapped)] + [
        Stretch(first=first, kind="year") for first in sorted(years)
    ]


def batches(stretches: Iterable[Stretch], prints: pl.DataFrame, *, rows: int) -> list[list[Stretch]]:
    """The stretches by so many rows at once, of one kind each: at least one, however many rows it has."""
    found: list[list[Stretch]] = []
    room = 0
    for stretch in stretches:
        mine = sum(it["rows"] for it in stretch.seen_in(prints))
        if not found or mine > room or found[-1][0].kind != stretch.kind:
            found.append([])
            room = rows
        found[-1].append(stretch)
        room -= mine
    return found


def read_by(stretches: Iterable[Stretch], date: str) -> pl.Expr:
    """Whether a row counts in one of the stretches."""
    return pl.any_horizontal(pl.col(date).is_between(it.first, it.reads_until) for it in stretches)


def of_stretch(stretch: Stretch) -> pl.Expr:
    """Whether a period is one of the stretch."""
    return pl.col("grain").is_in(stretch.grains) & pl.col("period_start").is_between(stretch.first, stretch.last)
