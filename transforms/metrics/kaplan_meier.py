"""The median time to an event when some rows are still waiting for it.

Kaplan and Meier, Nonparametric Estimation from Incomplete Observations (Journal of the American Statistical Association
53, 1958): at each moment the share still waiting is multiplied by the share of those at risk to whom nothing happened.

Rows that wait change that share only by being at risk: at moments without an event the factor is 1. So the median and
the number of rows stay what they are, to the last bit, while rows wait longer, from where all of them have waited as
long as the median; where there is no median, as long as the last event. `is_unsettled` says where that is not so yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.metrics.packed import HALF, Ascending, Numbers, Places, coded, starts_of

_HALF = 0.5 + 1e-9
"""A product of fractions that is one half on paper may lie an ulp above it."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Medians:
    """Of each group, in order: its rows, its median (null where there is none), and whether time alone may move it."""

    groups: Numbers
    n: Places
    median: pl.Series
    is_unsettled: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Waiting:
    """How long rows waited until something happened to them, or have waited so far: for every grouping of them."""

    rows: Ascending
    """By time. Of rows with one time, those to whom it happened come first: with the first of them begins who is at
    risk."""
    levels: Numbers | None
    """What times stand for that are ranks."""

    @classmethod
    def of(cls, times: Numbers, happened: npt.NDArray[np.bool_]) -> Waiting:
        """Of each row the time, and whether it happened."""
        codes, levels = coded(times, HALF - 1)
        return cls(Ascending.of((codes << 1) + ~happened), levels)

    def medians(self, groups: Numbers) -> Medians:
        """The first time at which at most half of a group are still waiting."""
        rows = self.rows.by(groups)
        numbers, ends = rows.numbers, rows.starts + rows.counts
        # Rows of a group with one time to whom it happened lie side by side: a moment is where they begin.
        begins = np.append([True], numbers[1:] != numbers[:-1])[: numbers.size]
        begins[rows.starts] = True
        runs = np.flatnonzero(begins)
        is_moment = numbers[runs] & 1 == 0
        at, events = runs[is_moment], np.diff(runs, append=numbers.size)[is_moment]
        of = np.searchsorted(ends, at, side="right")
        at_risk = ends[of] - at
        waiting = _running_products((at_risk - events) / at_risk, of)
        firsts, lasts = (np.searchsorted(of, np.arange(len(rows.groups)), side=side) for side in ("left", "right"))
        above = np.append([0], np.cumsum(waiting > _HALF))
        reached = firsts + above[lasts] - above[firsts]
        has_median, has_event = reached < lasts, firsts < lasts
        decisive = np.where(has_median, reached, lasts - 1)[has_event]
        before = np.cumsum(events) - events
        waited_before = at[decisive] - rows.starts[has_event] - (before[decisive] - before[firsts[has_event]])
        is_unsettled = np.zeros(len(rows.groups), dtype=bool)
        is_unsettled[has_event] = waited_before > 0
        times_of = numbers[at] >> 1
        moment_times = times_of if self.levels is None else self.levels[times_of]
        median = pl.Series(moment_times, dtype=pl.Float64).gather(
            pl.Series(np.where(has_median, reached, -1)).replace(-1, None)
        )
        return Medians(rows.groups, rows.counts, median, is_unsettled)


def _running_products(factors: Floats, groups: Numbers) -> Floats:
    """The product of the factors of each group up to each of them, from the first to the last as by hand.

    Groups of about the same length lie side by side in the rows of a table.
    """
    products = np.empty_like(factors)
    starts = starts_of(groups)
    counts = np.diff(starts, append=len(factors))
    widths = np.left_shift(1, np.ceil(np.log2(counts)).astype(np.int64))
    for width in np.unique(widths):
        alike = widths == width
        places = starts[alike, None] + np.arange(width)
        is_there = np.arange(width) < counts[alike, None]
        table = np.ones(places.shape)
        table[is_there] = factors[places[is_there]]
        products[places[is_there]] = np.multiply.accumulate(table, axis=1)[is_there]
    return products
