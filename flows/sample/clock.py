"""Opening hours and local time as arrays: what makes the simulation fast. The pipeline has its own, apart from this."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from flows.sample import company

Seconds = npt.NDArray[np.int64]
_PARIS = ZoneInfo(company.ZONE)
_LAST_DAY = company.AS_OF + dt.timedelta(days=120)
DAYS = (company.AS_OF - company.FIRST_DAY).days + 1


def epoch(day: dt.date, hour: int = 0) -> int:
    """Seconds since 1970 of an hour of a local day."""
    return int(dt.datetime(day.year, day.month, day.day, hour, tzinfo=_PARIS).timestamp())


START = epoch(company.FIRST_DAY)
END = epoch(company.AS_OF + dt.timedelta(days=1))
"""The first instant that is not known yet."""
_HOURS = range(START - 86_400, epoch(_LAST_DAY) + 86_400, 3_600)
_OFFSETS = np.array(
    [int(offset.total_seconds()) for h in _HOURS if (offset := dt.datetime.fromtimestamp(h, _PARIS).utcoffset())]
)
_CALENDAR = [company.FIRST_DAY + dt.timedelta(days=i) for i in range((_LAST_DAY - company.FIRST_DAY).days)]
DAY_STARTS = np.array([epoch(day) for day in _CALENDAR])
_OPEN_DAYS = [(day, hours) for day in _CALENDAR if (hours := company.hours_of(day))]
OPENS = np.array([epoch(day, hours[0]) for day, hours in _OPEN_DAYS])
CLOSES = np.array([epoch(day, hours[1]) for day, hours in _OPEN_DAYS])
_BEFORE = np.concatenate([[0], np.cumsum(CLOSES - OPENS)[:-1]])


def local(at: Seconds) -> Seconds:
    """Local wall clock, as seconds since a local 1970."""
    return np.asarray(at + _OFFSETS[(at - _HOURS.start) // 3_600])


def day_index(at: Seconds) -> Seconds:
    """Number of the local day, 0 on the first day of the sample."""
    return np.searchsorted(DAY_STARTS, at, side="right") - 1


def later(at: Seconds, open_s: Seconds) -> Seconds:
    """The instant by which that many open seconds (at least one) have passed since `at`."""
    k = np.maximum(np.searchsorted(OPENS, at, side="right") - 1, 0)
    until = _BEFORE[k] + np.clip(at - OPENS[k], 0, CLOSES[k] - OPENS[k]) + open_s
    k = np.searchsorted(_BEFORE, until, side="left") - 1
    k = np.minimum(k, len(OPENS) - 1)
    return np.asarray(OPENS[k] + until - _BEFORE[k])


def awake(at: Seconds) -> Seconds:
    """The same instant, or seven hours later where it falls between midnight and seven: customers sleep."""
    return np.where(local(at) % 86_400 < 7 * 3_600, at + 7 * 3_600, at)


def month_starts() -> tuple[dt.date, ...]:
    """First day of each month of the sample."""
    return tuple(day for day in _CALENDAR if day.day == 1 and day <= company.AS_OF)
