"""Who an agent was on a day: spells that overlap, end or go on, held against a look at each spell, day by day."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.facts.people import KEY, People

FIRST = dt.date(2026, 1, 1)
AS_OF = FIRST + dt.timedelta(days=12)
SCHEMA = {
    "source": pl.String(),
    "agent_id": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "team": pl.String(),
    "tier": pl.Int64(),
    "is_human": pl.Boolean(),
}
Spell = tuple[str, str, dt.date, dt.date | None, str, int, bool | None]
days = st.integers(0, 15).map(lambda number: FIRST + dt.timedelta(days=number))
spells = st.lists(
    st.tuples(
        st.just("hr"),
        st.sampled_from("abc"),
        days,
        days | st.none(),
        st.sampled_from(["north", "south"]),
        st.integers(1, 3),
        st.booleans() | st.none(),
    ),
    max_size=8,
    unique_by=lambda spell: (spell[1], spell[2]),
)
asked_days = st.lists(st.tuples(st.sampled_from("abcd") | st.none(), days | st.none()), max_size=12)


def of(told: list[Spell]) -> People:
    return People(pl.LazyFrame(told, SCHEMA, orient="row"), AS_OF)


def held(told: list[Spell], agent: str | None, day: dt.date | None) -> Spell | None:
    """The spell of an agent that holds on a day: of those around it the one that began last."""
    if day is None or day > AS_OF:
        return None
    around = [it for it in told if it[1] == agent and it[2] <= day <= (it[3] or AS_OF)]
    return max(around, key=lambda it: it[2], default=None)


def rows_of(frame: pl.LazyFrame) -> pl.DataFrame:
    return frame.collect().sort(KEY)


@given(spells, asked_days)
def test_those_who_are_asked_for_are_as_the_spells_say(
    told: list[Spell], asked: list[tuple[str | None, dt.date | None]]
) -> None:
    rows = pl.LazyFrame(asked, {"who": pl.String(), "on": pl.Date()}, orient="row")
    found = of(told).asked(rows, agent="who", day="on").collect()
    expected = {
        (agent, day, spell[4], spell[5], spell[6] is not False)
        for agent, day in asked
        if (spell := held(told, agent, day)) is not None
    }
    assert set(found.select(*KEY, "team", "tier", "is_human").iter_rows()) == expected
    assert found.height == len(expected), "each once, and in order"
    assert_frame_equal(found, found.sort(KEY))


@given(spells)
def test_all_days_are_the_days_of_everybody_asked_for(told: list[Spell]) -> None:
    people = of(told)
    calendar = pl.LazyFrame({"on": pl.date_range(FIRST, AS_OF, eager=True)})
    everybody = calendar.join(pl.LazyFrame({"who": list("abc")}), how="cross")
    assert_frame_equal(rows_of(people.days()), rows_of(people.asked(everybody, agent="who", day="on")))


@given(spells)
def test_machines_are_those_of_all_days_who_are_no_persons(told: list[Spell]) -> None:
    people = of(told)
    assert_frame_equal(rows_of(people.machines()), rows_of(people.days().filter(~pl.col("is_human"))))
