"""Business time: how many seconds the site was open between two instants, exactly.

The rule: an instant is open when its local wall time lies in an opening interval, [open, close), of its day. A shift
belongs to the day it starts on and may run past midnight; a holiday starts no shift. Where the clocks jump forward
the missing wall time never happens, where they fall back the repeated wall time counts twice.

Open time up to an instant is piecewise linear over UTC with slopes 0 and 1, so that two look-ups and a difference
give the open time between any two instants, without a loop over days. The look-up is in doubles and exact all the
same: a knot, an instant and the open time up to it are whole microseconds below 2**53 (the year 2255), their
differences are exact, and a slope of 0 or 1 multiplies without rounding. `tests/properties/test_business_time.py`
counts minutes instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.offsets import offset_spans
from transforms.site import FIRST_DAY, Schedule, Site

Ints = npt.NDArray[np.int64]
_DAY_S = 86_400
_MICROS = 1_000_000
_EPOCH = dt.date(1970, 1, 1)
_WEEKDAY_OF_EPOCH = _EPOCH.weekday()


@dataclass(frozen=True)
class OpenClock:
    """Open time up to any instant, and where a schedule applies at all; arrays are microseconds since 1970 in UTC."""

    knots: Ints
    """Where the site opens and closes, in turn."""
    opened: Ints
    """Open microseconds up to each knot."""
    covered: Ints
    """Starts and ends, in turn, of the stretches over which a schedule applies."""

    @classmethod
    def of(cls, site: Site, last: dt.date) -> OpenClock:
        """The clock of a site, up to the end of a day."""
        days = np.arange((FIRST_DAY - _EPOCH).days, (last - _EPOCH).days + 1)
        offsets = offset_spans(ZoneInfo(site.zone), (FIRST_DAY - _EPOCH).days - 2, (last - _EPOCH).days + 3)
        in_force = _schedule_in_force(site.schedules, days)
        covered = np.stack([days, days + 1], axis=1)[in_force >= 0] * _DAY_S
        spans = _in_utc(_wall_intervals(site, days, in_force), offsets)
        knots = spans.ravel() * _MICROS
        opened = np.zeros_like(knots)
        opened[1::2] = np.cumsum(knots[1::2] - knots[::2])
        opened[2::2] = opened[1:-1:2]
        return cls(knots, opened, _in_utc(covered, offsets).ravel() * _MICROS)

    def open_micros(self, instant: pl.Expr) -> pl.Expr:
        """Open microseconds from the beginning of the clock up to an instant; null where the instant is."""
        return _micros(instant).map_batches(self._opened_at, return_dtype=pl.Int64(), is_elementwise=True)

    def open_seconds_between(self, start: str, end: str, *, less_micros: pl.Expr | None = None) -> pl.Expr:
        """Whole open seconds between two instants, if need be less some open time between them.

        Null where either instant is, where they are the wrong way round, or where no schedule applies throughout.
        """
        first, last = pl.col(start), pl.col(end)
        open_micros = self.open_micros(last) - self.open_micros(first)
        if less_micros is not None:
            open_micros -= less_micros
        stretch = self._stretch(first)
        is_known = (stretch >= 0) & (stretch == self._stretch(last)) & (first <= last) & (open_micros >= 0)
        return pl.when(is_known).then(open_micros // _MICROS)

    def _stretch(self, instant: pl.Expr) -> pl.Expr:
        return _micros(instant).map_batches(self._stretch_at, return_dtype=pl.Int64(), is_elementwise=True)

    def _opened_at(self, micros: pl.Series) -> pl.Series:
        # Slopes are exactly 0 and 1 and every value is below 2**53: the interpolation is exact.
        if not self.knots.size:
            return micros * 0
        return _each(micros, lambda at: np.interp(at, self.knots, self.opened).astype(np.int64))

    def _stretch_at(self, micros: pl.Series) -> pl.Series:
        """Number of the stretch with a schedule in which an instant lies (its end included); -1 outside."""
        starts, ends = self.covered[::2], self.covered[1::2]
        if not starts.size:
            return micros * 0 - 1

        def number(at: Ints) -> Ints:
            found = np.searchsorted(starts, at, side="right") - 1
            return np.where((found >= 0) & (at <= ends[found]), found, -1)

        return _each(micros, number)


def _micros(instant: pl.Expr) -> pl.Expr:
    return instant.dt.epoch("us")


def _each(values: pl.Series, kernel: Callable[[Ints], Ints]) -> pl.Series:
    """A kernel over the values that are there; nulls stay."""
    is_missing = values.is_null()
    if not is_missing.any():
        return pl.Series(values.name, kernel(values.to_numpy()), dtype=pl.Int64)
    out = np.zeros(len(values), np.int64)
    out[(~is_missing).to_numpy()] = kernel(values.drop_nulls().to_numpy())
    return pl.Series(values.name, out).set(is_missing, None)


def _schedule_in_force(schedules: tuple[Schedule, ...], days: Ints) -> Ints:
    """Which schedule holds on each day, by position; -1 where none does. Of several, the one that began last."""
    in_force = np.full(days.size, -1)
    order = sorted(range(len(schedules)), key=lambda i: schedules[i].valid_from)
    for i in order:
        schedule = schedules[i]
        holds = days >= (schedule.valid_from - _EPOCH).days
        if schedule.valid_to is not None:
            holds &= days <= (schedule.valid_to - _EPOCH).days
        in_force[holds] = i
    return in_force


def _wall_intervals(site: Site, days: Ints, in_force: Ints) -> Ints:
    """Opening intervals as pairs of local wall seconds since 1970, one row each."""
    closed = np.isin(days, [(day - _EPOCH).days for day in site.holidays])
    weekday = (days + _WEEKDAY_OF_EPOCH) % 7
    rows = [np.empty((0, 2), np.int64)]
    for i, schedule in enumerate(site.schedules):
        for number, hours in schedule.week.items():
            starts = days[(in_force == i) & (weekday == number) & ~closed] * _DAY_S
            rows += [np.stack([starts + opens, starts + closes], axis=1) for opens, closes in hours]
    return np.concatenate(rows)


def _in_utc(walls: Ints, offsets: Iterable[tuple[int, int, int]]) -> Ints:
    """The same intervals in UTC, in order, those that touch or overlap made one."""
    rows = [np.empty((0, 2), np.int64)]
    for start, end, offset in offsets:
        clipped = np.clip(walls - offset, start, end)
        rows.append(clipped[clipped[:, 0] < clipped[:, 1]])
    spans = np.concatenate(rows)
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    if not spans.size:
        return spans
    reach = np.maximum.accumulate(spans[:, 1])
    begins = np.append([True], spans[1:, 0] > reach[:-1])
    last_of_run = np.append(np.flatnonzero(begins)[1:] - 1, len(spans) - 1)
    return np.stack([spans[begins, 0], reach[last_of_run]], axis=1)
