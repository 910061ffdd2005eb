from __future__ import annotations

from expectations.checks import quarantining, row_checks
from expectations.schema import Severity
from tests.expectations.small_tables import FACT, FEED


def test_a_check_is_named_by_what_it_asks_in_the_order_of_the_contract() -> None:
    wide = "between 1990-01-01 and 2100-01-01"
    assert [check.code for check in row_checks(FEED)] == [
        "source: required",
        "answer_id: required",
        r"answer_id: like A\d+",
        "kind: one of csat, nps",
        "score: between 0 and 10",
        f"sent_at: {wide}",
        f"answered_at: {wide}",
        "answered_at: not before sent_at",
        "effort: between 0 and 60",
        "rule csat_stops_at_five",
    ]


def test_a_number_is_finite_and_a_bound_inside_a_day_shows_its_time() -> None:
    codes = [check.code for check in row_checks(FACT)]
    assert "value: a finite number" in codes
    assert "answered_at: between 2026-01-01 09:30:00 and 2100-01-01" in codes


def test_a_warning_sends_no_row_to_quarantine() -> None:
    warnings = [check.code for check in row_checks(FEED) if check.severity is Severity.WARNING]
    assert warnings == ["effort: between 0 and 60"]
    assert set(quarantining(FEED)).isdisjoint(warnings)
