"""How a long history of tickets is parted, so that a night touches little of it and no step holds all of it.

A ticket belongs to the part of the day on which it was opened, by the earliest day that any row of its number tells of
its opening; a number that no row tells the opening of belongs to the part without a day. So all rows of one number lie
together, whatever source they come from. Nothing but speed depends on where that is: what is known of other tickets
reaches a part by frames of its own.

Numbers are known by 48 bits of their hash beside 16 bits of the day, so that one sort of whole numbers finds the first
day of each. Two numbers with one hash share a part, and no harm is done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

UNSPLIT, WITHOUT_A_DAY = "all", "undated"
ROWS_UNSPLIT = 1_000_000
"""A history up to so many rows is one part."""
ROWS_A_PART = 250_000
"""A longer one has parts as short as they can be with so many rows each, on average."""
_DAYS = {"third": 10, "month": 30, "quarter": 91, "year": 365}
"""About how many days the part of a calendar has, the shortest first."""
DAY_BITS, _NO_DAY = np.uint64(16), np.uint64(0xFFFF)
_EPOCH = dt.date(1970, 1, 1)
Words = npt.NDArray[np.uint64]


def packed(tickets: pl.LazyFrame, opened_on: pl.Expr) -> pl.LazyFrame:
    """One row is a ticket number that rows speak of: its hash and the first day they tell of its opening, in order."""
    day = opened_on.dt.epoch("d").clip(0, int(_NO_DAY) - 1).fill_null(int(_NO_DAY)).cast(pl.UInt64)
    return (
        tickets.select(number=hashed(pl.col("ticket_id")), day=day)
        .group_by("number")
        .agg(pl.col("day").min())
        .select(packed=pl.col("number") | pl.col("day"))
        .sort("packed")
    )


def hashed(name: pl.Expr) -> pl.Expr:
    """48 bits that stand for a name, with 16 bits of room behind."""
    return name.hash(seed=0) // 65_536 * 65_536


@dataclass(frozen=True)
class Routing:
    """In which part the rows of each ticket number lie."""

    numbers: Words
    """Hashes, sorted, each once."""
    days: Words
    """When each was opened, in days since 1970."""
    grain: str

    @classmethod
    def of(cls, tickets: Words, *, rows: int) -> Routing:
        """From what all rows tell of the numbers (`packed`), and how many rows there are to part."""
        ordered = np.sort(tickets)
        numbers = ordered >> DAY_BITS
        first = ordered[np.append(numbers[:1] == numbers[:1], numbers[1:] != numbers[:-1])]
        days = first & _NO_DAY
        return cls(first >> DAY_BITS, days, _grain(np.unique(days[days != _NO_DAY]).size, rows))

    @cached_property
    def names(self) -> list[str]:
        """The parts, by the days since 1970 on which their tickets were opened."""
        return [_name(day, self.grain) for day in range(int(_NO_DAY) + 1)]

    def days_of(self, hashes: Words) -> Words:
        """When each number was opened, by its hash (`hashed`); nobody knows of a number that is not there."""
        numbers = hashes >> DAY_BITS
        if not self.numbers.size:
            return np.full(len(numbers), _NO_DAY)
        places = np.searchsorted(self.numbers, numbers).clip(max=len(self.numbers) - 1)
        return np.where(self.numbers[places] == numbers, self.days[places], _NO_DAY)

    def part_of(self, ticket_id: str = "ticket_id") -> pl.Expr:
        """The part that a row belongs to by its ticket number."""
        names = pl.Series(self.names)

        def parts(hashes: pl.Series) -> pl.Series:
            return names.gather(pl.Series(self.days_of(hashes.fill_null(0).to_numpy())))

        return hashed(pl.col(ticket_id)).map_batches(parts, return_dtype=pl.String(), is_elementwise=True)


def _grain(days: int, rows: int) -> str:
    """The shortest stretch of the calendar that has rows enough."""
    if rows <= ROWS_UNSPLIT or not days:
        return UNSPLIT
    return next((grain for grain, length in _DAYS.items() if rows * length >= ROWS_A_PART * days), "year")


def _name(day: int, grain: str) -> str:
    """The first day of the stretch in which a day lies."""
    if grain == UNSPLIT:
        return UNSPLIT
    if day == int(_NO_DAY):
        return WITHOUT_A_DAY
    date = _EPOCH + dt.timedelta(days=day)
    if grain == "third":
        return date.replace(day=min((date.day - 1) // 10 * 10 + 1, 21)).isoformat()
    month = {"month": date.month, "quarter": (date.month - 1) // 3 * 3 + 1, "year": 1}[grain]
    return date.replace(month=month, day=1).isoformat()


def apart(keys: Iterable[Words]) -> Words:
    """The hashes of row keys that are found in more than one part, each part giving its own in order (`hashed`)."""
    parts = list(keys)
    found = []
    for low in range(16):
        bounds = np.array([low << 60, ((low + 1) << 60) - 1], dtype=np.uint64)
        cut = [
            part[np.searchsorted(part, bounds[0]) : np.searchsorted(part, bounds[1], side="right")] for part in parts
        ]
        together = np.sort(np.concatenate([np.unique(part) for part in cut]))
        found.append(np.unique(together[1:][together[1:] == together[:-1]]))
    return np.concatenate(found)
