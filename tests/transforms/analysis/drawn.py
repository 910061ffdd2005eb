"""Rows of facts and values, drawn with what matters; the rest is what the contract needs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from expectations.schema import Table

DAY = dt.date(2026, 3, 2)


def frame(table: Table, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """Rows in the schema of a contract; a required column that is not given holds something harmless."""
    filled = [{name: row.get(name, _harmless(table, name)) for name in table.columns} for row in rows]
    return pl.LazyFrame(filled, schema=table.schema, orient="row")


def _harmless(table: Table, name: str) -> Any:
    column = table.columns[name]
    if not column.required:
        return None
    if column.dtype == pl.Date():
        return DAY
    if isinstance(column.dtype, pl.Datetime):
        return dt.datetime.combine(DAY, dt.time(9), dt.UTC)
    if column.dtype == pl.Boolean():
        return True
    return 0 if column.dtype.is_numeric() else "x"
