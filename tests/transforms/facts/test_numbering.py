"""The fingerprint of how codes are numbered: the same exactly where the codes up to a day and their numbers are."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.facts.numbering import Numbered, numbering

Codes = list[tuple[int, str]]
"""Day and code, in the order of their numbers."""
DAYS = st.integers(1, 4)
CODES = st.lists(st.tuples(DAYS, st.sampled_from("abcdefgh")), unique_by=lambda it: it[1], max_size=6).map(sorted)


def dimension(codes: Codes) -> pl.LazyFrame:
    return pl.LazyFrame(
        {
            "team_key": [-1, 0, *range(1, len(codes) + 1)],
            "code": ["(all)", "(unknown)", *(code for _, code in codes)],
            "first_seen_on": [None, None, *(dt.date(2026, 1, day) for day, _ in codes)],
        },
        schema={"team_key": pl.Int32, "code": pl.String, "first_seen_on": pl.Date},
    )


def until(codes: Codes, day: int) -> tuple[int, ...]:
    return Numbered.of(numbering(dimension(codes), "team_key").collect()).until(dt.date(2026, 1, day))


@given(one=CODES, other=CODES, day=DAYS)
def test_two_numberings_up_to_a_day_have_one_fingerprint_exactly_where_they_are_the_same(
    one: Codes, other: Codes, day: int
) -> None:
    seen = [[code for first, code in codes if first <= day] for codes in (one, other)]
    assert (until(one, day) == until(other, day)) == (seen[0] == seen[1])


@given(codes=CODES, undated=st.sampled_from(["", "yz"]))
def test_all_codes_are_those_up_to_the_last_day_and_those_without_a_day(codes: Codes, undated: str) -> None:
    more = pl.LazyFrame(
        {
            "team_key": range(len(codes) + 1, len(codes) + len(undated) + 1),
            "code": list(undated),
            "first_seen_on": [None] * len(undated),
        },
        schema={"team_key": pl.Int32, "code": pl.String, "first_seen_on": pl.Date},
    )
    known = Numbered.of(numbering(pl.concat([dimension(codes), more]), "team_key").collect())
    assert known.until(None) == known.until(dt.date(2026, 1, 4))
    assert known.until(None)[0] == len(codes) + len(undated)
    assert known.until(dt.date(2025, 12, 31))[0] == len(undated)


def test_two_codes_that_change_places_are_seen() -> None:
    assert until([(1, "a"), (1, "b")], 1) != until([(1, "b"), (1, "a")], 1)


def test_what_later_days_bring_changes_nothing() -> None:
    assert until([(1, "a"), (2, "b")], 2) == until([(1, "a"), (2, "b"), (3, "c")], 2)
