from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from transforms.calendar import day_ends_at, day_starts_at, elapsed_seconds, local_day, opening_days
from transforms.open_clock import OpenClock
from transforms.site import Schedule, Site

PARIS = ZoneInfo("Europe/Paris")
HOUR = 3600
WEEK = Schedule(week=dict.fromkeys(range(5), ((9 * HOUR, 18 * HOUR),)))
OFFICE = Site(zone="Europe/Paris", schedules=(WEEK,), holidays={dt.date(2026, 5, 1): "Fête du Travail"})
LAST = dt.date(2026, 12, 31)


def frame(start: str, end: str) -> pl.LazyFrame:
    instants = [dt.datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(dt.UTC) for text in (start, end)]
    schema = {"start": pl.Datetime("us", "UTC"), "end": pl.Datetime("us", "UTC")}
    return pl.LazyFrame({"start": [instants[0]], "end": [instants[1]]}, schema=schema)


def open_seconds(site: Site, start: str, end: str) -> int | None:
    clock = OpenClock.of(site, LAST)
    return frame(start, end).select(clock.open_seconds_between("start", "end")).collect().item()


@pytest.mark.parametrize(
    ("start", "end", "minutes", "elapsed_h"),
    [
        pytest.param("2026-03-27 17:00", "2026-03-30 10:00", 120, 64, id="spring forward"),
        pytest.param("2026-10-23 17:00", "2026-10-26 10:00", 120, 66, id="fall back"),
        pytest.param("2026-04-30 17:30", "2026-05-04 09:15", 45, 87.75, id="first of May"),
        pytest.param("2026-02-07 10:00", "2026-02-08 12:00", 0, 26, id="a weekend"),
        pytest.param("2026-02-06 18:00", "2026-02-09 09:00", 0, 63, id="from closing to opening"),
        pytest.param("2026-02-06 12:00", "2026-02-06 12:00", 0, 0, id="no time"),
    ],
)
def test_business_time_in_paris(start: str, end: str, minutes: int, elapsed_h: float) -> None:
    assert open_seconds(OFFICE, start, end) == minutes * 60
    assert frame(start, end).select(elapsed_seconds("start", "end")).collect().item() == elapsed_h * HOUR


def test_a_night_shift_belongs_to_the_day_it_starts_on() -> None:
    nights = Schedule(week={6: ((22 * HOUR, 30 * HOUR),)})
    site = replace(OFFICE, schedules=(nights,))
    # The clocks jump from 02:00 to 03:00 in that night, and go back an hour in the other.
    assert open_seconds(site, "2026-03-22 12:00", "2026-03-23 12:00") == 8 * HOUR
    assert open_seconds(site, "2026-03-23 00:00", "2026-03-23 01:00") == HOUR
    saturdays = replace(site, schedules=(Schedule(week={5: ((22 * HOUR, 30 * HOUR),)}),))
    assert open_seconds(saturdays, "2026-03-28 12:00", "2026-03-29 12:00") == 7 * HOUR
    assert open_seconds(saturdays, "2026-10-24 12:00", "2026-10-25 12:00") == 9 * HOUR
    closed = replace(saturdays, holidays={dt.date(2026, 10, 24): "fermé"})
    assert open_seconds(closed, "2026-10-24 12:00", "2026-10-25 12:00") == 0
    tail = replace(saturdays, holidays={dt.date(2026, 10, 25): "fermé"})
    assert open_seconds(tail, "2026-10-24 12:00", "2026-10-25 12:00") == 9 * HOUR


def test_no_schedule_is_null_and_not_zero() -> None:
    assert open_seconds(Site(), "2026-02-06 10:00", "2026-02-06 11:00") is None
    until = replace(OFFICE, schedules=(replace(WEEK, valid_to=dt.date(2026, 2, 6)),))
    assert open_seconds(until, "2026-02-06 10:00", "2026-02-06 11:00") == HOUR
    assert open_seconds(until, "2026-02-06 10:00", "2026-02-07 00:00") == 8 * HOUR
    assert open_seconds(until, "2026-02-06 10:00", "2026-02-07 01:00") is None


def test_the_schedule_that_began_last_holds() -> None:
    short = Schedule(week=dict.fromkeys(range(5), ((9 * HOUR, 12 * HOUR),)), valid_from=dt.date(2026, 2, 4))
    site = replace(OFFICE, schedules=(short, WEEK))
    assert open_seconds(site, "2026-02-03 00:00", "2026-02-05 00:00") == (9 + 3) * HOUR


def test_the_wrong_way_round_is_null() -> None:
    assert open_seconds(OFFICE, "2026-02-06 11:00", "2026-02-06 10:00") is None
    swapped = frame("2026-02-06 11:00", "2026-02-06 10:00").select(elapsed_seconds("start", "end"))
    assert swapped.collect().item() is None


def test_parts_of_seconds_never_make_open_time_longer_than_elapsed_time() -> None:
    start, end = "2026-02-06 10:00:00.900000", "2026-02-06 10:00:01.100000"
    assert open_seconds(OFFICE, start, end) == 0


def test_a_new_year_in_paris_starts_at_23_utc() -> None:
    assert day_starts_at(dt.date(2026, 1, 1), "Europe/Paris") == dt.datetime(2025, 12, 31, 23, tzinfo=dt.UTC)
    assert day_ends_at(dt.date(2026, 3, 29), "Europe/Paris") == dt.datetime(2026, 3, 29, 22, tzinfo=dt.UTC)
    late = pl.LazyFrame({"at": [dt.datetime(2025, 12, 31, 23, tzinfo=dt.UTC)]})
    assert late.select(local_day("at", "Europe/Paris")).collect().item() == dt.date(2026, 1, 1)


def test_opening_days() -> None:
    days = pl.LazyFrame({"day": [dt.date(2026, 4, 30), dt.date(2026, 5, 1), dt.date(2026, 5, 2)]})
    assert days.select(opening_days(OFFICE, pl.col("day"))).collect().to_series().to_list() == [True, False, False]
    sundays = Site(schedules=(Schedule(week={6: ((0, HOUR),)}, valid_from=dt.date(2026, 5, 3)),))
    more = pl.LazyFrame({"day": [dt.date(2026, 5, 1), dt.date(2026, 5, 3), dt.date(2026, 5, 4)]})
    assert more.select(opening_days(sundays, pl.col("day"))).collect().to_series().to_list() == [True, True, False]
