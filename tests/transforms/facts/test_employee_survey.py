"""What the team itself answers never stands among what customers answer, and never by itself."""

from __future__ import annotations

import datetime as dt

import pytest

from expectations.tables import FACTS
from tests.transforms.facts.text_tables import facts
from transforms.scales import SCALES, ScaleError, require_scale

HEAD = (
    "response_id | invitation_id | kind | question | scale | score_milli | scale_low_milli | scale_high_milli "
    "| sent_at | answered_at | dated_at | team | customer_id | is_test"
)
SENT = "2026-01-05 09:00"


def answer(number: int, line: str) -> str:
    invitation, kind, question, scale, score, day = line.split()
    at = "-" if day == "-" else f"{day} 09:00"
    low, high = (SCALES[scale].low_milli, SCALES[scale].high_milli)
    told = f"{at} | {at}" if at != "-" else f"- | {SENT}"
    return f"{number} | {invitation} | {kind} | {question} | {scale} | {score} | {low} | {high} | {SENT} | {told} | a | x | -"


ROWS = "\n".join(
    [
        HEAD,
        answer(1, "i1 enps - 0-10 3000 2026-01-06"),
        answer(2, "i1 enps - 0-10 9000 2026-01-07"),
        answer(3, "i2 engagement q1 1-5 5000 2026-01-06"),
        answer(4, "i2 engagement q2 1-7 4000 2026-01-08"),
        answer(5, "i2 engagement q2 1-7 1000 2026-01-09"),
        answer(6, "i3 engagement q1 1-5 - -"),
        answer(7, "i4 csat - 1-5 5000 2026-01-06"),
    ]
)


def test_a_person_counts_once_with_the_last_answer_to_each_question() -> None:
    answers = facts("2026-01-31", feed_survey=ROWS)["fact_employee_answer"].sort("invitation_id")
    told = answers.select("kind", "question_count", "index_parts", "answered_on", "is_promoter").rows()
    assert told == [
        ("enps", 1, 810_000, dt.date(2026, 1, 7), True),
        ("engagement", 2, 450_000, dt.date(2026, 1, 9), None),
    ]


def test_who_was_invited_and_who_answered() -> None:
    invited = facts("2026-01-31", feed_survey=ROWS)["fact_employee_invitation"]
    assert dict(invited.select("invitation_id", "is_responded").rows()) == {"i1": True, "i2": True, "i3": False}


def test_the_facts_about_customers_hold_no_employee() -> None:
    built = facts("2026-01-31", feed_survey=ROWS)
    for name in ("fact_survey_response", "fact_survey_invitation"):
        assert built[name]["invitation_id"].to_list() == ["i4"]


def test_the_facts_about_employees_are_not_published_and_name_nobody() -> None:
    for name in ("fact_employee_answer", "fact_employee_invitation"):
        assert not FACTS[name].published
        assert not {"customer_id", "agent_id", "verbatim", "segment", "channel"} & set(FACTS[name].columns)


@pytest.mark.parametrize(
    ("kind", "scale", "says"),
    [("enps", "1-10", "does not go from 0 to 10"), ("engagement", "effort_1-5", "use one of satisfaction")],
)
def test_a_scale_that_does_not_suit_is_refused(kind: str, scale: str, says: str) -> None:
    with pytest.raises(ScaleError, match=says):
        require_scale(kind, SCALES[scale])


def test_an_engagement_item_may_be_on_any_scale_of_satisfaction() -> None:
    assert require_scale("engagement", SCALES["words_5"]) is SCALES["words_5"]
