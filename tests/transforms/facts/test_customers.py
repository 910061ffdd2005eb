"""Spells of customers in, customers at both ends of each period out."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.facts.text_tables import facts

COUNTS = ("active_at_start", "active_at_end", "kept", "lost", "gained", "returned")


def months(frame: pl.DataFrame, *by: str) -> dict[object, tuple[int, ...]]:
    rows = frame.filter(grain="month").sort("period_end_on").group_by("period_end_on", *by, maintain_order=True)
    sums = rows.agg(pl.col(COUNTS).sum()).to_dicts()
    return {
        (row["period_end_on"].month, *(row[b] for b in by)) if by else row["period_end_on"].month: tuple(
            row[c] for c in COUNTS
        )
        for row in sums
    }


def test_the_month_of_the_specification() -> None:
    """100 at the start, 20 lost, 30 new, 15 returned: 80 kept, 125 at the end."""
    lines = ["customer_id | valid_from | valid_to"]
    lines += [f"stays{i} | 2025-01-01 | -" for i in range(80)]
    lines += [f"lost{i} | 2025-01-01 | 2026-03-{i + 1:02}" for i in range(20)]
    lines += [f"new{i} | 2026-03-{i + 1:02} | -" for i in range(30)]
    lines += [f"back{i} | 2025-01-01 | 2025-12-30" for i in range(15)]
    lines += [f"back{i} | 2026-03-{i + 1:02} | -" for i in range(15)]
    fact = facts("2026-03-31", feed_customer="\n".join(lines))["fact_customer_period"]
    assert months(fact)[3] == (100, 125, 80, 20, 30, 15)
    quarter = fact.filter(grain="quarter", period_end_on=dt.date(2026, 3, 31)).select(COUNTS).row(0)
    assert quarter == (100, 125, 80, 20, 30, 15)


def test_a_last_day_is_a_day_as_a_customer() -> None:
    fact = facts(
        "2026-02-28",
        feed_customer="""
        customer_id | valid_from | valid_to
        january     | 2025-12-01 | 2026-01-31
        december    | 2025-12-31 | 2026-01-30
        """,
    )["fact_customer_period"]
    assert months(fact) == {12: (0, 2, 0, 0, 2, 0), 1: (2, 1, 1, 1, 0, 0), 2: (1, 0, 0, 1, 0, 0)}


def test_a_customer_who_comes_and_goes_within_a_month_is_neither_gained_nor_lost() -> None:
    fact = facts(
        "2026-03-31",
        feed_customer="""
        customer_id | valid_from | valid_to
        passes      | 2026-01-05 | 2026-01-20
        passes      | 2026-03-05 | -
        pauses      | 2026-01-01 | 2026-02-10
        pauses      | 2026-02-20 | -
        """,
    )["fact_customer_period"]
    assert months(fact) == {1: (0, 1, 0, 0, 1, 0), 2: (1, 1, 1, 0, 0, 0), 3: (1, 2, 1, 0, 0, 1)}


def test_a_customer_who_moves_is_kept_in_the_segment_of_the_start() -> None:
    fact = facts(
        "2026-03-31",
        feed_customer="""
        customer_id | valid_from | valid_to   | segment
        moves       | 2026-01-01 | 2026-02-10 | small
        moves       | 2026-02-11 | -          | large
        """,
    )["fact_customer_period"]
    assert months(fact, "segment") == {
        (1, "small"): (0, 1, 0, 0, 1, 0),
        (2, "small"): (1, 1, 1, 0, 0, 0),
        (2, "large"): (0, 0, 0, 0, 0, 0),
        (3, "small"): (0, 0, 0, 0, 0, 0),
        (3, "large"): (1, 1, 1, 0, 0, 0),
    }


def test_who_left_nobody_knows_when_is_lost_on_the_day_observed() -> None:
    fact = facts(
        "2026-03-31",
        feed_customer="""
        customer_id | valid_from | observed_on | is_lost
        a           | 2025-01-01 | 2026-03-31  | yes
        b           | 2025-01-01 | 2026-03-31  | no
        c           | 2025-01-01 | 2026-03-31  | -
        """,
    )["fact_customer_period"]
    assert months(fact)[3] == (3, 2, 2, 1, 0, 0)


def test_a_period_that_is_not_over_ends_on_the_as_of_day() -> None:
    fact = facts("2026-03-15", feed_customer="customer_id | valid_from | valid_to\na | 2025-01-01 | 2026-03-20")
    ends = fact["fact_customer_period"].filter(pl.col("period_end_on") == dt.date(2026, 3, 15))
    assert sorted(ends["grain"]) == ["month", "quarter", "year"]
    assert ends["active_at_end"].to_list() == [1, 1, 1]


DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2026, 3, 31))
SPELLS = st.lists(
    st.tuples(st.integers(0, 3), DAYS, st.integers(0, 200) | st.none(), st.sampled_from("xy")), max_size=12
)
AS_OF = dt.date(2026, 3, 10)


@settings(max_examples=40)
@given(SPELLS)
def test_periods_agree_with_asking_each_customer_on_both_days(
    spells: list[tuple[int, dt.date, int | None, str]],
) -> None:
    once = {(who, first): (days, cell) for who, first, days, cell in spells}
    lines = ["customer_id | valid_from | valid_to | segment"]
    held: dict[int, list[tuple[dt.date, dt.date]]] = {}
    for (who, first), (days, cell) in once.items():
        last = dt.date(2099, 1, 1) if days is None else first + dt.timedelta(days=days)
        lines.append(f"{who} | {first} | {'-' if days is None else last} | {cell}")
        held.setdefault(who, []).append((first, last))
    fact = facts(str(AS_OF), feed_customer="\n".join(lines))["fact_customer_period"]
    for (grain, end), rows in fact.group_by("grain", "period_end_on"):
        start = {"month": end.replace(day=1), "quarter": end.replace(month=(end.month - 1) // 3 * 3 + 1, day=1)}.get(
            grain, end.replace(month=1, day=1)
        )
        before = start - dt.timedelta(days=1)
        was, now = (
            {w for w, s in held.items() if any(first <= day <= last for first, last in s)} for day in (before, end)
        )
        knew = {who for who, s in held.items() if any(f < start for f, _ in s)}
        wanted = (len(was), len(now), len(was & now), len(was - now), len(now - was - knew), len((now & knew) - was))
        assert rows.select(pl.col(COUNTS).sum()).row(0) == wanted
