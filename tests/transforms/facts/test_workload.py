from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from tests.transforms.facts.text_tables import OFFICE, facts


def calls(number: int, *, team: str = "a", at: str = "2026-01-05 09", talk_s: int = 180) -> list[str]:
    return [f"{team}{at}{i} | {at}:{i % 30:02d} | yes | 5 | {talk_s} | phone | {team} | x" for i in range(number)]


HEADER = "contact_id | started_at | is_answered | wait_s | talk_s | channel | team | agent_id"


def test_a_hundred_calls_in_half_an_hour_need_twenty_on_the_roster() -> None:
    fact = facts("2026-01-31", feed_contact="\n".join([HEADER, *calls(100)]))["fact_required_staff"]
    (row,) = fact.to_dicts()
    assert (row["contacts"], row["handle_mean_s"], row["positions"], row["required_staff"]) == (100, 180, 14, 20)
    assert (row["answered_within"], row["occupancy"]) == pytest.approx((0.88835, 0.7143), abs=5e-5)
    assert row["required_s"] == 20 * 1800
    assert row["starts_at"] == dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
    assert row["is_rostered"] is False


def test_half_hours_teams_and_pace_are_kept_apart() -> None:
    lines = [HEADER, *calls(100), *calls(20, team="b", talk_s=360), *calls(10, at="2026-01-05 10")]
    lines += [
        "late | 2026-01-05 10:30 | no | 60 | - | phone | a | -",
        "quit | 2026-01-05 10:31 | no | 1 | - | phone | a | -",
    ]
    lines += [
        "c | 2026-01-05 10:30 | no | 60 | - | phone | c | -",
        "mail | 2026-01-05 09:00 | yes | 5 | 60 | email | a | -",
    ]
    fact = facts("2026-01-31", feed_contact="\n".join(lines))["fact_required_staff"].sort("starts_at", "team")
    # Nobody of team c handled a call: the pace is that of all calls. E-mail knows no queue, the quitter was not offered.
    assert fact.select("team", "contacts", "handle_mean_s").rows() == [
        ("a", 100, 180),
        ("b", 20, 360),
        ("a", 10, 180),
        ("a", 1, 180),
        ("c", 1, 208),
    ]


def test_goal_and_shrinkage_are_those_of_the_site() -> None:
    site = replace(OFFICE, staffing_percent=95, shrinkage_percent=0)
    (row,) = facts("2026-01-31", site, feed_contact="\n".join([HEADER, *calls(100)]))["fact_required_staff"].to_dicts()
    assert row["answered_within"] >= 0.95
    assert row["positions"] == row["required_staff"] == 16


def test_only_people_of_the_queue_are_set_against_the_need() -> None:
    built = facts(
        "2026-01-31",
        feed_contact="\n".join([HEADER, *calls(3)]),
        feed_agent_day="""
        agent_id | work_on    | team | paid_s
        x        | 2026-01-05 | z    | 28800
        y        | 2026-01-05 | a    | 28800
        w        | 2026-01-05 | mail | 28800
        """,
    )
    on_queue = dict(built["fact_agent_day"].select("agent_id", "is_on_queue").iter_rows())
    assert on_queue == {"x": True, "y": True, "w": False}
    assert built["fact_required_staff"]["is_rostered"].to_list() == [True]


def test_without_handle_time_there_is_no_need_to_tell() -> None:
    drawn = "contact_id | started_at | is_answered | wait_s | channel\n1 | 2026-01-05 09:00 | yes | 5 | phone"
    assert facts("2026-01-31", feed_contact=drawn)["fact_required_staff"].is_empty()


def test_the_need_does_not_hang_on_how_rows_are_shared_out() -> None:
    lines = [line for hour in range(8, 20) for line in calls(5 * hour, at=f"2026-01-05 {hour:02d}")]
    fact = facts("2026-01-31", feed_contact="\n".join([HEADER, *lines]))["fact_required_staff"]
    alone = facts("2026-01-31", feed_contact="\n".join([HEADER, *calls(60, at="2026-01-05 12")]))["fact_required_staff"]
    twelve = fact.filter(pl.col("starts_at") == dt.datetime(2026, 1, 5, 11, tzinfo=dt.UTC))
    assert twelve.equals(alone)
