"""eNPS and engagement: the values, and what is not told of few people."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from expectations.errors import DefinitionError
from transforms.metrics.employees import EMPLOYEES
from transforms.metrics.metric import Ratio, Unit, count
from transforms.site import Site, Target

END = dt.date(2026, 6, 30)
HIDDEN = ("numerator", "denominator", "n", "n_positive", "n_negative", "sum_sq", "value", "ci_low", "ci_high")
HEAD = "rows | kind | team | answered_on | is_promoter | is_passive | is_detractor"


def enps(*lines: str) -> str:
    """Answers by team and day, as many promoters, passives and detractors."""
    drawn = [HEAD]
    for line in lines:
        team, day, *counts = line.split()
        flags = ("yes | no | no", "no | yes | no", "no | no | yes")
        drawn += [f"{n} | enps | {team} | {day} | {flag}" for n, flag in zip(counts, flags, strict=True) if int(n)]
    return "\n".join(drawn)


def told(frame: pl.DataFrame, grouping_set: str = "team") -> dict[tuple[str | None, str], float | None]:
    rows = frame.filter(grouping_set=grouping_set)
    return {(team, f"{day:%Y-%m}"): value for team, day, value in rows.select("team", "period_start", "value").rows()}


def test_enps_is_promoters_less_detractors_of_the_answers(spec: Callable[..., None]) -> None:
    spec(
        "enps",
        fact_employee_answer=enps("a 2026-01-05 6 2 2"),
        expect={"numerator": 4, "denominator": 10, "value": 40.0, "ci_low": -12.59, "ci_high": 74.12, "status": "ok"},
    )


def test_the_engagement_index_is_the_mean_of_people(spec: Callable[..., None]) -> None:
    spec(
        "engagement_index",
        fact_employee_answer="""
        rows | kind       | answered_on | index_parts | question_count
        4    | engagement | 2026-01-05  | 900000      | 8
        4    | engagement | 2026-01-05  | 450000      | 1
        9    | enps       | 2026-01-05  | 0           | 1
        """,
        expect={"n": 8, "value": 75.0, "status": "ok"},
    )


def test_participation_is_of_the_invitations_delivered(spec: Callable[..., None]) -> None:
    spec(
        "engagement_participation_rate",
        fact_employee_invitation="""
        rows | kind       | sent_on    | is_delivered | is_responded
        6    | engagement | 2026-01-05 | yes          | yes
        2    | engagement | 2026-01-05 | yes          | no
        1    | engagement | 2026-01-05 | no           | no
        9    | enps       | 2026-01-05 | yes          | no
        """,
        expect={"numerator": 6, "denominator": 8, "value": 75.0},
    )


def test_few_participants_are_not_told_however_many_were_invited(spec: Callable[..., None]) -> None:
    spec(
        "engagement_participation_rate",
        fact_employee_invitation="""
        rows | kind       | sent_on    | is_delivered | is_responded
        4    | engagement | 2026-01-05 | yes          | yes
        20   | engagement | 2026-01-05 | yes          | no
        """,
        expect=dict.fromkeys(HIDDEN) | {"status": "too_few"},
    )


def test_four_answers_tell_nothing_and_five_do(values: Callable[..., pl.DataFrame]) -> None:
    few = values("enps", fact_employee_answer=enps("a 2026-06-05 4 0 0")).row(0, named=True)
    assert {few[name] for name in HIDDEN} == {None}
    assert few["status"] == "too_few"
    enough = values("enps", fact_employee_answer=enps("a 2026-06-05 5 0 0"))
    assert told(enough, "total") == {(None, "2026-06"): 100.0}


def test_the_second_smallest_team_is_hidden_with_the_only_small_one(values: Callable[..., pl.DataFrame]) -> None:
    found = values("enps", fact_employee_answer=enps("a 2026-06-05 3 0 0", "b 2026-06-05 6 0 0", "c 2026-06-05 0 9 0"))
    june = {team: value for (team, month), value in told(found).items() if month == "2026-06"}
    assert june == {"a": None, "b": None, "c": 0.0}
    assert told(found, "total")[None, "2026-06"] == 50.0


def test_two_small_teams_that_are_few_together_hide_a_third(values: Callable[..., pl.DataFrame]) -> None:
    rows = enps("a 2026-06-05 2 0 0", "b 2026-06-05 2 0 0", "c 2026-06-05 6 0 0", "d 2026-06-05 0 9 0")
    june = {team: value for (team, month), value in told(values("enps", fact_employee_answer=rows)).items()
            if month == "2026-06"}  # fmt: skip
    assert june == {"a": None, "b": None, "c": None, "d": 0.0}


def test_a_hidden_month_hides_the_other_months_of_its_quarter_and_leaves_the_quarter(
    values: Callable[..., pl.DataFrame],
) -> None:
    days = ("2026-01-05", "2026-02-05", "2026-03-05")
    rows = enps(
        f"a {days[0]} 3 0 0",
        f"a {days[1]} 6 0 0",
        *(f"b {day} 6 0 0" for day in days),
        *(f"c {day} 0 9 0" for day in days),
    )
    months = values("enps", fact_employee_answer=rows, as_of=dt.date(2026, 3, 31))
    assert told(months) == {
        (team, month): 0.0 if team == "c" else None for team in "abc" for month in ("2026-01", "2026-02", "2026-03")
    }
    quarter = values("enps", fact_employee_answer=rows, as_of=dt.date(2026, 3, 31), grain="quarter")
    assert told(quarter) == {("a", "2026-01"): 100.0, ("b", "2026-01"): 100.0, ("c", "2026-01"): 0.0}


def test_a_period_that_is_not_over_is_not_told(values: Callable[..., pl.DataFrame]) -> None:
    rows = enps("a 2026-05-05 9 0 0", "a 2026-06-05 9 0 0")
    found = values("enps", fact_employee_answer=rows, as_of=dt.date(2026, 6, 29))
    assert told(found, "total") == {(None, "2026-05"): 100.0, (None, "2026-06"): None}


def test_what_follows_a_hidden_period_does_not_tell_of_it(values: Callable[..., pl.DataFrame]) -> None:
    rows = enps("a 2024-10-05 9 0 0", "a 2025-10-05 3 0 0", "a 2026-01-05 9 9 0")
    site = Site(targets=(Target(metric_id="enps", target=2.0, target_kind="delta_points"),))
    quarters = values("enps", fact_employee_answer=rows, grain="quarter", site=site).filter(grouping_set="total")
    by_start = {row["period_start"]: row for row in quarters.rows(named=True)}
    hidden, after = by_start[dt.date(2025, 10, 1)], by_start[dt.date(2026, 1, 1)]
    assert (hidden["status"], hidden["is_target_met"], hidden["is_significant_vs_prior"]) == ("too_few", None, None)
    assert (after["value"], after["prior_value"], after["is_significant_vs_prior"]) == (50.0, None, None)


def test_customers_metrics_read_no_employee(values: Callable[..., pl.DataFrame]) -> None:
    assert values("survey_answers", fact_employee_answer=enps("a 2026-06-05 9 0 0")).is_empty()


def test_the_counts_hide_what_the_score_hides(values: Callable[..., pl.DataFrame]) -> None:
    rows = enps("a 2026-06-05 3 0 0", "b 2026-06-05 6 0 0", "c 2026-06-05 0 9 0")
    masks = [
        values(metric.name, fact_employee_answer=rows)
        .filter(status="too_few")
        .select("grouping_set", "team", "period_start")
        .rows()
        for metric in EMPLOYEES[:4]
    ]
    assert masks[0]
    assert all(mask == masks[0] for mask in masks)


@pytest.mark.parametrize(
    ("fact", "date", "grains"),
    [("fact_survey_response", "answered_on", ("month",)), ("fact_employee_answer", "answered_on", ("week",))],
)
def test_a_secret_that_cannot_be_kept_is_refused(fact: str, date: str, grains: tuple[str, ...]) -> None:
    rows = count("answers", fact, date, pl.col("is_counted"))
    words = {"title": "T", "title_fr": "T", "asks": "What?", "asks_fr": "Quoi ?", "family": "f"}
    with pytest.raises(DefinitionError, match="cannot be suppressed"):
        Ratio(name="m", numerator=rows, denominator=rows, unit=Unit.PERCENT, better="higher", suppress_below=5,
              grains=grains, **words)  # fmt: skip
