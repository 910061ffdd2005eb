from __future__ import annotations

import great_expectations.expectations as gxe
import pytest

from expectations.custom import ExpectColumnToBeFilled, ExpectColumnToLieWithin

COUNTS = {"result_format": {"result_format": "BASIC"}}
BETWEEN = {"column": "score", "min_value": 0}


@pytest.mark.parametrize("_time", ["first", "second"])
def test_a_settled_expectation_asks_for_what_the_library_asks_for(_time: str) -> None:
    ours = ExpectColumnToLieWithin(**BETWEEN, max_value=10, batch_id="b")
    theirs = gxe.ExpectColumnValuesToBeBetween(**BETWEEN, max_value=10, batch_id="b")
    ours, theirs = (it.get_validation_dependencies(runtime_configuration=COUNTS) for it in (ours, theirs))
    assert ours.result_format == theirs.result_format
    assert {name: it.id for name, it in ours.metric_configurations.items()} == {
        name: it.id for name, it in theirs.metric_configurations.items()
    }


def test_another_bound_batch_or_column_is_another_question() -> None:
    asked = [
        ExpectColumnToLieWithin(**BETWEEN, max_value=10, batch_id="b"),
        ExpectColumnToLieWithin(**BETWEEN, max_value=11, batch_id="b"),
        ExpectColumnToLieWithin(**BETWEEN, max_value=10, batch_id="c"),
        ExpectColumnToBeFilled(column="score", batch_id="b"),
        ExpectColumnToBeFilled(column="kind", batch_id="b"),
    ]
    found = [it.get_validation_dependencies(runtime_configuration=COUNTS) for it in asked]
    ids = [frozenset(it.id for it in one.metric_configurations.values()) for one in found]
    assert len(set(ids)) == len(asked)


def test_who_changes_what_was_told_changes_it_for_nobody_else() -> None:
    one = ExpectColumnToBeFilled(column="score", batch_id="b")
    told = one.get_validation_dependencies(runtime_configuration=COUNTS)
    told.metric_configurations.clear()
    told.result_format.clear()
    again = one.get_validation_dependencies(runtime_configuration=COUNTS)
    assert again.metric_configurations
    assert again.result_format["result_format"] == "BASIC"
