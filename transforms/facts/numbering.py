"""Which numbers the codes of a dimension have, in a few rows: what a published file of keys depends on beside its rows.

Codes are numbered in the order of the days on which they were first seen, and a row tells of no code that was seen
later than the row itself. So the keys of a file follow from the numbers of the codes up to its last day: days to come
add numbers behind these, and what comes late moves only those after it.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate

import polars as pl

from transforms.facts.dimensions import UNKNOWN

_PRINTS = ("print_0", "print_1")
_PRINT = ("codes", *_PRINTS)
_IS_DATED = pl.col("first_seen_on").is_not_null()
Print = tuple[int, int, int]
"""How many codes, and two fingerprints of them and of their numbers."""


def numbering(dimension: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """One row is a day on which codes were first seen: how many, and a fingerprint of them and of their numbers."""
    known = dimension.filter(pl.col(key) > UNKNOWN)
    pair = pl.struct("code", key)
    prints = {name: pair.hash(seed=seed).bitwise_xor() for seed, name in enumerate(_PRINTS)}
    return known.group_by("first_seen_on").agg(codes=pl.len(), **prints).sort("first_seen_on")


@dataclass(frozen=True)
class Numbered:
    """How the codes of a dimension are numbered, up to any day."""

    days: list[dt.date]
    """On which codes were first seen, in order."""
    up_to: list[Print]
    """How many codes there are without a day, and then up to each of the days; with their fingerprint."""

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Numbered:
        """As the rows of a `numbering` tell."""
        dated, undated = (rows.filter(it).sort("first_seen_on") for it in (_IS_DATED, ~_IS_DATED))
        without_a_day = reduce(_with, undated.select(_PRINT).rows(), (0, 0, 0))
        prints = accumulate(dated.select(_PRINT).rows(), _with, initial=without_a_day)
        return cls(dated["first_seen_on"].to_list(), list(prints))

    def until(self, last: dt.date | None) -> Print:
        """The fingerprint of all that a file can know up to its last day; of everything, where that says nothing."""
        return self.up_to[len(self.days) if last is None else bisect_right(self.days, last)]


def _with(one: Print, other: Print) -> Print:
    return one[0] + other[0], one[1] ^ other[1], one[2] ^ other[2]
