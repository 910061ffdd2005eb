"""Codes told of parts of facts, and customers numbered month after month: the same as all at once."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.tables import FACTS
from transforms.facts.codes import (
    CUSTOMER_KEY,
    LatestSegments,
    new_customers,
    no_customers,
    numbered_customers,
    told_codes,
    told_customers,
)

Ticket = tuple[int, int, str | None, str | None]
"""Month, day, customer and segment."""
TICKETS = st.lists(
    st.tuples(
        st.integers(1, 3), st.integers(1, 2), st.sampled_from([*"abcd", None]), st.sampled_from(["pro", "vip", None])
    ),
    max_size=12,
)


def rows_of(*tickets: Ticket) -> pl.LazyFrame:
    """Tickets in what codes are told by."""
    days = [dt.datetime(2026, month, day, 9, tzinfo=dt.UTC) for month, day, *_ in tickets]
    return pl.LazyFrame(
        {
            "created_at": days,
            "created_on": [day.date() for day in days],
            "customer_id": [it[2] for it in tickets],
            "segment": [it[3] for it in tickets],
            **dict.fromkeys(("channel", "team", "agent_id", "topic"), ["x"] * len(tickets)),
        },
        schema={
            name: FACTS["fact_ticket"].columns[name].dtype
            for name in ("created_at", "created_on", "customer_id", "segment", "channel", "team", "agent_id", "topic")
        },
    )


def told(*tickets: Ticket) -> pl.LazyFrame:
    """What tickets tell of customers."""
    return told_customers("fact_ticket", rows_of(*tickets))


def whole(*tickets: Ticket) -> list[tuple[int, str, dt.date, str | None]]:
    """Number, code, first day and segment of customers who are numbered all at once."""
    found = numbered_customers(told(*tickets), no_customers(), 0).drop("created_at")
    return found.collect().rows()


@settings(max_examples=40)
@given(TICKETS)
def test_customers_numbered_month_after_month_are_those_numbered_at_once(tickets: list[Ticket]) -> None:
    pieces: list[pl.LazyFrame] = []
    for month in (1, 2, 3):
        known = pl.concat([no_customers(), *(new_customers(it) for it in pieces)])
        here = told(*(it for it in tickets if it[0] == month))
        pieces.append(numbered_customers(here, known, known.collect().height).collect().lazy())
    found = pl.concat(map(new_customers, pieces)).collect()
    segments = LatestSegments(["vip", "pro"], found.height)
    for it in reversed(pieces):
        segments.hear(it.collect())
    assert found.hstack(segments.by_number().collect()).rows() == whole(*tickets)


def test_numbers_follow_the_first_day_and_then_the_code() -> None:
    assert whole((1, 2, "a", None), (1, 1, "c", None), (1, 1, "b", None), (2, 1, "c", None)) == [
        (1, "b", dt.date(2026, 1, 1), None),
        (2, "c", dt.date(2026, 1, 1), None),
        (3, "a", dt.date(2026, 1, 2), None),
    ]


def test_a_ticket_without_a_segment_does_not_make_one_forgotten() -> None:
    assert whole((1, 1, "a", "vip"), (1, 2, "a", None)) == [(1, "a", dt.date(2026, 1, 1), "vip")]


def test_of_two_segments_at_one_instant_the_first_by_name_is_known_whatever_the_order() -> None:
    one, other = (1, 1, "a", "vip"), (1, 1, "a", "pro")
    assert whole(one, other) == whole(other, one) == [(1, "a", dt.date(2026, 1, 1), "pro")]
    for order in ((one, other), (other, one)):
        segments = LatestSegments(["pro", "vip"], 1)
        for it in order:
            segments.hear(numbered_customers(told(it), no_customers(), 0).collect())
        assert segments.by_number().collect().rows() == [("pro",)]


def test_who_is_known_has_the_old_number_and_no_first_day() -> None:
    known = new_customers(numbered_customers(told((1, 1, "b", None)), no_customers(), 0))
    found = numbered_customers(told((2, 1, "a", None), (2, 1, "b", "vip")), known, 1).collect()
    assert found.select(CUSTOMER_KEY, "code", "first_seen_on", "segment").rows() == [
        (1, "b", None, "vip"),
        (2, "a", dt.date(2026, 2, 1), None),
    ]


def test_a_part_says_of_which_days_its_rows_are_and_a_derived_fact_nothing_more() -> None:
    days = (dt.date(2026, 1, 1), dt.date(2026, 1, 2))
    rows = rows_of((1, 2, "a", None), (1, 1, None, None))
    first, *others = told_codes("fact_ticket", rows).collect().rows()
    assert first == ("part", None, *days)
    assert {it[0] for it in others} == {"channel", "team", "agent", "topic"}
    backlog = pl.LazyFrame({"day_on": days})
    assert told_codes("fact_backlog_daily", backlog).collect().rows() == [first]
