"""How a long history is parted, so that a night touches little of it and no step holds all of it.

A ticket belongs to the part of the day on which it was opened, by the earliest day that any row of its number tells of
its opening; a number that no row tells the opening of belongs to the part without a day. So all rows of one number lie
together, whatever source they come from. Nothing but speed depends on where that is: what is known of other tickets
reaches a part by frames of its own. So it is with all else that lies in parts (`transforms.facts.families`).

Numbers are known by 48 bits of their hash beside 16 bits of the day, so that one sort of whole numbers finds the first
day of each. Two numbers with one hash share a part, and no harm is done.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

UNSPLIT, WITHOUT_A_DAY = "all", "undated"
ROWS_UNSPLIT = 1_000_000
"""A history up to so many rows is one part."""
ROWS_A_PART = 60_000
"""A longer one has parts as short as they can be with so many rows of each of its feeds, on average."""
_DAYS = {"third": 10, "month": 30, "quarter": 91, "year": 365}
"""About how many days the part of a calendar has, the shortest first."""
DAY_BITS, NO_DAY = np.uint64(16), np.uint64(0xFFFF)
_NUMBER = ~NO_DAY
_AT_ONCE, _LOOKED_UP = 1 << 20, 512
Words = npt.NDArray[np.uint64]
Days = npt.NDArray[np.uint16]


def packed(rows: pl.LazyFrame, name: pl.Expr, began_on: pl.Expr) -> pl.LazyFrame:
    """One row is a name that rows speak of: its hash and the first day they tell of its beginning, in order."""
    told = rows.select(number=hashed(name), day=_day_number(began_on))
    return (
        told.group_by("number").agg(pl.col("day").min()).select(packed=pl.col("number") | pl.col("day")).sort("packed")
    )


def followers(rows: pl.LazyFrame, name: pl.Expr, dated_on: pl.Expr) -> pl.LazyFrame:
    """One row is something that speaks of a ticket, by the hashes of both, with the day that its row tells.

    In the order of the tickets, for that is how they are looked up. What names no ticket has 0 for it.
    """
    told = rows.select(
        number=hashed(name),
        ticket=pl.when(pl.col("ticket_id").is_not_null()).then(hashed(pl.col("ticket_id"))).otherwise(0),
        day=_day_number(dated_on),
    )
    return told.unique().sort("ticket", "number", "day")


def hashed(name: pl.Expr) -> pl.Expr:
    """48 bits that stand for a name, with 16 bits of room behind."""
    return name.hash(seed=0) // 65_536 * 65_536


def is_one_part(rows: int) -> bool:
    """Whether a history of so many rows is left in one part."""
    return rows <= ROWS_UNSPLIT


def grain_of(days: Days | Words, rows: int, *, feeds: int = 1) -> str:
    """The shortest stretch of the calendar that has rows enough, for what began on some days since 1970."""
    is_there = np.zeros(int(NO_DAY) + 1, bool)
    is_there[days] = True
    count = int(is_there[: int(NO_DAY)].sum())
    if is_one_part(rows) or not count:
        return UNSPLIT
    enough = ROWS_A_PART * feeds * count
    return next((grain for grain, length in _DAYS.items() if rows * length >= enough), "year")


@dataclass(frozen=True)
class Routing:
    """In which part the rows of each thing, such as a ticket number, or of whatever follows one, lie."""

    words: Words
    """Hashes, each once and in order, with the day on which each began, in days since 1970, behind."""
    grain: str = UNSPLIT

    @property
    def names(self) -> list[str]:
        """The parts, by the days since 1970 on which what lies there began."""
        return _names(self.grain)

    def days_of(self, hashes: Words) -> Words:
        """When each of some numbers in order was opened, by its hash (`hashed`)."""
        return days_of(self.words, hashes)

    def split(self, hashes: Words) -> dict[str, Words]:
        """By part, those of some numbers (hashes in order) that lie there, in order."""
        days = day_of(self.days_of(hashes))
        order = np.argsort(days, kind="stable")
        ends = np.flatnonzero(np.diff(days[order])) + 1
        found: dict[str, list[npt.NDArray[np.intp]]] = defaultdict(list)
        for here in np.split(order, ends) if order.size else []:
            found[self.names[days[here[0]]]].append(here)
        return {part: hashes[np.sort(np.concatenate(here))] for part, here in found.items()}

    def part_of(self, name: pl.Expr) -> pl.Expr:
        """The part that a row belongs to by the name of its thing, or of what follows one."""
        names = pl.Series(self.names)

        def parts(hashes: pl.Series) -> pl.Series:
            here = hashes.fill_null(0).to_numpy()
            order = np.argsort(here)
            days = np.empty(len(here), np.uint64)
            days[order] = self.days_of(here[order])
            return names.gather(pl.Series(days))

        return hashed(name).map_batches(parts, return_dtype=pl.String(), is_elementwise=True)


def days_of(words: Words, hashes: Words) -> Words:
    """The days behind some numbers in order, each among the words once at most; `NO_DAY` behind one not there."""
    found, is_there = words_of(words, hashes)
    return np.where(is_there, found & NO_DAY, NO_DAY)


def words_of(words: Words, hashes: Words) -> tuple[Words, npt.NDArray[np.bool_]]:
    """The words of some numbers in order, and whether there is one: each number is among the words once at most."""
    hashes = hashes & _NUMBER
    if not words.size:
        return hashes, np.zeros(hashes.size, bool)
    found = words[_places(words, hashes).clip(max=words.size - 1)]
    return found, found ^ hashes <= NO_DAY


def is_new_number(words: Words) -> npt.NDArray[np.bool_]:
    """Whether a word is the first of its number; words in order."""
    is_first = np.ones(words.size, bool)
    for at in range(1, words.size, _AT_ONCE):
        here = slice(at, at + _AT_ONCE)
        is_first[here] = words[here] ^ words[at - 1 : -1][:_AT_ONCE] > NO_DAY
    return is_first


def _places(words: Words, hashes: Words) -> npt.NDArray[np.intp]:
    """Where each hash belongs among words, both in order.

    A few at a time, between the places of the first of them and of the next: a search that goes over ten million words
    waits for memory at each step.
    """
    firsts = words.searchsorted(hashes[::_LOOKED_UP])
    found = np.empty(hashes.size, np.intp)
    for at, (first, end) in enumerate(pairwise([*firsts.tolist(), words.size])):
        here = slice(at * _LOOKED_UP, (at + 1) * _LOOKED_UP)
        found[here] = words[first:end].searchsorted(hashes[here]) + first
    return found


def day_of(words: Words) -> Days:
    """The days behind some hashes."""
    return words.astype(np.uint16)


def _day_number(day: pl.Expr) -> pl.Expr:
    return day.dt.epoch("d").clip(0, int(NO_DAY) - 1).fill_null(int(NO_DAY)).cast(pl.UInt64)


@cache
def codes_of(grain: str) -> tuple[npt.NDArray[np.uint16], list[str]]:
    """By day since 1970 the number of its part, and the names of the parts by their numbers."""
    names, codes = np.unique(_names(grain), return_inverse=True)
    return codes.astype(np.uint16), names.tolist()


@cache
def _names(grain: str) -> list[str]:
    """By day since 1970, the first day of the stretch in which it lies."""
    if grain == UNSPLIT:
        return [UNSPLIT] * (int(NO_DAY) + 1)
    day = np.arange(int(NO_DAY)).astype("M8[D]")
    month = day.astype("M8[M]")
    first = {
        "third": month.astype("M8[D]") + np.minimum((day - month.astype("M8[D]")).astype(int) // 10 * 10, 20),
        "month": month,
        "quarter": month - month.astype(int) % 3,
        "year": day.astype("M8[Y]"),
    }[grain]
    return [*np.datetime_as_string(first.astype("M8[D]")).tolist(), WITHOUT_A_DAY]


def in_order(words: Words) -> None:
    """Sort words in their place: of ten million tickets there are twenty million of them.

    They come as exports and parts have them, run by run in order: such are merged, in a third of the time of a sort.
    """
    words.sort(kind="stable")


def several(words: Words) -> Words:
    """The words that are there more than once; they are put in order."""
    in_order(words)
    return once(words[1:][words[1:] == words[:-1]])


def once(words: Words) -> Words:
    """The words, each once; they are put in order."""
    in_order(words)
    return words[np.append(True, words[1:] != words[:-1])] if words.size else words
