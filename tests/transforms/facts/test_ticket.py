from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests.transforms.facts.text_tables import OFFICE, by_id, facts, paris
from transforms.site import Site, TeamTier, Threshold


def test_an_automatic_reply_is_not_a_first_response() -> None:
    fact = facts(
        "2026-01-31",
        feed_ticket_event="""
        event_id | ticket_id | occurred_at         | kind    | actor_kind
        1        | T         | 2026-01-05 10:00:00 | created | customer
        2        | T         | 2026-01-05 10:00:00 | message | customer
        3        | T         | 2026-01-05 10:00:30 | message | bot
        4        | T         | 2026-01-05 10:20:00 | message | agent
        """,
    )["fact_ticket"]
    row = fact.row(0, named=True)
    assert (row["first_response_calendar_s"], row["auto_response_s"], row["human_reply_count"]) == (1200, 30, 1)
    assert row["first_response_business_s"] == 1200
    assert row["customer_contact_count"] == 1


def test_first_and_full_resolution_around_a_reopen() -> None:
    built = facts(
        "2026-01-31",
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind | status
        1        | T         | 2026-01-05 09:00 | created | customer   | new
        2        | T         | 2026-01-05 12:00 | status  | agent      | solved
        3        | T         | 2026-01-06 09:00 | status  | customer   | open
        4        | T         | 2026-01-06 10:00 | status  | agent      | solved
        5        | T         | 2026-01-20 10:00 | status  | system     | closed
        """,
    )
    row = built["fact_ticket"].row(0, named=True)
    assert row["first_resolution_calendar_s"] == 3 * 3600
    assert row["resolution_calendar_s"] == 25 * 3600
    assert row["resolution_business_s"] == 10 * 3600
    assert (row["reopen_count"], row["status"], row["resolution_kind"]) == (1, "closed", "human")
    assert built["fact_ticket_event"].filter("is_reopen")["event_id"].to_list() == ["3"]


def test_solved_then_open_again_is_one_reopen_and_not_resolved() -> None:
    row = facts(
        "2026-01-31",
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind | status
        1        | T         | 2026-01-05 09:00 | created | customer   | new
        2        | T         | 2026-01-05 10:00 | status  | agent      | open
        3        | T         | 2026-01-05 11:00 | status  | agent      | solved
        4        | T         | 2026-01-05 12:00 | status  | customer   | open
        """,
    )["fact_ticket"].row(0, named=True)
    assert (row["reopen_count"], row["is_resolved"], row["is_reopened"]) == (1, False, True)
    assert row["resolved_at"] is None
    assert row["resolution_calendar_s"] is None
    assert row["first_resolved_at"] == paris("2026-01-05 11:00")


def test_closed_counts_where_no_solved_event_exists() -> None:
    fact = facts(
        "2026-01-31",
        feed_ticket="""
        ticket_id | created_at       | resolved_at      | closed_at        | status
        rows      | 2026-01-05 09:00 | -                | 2026-01-05 11:00 | closed
        both      | 2026-01-05 09:00 | 2026-01-05 10:00 | 2026-01-20 11:00 | closed
        reopened  | 2026-01-05 09:00 | 2026-01-05 10:00 | -                | open
        """,
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind | status
        1        | events    | 2026-01-05 09:00 | created | customer   | new
        2        | events    | 2026-01-05 12:00 | status  | system     | closed
        """,
    )["fact_ticket"]
    assert by_id(fact, "resolution_calendar_s") == {"rows": 7200, "both": 3600, "reopened": None, "events": 10800}
    assert by_id(fact, "first_resolution_calendar_s")["reopened"] == 3600


def test_net_resolution_subtracts_waiting_for_the_customer() -> None:
    row = facts(
        "2026-01-31",
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind | status
        1        | T         | 2026-01-05 09:00 | created | customer   | new
        2        | T         | 2026-01-05 10:00 | status  | agent      | pending
        3        | T         | 2026-01-05 10:30 | message | agent      |
        4        | T         | 2026-01-06 10:00 | status  | customer   | open
        5        | T         | 2026-01-06 11:00 | status  | agent      | solved
        """,
    )["fact_ticket"].row(0, named=True)
    assert (row["resolution_calendar_s"], row["net_resolution_calendar_s"]) == (26 * 3600, 2 * 3600)
    assert (row["resolution_business_s"], row["net_resolution_business_s"]) == (11 * 3600, 2 * 3600)


def test_a_pending_ticket_closed_by_a_machine_is_closed_for_silence() -> None:
    fact = facts(
        "2026-01-31",
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind | status
        1        | silent    | 2026-01-05 09:00 | created | customer   | new
        2        | silent    | 2026-01-05 10:00 | status  | agent      | pending
        3        | silent    | 2026-01-15 10:00 | status  | system     | solved
        4        | machine   | 2026-01-05 09:00 | created | customer   | new
        5        | machine   | 2026-01-05 09:01 | status  | bot        | solved
        """,
    )["fact_ticket"]
    assert by_id(fact, "resolution_kind") == {"silent": "silence", "machine": "automatic"}


def test_resolved_without_a_human_reply_is_auto_resolved_where_the_source_tells_of_messages() -> None:
    events = """
        event_id | ticket_id | occurred_at      | kind    | actor_kind | status
        1        | alone     | 2026-01-05 09:00 | created | customer   | new
        2        | alone     | 2026-01-05 10:00 | status  | bot        | solved
    """
    reply = "        3 | other | 2026-01-05 09:00 | message | agent |"
    assert by_id(facts("2026-01-31", feed_ticket_event=events)["fact_ticket"], "is_auto_resolved") == {"alone": None}
    told = facts("2026-01-31", feed_ticket_event=events.rstrip() + "\n" + reply)["fact_ticket"]
    assert by_id(told, "is_auto_resolved") == {"alone": True}


def test_contacts_are_runs_of_customer_messages() -> None:
    runs = {"1": "c", "2": "ccac", "3": "cacac", "4": "cacaccaca", "5": "ca", "6": "cc"}
    lines = ["event_id | ticket_id | occurred_at | kind | actor_kind"]
    for ticket, run in runs.items():
        for minute, who in enumerate(run, start=10):
            actor = {"c": "customer", "a": "agent"}[who]
            lines.append(f"{ticket}-{minute} | {ticket} | 2026-01-05 10:{minute} | message | {actor}")
        lines.append(f"{ticket}-0 | {ticket} | 2026-01-05 10:10 | created | customer")
    fact = facts("2026-01-31", feed_ticket_event="\n".join(lines))["fact_ticket"]
    contacts = by_id(fact, "customer_contact_count")
    assert contacts == {"1": 1, "2": 2, "3": 3, "4": 4, "5": 1, "6": 1}
    assert (sum(contacts.values()), len(contacts)) == (12, 6)


def test_a_chat_is_one_contact_and_one_reply() -> None:
    fact = facts(
        "2026-01-31",
        feed_ticket="""
        ticket_id | created_at       | channel
        T         | 2026-01-05 09:00 | chat
        """,
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind
        1        | T         | 2026-01-05 09:00 | message | customer
        2        | T         | 2026-01-05 09:01 | message | agent
        3        | T         | 2026-01-05 09:02 | message | customer
        4        | T         | 2026-01-05 09:03 | message | agent
        """,
    )["fact_ticket"]
    assert by_id(fact, "customer_contact_count", "human_reply_count") == {"T": (1, 1)}


def test_private_notes_and_replies_before_the_customer_answer_nothing() -> None:
    fact = facts(
        "2026-01-31",
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind | is_public
        1        | inbound   | 2026-01-05 09:00 | created | customer   |
        2        | inbound   | 2026-01-05 09:10 | message | agent      | no
        3        | inbound   | 2026-01-05 09:20 | message | agent      | yes
        4        | started   | 2026-01-05 09:00 | created | agent      |
        5        | started   | 2026-01-05 09:01 | message | agent      |
        6        | started   | 2026-01-05 10:00 | message | customer   |
        7        | started   | 2026-01-05 10:05 | message | agent      |
        8        | outbound  | 2026-01-05 09:00 | created | agent      |
        9        | outbound  | 2026-01-05 09:00 | message | agent      |
        """,
    )["fact_ticket"]
    columns = ("first_response_calendar_s", "human_reply_count", "exclusion_reason")
    assert by_id(fact, *columns) == {
        "inbound": (1200, 1, None),
        "started": (300, 1, None),
        "outbound": (None, 0, "outbound"),
    }


def test_an_account_that_is_no_person_answers_as_a_machine_while_it_is_one() -> None:
    fact = facts(
        "2026-01-31",
        feed_employee="""
        agent_id | valid_from | valid_to   | is_human
        shared   | 2025-01-01 | 2026-01-05 | no
        shared   | 2026-01-06 | -          | yes
        """,
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind | actor_id
        1        | before    | 2026-01-05 09:00 | created | customer   | c
        2        | before    | 2026-01-05 09:10 | message | agent      | shared
        3        | after     | 2026-01-06 09:00 | created | customer   | c
        4        | after     | 2026-01-06 09:10 | message | agent      | shared
        """,
    )["fact_ticket"]
    columns = ("first_response_calendar_s", "auto_response_s")
    assert by_id(fact, *columns) == {"before": (None, 600), "after": (600, None)}


def test_the_first_reason_for_exclusion_wins() -> None:
    fact = facts(
        "2026-01-31",
        feed_ticket="""
        ticket_id | created_at       | status  | is_test | is_spam | is_outbound | merged_into_id | duplicate_of_id
        a         | 2026-01-05 09:00 | deleted | yes     | yes     | yes         | e              | e
        b         | 2026-01-05 09:00 | deleted | no      | yes     | yes         | e              | e
        c         | 2026-01-05 09:00 | open    | no      | yes     | yes         | e              | e
        d         | 2026-01-05 09:00 | open    | no      | no      | yes         | e              | e
        e         | 2026-01-05 09:00 | open    | no      | no      | no          | -              | -
        f         | 2026-01-05 09:00 | open    | no      | no      | yes         | -              | e
        g         | 2026-01-05 09:00 | open    | no      | no      | no          | -              | e
        """,
    )["fact_ticket"]
    assert by_id(fact, "exclusion_reason") == {
        "a": "test",
        "b": "deleted",
        "c": "spam",
        "d": "merged",
        "e": None,
        "f": "outbound",
        "g": "duplicate",
    }


def test_the_survivor_of_merges_inherits_the_first_message_and_the_contacts() -> None:
    fact = facts(
        "2026-01-31",
        feed_ticket="""
        ticket_id | created_at       | first_response_at | customer_contact_count | merged_into_id
        a         | 2026-01-05 09:00 | -                 | 2                      | b
        b         | 2026-01-05 10:00 | -                 | 1                      | c
        c         | 2026-01-05 11:00 | 2026-01-05 12:00  | 3                      | -
        loop_1    | 2026-01-05 11:00 | -                 | 1                      | loop_2
        loop_2    | 2026-01-05 11:00 | -                 | 1                      | loop_1
        """,
    )["fact_ticket"]
    assert fact.height == 5
    assert by_id(fact, "first_response_calendar_s", "customer_contact_count")["c"] == (3 * 3600, 6)


def test_moves_to_a_higher_tier_are_escalations_and_others_transfers() -> None:
    tiers = (
        TeamTier(team="front", tier=1),
        TeamTier(team="billing", tier=1),
        TeamTier(team="experts", tier=1),
        TeamTier(team="experts", tier=2, valid_from=dt.date(2026, 1, 6)),
    )
    fact = facts(
        "2026-01-31",
        site=replace(OFFICE, tiers=tiers),
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind       | actor_kind | team
        1        | up        | 2026-01-06 09:00 | created    | customer   | front
        2        | up        | 2026-01-06 09:10 | team       | agent      | billing
        3        | up        | 2026-01-06 09:20 | assignment | agent      | billing
        4        | up        | 2026-01-06 09:30 | team       | agent      | experts
        5        | up        | 2026-01-06 09:40 | team       | agent      | front
        6        | early     | 2026-01-05 09:00 | created    | customer   |
        7        | early     | 2026-01-05 09:10 | team       | agent      | front
        8        | early     | 2026-01-05 09:20 | team       | agent      | experts
        9        | still     | 2026-01-05 09:00 | created    | customer   |
        """,
    )["fact_ticket"]
    columns = ("transfer_count", "escalation_count", "team")
    assert by_id(fact, *columns) == {"up": (2, 1, "front"), "early": (1, 0, "experts"), "still": (0, 0, None)}


def test_unanswered_is_told_when_the_waiting_time_is_over() -> None:
    fact = facts(
        "2026-01-20",
        feed_ticket="""
        ticket_id | created_at       | first_response_at
        never     | 2026-01-05 09:00 | -
        late      | 2026-01-05 09:00 | 2026-01-13 09:00
        in_time   | 2026-01-05 09:00 | 2026-01-06 09:00
        may_come  | 2026-01-18 09:00 | -
        """,
    )["fact_ticket"]
    assert by_id(fact, "is_unanswered") == {"never": True, "late": True, "in_time": False, "may_come": None}


def test_a_source_that_tells_of_no_replies_leaves_unanswered_open() -> None:
    fact = facts("2026-01-20", feed_ticket="ticket_id | created_at\nT | 2026-01-05 09:00")["fact_ticket"]
    assert by_id(fact, "is_unanswered", "human_reply_count", "is_fcr_eligible") == {"T": (None, None, False)}


def test_what_lies_after_the_as_of_day_counts_nowhere() -> None:
    built = facts(
        "2026-01-05",
        feed_ticket="""
        ticket_id | created_at       | resolved_at      | status
        before    | 2026-01-05 23:30 | 2026-01-06 00:00 | solved
        later     | 2026-01-06 00:00 | -                | open
        """,
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind | status
        1        | events    | 2026-01-05 09:00 | created | customer   | new
        2        | events    | 2026-01-06 00:00 | status  | agent      | solved
        """,
    )
    fact = built["fact_ticket"]
    assert by_id(fact, "is_resolved", "status", "observed_s") == {
        "before": (False, "open", 1800),
        "events": (False, "new", 15 * 3600),
    }
    assert built["fact_ticket_event"].height == 1


def test_business_time_is_null_without_a_schedule() -> None:
    row = facts(
        "2026-01-31",
        site=Site(),
        feed_ticket="ticket_id | created_at | first_response_at\nT | 2026-01-05 09:00 | 2026-01-05 10:00",
    )["fact_ticket"].row(0, named=True)
    assert (row["first_response_calendar_s"], row["first_response_business_s"]) == (3600, None)


def test_the_target_is_that_of_the_channel_at_the_time() -> None:
    site = Site(
        first_response_targets=(
            Threshold(channel=None, seconds=14_400),
            Threshold(channel="email", seconds=28_800),
            Threshold(channel="email", seconds=7_200, valid_from=dt.date(2026, 2, 1)),
        )
    )
    fact = facts(
        "2026-03-01",
        site=site,
        feed_ticket="""
        ticket_id | created_at       | channel
        old       | 2026-01-31 23:00 | email
        new       | 2026-02-01 00:00 | email
        other     | 2026-02-01 00:00 | form
        unknown   | 2026-02-01 00:00 | -
        """,
    )["fact_ticket"]
    targets = by_id(fact, "first_response_target_s")
    assert targets == {"old": 28_800, "new": 7_200, "other": 14_400, "unknown": 14_400}
