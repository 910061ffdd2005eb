"""DuckDB and pyarrow read every published table and agree with polars on every column."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

FORBIDDEN = (pl.Null, pl.Float32, pl.Time, pl.Duration, pl.Binary, pl.List, pl.Struct, pl.Categorical, pl.Enum)


def tables(run: Path) -> list[Path]:
    found = sorted((run / "published" / "current").glob("*/*.parquet"))
    assert len(found) > 25
    return found


def test_duckdb_agrees_with_polars_on_every_column(sample_run: Path) -> None:
    for path in tables(sample_run):
        ours = pl.read_parquet(path)
        theirs = duckdb.sql(f"select * from '{path}'").pl()  # noqa: S608
        assert_frame_equal(ours, theirs, check_dtypes=True), path.name


def test_pyarrow_agrees_with_polars_on_every_column(sample_run: Path) -> None:
    for path in tables(sample_run):
        assert_frame_equal(pl.read_parquet(path), pl.from_arrow(pq.read_table(path)))  # type: ignore[arg-type]


def test_no_column_has_a_type_that_hides_a_file_from_a_reader(sample_run: Path) -> None:
    for path in tables(sample_run):
        for name, dtype in pl.read_parquet_schema(path).items():
            assert not isinstance(dtype, FORBIDDEN), f"{path.name}: {name} is {dtype}"
            assert not dtype.is_unsigned_integer(), f"{path.name}: {name} is {dtype}"
            if isinstance(dtype, pl.Datetime):
                assert (dtype.time_unit, dtype.time_zone) == ("us", None), f"{path.name}: {name} is {dtype}"


def test_every_column_says_what_it_means(sample_run: Path) -> None:
    for path in tables(sample_run):
        for field in pq.read_schema(path):
            assert (field.metadata or {}).get(b"description"), f"{path.name}: {field.name} has no description"


def test_no_value_is_nan_or_infinite(sample_run: Path) -> None:
    for path in tables(sample_run):
        frame = pl.read_parquet(path).select(pl.selectors.float())
        for column in frame.get_columns():
            assert column.drop_nulls().is_finite().all(), f"{path.name}: {column.name}"


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_rows_are_sorted_by_their_clock(sample_run: Path, grain: str) -> None:
    values = pl.read_parquet(sample_run / "published" / "current" / "metrics" / f"metric_value_{grain}.parquet")
    assert values["period_start"].is_sorted()
