"""`survey_experiment`: the worked case, Holm, and a read-out that is withheld."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from scipy import stats

from expectations.tables.analysis import SURVEY_EXPERIMENT
from expectations.tables.fact_survey import FACT_SURVEY_INVITATION, FACT_SURVEY_RESPONSE
from tests.transforms.analysis.drawn import frame
from transforms.analysis.experiment import survey_experiment


def sent(**variants: tuple[int, int]) -> pl.LazyFrame:
    """Invitations of one survey: (responses, delivered) by variant."""
    rows = [
        {"kind": "csat", "survey": "relance", "variant": variant, "is_responded": number < responses}
        for variant, (responses, n) in variants.items()
        for number in range(n)
    ]
    return frame(FACT_SURVEY_INVITATION, rows)


def read(invitations: pl.LazyFrame, responses: pl.LazyFrame | None = None) -> list[dict[str, Any]]:
    found = survey_experiment(invitations, responses).sort("outcome", "variant").collect()
    assert found.schema == SURVEY_EXPERIMENT.schema
    return found.to_dicts()


def test_120_and_150_of_1000_differ_by_three_points() -> None:
    (row,) = read(sent(A=(120, 1000), B=(150, 1000)))
    assert (row["control"], row["variant"], row["readout"]) == ("A", "B", "ok")
    assert row["difference"] == 3.0
    assert row["z"] == pytest.approx(1.963, abs=0.0005)
    assert row["p"] == pytest.approx(0.0496, abs=0.00005)
    assert row["p_adjusted"] == row["p"]
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(0.00, abs=0.005), pytest.approx(6.00, abs=0.005))
    assert row["is_significant"]


def test_three_variants_are_corrected_by_holm() -> None:
    rows = read(sent(A=(120, 1000), B=(150, 1000), C=(160, 1000), D=(121, 1000)))
    p = {row["variant"]: row["p"] for row in rows}
    adjusted = {row["variant"]: row["p_adjusted"] for row in rows}
    assert adjusted == {
        "C": pytest.approx(3 * p["C"]),
        "B": pytest.approx(max(2 * p["B"], 3 * p["C"])),
        "D": pytest.approx(max(p["D"], 2 * p["B"])),
    }
    assert [row["variant"] for row in rows if row["is_significant"]] == ["C"]


def test_variants_of_unequal_numbers_are_not_read_out() -> None:
    (row,) = read(sent(A=(120, 1000), B=(150, 1150)))
    assert row["sample_ratio_p"] == pytest.approx(stats.chisquare([1000, 1150]).pvalue)
    assert row["readout"] == "ok"
    (row,) = read(sent(A=(120, 1000), B=(150, 1200)))
    assert row["sample_ratio_p"] < 0.001
    assert row["readout"] == "sample_ratio_mismatch"
    assert (row["difference"], row["p"], row["is_significant"]) == (None, None, None)
    assert (row["positive"], row["n"]) == (150, 1200)


@pytest.mark.parametrize("sizes", [(30, 30, 45), (100, 90, 110, 120), (7, 9, 11, 13, 40)])
def test_the_chi_square_tail_is_the_one_of_the_books(sizes: tuple[int, ...]) -> None:
    rows = read(sent(**{f"v{i}": (n // 2, n) for i, n in enumerate(sizes)}))
    assert rows[0]["sample_ratio_p"] == pytest.approx(stats.chisquare(sizes).pvalue, rel=1e-12)


def test_satisfaction_is_compared_beside_the_response_rate() -> None:
    answers = [
        {"kind": "csat", "survey": "relance", "variant": variant, "is_satisfied": number < good}
        for variant, (good, n) in {"A": (60, 100), "B": (80, 100)}.items()
        for number in range(n)
    ]
    rows = read(sent(A=(100, 500), B=(100, 500)), frame(FACT_SURVEY_RESPONSE, answers))
    assert [(row["outcome"], row["difference"]) for row in rows] == [("csat", 20.0), ("response_rate", 0.0)]
    assert rows[1]["p"] == 1.0


def test_one_variant_and_surveys_of_the_team_are_no_experiment() -> None:
    assert read(sent(A=(10, 100))) == []
    team = sent(A=(10, 100), B=(20, 100)).with_columns(kind=pl.lit("enps"))
    assert read(team) == []


def test_few_invitations_are_not_read_out() -> None:
    (row,) = read(sent(A=(1, 4), B=(2, 4)))
    assert row["readout"] == "too_few"
    assert row["difference"] is None
    (none,) = read(sent(A=(0, 10), B=(0, 10)))
    assert (none["z"], none["p"], none["difference"]) == (None, 1.0, 0.0)
    assert not any(isinstance(v, float) and math.isnan(v) for v in none.values())
