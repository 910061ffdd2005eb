"""Percentiles, medians of waiting and means on one scale, against a twin that groups rows and looks at each group."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.tables.metric import GRAINS, GROUPING_SETS, MEMBER_CUTS
from transforms.metrics import METRICS
from transforms.metrics.days import members_told
from transforms.metrics.metric import Statistic
from transforms.metrics.percentiles import PERCENTILES
from transforms.metrics.periods import start_of
from transforms.metrics.statistics import by_clock_of, statistics_of

AS_OF = dt.date(2026, 3, 31)
CELL = ("grain", "period_start", "grouping_set", "channel", "team", "segment", "member")
DAYS = st.dates(dt.date(2025, 12, 27), dt.date(2026, 4, 2)) | st.none()
CODES = st.sampled_from(["a", "b", None])
SECONDS = st.integers(0, 6) | st.sampled_from([2**33, 2**40]) | st.none()
TICKETS = st.lists(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(["created_on", "resolved_on", "first_response_on"], DAYS),
            **dict.fromkeys(["channel", "team", "segment", "topic"], CODES),
            "tier": st.integers(1, 2) | st.none(),
            "is_counted": st.booleans(),
            "is_resolved": st.booleans() | st.none(),
            **dict.fromkeys(["resolution_calendar_s", "resolution_business_s", "observed_s"], SECONDS),
            **dict.fromkeys(["first_response_calendar_s", "first_response_business_s"], SECONDS),
        }
    ),
    min_size=5,
    max_size=40,
)
ANSWERS = st.lists(
    st.fixed_dictionaries(
        {
            "answered_on": DAYS,
            **dict.fromkeys(["channel", "team", "segment", "topic", "survey", "product", "variant"], CODES),
            "scale": st.sampled_from(["1-7", "1-5"]),
            "kind": st.just("ces"),
            "is_counted": st.booleans(),
            "is_easy": st.booleans() | st.none(),
            "score_milli": st.integers(1000, 7000) | st.none(),
        }
    ),
    min_size=5,
    max_size=40,
)


@settings(max_examples=8)
@given(TICKETS, ANSWERS)
def test_each_cell_is_what_its_rows_say(tickets: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
    facts = {"fact_ticket": frame(tickets), "fact_survey_response": frame(answers)}
    members = members_told(facts)
    told = {cut: set(rows.collect()["member"]) for cut, rows in members.items()}
    for clock, statistics in by_clock_of(METRICS.values()).items():
        fact, date = clock.split(".")
        found = statistics_of(facts[fact], statistics, members, grains=GRAINS, as_of=AS_OF).collect()
        for statistic in statistics:
            has_any = found.filter(pl.col(f"{statistic.name}:n") > 0)
            mine = has_any.select(*CELL, f"{statistic.name}:n", f"{statistic.name}:value").rows()
            assert len({row[: len(CELL)] for row in mine}) == len(mine)
            assert {row[: len(CELL)]: row[len(CELL) :] for row in mine} == twin(facts[fact], statistic, date, told)


def test_members_that_no_row_tells_are_no_cut() -> None:
    facts = {"fact_ticket": frame([TICKET | {"topic": None, "tier": 1}])}
    (mine,) = (it for clock, it in by_clock_of(METRICS.values()).items() if clock == "fact_ticket.resolved_on")
    found = statistics_of(facts["fact_ticket"], mine, members_told(facts), grains=["day"], as_of=AS_OF).collect()
    assert "tier" in set(found["grouping_set"])
    assert "topic" not in set(found["grouping_set"])


def test_a_fact_without_rows_has_no_statistics() -> None:
    facts = {"fact_ticket": frame([TICKET]).clear()}
    (mine,) = (it for clock, it in by_clock_of(METRICS.values()).items() if clock == "fact_ticket.resolved_on")
    assert (
        statistics_of(facts["fact_ticket"], mine, members_told(facts), grains=GRAINS, as_of=AS_OF).collect().is_empty()
    )


TICKET = {
    "created_on": AS_OF, "resolved_on": AS_OF, "first_response_on": AS_OF, "channel": "a", "team": None,
    "segment": "b", "topic": "a", "tier": 1, "is_counted": True, "is_resolved": True, "resolution_calendar_s": 5,
    "resolution_business_s": 4, "observed_s": 5, "first_response_calendar_s": 3, "first_response_business_s": 2,
}  # fmt: skip


def frame(rows: list[dict[str, Any]]) -> pl.LazyFrame:
    types = {name: pl.Date() for name in rows[0] if name.endswith("_on")}
    types |= {name: pl.Int64() for name in rows[0] if name.endswith(("_s", "_milli")) or name == "tier"}
    types |= {name: pl.Boolean() for name in rows[0] if name.startswith("is_")}
    return pl.LazyFrame(rows, schema={name: types.get(name, pl.String()) for name in rows[0]})


def twin(
    rows: pl.LazyFrame, statistic: Statistic, date: str, told: Mapping[str, set[str]]
) -> dict[tuple[Any, ...], tuple[int, float | None]]:
    """Row by row into the cells it belongs to, then cell by cell."""
    sample = statistic.sample.per_row.alias("number"), statistic.happened.fill_null(value=False).alias("happened")
    known = rows.with_columns(*sample).filter(pl.col(date) <= AS_OF, pl.col("number").is_not_null()).collect()
    cells: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for grain in GRAINS:
        for row in known.with_columns(period_start=start_of(pl.col(date), grain)).iter_rows(named=True):
            for name, cuts in GROUPING_SETS.items():
                if set(cuts) <= row.keys() and (name not in MEMBER_CUTS or told.get(name)):
                    cell = {"grain": grain, "period_start": row["period_start"], "grouping_set": name}
                    cell |= {"member": member(row[name])} if name in MEMBER_CUTS else {cut: row[cut] for cut in cuts}
                    cells.setdefault(tuple(cell.get(it) for it in CELL), []).append(row)
    return {cell: (len(here), value(statistic, here)) for cell, here in cells.items()}


def member(code: object) -> str:
    return "(unknown)" if code is None else str(code)


def value(statistic: Statistic, rows: list[dict[str, Any]]) -> float | None:
    numbers = sorted(row["number"] for row in rows)
    if statistic.kind == "mean_on_one_scale":
        return sum(numbers) / len(numbers) if len({row["scale"] for row in rows}) == 1 else None
    if statistic.kind in PERCENTILES:
        place = Fraction(*PERCENTILES[statistic.kind]) * (len(numbers) - 1)
        low, high = numbers[math.floor(place)], numbers[math.ceil(place)]
        return float(low + (place - math.floor(place)) * (high - low))
    waiting = Fraction(1)
    for moment in sorted({row["number"] for row in rows if row["happened"]}):
        there = sum(number >= moment for number in numbers)
        waiting *= Fraction(there - sum(row["number"] == moment and row["happened"] for row in rows), there)
        if waiting <= Fraction(1, 2):
            return float(moment)
    return None
