"""Metrics drawn as text tables: rows of facts on one side, rows of the metric table on the other."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from expectations.schema import Table
from expectations.tables import FACTS
from tests.metric_tables import metric_values
from transforms.metrics import METRICS
from transforms.site import Site

AS_OF = dt.date(2026, 6, 30)
DAY = dt.date(2026, 1, 5)
ABSENT = {"", "-"}
Cells = dict[str, str]
Value = bool | int | float | str | dt.date | None
Values = Callable[..., pl.DataFrame]


def cells(text: str) -> list[Cells]:
    """The rows of a text table, by column name."""
    lines = [line for line in text.splitlines() if line.strip()]
    header, *rows = ([cell.strip() for cell in line.split("|")] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def typed(cell: str, dtype: pl.DataType) -> Value:
    """A cell as the contract types it; blank or a dash is a null."""
    if cell in ABSENT:
        return None
    if dtype == pl.Boolean:
        return {"yes": True, "no": False}[cell]
    if dtype == pl.Date:
        return dt.date.fromisoformat(cell)
    if isinstance(dtype, pl.Datetime):
        return dt.datetime.fromisoformat(cell).replace(tzinfo=dt.UTC)
    return {pl.Int64: int, pl.Float64: float}.get(type(dtype), str)(cell)


def default(name: str, dtype: pl.DataType, number: int) -> Value:
    """What a required column holds where the table does not say."""
    if dtype == pl.Boolean:
        return name in {"is_counted", "is_offered", "is_delivered"}
    if dtype == pl.Date:
        return DAY
    if isinstance(dtype, pl.Datetime):
        return dt.datetime.combine(DAY, dt.time(9), dt.UTC)
    return (1 if name == "contacts" else 0) if dtype == pl.Int64 else str(number)


def fact_rows(table: Table, text: str) -> pl.LazyFrame:
    """Rows of a fact in the schema of its contract; `rows` says how often a line is there."""
    drawn, number = [], 0
    for row in cells(text):
        for _ in range(int(row.pop("rows", "1"))):
            number += 1
            given = {name: typed(cell, table.columns[name].dtype) for name, cell in row.items()}
            needed = {name: default(name, table.columns[name].dtype, number) for name in table.required}
            drawn.append({name: given.get(name, needed.get(name)) for name in table.columns})
    return pl.LazyFrame(drawn, schema=table.schema, orient="row")


def compare(found: dict[str, Value], expected: dict[str, Value]) -> None:
    """Every column named is what it should be; numbers to the second decimal as they are written."""
    for column, value in expected.items():
        wanted = pytest.approx(value, abs=0.00501) if isinstance(value, float) else value
        assert found[column] == wanted, f"{column}: {found[column]} is not {value}"


@pytest.fixture
def values() -> Values:
    """The rows of one metric computed from drawn facts."""

    def run(
        metric: str, *, grain: str = "month", as_of: dt.date = AS_OF, site: Site | None = None, **facts: str
    ) -> pl.DataFrame:
        frames = {name: fact_rows(FACTS[name], text) for name, text in facts.items()}
        wanted = {metric: METRICS[metric]}
        return metric_values(frames, wanted, grain=grain, as_of=as_of, site=site or Site()).collect()

    return run


@pytest.fixture
def spec(values: Values) -> Callable[..., None]:
    """Facts drawn as text, and what the metric must be: its first period in total, or a text table of rows."""

    def check(metric: str, *, expect: dict[str, Value] | str, **given: object) -> None:
        found = values(metric, **given)
        if isinstance(expect, dict):
            compare(found.filter(grouping_set="total").row(0, named=True), expect)
            return
        wanted = cells(expect)
        columns = list(wanted[0])
        sets = {row.get("grouping_set", "total") for row in wanted}
        rows = found.filter(pl.col("grouping_set").is_in(sets)).select(columns).rows(named=True)
        drawn = [{name: typed(cell, found.schema[name]) for name, cell in row.items()} for row in wanted]
        assert len(rows) == len(drawn), f"{len(rows)} rows: {rows}"
        for row, line in zip(rows, drawn, strict=True):
            compare(row, line)

    return check
