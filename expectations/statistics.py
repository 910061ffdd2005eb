"""Statistics of a table or a column that Great Expectations asks of an engine."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from expectations.engine import COLUMN, TABLE, Kwargs, PolarsExecutionEngine, aggregate, looked_up

_STATISTICS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "column.min": lambda column: column.min(),
    "column.max": lambda column: column.max(),
    "column.mean": lambda column: column.mean(),
    "column.sum": lambda column: column.sum(),
    "column.median": lambda column: column.median(),
    "column.standard_deviation": lambda column: column.std(),
    "column.distinct_values.count": lambda column: column.drop_nulls().n_unique(),
    "column.non_null_proportion": lambda column: column.count() / column.len(),
}


def _rows(engine: PolarsExecutionEngine, domain: Kwargs, _values: Kwargs) -> pl.Expr:
    condition = engine.row_filter(domain)
    return pl.len() if condition is None else condition.sum()


def _statistic(of: Callable[[pl.Expr], pl.Expr]) -> Callable[[PolarsExecutionEngine, Kwargs, Kwargs], pl.Expr]:
    def build(engine: PolarsExecutionEngine, domain: Kwargs, _values: Kwargs) -> pl.Expr:
        column = pl.col(domain["column"])
        condition = engine.row_filter(domain)
        return of(column if condition is None else column.filter(condition))

    return build


def _names(engine: PolarsExecutionEngine, domain: Kwargs, _values: Kwargs) -> list[str]:
    return engine.data(domain).schema.names()


def _types(engine: PolarsExecutionEngine, domain: Kwargs, _values: Kwargs) -> list[dict[str, str]]:
    return [{"name": name, "type": str(dtype)} for name, dtype in engine.data(domain).schema.items()]


aggregate("table.row_count", TABLE, (), _rows)
looked_up("table.columns", TABLE, (), _names)
looked_up("table.column_types", TABLE, ("include_nested",), _types)
for _name, _of in _STATISTICS.items():
    aggregate(_name, COLUMN, (), _statistic(_of))
