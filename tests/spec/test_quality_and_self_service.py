import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

REVIEWS = """
    score_ppm | is_critical_failed | has_error | is_counted | kind
    875000    | no                 | yes       | yes        | review
    0         | yes                | yes       | yes        | review
    1000000   | no                 | no        | yes        | review
    100000    | yes                | yes       | no         | calibration
    -         | no                 | no        | no         | review
"""


@pytest.mark.parametrize(
    ("metric", "numerator", "value"),
    [
        ("iqs", 1_875_000, 62.5),
        ("critical_error_rate", 1, 100 / 3),
        ("error_rate", 2, 200 / 3),
        ("quality_reviews", 3, 3.0),
    ],
)
def test_the_score_is_the_mean_of_the_reviews_that_count(
    spec: Callable[..., None], metric: str, numerator: int, value: float
) -> None:
    spec(metric, expect={"numerator": numerator, "n": 3, "value": value}, fact_quality_review=REVIEWS)


def test_a_score_lies_within_its_interval_of_student(spec: Callable[..., None]) -> None:
    drawn = "score_ppm\n800000\n900000\n1000000"
    spec("iqs", expect={"value": 90.0, "ci_low": 65.16, "ci_high": 100.0}, fact_quality_review=drawn)


def test_where_no_grid_has_a_critical_category_there_is_no_critical_error_rate(
    values: Callable[..., pl.DataFrame],
) -> None:
    found = values("critical_error_rate", fact_quality_review="score_ppm | is_critical_failed\n900000 | -")
    assert found.is_empty()


def test_a_category_is_the_mean_of_its_ratings(spec: Callable[..., None]) -> None:
    drawn = """
        category  | score_ppm | is_error | is_counted
        knowledge | 750000    | yes      | yes
        knowledge | 250000    | yes      | yes
        tone      | 1000000   | no       | yes
        tone      | 0         | yes      | no
    """
    spec("quality_category_score", expect={"denominator": 3, "value": 66.67}, fact_quality_category=drawn)
    spec("quality_category_error_rate", expect={"numerator": 2, "denominator": 3}, fact_quality_category=drawn)


FIVE = """
    outcome     | is_contained | is_handed_off | is_recontact_known
    handed_off  | no           | yes           | yes
    recontacted | no           | no            | yes
    abandoned   | no           | no            | yes
    contained   | yes          | no            | yes
    contained   | yes          | no            | yes
"""


@pytest.mark.parametrize(
    ("metric", "numerator", "value"),
    [
        ("bot_containment_raw_rate", 4, 80.0),
        ("bot_containment_rate", 2, 40.0),
        ("bot_sessions", 5, 5.0),
        ("bot_sessions_contained", 2, 2.0),
        ("bot_sessions_handed_off", 1, 1.0),
        ("bot_sessions_abandoned", 1, 1.0),
        ("bot_sessions_recontacted", 1, 1.0),
    ],
)
def test_true_containment_is_half_of_the_raw_one(
    spec: Callable[..., None], metric: str, numerator: int, value: float
) -> None:
    spec(metric, expect={"numerator": numerator, "value": value}, fact_bot_session=FIVE)


def test_what_does_not_count_has_no_outcome_and_is_in_no_rate(values: Callable[..., pl.DataFrame]) -> None:
    silent = "outcome | is_recontact_known | is_counted\n- | yes | no"
    assert values("bot_containment_rate", fact_bot_session=silent).is_empty()
    assert values("bot_containment_raw_rate", fact_bot_session=silent).is_empty()


@pytest.mark.parametrize("metric", ["bot_containment_rate", "bot_sessions_recontacted"])
def test_where_a_recontact_could_not_be_seen_none_is_claimed(values: Callable[..., pl.DataFrame], metric: str) -> None:
    blind = "outcome | is_contained | is_recontact_known\ncontained | yes | no\nhanded_off | no | no"
    assert values(metric, fact_bot_session=blind).is_empty()
    assert values("bot_sessions_contained", fact_bot_session=blind).filter(grouping_set="total")["value"][0] == 1


@pytest.mark.parametrize(("day", "is_mature"), [(2, False), (3, True)])
def test_containment_is_settled_three_days_after_the_month(
    spec: Callable[..., None], day: int, *, is_mature: bool
) -> None:
    as_of = dt.date(2026, 2, day)
    expect = {"value": 40.0, "is_complete": True, "is_mature": is_mature}
    spec("bot_containment_rate", as_of=as_of, expect=expect, fact_bot_session=FIVE)


def test_votes_are_counted_and_not_the_rows_that_bring_them(spec: Callable[..., None]) -> None:
    drawn = """
        article_id | view_count | up_count | down_count | is_search | is_without_result | kind
        a          | 120        | 6        | 2          | no        | -                 | view
        a          | 0          | 1        | 1          | no        | -                 | vote
        b          | 30         | 0        | 0          | no        | -                 | view
        -          | 5          | 0        | 0          | no        | -                 | view
        -          | 0          | 0        | 0          | yes       | yes               | search
        -          | 0          | 0        | 0          | yes       | no                | search
        -          | 0          | 0        | 0          | yes       | -                 | search
    """
    spec(
        "article_helpful_rate",
        expect={"numerator": 7, "denominator": 10, "n": 10, "value": 70.0},
        fact_article_view=drawn,
    )
    spec("article_views", expect={"value": 150.0}, fact_article_view=drawn)
    spec("no_result_search_rate", expect={"numerator": 1, "denominator": 2, "value": 50.0}, fact_article_view=drawn)


VISITS = """
    is_entered_on_article | is_bounced | is_deflected | is_counted | channel
    yes                   | yes        | yes          | yes        | web
    yes                   | no         | no           | yes        | web
    yes                   | no         | yes          | yes        | app
    no                    | no         | -            | yes        | app
    yes                   | yes        | yes          | no         | app
"""


def test_bounces_and_deflection_have_each_their_own_visits(spec: Callable[..., None]) -> None:
    spec("article_bounce_rate", expect={"numerator": 1, "denominator": 3, "value": 33.33}, fact_help_session=VISITS)
    spec("deflection_rate", expect={"numerator": 2, "denominator": 3, "value": 66.67}, fact_help_session=VISITS)


def test_the_self_service_score_is_visits_for_each_ticket_and_only_in_total(
    values: Callable[..., pl.DataFrame],
) -> None:
    tickets = "created_on | channel\n2026-01-05 | email\n2026-01-06 | email"
    found = values("self_service_score", fact_help_session=VISITS, fact_ticket=tickets)
    january = found.row(0, named=True)
    assert (january["numerator"], january["denominator"], january["value"]) == (4, 2, 2.0)
    assert set(found["grouping_set"]) == {"total"}
