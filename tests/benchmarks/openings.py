"""When the desk of the bench is open, worked out apart from the pipeline: a table of UTC days for the peers to look up.

The open seconds up to an instant are those of the days before it, and what of its own day's opening is over. The desk
opens once a day, within one day of UTC, so a day is one line.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from tests.benchmarks import world

PARIS = ZoneInfo("Europe/Paris")
_HOURS = {**dict.fromkeys(range(5), (9, 18)), 5: (10, 13)}
DAY_S = world.DAY_S


def opening_days() -> dict[str, world.Numbers]:
    """By UTC day: its number since 1970, when it opens (second of the day), for how long, and the seconds before it."""
    first, last = world.FIRST_DAY - dt.timedelta(days=40), world.LAST_DAY + dt.timedelta(days=400)
    closed = set(holidays.country_holidays("FR", years=range(first.year, last.year + 1)))
    days = [first + dt.timedelta(days=n) for n in range((last - first).days)]
    opens, lengths = [], []
    for day in days:
        hours = None if day in closed else _HOURS.get(day.weekday())
        start = dt.datetime.combine(day, dt.time(hours[0] if hours else 0), PARIS).astimezone(dt.UTC)
        opens.append((start.hour * 3600 + start.minute * 60) if hours else 0)
        lengths.append((hours[1] - hours[0]) * 3600 if hours else 0)
    length = np.array(lengths, np.int64)
    return {
        "day": np.array([(day - dt.date(1970, 1, 1)).days for day in days], np.int64),
        "opens_s": np.array(opens, np.int64),
        "length_s": length,
        "before_s": np.cumsum(length) - length,
    }


def open_seconds(at_s: world.Numbers, days: dict[str, world.Numbers]) -> world.Numbers:
    """Open seconds up to each instant (seconds since 1970)."""
    row = at_s // DAY_S - days["day"][0]
    over = np.clip(at_s % DAY_S - days["opens_s"][row], 0, days["length_s"][row])
    return np.asarray(days["before_s"][row] + over)


def end_s(as_of: dt.date) -> int:
    """The first second after the as-of day in Paris."""
    after = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), PARIS)
    return int(after.timestamp())
