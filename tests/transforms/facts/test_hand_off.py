"""The response clock where a bot took the conversation first: it starts at the hand-off, and the whole wait is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.transforms.facts.text_tables import OFFICE, by_id, facts, paris
from transforms.site import Site, SlaPolicy, Threshold

# The bot talks from 9:40 and hands off at 9:50; a ticket opens then, and a person replies at 10:20.
EVENTS = """
    event_id | ticket_id | occurred_at         | kind    | actor_kind
    1        | T         | 2026-01-05 09:50:00 | created | customer
    2        | T         | 2026-01-05 09:50:30 | message | bot
    3        | T         | 2026-01-05 10:20:00 | message | agent
"""
SESSION = """
    source | session_id | started_at       | handed_off_at    | ticket_id | user_message_count | is_test
    robot  | 1          | 2026-01-05 09:40 | 2026-01-05 09:50 | T         | 3                  | no
"""
CLOCKS = ("first_response_calendar_s", "first_response_from_first_message_calendar_s")


def ticket(as_of: str = "2026-01-31", site: Site = OFFICE, **feeds: str) -> dict[str, Any]:
    return facts(as_of, site, **feeds)["fact_ticket"].row(0, named=True)


def test_the_clock_starts_at_the_hand_off_and_both_waits_are_kept() -> None:
    row = ticket(feed_ticket_event=EVENTS, feed_bot_session=SESSION)
    assert [row[clock] for clock in CLOCKS] == [1800, 2400]
    assert [row[clock.replace("calendar", "business")] for clock in CLOCKS] == [1800, 2400]
    assert row["first_customer_message_at"] == paris("2026-01-05 09:40")
    assert row["handed_off_at"] == paris("2026-01-05 09:50")
    # The automatic reply is one of the ticket, as it would be without a session.
    assert row["auto_response_s"] == 30


def test_without_a_bot_both_waits_are_one() -> None:
    row = ticket(feed_ticket_event=EVENTS)
    assert [row[clock] for clock in CLOCKS] == [1800, 1800]
    assert row["handed_off_at"] is None


def test_a_conversation_of_one_ticket_is_cut_at_the_hand_off_too() -> None:
    # The ticket opens with the first message to the bot, whose session starts seconds later.
    row = ticket(
        feed_ticket="ticket_id | created_at | first_response_at\nT | 2026-01-05 09:00:00 | 2026-01-05 11:00:00",
        feed_bot_session="""
        session_id | started_at          | handed_off_at       | ticket_id
        1          | 2026-01-05 09:00:05 | 2026-01-05 09:10:00 | T
        """,
    )
    assert [row[clock] for clock in CLOCKS] == [110 * 60, 120 * 60]
    assert row["first_customer_message_at"] == paris("2026-01-05 09:00")


@pytest.mark.parametrize(
    ("why", "session"),
    [
        ("the customer wrote to people first", "2026-01-05 09:56 | 2026-01-05 10:00 | T | 1 | no"),
        ("a person had replied before", "2026-01-05 09:40 | 2026-01-05 10:30 | T | 1 | no"),
        ("nobody wrote to the bot", "2026-01-05 09:40 | 2026-01-05 09:50 | T | 0 | no"),
        ("a test", "2026-01-05 09:40 | 2026-01-05 09:50 | T | 1 | yes"),
        ("another ticket", "2026-01-05 09:40 | 2026-01-05 09:50 | U | 1 | no"),
        ("no hand-off known", "2026-01-05 09:40 | - | T | 1 | no"),
    ],
)
def test_the_clock_starts_at_the_first_message_where_no_bot_was_first(why: str, session: str) -> None:
    head = "session_id | started_at | handed_off_at | ticket_id | user_message_count | is_test"
    row = ticket(feed_ticket_event=EVENTS, feed_bot_session=f"{head}\n1 | {session}")
    assert [row[clock] for clock in CLOCKS] == [1800, 1800], why
    assert row["handed_off_at"] is None


def test_a_session_finds_the_ticket_of_its_source_else_the_only_one_of_that_number() -> None:
    rows = facts(
        "2026-01-31",
        feed_ticket="""
        source | ticket_id | created_at
        desk   | own       | 2026-01-05 09:50
        old    | own       | 2026-01-05 09:50
        desk   | twice     | 2026-01-05 09:50
        old    | twice     | 2026-01-05 09:50
        desk   | only      | 2026-01-05 09:50
        """,
        feed_bot_session="""
        source | session_id | ticket_id | started_at       | handed_off_at
        desk   | 1          | own       | 2026-01-05 09:40 | 2026-01-05 09:50
        robot  | 2          | twice     | 2026-01-05 09:40 | 2026-01-05 09:50
        robot  | 3          | only      | 2026-01-05 09:40 | 2026-01-05 09:50
        robot  | 4          | only      | 2026-01-05 09:30 | 2026-01-05 09:45
        """,
    )["fact_ticket"]
    handed = {(row["source"], row["ticket_id"]): row["handed_off_at"] for row in rows.to_dicts()}
    assert {key for key, at in handed.items() if at is not None} == {("desk", "own"), ("desk", "only")}
    assert handed["desk", "only"] == paris("2026-01-05 09:45")


STAFF = "agent_id | valid_from | team | is_human\nbot | 2025-01-01 | - | no\nann | 2025-01-01 | front | yes"
TAKEN = """
    event_id | ticket_id | occurred_at      | kind       | actor_kind | actor_id | agent_id | team
    1        | agent     | 2026-01-05 09:00 | created    | customer   | -        | -        | -
    2        | agent     | 2026-01-05 09:01 | assignment | system     | -        | bot      | -
    3        | agent     | 2026-01-05 09:02 | message    | agent      | bot      | -        | -
    4        | agent     | 2026-01-05 09:10 | assignment | system     | -        | ann      | -
    5        | agent     | 2026-01-05 09:40 | message    | agent      | ann      | -        | -
    6        | team      | 2026-01-05 09:00 | created    | customer   | -        | bot      | robots
    7        | team      | 2026-01-05 09:10 | team       | system     | -        | -        | front
    8        | team      | 2026-01-05 09:40 | message    | agent      | ann      | -        | -
    9        | receipt   | 2026-01-05 09:00 | created    | customer   | -        | -        | -
    10       | receipt   | 2026-01-05 09:01 | message    | bot        | -        | -        | -
    11       | receipt   | 2026-01-05 09:10 | assignment | system     | -        | ann      | -
    12       | receipt   | 2026-01-05 09:40 | message    | agent      | ann      | -        | -
    13       | kept      | 2026-01-05 09:00 | created    | customer   | -        | bot      | -
    14       | kept      | 2026-01-05 09:40 | message    | agent      | ann      | -        | -
    15       | late      | 2026-01-05 09:00 | created    | customer   | -        | -        | -
    16       | late      | 2026-01-05 09:20 | assignment | system     | -        | bot      | -
    17       | late      | 2026-01-05 09:30 | assignment | system     | -        | ann      | -
    18       | late      | 2026-01-05 09:40 | message    | agent      | ann      | -        | -
"""


def test_events_tell_of_a_hand_off_where_a_machine_was_in_charge_and_a_receipt_is_none() -> None:
    fact = facts("2026-01-31", feed_ticket_event=TAKEN, feed_employee=STAFF)["fact_ticket"]
    assert by_id(fact, *CLOCKS) == {
        "agent": (1800, 2400),
        "team": (1800, 2400),
        "receipt": (2400, 2400),
        "kept": (2400, 2400),
        "late": (2400, 2400),
    }


def test_a_session_tells_more_than_events() -> None:
    fact = facts(
        "2026-01-31",
        feed_ticket_event=TAKEN,
        feed_employee=STAFF,
        feed_bot_session="""
        session_id | started_at       | handed_off_at    | ticket_id
        1          | 2026-01-05 08:50 | 2026-01-05 09:12 | agent
        """,
    )["fact_ticket"]
    assert by_id(fact, *CLOCKS)["agent"] == (28 * 60, 50 * 60)


def test_target_promise_and_unanswered_count_from_the_hand_off() -> None:
    promise = SlaPolicy(what="first_response", seconds=2000, clock="calendar")
    site = Site(
        zone=OFFICE.zone,
        schedules=OFFICE.schedules,
        first_response_targets=(
            Threshold(channel=None, seconds=60),
            Threshold(channel=None, seconds=1800, valid_from=dt.date(2026, 1, 6)),
        ),
        sla=(promise,),
    )
    feeds = {
        "feed_ticket": """
        ticket_id | created_at       | first_response_at
        answered  | 2026-01-06 09:00 | 2026-01-06 09:30
        waiting   | 2026-01-06 09:00 | -
        """,
        "feed_bot_session": """
        session_id | started_at       | handed_off_at    | ticket_id
        1          | 2026-01-05 23:00 | 2026-01-06 09:00 | answered
        2          | 2026-01-05 23:00 | 2026-01-06 09:00 | waiting
        """,
    }
    fact = facts("2026-01-12", site, **feeds)["fact_ticket"]
    columns = ("first_response_target_s", "is_sla_first_response_met", "is_unanswered")
    assert by_id(fact, *columns) == {"answered": (1800, True, False), "waiting": (1800, False, None)}
    later = facts("2026-01-13", site, **feeds)["fact_ticket"]
    assert by_id(later, "is_unanswered")["waiting"] is True


def test_what_is_later_than_the_as_of_day_is_not_known() -> None:
    row = ticket(
        "2026-01-05",
        feed_ticket="ticket_id | created_at\nT | 2026-01-05 23:50",
        feed_bot_session="""
        session_id | started_at       | handed_off_at    | ticket_id
        1          | 2026-01-05 23:50 | 2026-01-06 00:10 | T
        """,
    )
    assert row["handed_off_at"] is None
