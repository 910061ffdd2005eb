"""An agent who moved or left does not rewrite history: what is already told of old days stays as it was."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from tests.transforms.facts.text_tables import facts

BEFORE = """
    agent_id | valid_from | valid_to | team  | tier | is_human
    ann      | 2025-01-01 | -        | front | 1    | -
    eve      | 2025-01-01 | -        | back  | 2    | -
    bot      | 2025-01-01 | -        | front | -    | no
"""
# Ann moves up in March, Eve leaves, and the account of the bot is given to a person.
AFTER = """
    agent_id | valid_from | valid_to   | team  | tier | is_human | leave_kind
    ann      | 2025-01-01 | 2026-02-28 | front | 1    | -        | move
    ann      | 2026-03-01 | -          | back  | 3    | -        | -
    eve      | 2025-01-01 | 2026-03-10 | back  | 2    | -        | voluntary
    bot      | 2025-01-01 | 2026-02-28 | front | -    | no       | move
    bot      | 2026-03-01 | -          | front | 1    | yes      | -
"""
JANUARY = {
    "feed_ticket": """
    ticket_id | created_at       | status | customer_id
    1         | 2026-01-05 09:00 | solved | c
    2         | 2026-01-05 09:00 | solved | d
    """,
    "feed_ticket_event": """
    event_id | ticket_id | occurred_at      | kind       | actor_kind | actor_id | agent_id | team | status
    1        | 1         | 2026-01-05 09:00 | created    | customer   | -        | -        | -    | -
    2        | 1         | 2026-01-05 09:01 | message    | agent      | bot      | -        | -    | -
    3        | 1         | 2026-01-05 09:10 | assignment | system     | -        | ann      | -    | -
    4        | 1         | 2026-01-05 09:20 | message    | agent      | ann      | -        | -    | -
    5        | 1         | 2026-01-05 09:30 | assignment | agent      | ann      | eve      | -    | -
    6        | 1         | 2026-01-05 10:00 | status     | agent      | eve      | -        | -    | solved
    7        | 2         | 2026-01-05 09:00 | created    | customer   | -        | -        | -    | -
    8        | 2         | 2026-01-05 09:30 | message    | agent      | eve      | -        | -    | -
    9        | 2         | 2026-01-05 10:00 | status     | agent      | eve      | -        | -    | solved
    """,
    "feed_survey": """
    invitation_id | response_id | kind | survey | sent_at          | answered_at      | dated_at         | score_milli | ticket_id
    a             | a           | csat | s      | 2026-01-05 10:00 | 2026-01-05 11:00 | 2026-01-05 11:00 | 5000        | 1
    """,
    "feed_contact": """
    contact_id | started_at       | is_answered | wait_s | talk_s | channel | agent_id
    1          | 2026-01-05 09:00 | yes         | 5      | 60     | phone   | ann
    2          | 2026-01-05 09:00 | yes         | 5      | 60     | chat    | bot
    """,
    "feed_agent_day": """
    agent_id | work_on    | paid_s | handling_s
    ann      | 2026-01-05 | 28800  | 3600
    eve      | 2026-01-05 | 28800  | 3600
    """,
}


@pytest.mark.parametrize(
    ("fact", "clock"),
    [
        ("fact_ticket", "created_on"),
        ("fact_ticket_event", "occurred_on"),
        ("fact_survey_invitation", "sent_on"),
        ("fact_survey_response", "answered_on"),
        ("fact_contact", "started_on"),
        ("fact_required_staff", "day_on"),
        ("fact_agent_day", "work_on"),
        ("fact_backlog_daily", "day_on"),
    ],
)
def test_a_later_spell_leaves_the_rows_of_january_bit_identical(fact: str, clock: str) -> None:
    built = [facts("2026-04-30", feed_employee=people, **JANUARY)[fact] for people in (BEFORE, AFTER)]
    old, new = (one.filter(pl.col(clock) < dt.date(2026, 2, 1)).sort(pl.all()) for one in built)
    assert old.height > 0
    assert old.equals(new)


def test_who_the_agents_were_in_january_is_what_counts() -> None:
    built = facts("2026-04-30", feed_employee=AFTER, **JANUARY)
    first = built["fact_ticket"].filter(ticket_id="1").row(0, named=True)
    assert (first["first_response_calendar_s"], first["auto_response_s"]) == (1200, 60)
    assert (first["team"], first["escalation_count"], first["transfer_count"]) == ("back", 1, 0)
    contacts = built["fact_contact"].sort("contact_id").select("team", "is_handled", "is_counted").rows()
    assert contacts == [("front", True, True), ("front", None, True)]
    days = built["fact_agent_day"].filter(pl.col("paid_s") > 0).sort("agent_id").select("agent_id", "team").rows()
    assert days == [("ann", "front"), ("eve", "back")]


def test_the_days_after_the_move_are_those_of_the_new_team() -> None:
    days = facts("2026-04-30", feed_employee=AFTER)["fact_agent_day"].filter(pl.col("agent_id") == "ann")
    assert days.group_by("team").agg(pl.col("work_on").min()).sort("team").rows() == [
        ("back", dt.date(2026, 3, 1)),
        ("front", dt.date(2025, 1, 1)),
    ]
    assert days["leavers"].sum() == 0
