"""Where rows lie, against slow and obvious twins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transforms.facts import parts
from transforms.facts.parts import (
    DAY_BITS,
    NO_DAY,
    UNSPLIT,
    WITHOUT_A_DAY,
    Routing,
    followers,
    grain_of,
    hashed,
    packed,
    several,
)
from transforms.facts.repeat import reaches, resolved_days, span_of_openings
from transforms.facts.whereabouts import Whereabouts

EPOCH = dt.date(1970, 1, 1)
NUMBERS = st.sampled_from(["1", "2", "3", "10", "é", "", "1 "])
DAYS = st.none() | st.dates(dt.date(2025, 11, 1), dt.date(2026, 3, 31))
TOLD = st.lists(st.tuples(NUMBERS, DAYS), max_size=12)
QUICK = settings(max_examples=8, derandomize=True, database=None)


@pytest.fixture(autouse=True, scope="module")
def _few_at_once() -> Iterator[None]:
    """What is worked out some at a time is so of few numbers too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_AT_ONCE", 2)
        patch.setattr(parts, "_LOOKED_UP", 2)
        yield


def frame(told: Sequence[tuple[str, dt.date | None]]) -> pl.LazyFrame:
    return pl.LazyFrame(told, schema={"ticket_id": pl.String, "day": pl.Date}, orient="row")


def words(told: Sequence[tuple[str, dt.date | None]]) -> np.ndarray:
    return packed(frame(told), pl.col("ticket_id"), pl.col("day")).collect()["packed"].to_numpy(writable=True)


def tickets_of(*exports: Sequence[tuple[str, dt.date | None]]) -> np.ndarray:
    return Whereabouts.told(np.concatenate([words(told) for told in exports]), ()).tickets


def hash_of(name: str) -> int:
    return int(pl.select(hashed(pl.lit(name))).item())


def name_of(day: int, grain: str) -> str:
    return Routing(words([]), grain).names[day]


def third_of(day: dt.date) -> str:
    return f"{day:%Y-%m}-{'01' if day.day <= 10 else '11' if day.day <= 20 else '21'}"


def earliest(told: Sequence[tuple[str, dt.date | None]]) -> dict[str, str]:
    """By number, the part of its first day, worked out one by one."""
    found = {}
    for number in {it for it, _ in told}:
        days = [day for it, day in told if it == number and day is not None]
        found[number] = third_of(min(days)) if days else WITHOUT_A_DAY
    return found


@QUICK
@given(exports=st.lists(TOLD, min_size=1, max_size=4))
def test_the_earliest_day_that_any_export_tells_decides_where_a_number_lies(
    exports: list[list[tuple[str, dt.date | None]]],
) -> None:
    routing = Routing(tickets_of(*exports), "third")
    together = [row for told in exports for row in told]
    rows = frame([*together, ("never heard of", None)]).with_columns(part=routing.part_of(pl.col("ticket_id")))
    found = dict(rows.select("ticket_id", "part").collect().iter_rows())
    assert found == earliest(together) | {"never heard of": WITHOUT_A_DAY}


@pytest.mark.parametrize("size", [0, 1, 3])
def test_numbers_are_sorted_and_there_once(size: int) -> None:
    told = [(str(number), dt.date(2026, 1, 1 + number)) for number in range(size)]
    found = tickets_of(told, told)
    assert len(found) == size
    assert (np.diff((found >> DAY_BITS).astype(object)) > 0).all()


@QUICK
@given(known=st.sets(st.integers(0, 40)), asked=st.lists(st.integers(0, 40)))
def test_numbers_are_split_by_their_parts_in_order(known: set[int], asked: list[int]) -> None:
    days = {number: 20_454 + number for number in known}
    told = np.array([number << 16 | day for number, day in days.items()], dtype=np.uint64)
    split = Routing(np.sort(told), "third").split(np.array(sorted(number << 16 for number in asked), dtype=np.uint64))
    expected: dict[str, list[int]] = {}
    for number in sorted(asked):
        part = third_of(EPOCH + dt.timedelta(days=days[number])) if number in days else WITHOUT_A_DAY
        expected.setdefault(part, []).append(number << 16)
    assert {part: numbers.tolist() for part, numbers in split.items()} == expected


def test_a_hash_leaves_room_for_a_day_behind() -> None:
    assert hash_of("10") % 65_536 == 0
    assert hash_of("10") != hash_of("11")
    (word,) = words([("10", dt.date(2026, 2, 3))]).tolist()
    assert (word - word % 65_536, word % 65_536) == (hash_of("10"), (dt.date(2026, 2, 3) - EPOCH).days)


@pytest.mark.parametrize(
    ("day", "third", "month", "quarter", "year"),
    [
        ("2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01"),
        ("2026-01-10", "2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01"),
        ("2026-01-11", "2026-01-11", "2026-01-01", "2026-01-01", "2026-01-01"),
        ("2026-03-20", "2026-03-11", "2026-03-01", "2026-01-01", "2026-01-01"),
        ("2026-03-31", "2026-03-21", "2026-03-01", "2026-01-01", "2026-01-01"),
        ("2026-04-01", "2026-04-01", "2026-04-01", "2026-04-01", "2026-01-01"),
        ("2024-02-29", "2024-02-21", "2024-02-01", "2024-01-01", "2024-01-01"),
        ("2025-12-31", "2025-12-21", "2025-12-01", "2025-10-01", "2025-01-01"),
    ],
)
def test_a_part_is_named_by_its_first_day(day: str, third: str, month: str, quarter: str, year: str) -> None:
    number = (dt.date.fromisoformat(day) - EPOCH).days
    names = {"third": third, "month": month, "quarter": quarter, "year": year, UNSPLIT: UNSPLIT}
    assert {grain: name_of(number, grain) for grain in names} == names


@pytest.mark.parametrize("day", [dt.date(1969, 12, 31), dt.date(1970, 1, 1), dt.date(2149, 6, 4), dt.date(9999, 1, 1)])
def test_days_beyond_all_calendars_have_a_part_too(day: dt.date) -> None:
    (word,) = words([("1", day)])
    assert name_of(int(word & NO_DAY), "year") in {"1970-01-01", "2149-01-01"}


DAYS_OF_TWO_YEARS = np.arange(20_000, 20_730, dtype=np.uint64)


@pytest.mark.parametrize(
    ("rows", "grain"),
    [(100, UNSPLIT), (101, "year"), (1000, "year"), (8_100, "quarter"), (25_000, "month"), (73_000, "third")],
)
def test_the_grain_is_the_shortest_with_rows_enough(rows: int, grain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS_UNSPLIT", 100)
    monkeypatch.setattr(parts, "ROWS_A_PART", 1000)
    assert grain_of(DAYS_OF_TWO_YEARS, rows) == grain
    assert grain_of(np.append(DAYS_OF_TWO_YEARS, NO_DAY), rows) == grain, "an unknown day is none"
    assert grain_of(np.array([NO_DAY]), rows) == UNSPLIT


SURVEYS = st.lists(st.tuples(st.sampled_from("abc"), st.none() | NUMBERS, DAYS), max_size=10)
Survey = tuple[str, str | None, dt.date | None]


def following(surveys: Sequence[Survey]) -> list[np.ndarray]:
    rows = pl.LazyFrame(surveys, schema={"name": pl.String, "ticket_id": pl.String, "day": pl.Date}, orient="row")
    return [it.to_numpy() for it in followers(rows, pl.struct("name"), pl.col("day")).collect()]


@QUICK
@given(tickets=TOLD, surveys=SURVEYS)
def test_what_follows_a_ticket_lies_with_the_first_it_names_else_by_its_own_day(
    tickets: list[tuple[str, dt.date | None]], surveys: list[Survey]
) -> None:
    known = Whereabouts.told(words(tickets), [following(surveys[:3]), following(surveys[3:])])
    routing, near = Routing(known.followers, "third"), known.reached("third")
    rows = pl.DataFrame({"name": [name for name, _, _ in surveys]}, {"name": pl.String})
    found = dict(rows.select("name", part=routing.part_of(pl.struct("name"))).iter_rows())
    opened = {number: min((day for it, day in tickets if it == number and day), default=None) for number, _ in tickets}
    for name, part in found.items():
        mine = [(ticket, day) for it, ticket, day in surveys if it == name]
        days = [opened.get(ticket) for ticket, _ in mine if ticket is not None]
        told = [day for day in days if day] or [day for _, day in mine if day]
        assert part == (third_of(min(told)) if told else WITHOUT_A_DAY)
    reached = {(found[name], opened.get(ticket)) for name, ticket, _ in surveys if ticket is not None}
    expected = {(part, third_of(day) if day else WITHOUT_A_DAY) for part, day in reached}
    assert {(part, other) for part, others in near.items() for other in others} == expected
    assert set(known.all_days.tolist()) == {
        (day - EPOCH).days if day else int(NO_DAY) for day in [*opened.values(), *(day for _, _, day in surveys)]
    }


def lying(known: Whereabouts) -> dict[str, dict[int, int]]:
    """By kind, the day of each number."""
    told = {"tickets": known.tickets, "followers": known.followers}
    return {
        kind: dict(zip((it >> DAY_BITS).tolist(), (it & NO_DAY).tolist(), strict=True)) for kind, it in told.items()
    }


@given(tickets=TOLD, more_tickets=TOLD, surveys=SURVEYS, more_surveys=SURVEYS)
@settings(max_examples=150, derandomize=True, database=None)
@example(tickets=[], more_tickets=[("1", EPOCH)], surveys=[("a", "1", None)], more_surveys=[])
@example(tickets=[("1", None)], more_tickets=[("1", EPOCH)], surveys=[], more_surveys=[])
def test_what_more_exports_tell_is_added_only_where_all_that_was_known_lies_where_it_lay(
    tickets: list[tuple[str, dt.date | None]],
    more_tickets: list[tuple[str, dt.date | None]],
    surveys: list[Survey],
    more_surveys: list[Survey],
) -> None:
    before = Whereabouts.told(words(tickets), [following(surveys)])
    anew = Whereabouts.told(
        np.concatenate([words(tickets), words(more_tickets)]), [following(surveys), following(more_surveys)]
    )
    exports = [words(more_tickets[::2]), words(more_tickets[1::2])]
    added = before.with_more(np.concatenate(exports), [following(more_surveys[:2]), following(more_surveys[2:])])
    then, now = lying(before), lying(anew)
    moved = [number for kind in then for number, day in then[kind].items() if now[kind][number] != day]
    if added is None:
        # A ticket that was sought may be found, and its survey lie by the day of another all the same.
        assert moved or set(before.sought.tolist()) - set(anew.sought.tolist())
    else:
        assert not moved
        assert all(np.array_equal(getattr(added, it), getattr(anew, it)) for it in Whereabouts.names())
        assert added.reached("month") == anew.reached("month")


KEYS = st.lists(
    st.integers(0, 2**48 - 1).map(lambda it: it << 16) | st.sampled_from([0, 1 << 60, 15 << 60]), max_size=6
)


@QUICK
@given(held=st.lists(KEYS, min_size=1, max_size=4))
@example(held=[[0, (1 << 60) - 65_536], [(1 << 60) - 65_536, 1 << 60], [1 << 60]])
def test_several_are_the_keys_that_more_than_one_part_has(held: list[list[int]]) -> None:
    found = several(np.array([key for part in held for key in set(part)], dtype=np.uint64)).tolist()
    everywhere = {key for part in held for key in part}
    assert found == sorted(key for key in everywhere if sum(key in part for part in held) > 1)


INSTANTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 20)).map(lambda it: it.replace(tzinfo=dt.UTC))  # noqa: DTZ001 -- the zone comes next
PLACED = st.lists(st.tuples(st.sampled_from("abcd"), INSTANTS), max_size=8)


def _of_each(rows: pl.LazyFrame, tell: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.LazyFrame:
    """What each part tells, with its name; with what no part tells, for there may be none."""
    parts = rows.collect().partition_by("part", as_dict=True)
    told = (tell(here.lazy()).with_columns(part=pl.lit(part)) for (part,), here in sorted(parts.items()))
    return pl.concat([tell(rows).with_columns(part=pl.lit("")).clear(), *told])


@QUICK
@given(resolved=PLACED, opened=PLACED, days=st.integers(1, 7))
def test_a_part_reaches_all_in_which_a_customer_may_come_back_in_time(
    resolved: list[tuple[str, dt.datetime]], opened: list[tuple[str, dt.datetime]], days: int
) -> None:
    window = dt.timedelta(days=days)
    schema = pl.Schema({"part": pl.String(), "at": pl.Datetime("us", "UTC")})
    tickets = pl.LazyFrame(resolved, schema=schema, orient="row").rename({"at": "resolved_at"})
    openings = pl.LazyFrame(opened, schema=schema, orient="row").rename({"at": "opened_again_at"})
    told = (_of_each(tickets, resolved_days), _of_each(openings, span_of_openings))
    found = set(reaches(*told, window=window).collect().iter_rows())
    needed = {(one, other) for one, at in resolved for other, again in opened if at < again <= at + window}
    assert needed <= found
    assert found <= {(one, other) for one, _ in resolved for other, _ in opened}
    far = {other for other, _ in opened} - {
        other
        for other, _ in opened
        for _, at in resolved
        if min(it for name, it in opened if name == other) <= at + window + dt.timedelta(days=1)
    }
    assert not [pair for pair in found if pair[1] in far], "what opens long after every resolution is left alone"
