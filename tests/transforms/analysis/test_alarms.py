"""Alarms: the scale that looks inverted."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from scipy import stats

from expectations.tables.analysis import ALARM
from expectations.tables.fact_survey import FACT_SURVEY_RESPONSE
from tests.transforms.analysis.drawn import DAY, frame
from transforms.analysis import ALARMS, Evidence, alarms
from transforms.site import Site


def answers(ease: list[int], satisfaction: list[int]) -> pl.LazyFrame:
    """One CES and one CSAT answer of each person, as indices from 0 to 4 steps."""
    rows: list[dict[str, Any]] = []
    for person, pair in enumerate(zip(ease, satisfaction, strict=True)):
        for kind, scale, step in zip(("ces", "csat"), ("effort_1-5", "1-5"), pair, strict=True):
            about = {"kind": kind, "scale": scale, "source": "enquetes", "customer_id": f"c{person}"}
            rows.append(about | {"index_parts": step * 225_000})
    return frame(FACT_SURVEY_RESPONSE, rows)


def raised(responses: pl.LazyFrame) -> list[dict[str, Any]]:
    found = alarms(Evidence(frames={"fact_survey_response": responses}, site=Site(), as_of=DAY)).collect()
    assert found.schema == ALARM.schema
    return found.to_dicts()


def drawn(*, direction: int, people: int) -> tuple[list[int], list[int]]:
    ease = [(7 * i * i + 3 * i) % 5 for i in range(people)]
    return ease, [min(4, max(0, 2 + direction * (e - 2) + i % 3 - 1)) for i, e in enumerate(ease)]


def test_ease_against_satisfaction_raises_the_alarm_with_its_correlation() -> None:
    ease, satisfaction = drawn(direction=-1, people=60)
    (alarm,) = raised(answers(ease, satisfaction))
    assert (alarm["alarm_id"], alarm["subject"], alarm["n"]) == ("scale_looks_inverted", "enquetes effort_1-5", 60)
    assert alarm["value"] == pytest.approx(stats.spearmanr(ease, satisfaction).statistic, rel=1e-12)
    assert "polarity" in alarm["detail"]


def test_no_alarm_with_it_or_below_fifty_people_or_without_spread() -> None:
    assert raised(answers(*drawn(direction=1, people=60))) == []
    assert raised(answers(*drawn(direction=-1, people=49))) == []
    assert raised(answers([2] * 60, [0, 4] * 30)) == []


def test_an_alarm_whose_facts_are_not_there_is_not_raised() -> None:
    found = alarms(Evidence(frames={}, site=Site(), as_of=DAY)).collect()
    assert found.height == 0
    assert set(ALARMS) >= {"scale_looks_inverted"}
