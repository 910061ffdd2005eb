"""Business time against a definition that is counted out minute by minute."""

from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from transforms.calendar import OpenClock
from transforms.site import Schedule, Site

CASES = 2_000
DAYS = 12
ZONES = {
    "Europe/Paris": (dt.date(2026, 3, 24), dt.date(2026, 10, 20)),
    "America/St_Johns": (dt.date(2026, 3, 3), dt.date(2026, 10, 27)),
    "Australia/Lord_Howe": (dt.date(2026, 3, 30), dt.date(2026, 9, 29)),
    "America/Sao_Paulo": (dt.date(2018, 10, 30), dt.date(2018, 2, 13)),
    "Asia/Kathmandu": (dt.date(2026, 1, 1), dt.date(2026, 6, 1)),
}
"""Each with days before its clocks change; half an hour, midnight and no change at all among them."""


def is_open(site: Site, wall: dt.datetime) -> bool:
    """The definition: the wall time lies in a shift of its day, or in one of the day before that runs past midnight."""
    minute = wall.hour * 3600 + wall.minute * 60
    for back in (0, 1):
        day = wall.date() - dt.timedelta(days=back)
        in_force = [s for s in site.schedules if s.valid_from <= day and (s.valid_to is None or day <= s.valid_to)]
        if not in_force or day in site.holidays:
            continue
        hours = max(in_force, key=lambda s: s.valid_from).week.get(day.weekday(), ())
        if any(opens <= minute + back * 86_400 < closes for opens, closes in hours):
            return True
    return False


def drawn_site(dice: random.Random, zone: str, first: dt.date) -> Site:
    def hours() -> tuple[tuple[int, int], ...]:
        start = dice.randrange(0, 20)
        kinds = [
            (),
            ((start * 3600, (start + 4) * 3600),),
            ((9 * 3600, 12 * 3600 + 1800), (13 * 3600 + 2700, 18 * 3600)),
            ((22 * 3600, 30 * 3600),),
            ((0, 86_400),),
            ((20 * 3600, 28 * 3600), (23 * 3600, 25 * 3600)),
        ]
        return kinds[dice.randrange(len(kinds))]

    later = first + dt.timedelta(days=dice.randrange(2, DAYS))
    schedules = (
        Schedule(week={day: hours() for day in range(7)}),
        Schedule(week={day: hours() for day in range(5)}, valid_from=later),
    )
    closed = {first + dt.timedelta(days=dice.randrange(DAYS)): "fermé" for _ in range(2)}
    return Site(zone=zone, schedules=schedules, holidays=closed)


@pytest.mark.parametrize("zone", ZONES)
def test_open_time_is_what_a_count_of_minutes_finds(zone: str) -> None:
    dice = random.Random(zone)  # noqa: S311 -- the same dice every time
    per_site = CASES // len(ZONES) // 8
    for _ in range(4):
        for first in ZONES[zone]:
            site = drawn_site(dice, zone, first)
            minutes = DAYS * 24 * 60
            start = dt.datetime.combine(first, dt.time(), dt.UTC)
            opened = [0]
            local = ZoneInfo(zone)
            for i in range(minutes):
                wall = (start + dt.timedelta(minutes=i)).astimezone(local)
                opened.append(opened[-1] + is_open(site, wall))
            pairs = [sorted(dice.sample(range(minutes), 2)) for _ in range(per_site)]
            found = (
                pl.LazyFrame({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]})
                .select(start=pl.lit(start) + pl.duration(minutes="a"), end=pl.lit(start) + pl.duration(minutes="b"))
                .select(OpenClock.of(site, first + dt.timedelta(days=DAYS + 1)).open_seconds_between("start", "end"))
                .collect()
                .to_series()
                .to_list()
            )
            assert found == [60 * (opened[b] - opened[a]) for a, b in pairs]
