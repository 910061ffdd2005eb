from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl

from tests.transforms.facts.text_tables import OFFICE, by_id, facts


def test_service_level_and_abandonment_of_a_thousand_calls() -> None:
    lines = ["contact_id | started_at | is_answered | wait_s | channel"]
    waits = [("yes", 20)] * 860 + [("yes", 21)] * 140 + [("no", 4)] * 10 + [("no", 15)] * 10 + [("no", 60)] * 40
    lines += [f"{i} | 2026-01-05 09:00 | {answered} | {wait} | phone" for i, (answered, wait) in enumerate(waits)]
    fact = facts("2026-01-31", feed_contact="\n".join(lines))["fact_contact"]
    offered = fact.filter("is_offered")
    assert (offered["is_answered_within"].sum(), offered.height) == (860, 1050)
    assert round(100 * 860 / 1050, 2) == 81.90
    assert offered["is_abandoned"].sum() == 50


def test_handle_time_is_shared_out_over_the_chats_held_at_once() -> None:
    fact = facts(
        "2026-01-31",
        feed_contact="""
        contact_id | started_at          | answered_at         | abandoned_at        | ended_at            | talk_s | hold_s | wrap_s | concurrency | channel | direction | is_test
        call       | 2026-01-05 09:00:00 | 2026-01-05 09:00:10 | -                   | -                   | 300    | 60     | 40     | -           | phone   | inbound   | no
        chat       | 2026-01-05 09:00:00 | 2026-01-05 09:01:00 | -                   | -                   | 401    | 0      | 0      | 2           | chat    | -         | -
        told       | 2026-01-05 09:00:00 | 2026-01-05 09:01:01 | -                   | 2026-01-05 09:03:01 | -      | 30     | 5      | 1           | chat    | -         | -
        gone       | 2026-01-05 09:00:00 | -                   | 2026-01-05 09:00:30 | -                   | -      | -      | -      | -           | phone   | inbound   | no
        email      | 2026-01-05 09:00:00 | 2026-01-05 10:00:00 | -                   | -                   | 60     | -      | -      | -           | email   | inbound   | no
        out        | 2026-01-05 09:00:00 | 2026-01-05 09:00:10 | -                   | -                   | 60     | -      | -      | -           | phone   | outbound  | no
        test       | 2026-01-05 09:00:00 | 2026-01-05 09:00:10 | -                   | -                   | 60     | -      | -      | -           | phone   | inbound   | yes
        """,
    )["fact_contact"]
    assert by_id(fact, "handle_s", "wait_s", "is_answered_within", "is_abandoned", key="contact_id") == {
        "call": (400, 10, True, False),
        "chat": (200, 60, True, False),
        "told": (125, 61, False, False),
        "gone": (None, 30, False, True),
        "email": (60, 3600, None, False),
        "out": (60, 10, True, False),
        "test": (60, 10, True, False),
    }
    assert set(fact.filter(~pl.col("is_counted"))["contact_id"]) == {"out", "test"}


def test_the_pool_is_shared_by_handle_time_to_the_cent() -> None:
    channels = {"phone": (1000, 480), "chat": (1500, 240), "email": (2500, 360)}
    contacts = ["contact_id | started_at | is_answered | talk_s | channel"]
    contacts += [f"{c}{i} | 2026-01-05 09:00 | yes | {s} | {c}" for c, (n, s) in channels.items() for i in range(n)]
    fact = facts(
        "2026-01-31",
        feed_contact="\n".join(contacts),
        feed_cost="""
        entry_id | booked_on  | kind     | amount_cents | channel
        1        | 2026-01-31 | labour   | 4500000      | -
        2        | 2026-01-15 | overhead | 900000       | -
        3        | 2026-01-31 | direct   | 120000       | phone
        4        | 2026-01-31 | direct   | 30000        | chat
        5        | 2026-02-01 | labour   | 1            | -
        """,
    )["fact_cost_allocation"]
    told = by_id(fact, "allocated_cents", "handled_contacts", "allocation", key="channel")
    assert told == {
        "phone": (1_609_655, 1000, "handle_seconds"),
        "chat": (1_147_241, 1500, "handle_seconds"),
        "email": (2_793_104, 2500, "handle_seconds"),
        None: (0, 0, "none"),
    }
    assert fact["allocated_cents"].sum() == 5_550_000


def test_a_channel_without_handle_time_takes_part_by_its_weight() -> None:
    fact = facts(
        "2026-01-31",
        site=replace(OFFICE, channel_weights={"email": 300}),
        feed_contact="""
        contact_id | started_at       | is_answered | talk_s | channel
        1          | 2026-01-05 09:00 | yes         | 600    | phone
        """,
        feed_ticket="""
        ticket_id | created_at       | first_response_at | resolved_at      | channel
        a         | 2026-01-05 09:00 | 2026-01-05 10:00  | 2026-01-05 11:00 | email
        b         | 2026-01-05 09:00 | -                 | -                | email
        c         | 2026-01-05 09:00 | 2026-01-05 10:00  | -                | form
        d         | 2026-01-05 09:00 | 2026-01-05 10:00  | 2026-01-05 11:00 | phone
        """,
        feed_cost="entry_id | booked_on | kind | amount_cents\n1 | 2026-01-31 | labour | 1000",
    )["fact_cost_allocation"]
    columns = ("pool_cents", "allocation", "handled_contacts", "resolved_tickets")
    assert by_id(fact, *columns, key="channel") == {
        "phone": (667, "handle_seconds", 1, 1),
        "email": (333, "weights", 1, 1),
        "form": (0, "none", 1, 0),
        None: (0, "none", 0, 0),
    }


def test_a_pool_nobody_can_take_stays_on_the_unknown_channel_and_credits_divide_too() -> None:
    fact = facts(
        "2026-02-28",
        feed_contact="""
        contact_id | started_at       | is_answered | talk_s | channel
        1          | 2026-02-05 09:00 | yes         | 10     | a
        2          | 2026-02-05 09:00 | yes         | 10     | b
        3          | 2026-02-05 09:00 | yes         | 10     | c
        """,
        feed_cost="""
        entry_id | booked_on  | kind   | amount_cents | channel
        1        | 2026-01-31 | labour | 1000         | -
        2        | 2026-01-31 | labour | 50           | a
        3        | 2026-01-31 | direct | 7            | -
        4        | 2026-02-28 | labour | -100         | -
        """,
    )["fact_cost_allocation"].sort("month_on", "channel", nulls_last=True)
    rows = [(r["month_on"].month, r["channel"], r["direct_cents"], r["pool_cents"]) for r in fact.to_dicts()]
    assert rows == [
        (1, "a", 50, 0),
        (1, None, 7, 1000),
        (2, "a", 0, -33),
        (2, "b", 0, -33),
        (2, "c", 0, -34),
        (2, None, 0, 0),
    ]


def test_twenty_nineteen_and_eighteen_people_are_570_headcount_days_and_two_leavers() -> None:
    lines = ["agent_id | valid_from | valid_to | team | leave_kind | is_human"]
    lines += [f"a{i} | 2025-01-01 | - | t | - | -" for i in range(18)]
    lines += ["b | 2025-01-01 | 2026-04-10 | t | voluntary | -", "c | 2025-01-01 | 2026-04-20 | t | involuntary | -"]
    lines += ["bot | 2025-01-01 | 2026-04-20 | t | - | no"]
    fact = facts("2026-04-30", feed_employee="\n".join(lines))["fact_agent_day"]
    april = fact.filter(pl.col("work_on") >= dt.date(2026, 4, 1))
    assert april.select(pl.col("headcount_days", "leavers", "voluntary_leavers").sum()).row(0) == (570, 2, 1)
    assert round(2 * 365 * 100 / 570, 2) == 128.07
    left = april.filter(pl.col("leavers") > 0).sort("work_on")
    assert left["work_on"].to_list() == [dt.date(2026, 4, 11), dt.date(2026, 4, 21)]


def test_a_move_inside_the_company_is_no_leaver_and_a_spell_that_ends_without_a_word_is() -> None:
    fact = facts(
        "2026-01-31",
        feed_employee="""
        agent_id | valid_from | valid_to   | team | leave_kind
        mover    | 2026-01-01 | 2026-01-10 | a    | move
        mover    | 2026-01-11 | -          | b    | -
        silent   | 2026-01-01 | 2026-01-10 | a    | -
        silent   | 2026-01-11 | 2026-01-20 | b    | -
        """,
    )["fact_agent_day"]
    assert fact.filter(pl.col("leavers") > 0).select("agent_id", "team", "work_on").rows() == [
        ("silent", "b", dt.date(2026, 1, 21))
    ]
    assert fact["headcount_days"].sum() == 31 + 20


def test_a_monthly_headcount_stands_in_where_no_spells_are_known() -> None:
    built = facts(
        "2026-01-31",
        feed_headcount="""
        team | month_on   | headcount | leavers | voluntary_leavers
        a    | 2026-01-01 | 99        | 9       | 9
        b    | 2026-01-01 | 10        | 1       | -
        """,
        feed_employee="agent_id | valid_from | team\nx | 2026-01-01 | a",
        feed_agent_day="""
        agent_id | work_on    | paid_s | available_s | handling_s | productive_s
        x        | 2026-01-05 | 28800  | 2700        | 19800      | 19800
        """,
    )
    fact = built["fact_agent_day"]
    sums = fact.group_by("team").agg(pl.col("headcount_days", "leavers", "paid_s").sum()).sort("team").rows()
    assert sums == [("a", 31, 0, 28800), ("b", 310, 1, 0)]
    assert fact.filter(pl.col("team") == "b")["agent_id"].unique().to_list() == ["team:b"]


def test_without_handle_time_the_pool_is_shared_by_the_weights_alone() -> None:
    channels = {"phone": (1000, 480), "chat": (1500, 240), "email": (2500, 360)}
    contacts = ["contact_id | started_at | is_answered | channel"]
    contacts += [f"{name}{i} | 2026-01-05 09:00 | yes | {name}" for name, (n, _) in channels.items() for i in range(n)]
    fact = facts(
        "2026-01-31",
        site=replace(OFFICE, channel_weights={name: weight for name, (_, weight) in channels.items()}),
        feed_contact="\n".join(contacts),
        feed_cost="""
        entry_id | booked_on  | kind   | amount_cents | channel
        1        | 2026-01-31 | labour | 5400000      | -
        2        | 2026-01-31 | direct | 120000       | phone
        3        | 2026-01-31 | direct | 30000        | chat
        """,
    )["fact_cost_allocation"]
    told = by_id(fact, "allocated_cents", "allocation", key="channel")
    assert told == {
        "phone": (1_609_655, "weights"),
        "chat": (1_147_241, "weights"),
        "email": (2_793_104, "weights"),
        None: (0, "none"),
    }
