from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from tests.transforms.facts.text_tables import facts

COUNTED = """
    day_on     | channel | tally_id | offered | answered | abandoned | short_abandoned | answered_within | answer_wait_mean_s | handle_s
    2026-01-05 | phone   | a        | 1060    | 1000     | 60        | 10              | 860             | 15                 | 342000
    2026-01-05 | phone   | b        | 9       | 5        | 1         | -               | -               | -                  | -
    2026-02-01 | phone   | a        | 9       | 5        | 4         | -               | -               | -                  | -
"""


def test_the_contacts_of_a_tally_that_ended_alike_are_one_row() -> None:
    fact = facts("2026-01-31", feed_contact_day=COUNTED)["fact_contact"]
    columns = ("contacts", "is_offered", "is_handled", "is_abandoned", "is_answered_within", "wait_s", "handle_s")
    assert {row["contact_id"]: tuple(row[c] for c in columns) for row in fact.to_dicts()} == {
        "2026-01-05:phone:a:within": (860, True, True, False, True, 12_900, 294_120),
        "2026-01-05:phone:a:late": (140, True, True, False, False, 2_100, 47_880),
        "2026-01-05:phone:a:abandoned": (50, True, False, True, False, None, None),
        "2026-01-05:phone:a:short": (10, False, False, False, False, None, None),
        "2026-01-05:phone:b:answered": (5, True, True, False, None, None, None),
        "2026-01-05:phone:b:abandoned": (1, True, False, True, None, None, None),
        "2026-01-05:phone:b:lost": (3, True, False, False, None, None, None),
    }
    assert set(fact["started_at"]) == {dt.datetime(2026, 1, 4, 23, tzinfo=dt.UTC)}
    assert fact["is_counted"].all()
    assert fact["is_tally"].all()


def test_shares_answered_in_time_become_whole_contacts_that_add_up_to_the_share_of_the_month() -> None:
    """Five times 10 % of 33 are 16.5 contacts: 17 on their own, and not five times 3."""
    lines = ["day_on | channel | tally_id | answered | abandoned | answered_within_bp"]
    lines += [f"2026-01-0{day} | phone | all | 30 | 3 | 1000" for day in range(1, 6)]
    lines += ["2026-01-07 | phone | all | 2 | 1 | 10000", "2026-01-08 | phone | all | 0 | 4 | 0"]
    fact = facts("2026-01-31", feed_contact_day="\n".join(lines))["fact_contact"]
    within = fact.filter("is_answered_within").sort("started_on")["contacts"].to_list()
    # 3 were offered on the 7th, all in time as it says: only 2 were answered, so that a third day gains one.
    assert within == [4, 4, 4, 3, 3, 2]
    assert fact.filter(pl.col("started_on") == dt.date(2026, 1, 8))["is_answered_within"].to_list() == [False]


def test_calls_and_tallies_stand_in_one_fact_and_share_the_cost_of_the_month() -> None:
    built = facts(
        "2026-01-31",
        feed_contact_day=COUNTED,
        feed_contact="contact_id | started_at | is_answered | talk_s | channel\n1 | 2026-01-05 09:00 | yes | 342000 | chat",
        feed_cost="entry_id | booked_on | kind | amount_cents\n1 | 2026-01-31 | labour | 1000",
    )
    cost = {row["channel"]: row for row in built["fact_cost_allocation"].to_dicts()}
    assert (cost["phone"]["handled_contacts"], cost["phone"]["handle_s"]) == (1005, 342_000)
    assert (cost["phone"]["pool_cents"], cost["chat"]["pool_cents"]) == (500, 500)
    assert dict(built["fact_contact"].group_by("is_tally").agg(pl.col("contacts").sum()).iter_rows()) == {
        False: 1,
        True: 1069,
    }


@pytest.mark.parametrize(("waits", "expected"), [("10", [True, False]), ("-", [None, None])])
def test_without_a_word_on_waiting_the_calls_given_up_make_no_service_level(
    waits: str, expected: list[bool | None]
) -> None:
    drawn = f"""
        contact_id | started_at       | is_answered | wait_s  | channel
        a          | 2026-01-05 09:00 | yes         | {waits} | phone
        b          | 2026-01-05 09:00 | no          | -       | phone
    """
    fact = facts("2026-01-31", feed_contact=drawn)["fact_contact"]
    assert fact.sort("contact_id")["is_answered_within"].to_list() == expected
