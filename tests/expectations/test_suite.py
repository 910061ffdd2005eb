from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import great_expectations as gx
import pytest

from expectations.checks import row_checks
from expectations.schema import Layer, Table
from expectations.suite import ExpectRuleToHold, suite
from expectations.tables import TABLES


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_check_of_a_contract_is_an_expectation(table: Table) -> None:
    codes = [expectation.meta["code"] for expectation in suite(table).expectations]
    assert len(set(codes)) == len(codes)
    assert set(codes) >= {check.code for check in row_checks(table)}
    assert (f"key {', '.join(table.key)}: unique" in codes) == (table.layer is not Layer.FEED)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_suite_survives_being_written_and_read(table: Table) -> None:
    asked = suite(table)
    written = json.loads(json.dumps(asked.to_json_dict()))
    read = gx.ExpectationSuite(name=table.name, expectations=written["expectations"])
    assert [e.configuration.to_json_dict() for e in read.expectations] == [
        e.configuration.to_json_dict() for e in asked.expectations
    ]


@pytest.mark.parametrize("name", ["feed_survey", "fact_ticket", "metric_value_month", "meta_export"])
def test_a_shipped_contract_can_be_asked(name: str, judge: Callable[..., Any]) -> None:
    verdict = judge(TABLES[name].empty(), TABLES[name])
    assert verdict.is_good
    assert set(verdict.counts) == {check.code for check in row_checks(TABLES[name])}


def test_a_rule_may_be_about_one_column() -> None:
    assert ExpectRuleToHold(rule="value_is_a_number", column_list=["value"]).ignore_row_if == "never"
