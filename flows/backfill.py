"""History: the nightly run as of the end of a month.

Every run recomputes all periods from the rows of all exports, and reading is kept by content. So a backfill needs no
loop over periods: the exports of many months are read once, an interrupted one goes on where it stopped, and what it
publishes is, byte for byte, what the nightly run of that day would have, given the same exports.

Two things tell of the nights before and differ: `first_published_value`, for a backfill is the first to publish its
periods, and `metric_revision`, the log of what moved from one night to the next.
"""

import calendar
import datetime as dt

from flows.io.toml import SettingsError
from flows.settings import Settings


def last_day(month: dt.date) -> dt.date:
    """The last day of a month, given by its first."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def as_of(settings: Settings, first: dt.date | None, last: dt.date | None) -> dt.date:
    """The last day that a backfill knows of: the end of its last month, but never a day still to come."""
    end = settings.as_of if last is None else min(last_day(last), settings.as_of)
    if first is not None and first > end:
        raise SettingsError(
            f"--from {first:%Y-%m} lies after the last day that is known, {end}. "
            "Name an earlier month, or a later --to (or as_of) if there is data of it."
        )
    return end
