"""`coverage`: a zero only where an export spans the day."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables import FEEDS
from expectations.tables.analysis import COVERAGE
from tests.transforms.analysis.drawn import frame
from transforms.analysis.coverage import coverage, told_days


def at(day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, tzinfo=dt.UTC)


def test_a_day_without_rows_is_zero_inside_an_export_and_absent_outside() -> None:
    rows = [
        {"source": "desk", "slot": "a.csv", "created_at": at(2)},
        {"source": "desk", "slot": "a.csv", "created_at": at(4)},
        {"source": "desk", "slot": "b.csv", "created_at": at(4)},
        {"source": "desk", "slot": "b.csv", "created_at": at(7, 23)},  # the 8th in Paris
        {"source": "desk", "slot": "c.csv", "created_at": at(20)},
        {"source": "other", "slot": "d.csv", "created_at": at(6)},
        {"source": "other", "slot": "d.csv", "created_at": at(31)},
    ]
    feeds = {"feed_ticket": frame(FEEDS["feed_ticket"], rows), "feed_employee": FEEDS["feed_employee"].empty()}
    days = {
        name: told_days(rows.with_columns(mapping=pl.lit("m")), feed=FEEDS[name], zone="Europe/Paris")
        for name, rows in feeds.items()
    }
    found = coverage(days, as_of=dt.date(2026, 3, 25)).sort(COVERAGE.key).collect()
    assert found.schema == COVERAGE.schema
    told = [(row["source"], row["day_on"].day, row["rows"]) for row in found.to_dicts()]
    desk = [("desk", 2, 1), ("desk", 3, 0), ("desk", 4, 2), ("desk", 5, 0), ("desk", 6, 0), ("desk", 7, 0)]
    assert told == [*desk, ("desk", 8, 1), ("desk", 20, 1), ("other", 6, 1)]
