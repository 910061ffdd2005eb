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
from collections.abc import Sequence
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
DAY_BITS, NO_DAY = np.uint64(16), np.uint64(0xFFFF)
_EPOCH = dt.date(1970, 1, 1)
Words = npt.NDArray[np.uint64]


def packed(tickets: pl.LazyFrame, opened_on: pl.Expr) -> pl.LazyFrame:
    """One row is a ticket number that rows speak of: its hash and the first day they tell of its opening, in order."""
    told = tickets.select(number=hashed(pl.col("ticket_id")), day=_day_number(opened_on))
    return (
        told.group_by("number").agg(pl.col("day").min()).select(packed=pl.col("number") | pl.col("day")).sort("packed")
    )


def followers(rows: pl.LazyFrame, key: Sequence[str], dated_on: pl.Expr) -> pl.LazyFrame:
    """One row is something that speaks of a ticket, by the hashes of both, with the day that its row tells; in order.

    What names no ticket has 0 for it.
    """
    told = rows.select(
        number=hashed(pl.struct(key)),
        ticket=pl.when(pl.col("ticket_id").is_not_null()).then(hashed(pl.col("ticket_id"))).otherwise(0),
        day=_day_number(dated_on),
    )
    return told.unique().sort("number", "ticket", "day")


def hashed(name: pl.Expr) -> pl.Expr:
    """48 bits that stand for a name, with 16 bits of room behind."""
    return name.hash(seed=0) // 65_536 * 65_536


def is_one_part(rows: int) -> bool:
    """Whether a history of so many rows is left in one part."""
    return rows <= ROWS_UNSPLIT


def grain_of(days: Words, rows: int) -> str:
    """The shortest stretch of the calendar that has rows enough, for tickets opened on some days (`Routing.days`)."""
    count = np.unique(days[days != NO_DAY]).size
    if is_one_part(rows) or not count:
        return UNSPLIT
    return next((grain for grain, length in _DAYS.items() if rows * length >= ROWS_A_PART * count), "year")


@dataclass(frozen=True)
class Routing:
    """In which part the rows of each ticket number, or of whatever follows one, lie."""

    numbers: Words
    """Hashes, sorted, each once."""
    days: Words
    """When each was opened, in days since 1970."""
    grain: str = UNSPLIT

    @classmethod
    def of(cls, told: Words) -> Routing:
        """From the days that rows tell of the numbers (`packed`), put in order: the first of each counts."""
        told.sort()  # in place: of ten million tickets there are twenty million words
        is_first = np.ones(told.size, bool)
        np.greater(told[1:] ^ told[:-1], NO_DAY, out=is_first[1:])
        first = told[is_first]
        return cls(first >> DAY_BITS, first & NO_DAY)

    def of_followers(self, numbers: Words, tickets: Words, days: Words) -> Routing:
        """The same of what follows tickets: it lies with the first ticket it speaks of, else where its own day is."""
        with_ticket, by_day = Routing.of(numbers | self.days_of(tickets)), Routing.of(numbers | days)
        here = np.where(with_ticket.days == NO_DAY, by_day.days, with_ticket.days)
        return Routing(with_ticket.numbers, here, self.grain)

    @cached_property
    def names(self) -> list[str]:
        """The parts, by the days since 1970 on which their tickets were opened."""
        return [_name(day, self.grain) for day in range(int(NO_DAY) + 1)]

    def days_of(self, hashes: Words) -> Words:
        """When each number was opened, by its hash (`hashed`); nobody knows of a number that is not there."""
        if not self.numbers.size:
            return np.full(len(hashes), NO_DAY)
        # Each once and in order: looking up ten million numbers here and there waits for memory, eight times as long.
        numbers, back = np.unique(hashes >> DAY_BITS, return_inverse=True)
        places = np.searchsorted(self.numbers, numbers).clip(max=len(self.numbers) - 1)
        return np.where(self.numbers[places] == numbers, self.days[places], NO_DAY)[back]

    def part_of(self, name: pl.Expr) -> pl.Expr:
        """The part that a row belongs to by the name of its ticket, or of what follows one."""
        names = pl.Series(self.names)

        def parts(hashes: pl.Series) -> pl.Series:
            return names.gather(pl.Series(self.days_of(hashes.fill_null(0).to_numpy())))

        return hashed(name).map_batches(parts, return_dtype=pl.String(), is_elementwise=True)


def _day_number(day: pl.Expr) -> pl.Expr:
    return day.dt.epoch("d").clip(0, int(NO_DAY) - 1).fill_null(int(NO_DAY)).cast(pl.UInt64)


def _name(day: int, grain: str) -> str:
    """The first day of the stretch in which a day lies."""
    if grain == UNSPLIT:
        return UNSPLIT
    if day == int(NO_DAY):
        return WITHOUT_A_DAY
    date = _EPOCH + dt.timedelta(days=day)
    if grain == "third":
        return date.replace(day=min((date.day - 1) // 10 * 10 + 1, 21)).isoformat()
    month = {"month": date.month, "quarter": (date.month - 1) // 3 * 3 + 1, "year": 1}[grain]
    return date.replace(month=month, day=1).isoformat()


def apart(keys: Words) -> Words:
    """The hashes of row keys that several parts have; each part gave its own once. They are put in order."""
    keys.sort()
    return np.unique(keys[1:][keys[1:] == keys[:-1]])
