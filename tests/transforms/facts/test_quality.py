"""Reviews: weights, what did not apply, critical categories, versions, and what does not count."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.facts.text_tables import by_id, facts

GRID = """
    review_id | category  | reviewed_at      | score_milli | low_milli | high_milli | weight_milli | is_critical
    a         | knowledge | 2026-01-05 09:00 | 75000       | 0         | 100000     | 40000        | no
    a         | tone      | 2026-01-05 09:00 | 100000      | 0         | 100000     | 40000        | no
    a         | process   | 2026-01-05 09:00 | -           | 0         | 100000     | 20000        | yes
    b         | knowledge | 2026-01-06 09:00 | 100000      | 0         | 100000     | 40000        | no
    b         | tone      | 2026-01-06 09:00 | 100000      | 0         | 100000     | 40000        | no
    b         | process   | 2026-01-06 09:00 | 49000       | 0         | 100000     | 20000        | yes
    c         | knowledge | 2026-01-07 09:00 | 100000      | 0         | 100000     | 40000        | no
    c         | process   | 2026-01-07 09:00 | 100000      | 0         | 100000     | 20000        | yes
    d         | knowledge | 2026-01-07 09:00 | -           | 0         | 100000     | 40000        | no
"""
AS_OF = "2026-01-31"


def reviews(drawing: str) -> pl.DataFrame:
    return facts(AS_OF, feed_quality_review=drawing)["fact_quality_review"]


def test_what_did_not_apply_leaves_the_weights_and_a_critical_failure_makes_zero() -> None:
    found = reviews(GRID)
    assert by_id(found, "score_ppm", "is_counted", "is_critical_failed", "has_error", key="review_id") == {
        "a": (875_000, True, False, True),
        "b": (0, True, True, True),
        "c": (1_000_000, True, False, False),
        "d": (None, False, False, False),
    }
    assert found.filter("is_counted")["score_ppm"].mean() == 625_000


def test_half_of_the_range_is_no_critical_failure_and_the_range_may_start_below_zero() -> None:
    found = reviews("""
        review_id | category | reviewed_at      | score_milli | low_milli | high_milli | is_critical
        half      | a        | 2026-01-05 09:00 | 0           | -1000     | 1000       | yes
        under     | a        | 2026-01-05 09:00 | -1          | -1000     | 1000       | yes
    """)
    assert by_id(found, "score_ppm", key="review_id") == {"half": 500_000, "under": 0}


def test_both_roundings_are_to_the_nearest_ppm() -> None:
    split = facts(
        AS_OF,
        feed_quality_review="""
        review_id | category | reviewed_at      | score_milli | low_milli | high_milli | weight_milli
        r         | a        | 2026-01-05 09:00 | 1000        | 0         | 3000       | 1000
        r         | b        | 2026-01-05 09:00 | 2000        | 0         | 3000       | 2000
        """,
    )
    assert by_id(split["fact_quality_category"], "score_ppm", key="category") == {"a": 333_333, "b": 666_667}
    assert split["fact_quality_review"]["score_ppm"].to_list() == [555_556]


def test_the_latest_version_wins_whole_and_nothing_of_it_is_mixed_with_an_older_one() -> None:
    split = facts(
        AS_OF,
        feed_quality_review="""
        review_id | category | reviewed_at      | updated_at       | score_milli | low_milli | high_milli | kind
        disputed  | tone     | 2026-01-05 09:00 | -                | 0           | 0         | 100000     | review
        disputed  | tone     | 2026-01-05 09:00 | 2026-01-06 09:00 | 10000       | 0         | 100000     | review
        disputed  | process  | 2026-01-05 09:00 | 2026-01-06 09:00 | 10000       | 0         | 100000     | review
        disputed  | tone     | 2026-01-05 09:00 | 2026-01-09 09:00 | 90000       | 0         | 100000     | review
        disputed  | tone     | 2026-01-05 09:00 | 2026-02-09 09:00 | 20000       | 0         | 100000     | review
        later     | tone     | 2026-01-05 09:00 | 2026-02-09 09:00 | 70000       | 0         | 100000     | review
        same      | tone     | 2026-01-05 09:00 | -                | 10000       | 0         | 100000     | review
        same      | tone     | 2026-01-05 09:00 | -                | 30000       | 0         | 100000     | review
        """,
    )
    found = by_id(split["fact_quality_review"], "score_ppm", "rated_categories", key="review_id")
    assert found == {"disputed": (900_000, 1), "later": (700_000, 1), "same": (300_000, 1)}
    assert split["fact_quality_category"].height == 3


def test_calibrations_and_self_reviews_stay_uncounted() -> None:
    found = reviews("""
        review_id | category | reviewed_at      | score_milli | low_milli | high_milli | kind        | agent_id | reviewer_id
        1         | tone     | 2026-01-05 09:00 | 1000        | 0         | 1000       | -           | ann      | bob
        2         | tone     | 2026-01-05 09:00 | 1000        | 0         | 1000       | calibration | ann      | bob
        3         | tone     | 2026-01-05 09:00 | 1000        | 0         | 1000       | self        | ann      | -
        4         | tone     | 2026-01-05 09:00 | 1000        | 0         | 1000       | review      | ann      | ann
    """)
    assert by_id(found, "kind", "is_counted", key="review_id") == {
        "1": ("review", True),
        "2": ("calibration", False),
        "3": ("self", False),
        "4": ("self", False),
    }


def test_an_error_is_what_the_source_notes_or_where_it_never_notes_a_score_below_the_highest() -> None:
    rows = "{i} | {category} | 2026-01-05 09:00 | {score} | 0 | 1000 | {critical} | {noted}"
    head = "review_id | category | reviewed_at | score_milli | low_milli | high_milli | is_critical | is_error"
    cells = [("short", 900, "no", "-"), ("full", 1000, "no", "-"), ("failed", 100, "yes", "-")]
    silent = [rows.format(i=i, category="a", score=s, critical=c, noted=n) for i, s, c, n in cells]
    assert by_id(reviews("\n".join([head, *silent])), "has_error", key="review_id") == {
        "short": True,
        "full": False,
        "failed": True,
    }
    # Once the source notes an error anywhere, a blank is none; a critical failure always is one.
    noted = rows.format(i="noted", category="a", score=1000, critical="no", noted="yes")
    assert by_id(reviews("\n".join([head, *silent, noted])), "has_error", key="review_id") == {
        "short": False,
        "full": False,
        "failed": True,
        "noted": True,
    }


def test_without_critical_categories_nothing_is_said_of_their_failures() -> None:
    found = reviews("""
        review_id | category | reviewed_at      | score_milli | low_milli | high_milli
        1         | tone     | 2026-01-05 09:00 | 1000        | 0         | 5000
    """)
    assert found["is_critical_failed"].to_list() == [None]
    assert found["score_ppm"].to_list() == [200_000]


def test_a_review_is_credited_to_the_team_of_the_agent_at_the_interaction_and_to_the_ticket() -> None:
    found = facts(
        AS_OF,
        feed_quality_review="""
        review_id | category | reviewed_at      | interaction_at   | score_milli | low_milli | high_milli | agent_id | ticket_id
        1         | tone     | 2026-01-20 09:00 | 2026-01-05 09:00 | 1000        | 0         | 5000       | ann      | t
        2         | tone     | 2026-01-20 09:00 | -                | 1000        | 0         | 5000       | ann      | -
        """,
        feed_employee="""
        agent_id | valid_from | valid_to   | team
        ann      | 2025-01-01 | 2026-01-10 | level 1
        ann      | 2026-01-11 | -          | level 2
        """,
        feed_ticket="""
        ticket_id | created_at       | channel | topic   | team
        t         | 2026-01-04 09:00 | email   | billing | level 3
        """,
    )["fact_quality_review"]
    assert by_id(found, "team", "channel", "topic", key="review_id") == {
        "1": ("level 1", "email", "billing"),
        "2": ("level 2", None, None),
    }


def test_nothing_later_than_the_as_of_day_is_known() -> None:
    assert facts("2026-01-06", feed_quality_review=GRID)["fact_quality_review"]["review_id"].sort().to_list() == [
        "a",
        "b",
    ]


RATED = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 5000)), st.integers(0, 60_000), st.booleans()), min_size=1, max_size=5
)


@settings(max_examples=15)
@given(st.lists(RATED, min_size=1, max_size=4))
def test_what_did_not_apply_never_counts_and_the_mean_is_exact_to_the_ppm(
    grids: list[list[tuple[int | None, int, bool]]],
) -> None:
    head = "review_id | category | reviewed_at | score_milli | low_milli | high_milli | weight_milli | is_critical"
    lines = [
        f"{i} | {j} | 2026-01-05 09:00 | {'-' if score is None else score} | 0 | 5000 | {weight} | {'yes' if critical else 'no'}"
        for i, grid in enumerate(grids)
        for j, (score, weight, critical) in enumerate(grid)
    ]
    found = by_id(reviews("\n".join([head, *lines])), "score_ppm", "is_counted", key="review_id")
    for i, grid in enumerate(grids):
        rated = [(score, weight, critical) for score, weight, critical in grid if score is not None]
        total = sum(weight for _, weight, _ in rated)
        score_ppm, is_counted = found[str(i)]
        assert is_counted == (total > 0)
        if not total:
            assert score_ppm is None
        elif any(critical and score < 2500 for score, _, critical in rated):
            assert score_ppm == 0
        else:
            exact = sum(score * weight for score, weight, _ in rated) * 200 / total
            assert score_ppm == pytest.approx(exact, abs=1)
