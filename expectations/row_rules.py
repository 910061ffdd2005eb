"""The rules a row can break: for each, the expression that is true where it does.

One expression serves twice: summed, it is the `unexpected_count` of Great Expectations; as a filter, it is the
quarantine. A null is never unexpected, except to the rules about nulls.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from expectations.engine import COLUMN, MULTI, PAIR, Kwargs, PolarsExecutionEngine, aggregate, columns_of, looked_up


@dataclass(frozen=True)
class Asked:
    """What a row rule is asked: about which columns, of which types, with which values."""

    columns: list[str]
    schema: pl.Schema
    values: Kwargs
    conditions: Mapping[str, pl.Expr]

    @property
    def column(self) -> pl.Expr:
        """The first column."""
        return pl.col(self.columns[0])

    @property
    def dtype(self) -> pl.DataType:
        """Type of the first column."""
        return self.schema[self.columns[0]]


RowRule = Callable[[Asked], pl.Expr]
_UNIQUE = ("column_values.unique", "compound_columns.unique")
_ABOUT_NULLS = ("column_values.nonnull", "column_values.null")


def unexpected(engine: PolarsExecutionEngine, name: str, domain: Kwargs, values: Kwargs) -> pl.Expr:
    """True where the row breaks the rule, false elsewhere, never null."""
    where = _asked_of(engine, domain, nulls_too=name in _ABOUT_NULLS)
    if name in _UNIQUE:
        return where & _repeated(engine, domain, where)
    data = engine.data(domain)
    bad = _ROW_RULES[name](Asked(columns_of(domain), data.schema, values, data.conditions))
    return data.once(where & bad.fill_null(False))


def _asked_of(engine: PolarsExecutionEngine, domain: Kwargs, *, nulls_too: bool = False) -> pl.Expr:
    """True where the rule looks at the row at all."""
    filled = [pl.col(name).is_not_null() for name in columns_of(domain)]
    policy = domain.get("ignore_row_if", "never" if nulls_too else "any_value_is_missing")
    masks = []
    if (condition := engine.row_filter(domain)) is not None:
        masks.append(condition)
    if policy in {"either_value_is_missing", "any_value_is_missing"}:
        masks += filled
    elif policy in {"both_values_are_missing", "all_values_are_missing"}:
        masks.append(pl.any_horizontal(filled))
    return pl.all_horizontal(masks) if masks else pl.lit(True)


def _repeated(engine: PolarsExecutionEngine, domain: Kwargs, where: pl.Expr) -> pl.Expr:
    """True where the key occurs more than once among `where`. Exact; holds one u64 a row in memory, not the keys."""
    columns = columns_of(domain)
    key = pl.struct(columns)
    hashed = key.hash()
    rows = engine.data(domain).frame.filter(where)
    suspects = rows.select(hashed=hashed).filter(pl.col("hashed").is_duplicated()).unique().collect(engine="streaming")
    if suspects.is_empty():
        return pl.lit(False)
    twice = rows.select(columns).filter(hashed.is_in(suspects["hashed"].implode())).collect(engine="streaming")
    twice = twice.filter(key.is_duplicated())  # two keys may share a hash
    return hashed.is_in(twice.select(hashed).to_series().unique().implode())


def _count(name: str) -> Callable[[PolarsExecutionEngine, Kwargs, Kwargs], pl.Expr]:
    return lambda engine, domain, values: unexpected(engine, name, domain, values).sum()


def _rows_asked(engine: PolarsExecutionEngine, domain: Kwargs, _values: Kwargs) -> pl.Expr:
    asked = _asked_of(engine, domain)
    return pl.len() if asked.meta.is_literal() else asked.sum()


def _no_samples(_engine: PolarsExecutionEngine, _domain: Kwargs, _values: Kwargs) -> None:
    """The library asks for sample values even where it is told to leave them out."""


def _register(name: str, domain: tuple[str, ...], keys: tuple[str, ...]) -> None:
    aggregate(f"{name}.unexpected_count", domain, keys, _count(name))
    looked_up(f"{name}.unexpected_values", domain, (*keys, "result_format"), _no_samples)
    if domain is not COLUMN:
        aggregate(f"{name}.filtered_row_count", domain, (*keys, "result_format"), _rows_asked)


def _is_outside(asked: Asked) -> pl.Expr:
    """Not between the bounds. NaN is a value, and between nothing."""
    low, high = (_bound(asked.values.get(key), asked.dtype) for key in ("min_value", "max_value"))
    column = asked.column
    inside = [column.is_not_nan()] if asked.dtype.is_float() else []
    if low is not None:
        inside.append(column > low if asked.values.get("strict_min") else column >= low)
    if high is not None:
        inside.append(column < high if asked.values.get("strict_max") else column <= high)
    return ~pl.all_horizontal(inside)


def _bound(value: object, dtype: pl.DataType) -> pl.Expr | None:
    """A bound in the type of its column: the library turns whole numbers into floats and dates into text."""
    if isinstance(value, str) and dtype.is_temporal():
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, float) and dtype.is_integer() and value.is_integer():
        return pl.lit(int(value))
    if isinstance(value, dt.datetime) and dtype == pl.Date:
        return pl.lit(value.date())
    if isinstance(value, dt.date) and isinstance(dtype, pl.Datetime):
        return _instant(value, dtype)
    return None if value is None else pl.lit(value)


def _instant(value: dt.date, dtype: pl.Datetime) -> pl.Expr:
    """A day is its midnight; a time without a zone is in the zone of the column, and UTC where that has none."""
    at = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    if dtype.time_zone is None:
        at = at.astimezone(dt.UTC).replace(tzinfo=None) if at.tzinfo else at
        return pl.lit(at)
    if at.tzinfo is None:
        return pl.lit(at).dt.replace_time_zone(dtype.time_zone)
    return pl.lit(at).dt.convert_time_zone(dtype.time_zone)


def _is_not_greater(asked: Asked) -> pl.Expr:
    first, second = (pl.col(name) for name in asked.columns)
    return ~(first >= second if asked.values.get("or_equal") else first > second)


def _rule_is_broken(asked: Asked) -> pl.Expr:
    """A condition that is null cannot tell, and passes."""
    return ~asked.conditions[asked.values["rule"]]


_ROW_RULES: dict[str, RowRule] = {
    "column_values.nonnull": lambda asked: asked.column.is_null(),
    "column_values.null": lambda asked: asked.column.is_not_null(),
    "column_values.between": _is_outside,
    "column_values.in_set": lambda asked: ~asked.column.is_in(list(asked.values["value_set"])),
    "column_values.not_in_set": lambda asked: asked.column.is_in(list(asked.values["value_set"])),
    "column_values.match_regex": lambda asked: ~asked.column.str.contains(asked.values["regex"]),
    "column_values.not_match_regex": lambda asked: asked.column.str.contains(asked.values["regex"]),
    "column_pair_values.a_greater_than_b": _is_not_greater,
    "rows.rule": _rule_is_broken,
}
_BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")
for _name, _domain, _keys in (
    ("column_values.nonnull", COLUMN, ()),
    ("column_values.null", COLUMN, ()),
    ("column_values.unique", COLUMN, ()),
    ("column_values.between", COLUMN, _BOUNDS),
    ("column_values.in_set", COLUMN, ("value_set",)),
    ("column_values.not_in_set", COLUMN, ("value_set",)),
    ("column_values.match_regex", COLUMN, ("regex",)),
    ("column_values.not_match_regex", COLUMN, ("regex",)),
    ("column_pair_values.a_greater_than_b", PAIR, ("or_equal",)),
    ("compound_columns.unique", MULTI, ()),
    ("rows.rule", MULTI, ("rule",)),
):
    _register(_name, _domain, _keys)
