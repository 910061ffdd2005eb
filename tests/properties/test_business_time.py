"""Business time against its definition, counted out minute by minute, to the microsecond.

The count knows nothing of the clock under test: it walks through every minute, asks the wall what time it is, and
looks at the opening hours. Opening hours and changes of the clocks fall on whole minutes, so a minute is open
throughout or not at all.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from transforms.open_clock import OpenClock
from transforms.site import Hours, Schedule, Site

ZONES = {
    "Europe/Paris": (dt.date(2026, 3, 24), dt.date(2026, 10, 20)),
    "America/New_York": (dt.date(2026, 3, 3), dt.date(2026, 10, 27)),
    "America/St_Johns": (dt.date(2006, 3, 28), dt.date(2026, 10, 27)),
    "Australia/Lord_Howe": (dt.date(2026, 3, 30), dt.date(2026, 9, 29)),
    "America/Sao_Paulo": (dt.date(2018, 10, 30), dt.date(2018, 2, 13)),
    "Africa/Casablanca": (dt.date(2026, 2, 10), dt.date(2026, 3, 17)),
    "Pacific/Apia": (dt.date(2011, 12, 24), dt.date(2011, 9, 20)),
    "Asia/Kathmandu": (dt.date(2026, 1, 1), dt.date(2026, 6, 1)),
}
"""Each with days before its clocks change. Half an hour, a minute past midnight, midnight itself, a month of fasting, a
whole day left out and no change at all are among them."""
MINUTE_US, DAY_S, HOUR_S = 60_000_000, 86_400, 3600
NEAR_US = (0, 0, 0, -1, 1, -1_000_000, 1_000_000)
SHIFTS: tuple[Hours, ...] = (
    (),
    ((9 * HOUR_S, 12 * HOUR_S + 1800),),
    ((9 * HOUR_S, 12 * HOUR_S + 1800), (13 * HOUR_S + 2700, 18 * HOUR_S)),
    ((2 * HOUR_S + 900, 2 * HOUR_S + 2700), (3 * HOUR_S, 20 * HOUR_S + 60)),
    ((22 * HOUR_S, 30 * HOUR_S),),
    ((0, DAY_S),),
    ((20 * HOUR_S, 28 * HOUR_S), (23 * HOUR_S, 25 * HOUR_S)),
    ((0, 75 * 60), (22 * HOUR_S, DAY_S)),
)
"""Closed, half a day, a lunch break, hours inside what the clocks skip or repeat, nights, always, shifts that overlap."""


def schedule_of(site: Site, day: dt.date) -> Schedule | None:
    """The schedule that holds on a day: of several, the one that began last."""
    holding = [s for s in site.schedules if s.valid_from <= day and (s.valid_to is None or day <= s.valid_to)]
    return max(holding, key=lambda s: s.valid_from) if holding else None


def is_open(site: Site, wall: dt.datetime) -> bool:
    """The definition: the wall time lies in a shift of its day, or in one of the day before that runs past midnight."""
    second = wall.hour * HOUR_S + wall.minute * 60
    for back in (0, 1):
        day = wall.date() - dt.timedelta(days=back)
        schedule = schedule_of(site, day)
        if schedule is None or day in site.holidays:
            continue
        if any(opens <= second + back * DAY_S < closes for opens, closes in schedule.week.get(day.weekday(), ())):
            return True
    return False


@dataclass
class MinuteCounter:
    """Every minute of a stretch of days: is the site open, and does any schedule hold?"""

    site: Site
    start: dt.datetime
    days: int
    opened: list[bool] = field(default_factory=list)
    open_before: list[int] = field(default_factory=lambda: [0])
    unscheduled_before: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        zone = ZoneInfo(self.site.zone)
        for number in range(self.days * 24 * 60 + 1):
            wall = (self.start + dt.timedelta(minutes=number)).astimezone(zone)
            self.opened.append(is_open(self.site, wall))
            self.open_before.append(self.open_before[-1] + self.opened[-1])
            has_none = schedule_of(self.site, wall.date()) is None
            self.unscheduled_before.append(self.unscheduled_before[-1] + has_none)

    def open_us(self, at_us: int) -> int:
        """Open microseconds up to an instant: whole minutes, and the begun one if it is open."""
        minute, rest = divmod(at_us, MINUTE_US)
        return self.open_before[minute] * MINUTE_US + self.opened[minute] * rest

    def is_unscheduled(self, first_us: int, last_us: int) -> bool:
        """Whether no schedule holds in some minute that the stretch touches."""
        touched = -(-last_us // MINUTE_US)
        return self.unscheduled_before[touched] > self.unscheduled_before[first_us // MINUTE_US]

    def seconds(self, first_us: int, last_us: int) -> int | None:
        if self.is_unscheduled(first_us, last_us):
            return None
        return (self.open_us(last_us) - self.open_us(first_us)) // 1_000_000


def drawn_site(dice: random.Random, zone: str, first: dt.date, days: int) -> Site:
    """Two schedules, of which one may end before the other begins; single holidays and a closed week."""

    def day(low: int, high: int) -> dt.date:
        return first + dt.timedelta(days=dice.randrange(low, high))

    ends = dice.choice([None, None, day(3, days)])
    schedules = (
        Schedule(week={weekday: dice.choice(SHIFTS) for weekday in range(7)}, valid_to=ends),
        Schedule(week={weekday: dice.choice(SHIFTS) for weekday in range(5)}, valid_from=day(2, days)),
    )
    week = day(0, days)
    closed = {day(0, days), day(0, days), *(week + dt.timedelta(days=number) for number in range(7))}
    return Site(zone=zone, schedules=schedules, holidays=dict.fromkeys(closed, "fermé"))


def drawn_pairs(dice: random.Random, n: int, days: int) -> list[tuple[int, int]]:
    """Instants in microseconds after the start: on a quarter of an hour and just beside it, or anywhere."""

    def instant() -> int:
        if dice.random() < 0.5:
            return dice.randrange(days * DAY_S * 1_000_000)
        return dice.randrange(1, days * 96) * 15 * MINUTE_US + dice.choice(NEAR_US)

    pairs = [sorted((instant(), instant())) for _ in range(n)]
    return [(first, last) for first, last in pairs if first < last]


def found_seconds(site: Site, start: dt.datetime, days: int, pairs: list[tuple[int, int]]) -> list[int | None]:
    """What the clock under test says, all pairs at once."""
    clock = OpenClock.of(site, start.date() + dt.timedelta(days=days + 1))
    instants = pl.LazyFrame(pairs, schema={"first": pl.Int64, "last": pl.Int64}, orient="row").select(
        (pl.lit(start) + pl.duration(microseconds=name)).alias(name) for name in ("first", "last")
    )
    return instants.select(clock.open_seconds_between("first", "last")).collect().to_series().to_list()


def compare(zone: str, *, sites: int, days: int, pairs: int) -> int:
    """Count sites out in both seasons of a zone; the number of cases that agreed."""
    dice = random.Random(f"{zone} {days}")  # noqa: S311 -- the same dice every time
    cases = 0
    for first in ZONES[zone]:
        for _ in range(sites):
            site = drawn_site(dice, zone, first, days)
            start = dt.datetime.combine(first, dt.time(), dt.UTC)
            counter = MinuteCounter(site, start, days)
            drawn = drawn_pairs(dice, pairs, days)
            wanted = [counter.seconds(*pair) for pair in drawn]
            assert found_seconds(site, start, days, drawn) == wanted, site
            cases += len(drawn)
    return cases


@pytest.mark.parametrize("zone", ZONES)
def test_open_time_is_what_a_count_of_minutes_finds(zone: str) -> None:
    assert compare(zone, sites=1, days=12, pairs=300) >= 590


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_a_hundred_thousand_open_times_are_what_a_count_of_minutes_finds(zone: str) -> None:
    """12,500 and more of them in each of the eight zones."""
    assert compare(zone, sites=6, days=30, pairs=1060) >= 12_500


def test_the_count_itself_is_right_on_days_that_a_reader_can_check() -> None:
    always = Site(zone="Europe/Paris", schedules=(Schedule(week=dict.fromkeys(range(7), ((0, DAY_S),))),))
    nights = Site(zone="Europe/Paris", schedules=(Schedule(week={5: ((22 * HOUR_S, 30 * HOUR_S),)}),))
    for site, spring_h, autumn_h in ((always, 48, 48), (nights, 7, 9)):
        spring = MinuteCounter(site, dt.datetime(2026, 3, 28, 12, tzinfo=dt.UTC), 2)
        autumn = MinuteCounter(site, dt.datetime(2026, 10, 24, 12, tzinfo=dt.UTC), 2)
        assert spring.seconds(0, 48 * 60 * MINUTE_US) == spring_h * HOUR_S
        assert autumn.seconds(0, 48 * 60 * MINUTE_US) == autumn_h * HOUR_S
