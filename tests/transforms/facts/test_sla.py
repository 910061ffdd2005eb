from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests.transforms.facts.text_tables import OFFICE, by_id, facts
from transforms.site import SlaPolicy

HOUR_S = 3600
POLICIES = (
    SlaPolicy(what="first_response", seconds=4 * HOUR_S),
    SlaPolicy(what="first_response", seconds=2 * HOUR_S, valid_from=dt.date(2026, 2, 1)),
    SlaPolicy(what="first_response", seconds=HOUR_S, channel="chat"),
    SlaPolicy(what="first_response", seconds=600, priority="urgent", clock="calendar"),
    SlaPolicy(what="first_response", seconds=300, priority="urgent", segment="pro"),
    SlaPolicy(what="resolution", seconds=24 * HOUR_S, clock="calendar"),
)
SITE = replace(OFFICE, sla=POLICIES)


def test_the_policy_that_names_most_of_the_ticket_holds_and_of_equals_the_latest_on_the_day_of_creation() -> None:
    fact = facts(
        "2026-03-31",
        site=SITE,
        feed_ticket="""
        ticket_id | created_at       | channel | priority | segment
        old       | 2026-01-31 23:59 | email   | low      | -
        new       | 2026-02-01 00:00 | email   | -        | -
        chat      | 2026-02-02 09:00 | chat    | low      | pro
        urgent    | 2026-02-02 09:00 | chat    | urgent   | -
        both      | 2026-02-02 09:00 | chat    | urgent   | pro
        """,
    )["fact_ticket"]
    assert by_id(fact, "sla_first_response_s", "sla_first_response_clock") == {
        "old": (14_400, "business"),
        "new": (7200, "business"),
        "chat": (3600, "business"),
        "urgent": (600, "calendar"),
        "both": (300, "business"),
    }
    assert set(by_id(fact, "sla_resolution_s").values()) == {86_400}


def test_an_open_promise_is_broken_when_its_time_is_over_and_not_judged_before() -> None:
    fact = facts(
        "2026-02-03",
        site=SITE,
        feed_ticket="""
        ticket_id  | created_at       | first_response_at | resolved_at      | status | human_reply_count
        kept       | 2026-02-02 09:00 | 2026-02-02 11:00  | 2026-02-03 09:00 | solved | 1
        late       | 2026-02-02 09:00 | 2026-02-02 11:01  | 2026-02-03 09:01 | solved | 1
        overnight  | 2026-02-02 17:00 | 2026-02-03 10:00  | -                | open   | 1
        waiting    | 2026-02-03 17:00 | -                 | -                | open   | 0
        forgotten  | 2026-02-02 15:00 | -                 | -                | open   | 0
        alone      | 2026-02-02 15:00 | -                 | 2026-02-02 15:30 | solved | 0
        neglected  | 2026-02-02 09:00 | -                 | 2026-02-02 15:30 | solved | 0
        """,
    )["fact_ticket"]
    assert by_id(fact, "is_sla_first_response_met", "is_sla_resolution_met") == {
        "kept": (True, True),
        "late": (False, False),
        "overnight": (True, False),
        "waiting": (None, None),
        "forgotten": (False, False),
        "alone": (None, True),
        "neglected": (False, True),
    }


def test_without_a_policy_or_without_opening_hours_nothing_is_judged() -> None:
    drawn = "ticket_id | created_at | first_response_at | status\na | 2026-02-02 09:00 | 2026-02-02 11:00 | open"
    columns = ("sla_first_response_s", "is_sla_first_response_met", "is_sla_resolution_met")
    plain = facts("2026-03-31", feed_ticket=drawn)["fact_ticket"]
    assert by_id(plain, *columns) == {"a": (None, None, None)}
    unscheduled = facts("2026-03-31", site=replace(SITE, schedules=()), feed_ticket=drawn)["fact_ticket"]
    assert by_id(unscheduled, *columns) == {"a": (7200, None, False)}


def test_a_source_that_never_tells_of_replies_breaks_no_promise_of_one() -> None:
    drawn = "ticket_id | created_at | status\na | 2026-02-02 09:00 | open\nb | 2026-02-02 09:00 | solved"
    fact = facts("2026-03-31", site=SITE, feed_ticket=drawn)["fact_ticket"]
    # The second was solved at an instant nobody tells.
    assert by_id(fact, "is_sla_first_response_met", "is_sla_resolution_met") == {"a": (None, False), "b": (None, None)}
