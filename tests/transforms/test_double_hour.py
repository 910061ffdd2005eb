"""October's double hour: read as its first occurrence, and counted where the text does not say which it is."""

from __future__ import annotations

import datetime as dt
import tomllib

import polars as pl
import pytest

from transforms.calendar import double_hours
from transforms.canonical import canonical
from transforms.double_hour import extent, in_double_hours, wall_columns
from transforms.mapping import parse_mapping
from transforms.scales import SCALES

PARIS = "Europe/Paris"


def counted(texts: list[str], formats: list[str], zone: str = PARIS) -> tuple[list[str], dict[str, int]]:
    """How a column of times is read, and how many of them are counted."""
    written = "[" + ", ".join(f'"{one}"' for one in formats) + "]"
    mapping = f"""
        table = "feed_ticket"
        source = "desk"
        [read]
        datetimes = {written}
        [columns]
        ticket_id = ["Id"]
        created_at = ["Créé"]
    """
    parsed = parse_mapping("test", tomllib.loads(mapping), SCALES)
    cells = {"Id": [str(n) for n in range(len(texts))], "Créé": texts, "line": list(range(2, len(texts) + 2))}
    rows = pl.LazyFrame(cells, schema={"Id": pl.String, "Créé": pl.String, "line": pl.Int64})
    typed = canonical(rows, parsed, slot="a.csv", header=("Id", "Créé"), zone=zone, scales=SCALES, key=b"a test key")
    columns = wall_columns(parsed, zone)
    read = typed.good.select(pl.col("created_at").dt.to_string("%H:%M")).collect()["created_at"].to_list()
    if not columns:
        return read, {}
    found = extent(typed.good, columns).collect()
    return read, in_double_hours(typed.good, columns, found).collect().row(0, named=True)


def test_the_first_occurrence_is_read_and_counted() -> None:
    texts = ["2025-10-26 01:59", "2025-10-26 02:00", "2025-10-26 02:59", "2025-10-26 03:00", "2025-07-01 02:30"]
    assert counted(texts, ["%Y-%m-%d %H:%M"]) == (["23:59", "00:00", "00:59", "02:00", "00:30"], {"created_at": 2})


def test_each_year_has_its_own_night() -> None:
    texts = ["2024-10-27 02:30", "2025-10-26 02:30", "2026-10-25 02:30", "2026-10-26 02:30"]
    assert counted(texts, ["%Y-%m-%d %H:%M"])[1] == {"created_at": 3}


@pytest.mark.parametrize(
    ("text", "format_", "zone"),
    [
        ("2025-10-26T02:30:00+02:00", "%Y-%m-%dT%H:%M:%S%z", PARIS),
        ("1761438600", "unix", PARIS),
        ("2025-10-26", "%Y-%m-%d", PARIS),
        ("2025-10-26 02:30", "%Y-%m-%d %H:%M", "UTC"),
        ("2025-03-30 03:30", "%Y-%m-%d %H:%M", PARIS),
    ],
)
def test_what_can_be_meant_only_one_way_is_not_counted(text: str, format_: str, zone: str) -> None:
    read, counts = counted([text], [format_], zone)
    assert len(read) == 1
    assert sum(counts.values()) == 0


def test_no_rows_and_wild_years_count_nothing() -> None:
    assert counted([], ["%Y-%m-%d %H:%M"])[1] == {"created_at": 0}
    assert counted(["0001-01-01 02:30", "9999-12-31 23:59"], ["%Y-%m-%d %H:%M"])[1] == {"created_at": 0}


def test_the_double_hours_of_a_zone() -> None:
    (only,) = double_hours(PARIS, dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert only == (dt.datetime(2025, 10, 26, 0, tzinfo=dt.UTC), dt.datetime(2025, 10, 26, 1, tzinfo=dt.UTC))
    (half,) = double_hours("Australia/Lord_Howe", dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert half[1] - half[0] == dt.timedelta(minutes=30)
    assert double_hours("Asia/Kolkata", dt.date(2025, 1, 1), dt.date(2025, 12, 31)) == []
