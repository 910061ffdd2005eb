"""Instants as people and old systems write them: every one comes back, and nothing else is read."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.instants import days, instants
from transforms.time_formats import FormatError, same_look, time_format

TEXT = pl.col("text")
MINUTES = st.datetimes(dt.datetime(1991, 1, 1), dt.datetime(2090, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 -- wall time


def read(texts: Sequence[str], *formats: str, years_from: int | None = None) -> list[str | None]:
    declared = [time_format(one, years_from=years_from) for one in formats]
    found = pl.DataFrame({"text": texts}).select(instants(TEXT, declared, zone="UTC")).to_series()
    return found.dt.strftime("%Y-%m-%d %H:%M:%S").to_list()


@settings(max_examples=25)
@given(st.lists(MINUTES, min_size=1, max_size=20))
@pytest.mark.parametrize(
    "written",
    ["%m/%d/%Y %I:%M:%S %p", "%d/%b/%y %I:%M:%S%p", "%A, %d %B %Y, %H:%M:%S", "%y%m%d%H%M%S", "%p %I.%M.%S %d-%m-%Y"],
)
def test_every_instant_written_in_a_format_comes_back(written: str, moments: list[dt.datetime]) -> None:
    found = read([one.strftime(written) for one in moments], written, years_from=1991)
    assert found == [one.strftime("%Y-%m-%d %H:%M:%S") for one in moments]


def test_twelve_is_midnight_in_the_morning_and_noon_after_it() -> None:
    shown = ["1/5/2026 12:00 AM", "1/5/2026 12:59 am", "1/5/2026 1:00 a.m.", "1/5/2026 12:00 P.M.", "1/5/2026 11:59 PM"]
    assert [one and one[11:16] for one in read(shown, "%-m/%-d/%Y %-I:%M %p")] == [
        "00:00",
        "00:59",
        "01:00",
        "12:00",
        "23:59",
    ]
    assert read(["1/5/2026 0:30 AM", "1/5/2026 13:30 PM", "1/5/2026 1:30"], "%-m/%-d/%Y %-I:%M %p") == [None] * 3


@pytest.mark.parametrize("name", ["janv.", "Janvier", "JAN", "january"])
def test_months_have_their_names_in_two_languages(name: str) -> None:
    assert read([f"5 {name} 2026"], "%-d %b %Y") == ["2026-01-05 00:00:00"]


def test_the_date_of_a_mail_names_its_weekday_and_its_offset() -> None:
    assert read(["Mon, 5 Jan 2026 09:30:00 +0100"], "%a, %-d %b %Y %H:%M:%S %z") == ["2026-01-05 08:30:00"]


def test_a_month_nobody_knows_is_refused() -> None:
    assert read(["5 juinvier 2026", "5 xyz 2026", "31 juin 2026"], "%-d %b %Y") == [None, None, None]


def test_a_day_that_is_not_in_its_century_is_refused() -> None:
    assert read(["29/02/00", "29/02/00"], "%d/%m/%y", years_from=1970) == ["2000-02-29 00:00:00"] * 2
    assert read(["29/02/00"], "%d/%m/%y", years_from=1900) == [None]


@pytest.mark.parametrize(
    ("first", "shown", "year"), [(1970, "69", 2069), (1970, "70", 1970), (1950, "49", 2049), (2000, "99", 2099)]
)
def test_two_digits_are_a_year_of_the_hundred_declared(first: int, shown: str, year: int) -> None:
    assert read([f"01/06/{shown}"], "%d/%m/%y", years_from=first) == [f"{year}-06-01 00:00:00"]


@settings(max_examples=50)
@given(st.lists(MINUTES, min_size=1, max_size=20))
def test_a_number_of_days_of_excel_is_exact_to_the_second(moments: list[dt.datetime]) -> None:
    numbers = [(one - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1) for one in moments]  # noqa: DTZ001 -- wall time
    assert read([repr(one) for one in numbers], "excel") == [one.strftime("%Y-%m-%d %H:%M:%S") for one in moments]


def test_seconds_and_milliseconds_since_1970_are_told_apart_by_their_size() -> None:
    at = calendar.timegm((2026, 1, 5, 9, 30, 0))
    shown = [str(at), f"{at}.999999", f"{at}000", "46027", "-5", "1e9"]
    assert read(shown, "unix", "unix_ms") == ["2026-01-05 09:30:00"] * 3 + [None] * 3


def test_a_quarter_is_its_first_day() -> None:
    frame = pl.DataFrame({"text": ["2026-Q1", "2026-Q4", "2026-Q5"]})
    found = frame.select(days(TEXT, [time_format("%Y-Q%q")], zone="UTC", site_zone="UTC")).to_series().to_list()
    assert found == [dt.date(2026, 1, 1), dt.date(2026, 10, 1), None]


@pytest.mark.parametrize(
    "wrong",
    [
        "%d/%m/%y",
        "%Y-%m-%d %I:%M",
        "%Y-%m-%d %H:%M %p",
        "%Y-%m-%d %H %I %p",
        "%Y-Q%q-%d",
        "%Y %b %m",
        "%d/%d/%Y %b",
        "%Y-%a-%d",
    ],
)
def test_a_format_that_leaves_something_open_is_refused(wrong: str) -> None:
    with pytest.raises(FormatError):
        time_format(wrong)


def test_two_twelve_hour_formats_that_swap_day_and_month_are_one_look() -> None:
    american, british = "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p"
    assert same_look([time_format(american), time_format(british)]) == (american, british)
