import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest


@pytest.mark.parametrize(
    ("satisfied", "answers", "value", "interval"),
    [
        (150, 200, 75.0, (68.57, 80.49)),
        (13, 15, 86.67, (62.12, 96.26)),
        (4, 4, 100.0, (51.01, 100.0)),
        (0, 3, 0.0, (0.0, 56.15)),
    ],
)
def test_csat_is_the_share_of_satisfied_answers(
    spec: Callable[..., None], satisfied: int, answers: int, value: float, interval: tuple[float, float]
) -> None:
    spec(
        "csat",
        expect={
            "numerator": satisfied,
            "denominator": answers,
            "n": answers,
            "value": value,
            "ci_low": interval[0],
            "ci_high": interval[1],
            "ci_method": "wilson",
            "status": "ok",
        },
        fact_survey_response=f"""
        kind | is_satisfied | rows
        csat | yes          | {satisfied}
        csat | no           | {answers - satisfied}
    """,
    )


# One invitation answered 5 then 2 of 5 counts as the 2; 8 of 10; 7 of 10; yes; 2 of 3 faces; "Bon", 3 of 4.
MIXED = """
    kind | is_satisfied | index_parts | scale  | score_milli
    csat | no           | 225000      | 1-5    | 2000
    csat | yes          | 700000      | 1-10   | 8000
    csat | no           | 600000      | 1-10   | 7000
    csat | yes          | 900000      | yes-no | 1000
    csat | no           | 450000      | faces  | 2000
    csat | yes          | 600000      | 1-4    | 3000
"""


def test_answers_on_several_scales_are_counted_together(spec: Callable[..., None]) -> None:
    spec("csat", expect={"numerator": 3, "denominator": 6, "value": 50.0}, fact_survey_response=MIXED)


def test_the_index_is_exact_on_every_scale(values: Callable[..., pl.DataFrame]) -> None:
    row = values("csat_index", fact_survey_response=MIXED).row(0, named=True)
    assert row["numerator"] == 225_000 + 700_000 + 600_000 + 900_000 + 450_000 + 600_000
    assert row["value"] == pytest.approx(64.3519, abs=5e-5)
    assert row["ci_method"] == "student_t"


def test_an_answer_that_is_not_valid_is_in_no_denominator(spec: Callable[..., None]) -> None:
    spec(
        "csat",
        expect={"numerator": 1, "denominator": 1},
        fact_survey_response="""
        kind | is_satisfied | is_counted
        csat | yes          | yes
        csat | no           | no
        csat | -            | yes
        nps  | -            | yes
    """,
    )


@pytest.mark.parametrize(
    ("answers", "value", "interval"),
    [((50, 30, 20), 30.0, (14.05, 44.20)), ((6, 2, 2), 40.0, (-12.59, 74.12)), ((5, 0, 0), 100.0, (17.49, 100.0))],
)
def test_nps_is_promoters_minus_detractors(
    spec: Callable[..., None], answers: tuple[int, int, int], value: float, interval: tuple[float, float]
) -> None:
    promoters, passives, detractors = answers
    spec(
        "nps",
        expect={
            "numerator": promoters - detractors,
            "denominator": promoters + passives + detractors,
            "n_positive": promoters,
            "n_negative": detractors,
            "value": value,
            "ci_low": interval[0],
            "ci_high": interval[1],
            "ci_method": "adjusted_wald",
        },
        fact_survey_response=f"""
        kind | is_promoter | is_passive | is_detractor | rows
        nps  | yes         | no         | no           | {promoters}
        nps  | no          | yes        | no           | {passives}
        nps  | no          | no         | yes          | {detractors}
    """,
    )


def test_the_three_classes_of_nps_are_published_as_counts(spec: Callable[..., None]) -> None:
    rows = """
        kind | answered_on | is_promoter | is_passive | is_detractor | rows
        nps  | 2026-05-05  | yes         | no         | no           | 6
        nps  | 2026-05-05  | no          | yes        | no           | 3
        nps  | 2026-05-05  | no          | no         | yes          | 2
    """
    for metric, number in (("nps_promoters", 6), ("nps_passives", 3), ("nps_detractors", 2)):
        spec(
            metric,
            fact_survey_response=rows,
            expect=f"""
            period_start | numerator | denominator | value
            2026-05-01   | {number}  | -           | {number}
            2026-06-01   | 0         | -           | 0
        """,
        )


def test_without_a_recommendation_survey_there_are_no_zero_promoters(values: Callable[..., pl.DataFrame]) -> None:
    assert values("nps_promoters", fact_survey_response="kind | is_satisfied\ncsat | yes").is_empty()


EFFORT = """
    kind | is_easy | index_parts | scale      | score_milli | rows
    ces  | yes     | 900000      | effort-1-5 | 1000        | 2
    ces  | yes     | 675000      | effort-1-5 | 2000        | 1
    ces  | no      | 450000      | effort-1-5 | 3000        | 1
    ces  | no      | 0           | effort-1-5 | 5000        | 1
"""
EASE = """
    kind | is_easy | index_parts | scale    | score_milli | rows
    ces  | yes     | 900000      | ease-1-7 | 7000        | 2
    ces  | yes     | 750000      | ease-1-7 | 6000        | 1
    ces  | no      | 450000      | ease-1-7 | 4000        | 1
    ces  | no      | 0           | ease-1-7 | 1000        | 1
"""


@pytest.mark.parametrize(("rows", "raw", "ease"), [(EFFORT, 2.4, 65.0), (EASE, 5.0, 66.67)])
def test_effort_is_told_as_ease(spec: Callable[..., None], rows: str, raw: float, ease: float) -> None:
    spec("ces_raw_mean", expect={"value": raw, "n": 5, "numerator": None}, fact_survey_response=rows)
    spec("ces_ease_index", expect={"value": ease, "n": 5}, fact_survey_response=rows)
    spec("ces_easy_rate", expect={"numerator": 3, "denominator": 5, "value": 60.0}, fact_survey_response=rows)


def test_raw_answers_of_two_scales_have_no_mean(spec: Callable[..., None]) -> None:
    both = EFFORT + "\n".join(EASE.splitlines()[2:])
    spec("ces_raw_mean", expect={"n": 10, "value": None, "status": "no_data"}, fact_survey_response=both)


INVITATIONS = """
    is_delivered | is_responded | is_started | is_completed | rows
    no           | no           | no         | no           | 80
    yes          | yes          | yes        | yes          | 230
    yes          | yes          | yes        | no           | 27
    yes          | no           | no         | no           | 663
"""


def test_the_response_rate_is_of_delivered_invitations(spec: Callable[..., None]) -> None:
    expect = {"numerator": 257, "denominator": 920, "value": 27.93}
    spec("survey_response_rate", expect=expect, fact_survey_invitation=INVITATIONS)


def test_completion_is_of_started_surveys(spec: Callable[..., None]) -> None:
    expect = {"numerator": 230, "denominator": 257, "value": 89.49}
    spec("survey_completion_rate", expect=expect, fact_survey_invitation=INVITATIONS)


def test_a_thousand_invitations_were_sent(spec: Callable[..., None]) -> None:
    spec("surveys_sent", expect={"numerator": 1000, "value": 1000.0}, fact_survey_invitation=INVITATIONS)


def test_skipped_is_of_shown(spec: Callable[..., None]) -> None:
    spec(
        "survey_skip_rate",
        expect={"numerator": 1, "denominator": 4, "value": 25.0},
        fact_survey_invitation="""
        is_shown | is_skipped | rows
        yes      | yes        | 1
        yes      | no         | 3
        no       | -          | 2
        -        | -          | 2
    """,
    )


def test_a_response_rate_is_settled_after_fourteen_days(spec: Callable[..., None]) -> None:
    for as_of, is_mature in ((dt.date(2026, 2, 13), False), (dt.date(2026, 2, 14), True)):
        expect = {"is_complete": True, "is_mature": is_mature}
        spec("survey_response_rate", expect=expect, as_of=as_of, fact_survey_invitation=INVITATIONS)
