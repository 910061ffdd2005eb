from __future__ import annotations

import datetime as dt
from itertools import permutations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from expectations.tables import FACTS, FEEDS
from tests.transforms.facts.test_dimensions import FEEDS as DRAWN
from tests.transforms.facts.text_tables import OFFICE, facts, feed
from transforms.facts import build, build_facts, steps


def test_only_facts_whose_feeds_are_there() -> None:
    assert steps({"feed_cost"}) == ("fact_cost_allocation",)
    assert [step for step in steps({"feed_ticket"}) if step in FACTS] == [
        "fact_ticket",
        "fact_backlog_daily",
        "fact_duration_histogram",
    ]
    assert not {"told_event", "told_ticket", "told_survey"} & set(steps({"feed_ticket"}))
    assert steps(()) == ()
    assert set(FACTS) <= set(steps(FEEDS))


def test_empty_feeds_give_empty_facts_in_shape() -> None:
    empty = {name: table.empty() for name, table in FEEDS.items()}
    frames: dict[str, pl.LazyFrame] = dict(empty)
    for step in steps(empty):
        built = build(step, frames, OFFICE, dt.date(2026, 1, 31)).collect()
        assert built.height == 0
        assert step not in FACTS or built.schema == FACTS[step].schema
        frames[step] = built.lazy()
    assert set(FACTS) <= set(frames)


@pytest.mark.slow
def test_one_plan_and_step_by_step_and_streamed_are_the_same() -> None:
    in_steps = facts("2026-01-31", **DRAWN)
    plans = build_facts({name: feed(name, text) for name, text in DRAWN.items()}, OFFICE, dt.date(2026, 1, 31))
    for name, frame in in_steps.items():
        key = list(FACTS[name].key)
        assert_frame_equal(plans[name].collect().sort(key), frame.sort(key))
        assert_frame_equal(plans[name].collect(engine="streaming").sort(key), frame.sort(key))


def test_the_histogram_finds_the_median_within_one_percent() -> None:
    lines = ["ticket_id | created_at | first_response_at"]
    for i in range(1, 100):
        reply = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC) + dt.timedelta(seconds=i * 37)
        lines.append(f"{i} | 2026-01-05 09:00:00 | {reply:%Y-%m-%d %H:%M:%S}")
    lines.append("zero | 2026-01-05 09:00:00 | 2026-01-05 09:00:00")
    histogram = facts("2026-01-31", feed_ticket="\n".join(lines))["fact_duration_histogram"]
    calls = histogram.filter(pl.col("duration") == "first_response_calendar").sort("bucket")
    assert calls["n"].sum() == 100
    assert calls.row(0, named=True)["bucket_value_s"] == 0.0
    at = calls.filter(pl.col("n").cum_sum() >= 51).row(0, named=True)["bucket_value_s"]
    assert abs(at / (50 * 37) - 1) <= 0.01


def test_the_histogram_comes_in_the_order_of_its_key() -> None:
    """Whatever order its words were first met in."""
    tickets = """
        ticket_id | created_at          | first_response_at   | channel | team
        1         | 2026-01-06 09:00:00 | 2026-01-06 09:05:00 | phone   | retail
        2         | 2026-01-05 09:00:00 | 2026-01-05 09:50:00 | chat    | retail
        3         | 2026-01-05 09:00:00 | 2026-01-05 09:20:00 |         | retail
        4         | 2026-01-05 09:00:00 | 2026-01-05 09:20:00 | chat    | billing
        5         | 2026-01-05 09:00:00 | 2026-01-05 09:01:00 | chat    | billing
    """
    histogram = facts("2026-01-31", feed_ticket=tickets)["fact_duration_histogram"]
    assert histogram.height == 10
    assert_frame_equal(histogram, histogram.sort(FACTS["fact_duration_histogram"].key))


def test_events_of_one_line_at_one_instant_come_in_the_same_order_however_they_were_read() -> None:
    """A line of a wide file may tell of several events; who was in charge last hangs on their order."""
    header, *events = (
        "event_id | ticket_id | occurred_at         | kind       | team    | line",
        "1        | T         | 2026-01-05 10:00:00 | created    |         | 2",
        "2        | T         | 2026-01-05 10:00:00 | assignment | retail  | 2",
        "3        | T         | 2026-01-05 10:00:00 | assignment | billing | 2",
        "4        | T         | 2026-01-05 10:00:00 | assignment | sales   | 2",
    )
    found = [facts("2026-01-31", feed_ticket_event="\n".join([header, *it])) for it in permutations(events)]
    for built in found:
        assert built["fact_ticket"]["team"].to_list() == ["sales"]
        assert_frame_equal(built["fact_ticket_event"], found[0]["fact_ticket_event"])
