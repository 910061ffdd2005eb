"""The histogram counts cells as whole numbers; the slow, obvious way counts them one by one."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.facts.histogram import DURATIONS, GAMMA, ZERO_BUCKET, durations_in_buckets, fact_duration_histogram

CELL = ("duration", "day_on", "channel", "team", "segment", "bucket")
Ticket = dict[str, Any]
_words = st.sampled_from([None, "", "chat", "phone", "été"])
_days = st.none() | st.dates() | st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 3))
_seconds = st.none() | st.integers(0, 3) | st.integers(0, 2**63 - 1)
_tickets = st.fixed_dictionaries(
    {
        "exclusion_reason": st.sampled_from([None, None, None, "spam"]),
        **dict.fromkeys(("channel", "team", "segment"), _words),
        **dict.fromkeys(DURATIONS.values(), _days),
        **{f"{name}_s": _seconds for name in DURATIONS},
    }
)


def one_by_one(tickets: list[Ticket]) -> Counter[tuple[Any, ...]]:
    """How many tickets are in each cell."""
    found: Counter[tuple[Any, ...]] = Counter()
    for it in tickets:
        for name, day in DURATIONS.items():
            value = it[f"{name}_s"]
            if it["exclusion_reason"] is None and value is not None:
                bucket = math.ceil(math.log(value) / math.log(GAMMA)) if value else ZERO_BUCKET
                found[(name, it[day], it["channel"], it["team"], it["segment"], bucket)] += 1
    return found


def in_order(cell: tuple[Any, ...]) -> tuple[Any, ...]:
    """What is absent comes first."""
    return tuple((it is not None, it) if it is not None else (False,) for it in cell)


def in_buckets(tickets: list[Ticket]) -> pl.LazyFrame:
    words = dict.fromkeys(("exclusion_reason", "channel", "team", "segment"), pl.String())
    seconds = {f"{name}_s": pl.Int64() for name in DURATIONS}
    schema = pl.Schema({**words, **dict.fromkeys(DURATIONS.values(), pl.Date()), **seconds})
    return durations_in_buckets(pl.LazyFrame(tickets, schema))


@given(st.lists(_tickets, max_size=12))
def test_each_cell_once_in_order_with_how_many(tickets: list[Ticket]) -> None:
    found, wanted = in_buckets(tickets).collect(), one_by_one(tickets)
    cells = found.select(CELL).rows()
    assert cells == sorted(wanted, key=in_order)
    assert found["n"].to_list() == [wanted[cell] for cell in cells]


@given(st.lists(st.lists(_tickets, max_size=6), min_size=1, max_size=3))
def test_parts_add_up_to_what_all_tickets_tell(parts: list[list[Ticket]]) -> None:
    added = fact_duration_histogram(pl.concat([in_buckets(part) for part in parts])).collect()
    wanted = one_by_one([ticket for part in parts for ticket in part])
    cells = added.select(CELL).rows()
    assert cells == sorted(wanted, key=in_order)
    assert added["n"].to_list() == [wanted[cell] for cell in cells]
