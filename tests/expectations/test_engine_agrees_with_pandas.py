"""The polars engine against the library's own pandas engine: same frames, same suites, same answers."""

from __future__ import annotations

import datetime as dt
import numbers
import random
from collections.abc import Callable, Iterator
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.row_conditions import Column

import expectations.datasource
from expectations.engine import Staged

COUNTS = {"result_format": "BASIC", "exclude_unexpected_values": True}
COMPARED = ("element_count", "unexpected_count", "missing_count", "observed_value")
FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[pl.DataFrame, list[Any]], list[tuple[Any, Any]]]]:
    """(what pandas says, what polars says) for each expectation."""
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    pandas = (
        context.data_sources.add_pandas("pandas").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    )
    polars = context.data_sources.add_polars("polars").add_staged_asset("a").add_batch_definition("b")

    def said(batch: Any, suite: gx.ExpectationSuite) -> list[Any]:
        results = batch.validate(suite, result_format=COUNTS).results
        return sorted((r.expectation_config.meta["number"], comparable(r)) for r in results)

    def ask_both(frame: pl.DataFrame, asked: list[Any]) -> list[tuple[Any, Any]]:
        for number, expectation in enumerate(asked):
            expectation.meta = {"number": number}
        theirs = said(pandas.get_batch({"dataframe": frame.to_pandas()}), gx.ExpectationSuite("s", expectations=asked))
        parameters = {expectations.datasource.PARAMETER: Staged(frame.lazy())}
        ours = said(polars.get_batch(parameters), gx.ExpectationSuite("s", expectations=asked))
        return [(a, b) for (_, a), (_, b) in zip(theirs, ours, strict=True)]

    return ask_both


def comparable(result: Any) -> tuple[bool, dict[str, Any]]:
    """Success and counts; floats to nine digits, NaN as the null it stands for in pandas."""
    if not result.result:
        raise AssertionError(f"{result.expectation_config.type} raised: {result.exception_info}")
    numbers = {key: result.result[key] for key in COMPARED if key in result.result}
    return result.success, {key: plain(value) for key, value in numbers.items()}


def plain(value: Any) -> Any:
    if value is None or value != value:  # noqa: PLR0124
        return None
    return round(float(value), 9) if isinstance(value, numbers.Real) else str(value)


def frame_of(luck: random.Random) -> pl.DataFrame:
    height = luck.choice([0, 1, 2, 5, 20, 60])

    def column(draw: Callable[[], Any]) -> list[Any]:
        return [None if luck.random() < 0.2 else draw() for _ in range(height)]

    return pl.DataFrame(
        {
            "i": column(lambda: luck.randint(-3, 12)),
            "j": column(lambda: luck.randint(-3, 12)),
            "k": column(lambda: luck.choice([1, 2, 3])),
            "s": column(lambda: luck.choice(["a", "b", "é", "x@y.fr", "", "A-000001"])),
            "f": column(lambda: luck.choice([-1.5, 0.0, 2.25, 99.0])),
            "t": column(lambda: FIRST + dt.timedelta(days=luck.randint(-1, 4), hours=luck.randint(0, 1))),
        },
        schema={
            "i": pl.Int64,
            "j": pl.Int64,
            "k": pl.Int64,
            "s": pl.String,
            "f": pl.Float64,
            "t": pl.Datetime("us", "UTC"),
        },
    )


def condition_of(luck: random.Random) -> Any:
    k = Column("k")
    return luck.choice(
        [None, None, k == 2, k > 1, k.is_in([1, 3]), k.is_not_null(), (k == 1) | (k == 3), (k >= 1) & (k < 3)]
    )


def rows_asked(luck: random.Random) -> list[Any]:
    low = luck.randint(-3, 5)
    bounds = {"min_value": low, "max_value": low + luck.randint(0, 8)}
    strict = {"strict_min": luck.random() < 0.3, "strict_max": luck.random() < 0.3}
    common = {"mostly": luck.choice([1, 0.5, 0.9]), "row_condition": condition_of(luck)}
    pair = {"column_A": "i", "column_B": "j", "or_equal": luck.random() < 0.5}
    policy = luck.choice(["any_value_is_missing", "all_values_are_missing", "never"])
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="s", **common),
        gxe.ExpectColumnValuesToBeNull(column="j", **common),
        gxe.ExpectColumnValuesToBeBetween(column="i", **bounds, **strict, **common),
        gxe.ExpectColumnValuesToBeBetween(column="f", min_value=-1.5, max_value=2.25, **strict, **common),
        gxe.ExpectColumnValuesToBeBetween(
            column="t", min_value=FIRST, max_value=FIRST + dt.timedelta(days=2), **common
        ),
        gxe.ExpectColumnValuesToBeInSet(column="s", value_set=["a", "b"], **common),
        gxe.ExpectColumnValuesToBeInSet(column="i", value_set=[1, 2, 3], **common),
        gxe.ExpectColumnValuesToNotBeInSet(column="s", value_set=["a"], **common),
        gxe.ExpectColumnValuesToMatchRegex(column="s", regex=r"^(?:\S+@\S+|A-\d{6})$", **common),
        gxe.ExpectColumnValuesToNotMatchRegex(column="s", regex="[0-9]", **common),
        gxe.ExpectColumnValuesToBeUnique(column="i", **common),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair, ignore_row_if="either_value_is_missing", **common),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["i", "k"], ignore_row_if=policy, **common),
    ]


def whole_asked(luck: random.Random) -> list[Any]:
    condition = {"row_condition": condition_of(luck)}
    return [
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectTableColumnsToMatchSet(column_set=["i", "s"], exact_match=False),
        gxe.ExpectColumnMinToBeBetween(column="j", min_value=-2, **condition),
        gxe.ExpectColumnMaxToBeBetween(column="i", max_value=11, **condition),
        gxe.ExpectColumnMeanToBeBetween(column="i", min_value=0, max_value=6, **condition),
        gxe.ExpectColumnMedianToBeBetween(column="i", min_value=0, **condition),
        gxe.ExpectColumnStdevToBeBetween(column="i", min_value=0, **condition),
        gxe.ExpectColumnSumToBeBetween(column="i", min_value=0, **condition),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="s", min_value=2, **condition),
    ]


def agree(ask: Callable[..., list[tuple[Any, Any]]], seeds: range) -> int:
    compared = 0
    for seed in seeds:
        luck = random.Random(seed)  # noqa: S311
        frame, asked = frame_of(luck), rows_asked(luck) + whole_asked(luck)
        for expectation, (theirs, ours) in zip(asked, ask(frame, asked), strict=True):
            assert theirs == ours, (seed, expectation.configuration.to_json_dict(), frame)
            compared += 1
    return compared


def test_counts_and_verdicts_are_those_of_the_pandas_engine(ask: Callable[..., Any]) -> None:
    assert agree(ask, range(18)) >= 300


@pytest.mark.slow
def test_they_agree_on_many_more(ask: Callable[..., Any]) -> None:
    assert agree(ask, range(18, 300)) >= 5_000
