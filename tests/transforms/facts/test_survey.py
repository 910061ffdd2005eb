from __future__ import annotations

import polars as pl

from tests.transforms.facts.text_tables import by_id, facts

MIXED = """
    response_id | invitation_id | kind | scale   | score_milli | scale_low_milli | scale_high_milli | sent_at          | answered_at      | dated_at
    1           | i1            | csat | 1-5     | 5000        | 1000            | 5000             | 2026-01-05 09:00 | 2026-01-05 10:00 | 2026-01-05 10:00
    2           | i1            | csat | 1-5     | 2000        | 1000            | 5000             | 2026-01-05 09:00 | 2026-01-05 11:00 | 2026-01-05 11:00
    3           | i2            | csat | 1-5     | -           | 1000            | 5000             | 2026-01-05 09:00 | -                | 2026-01-05 09:00
    4           | i3            | csat | 1-10    | 8000        | 1000            | 10000            | 2026-01-05 09:00 | 2026-01-05 10:00 | 2026-01-05 10:00
    5           | i4            | csat | 1-10    | 7000        | 1000            | 10000            | 2026-01-05 09:00 | 2026-01-05 10:00 | 2026-01-05 10:00
    6           | i5            | csat | yes_no  | 1000        | 0               | 1000             | 2026-01-05 09:00 | 2026-01-05 10:00 | 2026-01-05 10:00
    7           | i6            | csat | faces_3 | 2000        | 1000            | 3000             | 2026-01-05 09:00 | 2026-01-05 10:00 | 2026-01-05 10:00
    8           | i7            | csat | words_4 | 3000        | 1000            | 4000             | 2026-01-05 09:00 | 2026-01-05 10:00 | 2026-01-05 10:00
"""


def test_mixed_scales_three_of_six_satisfied_and_an_index_of_64_3519() -> None:
    built = facts("2026-01-31", feed_survey=MIXED)
    answers = built["fact_survey_response"]
    assert (answers["is_satisfied"].sum(), answers.height) == (3, 6)
    assert round(answers["index_parts"].sum() / answers.height / 9000, 4) == 64.3519
    assert by_id(answers, "score_milli", key="invitation_id")["i1"] == 2000
    invitations = built["fact_survey_invitation"]
    assert (invitations["is_responded"].sum(), invitations.height) == (6, 7)
    assert by_id(invitations, "answer_lag_s", key="invitation_id")["i1"] == 3600


def test_effort_is_turned_into_ease() -> None:
    head = "response_id | invitation_id | kind | scale | score_milli | scale_low_milli | scale_high_milli | answered_at | dated_at"
    at = "2026-01-05 10:00 | 2026-01-05 10:00"
    effort = [f"e{i} | e{i} | ces | effort_1-5 | {s}000 | 1000 | 5000 | {at}" for i, s in enumerate([1, 1, 2, 3, 5])]
    ease = [f"f{i} | f{i} | ces | ease_1-7 | {s}000 | 1000 | 7000 | {at}" for i, s in enumerate([7, 7, 6, 4, 1])]
    answers = facts("2026-01-31", feed_survey="\n".join([head, *effort, *ease]))["fact_survey_response"]
    parts = answers.group_by("scale").agg(pl.col("index_parts", "is_easy").sum())
    told = {row["scale"]: (row["index_parts"], row["is_easy"]) for row in parts.to_dicts()}
    assert told == {"effort_1-5": (5 * 65 * 9000, 3), "ease_1-7": (3_000_000, 3)}
    assert answers["is_satisfied"].null_count() == 10


def test_promoters_passives_and_detractors() -> None:
    head = "response_id | invitation_id | kind | scale | score_milli | scale_low_milli | scale_high_milli | answered_at | dated_at"
    rows = [f"{s} | {s} | nps | 0-10 | {s}000 | 0 | 10000 | 2026-01-05 10:00 | 2026-01-05 10:00" for s in range(11)]
    answers = facts("2026-01-31", feed_survey="\n".join([head, *rows]))["fact_survey_response"]
    assert [answers[c].sum() for c in ("is_promoter", "is_passive", "is_detractor")] == [2, 2, 7]


def test_the_last_answer_inside_the_window_counts() -> None:
    built = facts(
        "2026-02-28",
        feed_survey="""
        response_id | invitation_id | kind | score_milli | sent_at          | answered_at         | dated_at            | is_bounced | started_at       | is_completed
        1           | a             | csat | 5000        | 2026-01-05 09:00 | 2026-01-19 09:00:00 | 2026-01-19 09:00:00 | -          | 2026-01-06 09:00 | yes
        2           | a             | csat | 1000        | -                | 2026-01-19 09:00:01 | 2026-01-19 09:00:01 | -          | -                | -
        3           | b             | csat | 1000        | 2026-01-05 09:00 | 2026-01-20 09:00:00 | 2026-01-20 09:00:00 | -          | 2026-01-21 09:00 | yes
        4           | c             | csat | 4000        | -                | 2026-01-20 09:00:00 | 2026-01-20 09:00:00 | -          | -                | -
        5           | d             | csat | -           | 2026-01-05 09:00 | -                   | 2026-01-05 09:00:00 | yes        | -                | -
        6           | e             | csat | 1000        | 2026-02-28 09:00 | 2026-03-01 00:00:00 | 2026-02-28 09:00:00 | -          | -                | -
        """,
    )
    assert by_id(built["fact_survey_response"], "score_milli", key="invitation_id") == {"a": 5000, "c": 4000}
    told = by_id(
        built["fact_survey_invitation"],
        "is_responded",
        "is_delivered",
        "is_started",
        "is_completed",
        key="invitation_id",
    )
    assert told == {
        "a": (True, True, True, True),
        "b": (False, True, False, False),
        "d": (False, False, False, False),
        "e": (False, True, False, False),
    }


def test_an_answer_is_credited_to_those_in_charge_when_it_was_given() -> None:
    answers = facts(
        "2026-01-31",
        feed_survey="""
        response_id | invitation_id | kind | score_milli | answered_at      | dated_at         | ticket_id | team | source
        1           | early         | csat | 5000        | 2026-01-05 12:00 | 2026-01-05 12:00 | T         | -    | surveys
        2           | late          | csat | 5000        | 2026-01-07 12:00 | 2026-01-07 12:00 | T         | -    | surveys
        3           | own           | csat | 5000        | 2026-01-07 12:00 | 2026-01-07 12:00 | T         | mine | surveys
        4           | ambiguous     | csat | 5000        | 2026-01-07 12:00 | 2026-01-07 12:00 | two       | -    | surveys
        5           | same          | csat | 5000        | 2026-01-07 12:00 | 2026-01-07 12:00 | two       | -    | desk
        6           | none          | csat | 5000        | 2026-01-07 12:00 | 2026-01-07 12:00 | -         | -    | surveys
        """,
        feed_ticket="""
        ticket_id | created_at       | channel | team | source
        T         | 2026-01-05 09:00 | email   | -    | desk
        two       | 2026-01-05 09:00 | chat    | x    | desk
        two       | 2026-01-05 09:00 | form    | y    | other
        """,
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind       | team  | agent_id
        1        | T         | 2026-01-05 09:00 | assignment | front | anne
        2        | T         | 2026-01-06 09:00 | assignment | back  | bea
        """,
    )["fact_survey_response"]
    assert by_id(answers, "channel", "team", "agent_id", key="invitation_id") == {
        "early": ("email", "front", "anne"),
        "late": ("email", "back", "bea"),
        "own": ("email", "mine", "bea"),
        "ambiguous": (None, None, None),
        "same": ("chat", "x", None),
        "none": (None, None, None),
    }
