"""Days of the site: where they begin and end, which of them it opens on, and elapsed time."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import polars as pl

from transforms.offsets import offset_spans
from transforms.site import FIRST_DAY, Site

_MICROS = 1_000_000
_EPOCH = dt.date(1970, 1, 1)
_LAST_DAY = dt.date(2100, 1, 1)


def local_day(instant: str | pl.Expr, zone: str) -> pl.Expr:
    """The local date of an instant."""
    expr = pl.col(instant) if isinstance(instant, str) else instant
    return expr.dt.convert_time_zone(zone).dt.date()


def day_starts_at(day: dt.date, zone: str) -> dt.datetime:
    """The instant, in UTC, at which a local day begins."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def day_ends_at(day: dt.date, zone: str) -> dt.datetime:
    """The first instant, in UTC, that no longer belongs to a local day."""
    return day_starts_at(day + dt.timedelta(days=1), zone)


def double_hours(zone: str, first: dt.date, last: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
    """The stretches between two days, in UTC, whose wall times come again a while later: the clocks then go back.

    A day outside the years that exports tell of is a slip of the pen: nothing is looked for there.
    """
    days = [(min(max(day, FIRST_DAY), _LAST_DAY) - _EPOCH).days for day in (first, last)]
    spans = offset_spans(ZoneInfo(zone), days[0] - 2, days[1] + 3)
    return [
        (dt.datetime.fromtimestamp(end - before + after, dt.UTC), dt.datetime.fromtimestamp(end, dt.UTC))
        for (_, end, before), (_, _, after) in itertools.pairwise(spans)
        if after < before
    ]


def elapsed_seconds(start: str, end: str) -> pl.Expr:
    """Whole seconds between two instants; null where either is, or where they are the wrong way round."""
    micros = (pl.col(end) - pl.col(start)).dt.total_microseconds()
    return pl.when(micros >= 0).then(micros // _MICROS)


def opening_days(site: Site, day: pl.Expr) -> pl.Expr:
    """Whether the site opens on a day; Monday to Friday where no schedule says."""
    opens = day.dt.weekday() <= len(("mon", "tue", "wed", "thu", "fri"))
    for schedule in sorted(site.schedules, key=lambda schedule: schedule.valid_from):
        weekdays = [number + 1 for number, hours in schedule.week.items() if hours]
        holds = day >= schedule.valid_from
        if schedule.valid_to is not None:
            holds &= day <= schedule.valid_to
        opens = pl.when(holds).then(day.dt.weekday().is_in(weekdays)).otherwise(opens)
    return opens & ~day.is_in(list(site.holidays))
