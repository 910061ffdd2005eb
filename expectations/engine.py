"""Great Expectations on polars: every metric of a suite is an expression, and a suite is one streamed `select`.

Great Expectations has no polars engine; this one registers through its extension points (an `ExecutionEngine`,
metrics, a datasource) and patches nothing. It counts and never samples: results carry no value of the data, and
the rows themselves are had from the same masks by `expectations.gate.split`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import polars as pl
from great_expectations.core.batch import BatchData, BatchMarkers
from great_expectations.core.metric_function_types import MetricFunctionTypes, MetricPartialFunctionTypes
from great_expectations.exceptions import GreatExpectationsError, InvalidMetricAccessorDomainKwargsKeyError
from great_expectations.execution_engine import ExecutionEngine
from great_expectations.expectations.metrics.metric_provider import MetricProvider
from great_expectations.expectations.registry import register_metric
from great_expectations.expectations.row_conditions import (
    AndCondition,
    ComparisonCondition,
    Condition,
    NullityCondition,
    Operator,
    OrCondition,
    deserialize_row_condition,
)

# Importing the library sends every Python warning of the process to a log nobody reads.
logging.captureWarnings(False)

Kwargs = Mapping[str, Any]
"""Domain or value keywords, as Great Expectations passes them to a metric."""

_COMPARISONS: dict[Operator, Callable[[pl.Expr, Any], pl.Expr]] = {
    Operator.EQUAL: lambda column, value: column == value,
    Operator.NOT_EQUAL: lambda column, value: column != value,
    Operator.LESS_THAN: lambda column, value: column < value,
    Operator.LESS_THAN_OR_EQUAL: lambda column, value: column <= value,
    Operator.GREATER_THAN: lambda column, value: column > value,
    Operator.GREATER_THAN_OR_EQUAL: lambda column, value: column >= value,
    Operator.IN: lambda column, value: column.is_in(list(value)),
    Operator.NOT_IN: lambda column, value: ~column.is_in(list(value)),
}


@dataclass(frozen=True)
class Staged:
    """What is handed to a suite: the frame, and what its rules refer to by name."""

    frame: pl.LazyFrame
    conditions: Mapping[str, pl.Expr] = field(default_factory=dict)
    masks: Mapping[str, pl.Expr] = field(default_factory=dict)
    """Masks that several expectations share; each is computed once, as a column that conditions may name."""


class PolarsBatchData(BatchData):  # type: ignore[misc]
    """A staged frame and its schema, resolved once."""

    def __init__(self, execution_engine: PolarsExecutionEngine, staged: Staged) -> None:
        """Read the schema, which needs no pass over the data."""
        super().__init__(execution_engine)
        self.frame = staged.frame.with_columns(**staged.masks)
        self.conditions = staged.conditions
        self.schema = staged.frame.collect_schema()
        self._masks = staged.masks

    def once(self, mask: pl.Expr) -> pl.Expr:
        """The column that holds a mask already, else the mask: polars computes equal expressions again."""
        return next((pl.col(name) for name, known in self._masks.items() if known.meta.eq(mask)), mask)


class PolarsExecutionEngine(ExecutionEngine[pl.Expr]):  # type: ignore[misc]
    """Resolves all metrics of a batch with one streamed `select`."""

    def get_batch_data_and_markers(self, batch_spec: Any) -> tuple[PolarsBatchData, BatchMarkers]:  # noqa: ANN401
        """The staged frame as a batch; the specification keeps a word in its place, for it is serialised."""
        staged = batch_spec.batch_data
        batch_spec.batch_data = "polars"
        loaded_at = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        return PolarsBatchData(self, staged), BatchMarkers({"ge_load_time": loaded_at})

    def data(self, domain: Kwargs) -> PolarsBatchData:
        """The batch a metric is asked of."""
        batch_id = domain.get("batch_id")
        manager = self.batch_manager
        found = manager.batch_data_cache.get(batch_id) if batch_id else manager.active_batch_data
        if not isinstance(found, PolarsBatchData):
            raise GreatExpectationsError(f"batch {batch_id!r} is not loaded; there are {manager.loaded_batch_ids}")
        return found

    def resolve_metric_bundle(self, metric_fn_bundle: Iterable[Any]) -> dict[Any, Any]:
        """Values by metric: one streamed select per batch, whatever the number of rules.

        Where one of them has the wrong type the library asks for each by itself, and only its own rule fails.
        """
        by_batch: dict[Any, dict[Any, pl.Expr]] = {}
        for metric in metric_fn_bundle:
            asked = by_batch.setdefault(metric.compute_domain_kwargs.get("batch_id"), {})
            asked[metric.metric_configuration.id] = metric.metric_fn
        resolved: dict[Any, Any] = {}
        for batch_id, asked in by_batch.items():
            exprs = [expr.alias(f"metric_{number}") for number, expr in enumerate(asked.values())]
            row = self.data({"batch_id": batch_id}).frame.select(exprs).collect(engine="streaming").row(0)
            resolved |= dict(zip(asked, row, strict=True))
        return resolved

    def row_filter(self, domain: Kwargs) -> pl.Expr | None:
        """Rows a `row_condition` lets through; None where there is none."""
        condition = domain.get("row_condition")
        if not condition:
            return None
        if isinstance(condition, dict):
            condition = deserialize_row_condition(condition)
        if not isinstance(condition, Condition):
            raise GreatExpectationsError(f"row_condition is {condition!r}; write it as Column('x') == 1")
        # ExecutionEngine is generic in the kind of filter, which its own annotations lose.
        return cast("pl.Expr", self.condition_to_filter_clause(condition)).fill_null(False)

    def _comparison_condition_to_filter_clause(self, condition: ComparisonCondition) -> pl.Expr:
        return _COMPARISONS[condition.operator](pl.col(condition.column.name), condition.parameter)

    def _nullity_condition_to_filter_clause(self, condition: NullityCondition) -> pl.Expr:
        column = pl.col(condition.column.name)
        return column.is_null() if condition.is_null else column.is_not_null()

    def _and_condition_to_filter_clause(self, condition: AndCondition) -> pl.Expr:
        return pl.all_horizontal([self.condition_to_filter_clause(part) for part in condition.conditions])

    def _or_condition_to_filter_clause(self, condition: OrCondition) -> pl.Expr:
        return pl.any_horizontal([self.condition_to_filter_clause(part) for part in condition.conditions])


# ----- registration of metrics: what a metric is asked about (its domain), and how it is built

TABLE = ("batch_id", "table", "row_condition", "condition_parser")
COLUMN = (*TABLE, "column")
PAIR = (*TABLE, "column_A", "column_B", "ignore_row_if")
MULTI = (*TABLE, "column_list", "ignore_row_if")

Build = Callable[[PolarsExecutionEngine, Kwargs, Kwargs], pl.Expr]
"""(engine, domain, values) -> one aggregating expression."""
Look = Callable[[PolarsExecutionEngine, Kwargs, Kwargs], Any]
"""(engine, domain, values) -> a value that needs no pass over the data."""


class PolarsMetric(MetricProvider):  # type: ignore[misc]
    """Carries the rule that a metric `x` depends on `x.aggregate_fn`, which it inherits."""


def columns_of(domain: Kwargs) -> list[str]:
    """The columns a metric is asked about."""
    if "column_list" in domain:
        return list(domain["column_list"])
    return [domain[key] for key in ("column", "column_A", "column_B") if domain.get(key)]


def _require_columns(engine: PolarsExecutionEngine, domain: Kwargs) -> None:
    schema = engine.data(domain).schema
    for name in columns_of(domain):
        if name not in schema:
            message = f"there is no column {name!r}; there are {schema.names()}"
            raise InvalidMetricAccessorDomainKwargsKeyError(message)


def aggregate(name: str, domain: tuple[str, ...], values: tuple[str, ...], build: Build) -> None:
    """Register a metric that is one aggregating expression, computed with all others of its batch."""

    def provider(
        *,
        execution_engine: PolarsExecutionEngine,
        metric_domain_kwargs: Kwargs,
        metric_value_kwargs: Kwargs,
        **_: object,
    ) -> tuple[pl.Expr, Kwargs, dict[str, Any]]:
        _require_columns(execution_engine, metric_domain_kwargs)
        built = build(execution_engine, metric_domain_kwargs, metric_value_kwargs)
        return built, metric_domain_kwargs, {}

    partial = MetricPartialFunctionTypes.AGGREGATE_FN
    register_metric(
        f"{name}.aggregate_fn", domain, values, PolarsExecutionEngine, PolarsMetric, provider, metric_fn_type=partial
    )
    register_metric(
        name, domain, values, PolarsExecutionEngine, PolarsMetric, None, metric_fn_type=MetricFunctionTypes.VALUE
    )


def looked_up(name: str, domain: tuple[str, ...], values: tuple[str, ...], look: Look) -> None:
    """Register a metric that is read off the schema, without a pass."""

    def provider(
        *,
        execution_engine: PolarsExecutionEngine,
        metric_domain_kwargs: Kwargs,
        metric_value_kwargs: Kwargs,
        **_: object,
    ) -> Any:  # noqa: ANN401
        return look(execution_engine, metric_domain_kwargs, metric_value_kwargs)

    value = MetricFunctionTypes.VALUE
    register_metric(name, domain, values, PolarsExecutionEngine, PolarsMetric, provider, metric_fn_type=value)
