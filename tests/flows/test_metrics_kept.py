"""The metrics of a night, worked out again only where something changed, are those of a house that begins anew."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.tables.fact_ticket import FACT_TICKET
from expectations.tables.metric import GRAINS
from flows.io import durable
from flows.io.kept import Making
from flows.settings import Settings, load
from flows.stages import adding, measuring
from flows.stages.draft import Draft
from tests.flows.conftest import MAPPING, empty_site
from tests.flows.persons import accepting
from tests.frames_made import names_made
from transforms import metrics

NAMES = ("ticket_volume", "fcr_rate", "resolution_time_business_p50", "resolution_time_business_p90")
FEW = (*NAMES, "resolution_time_censored_p50")
FIRST, AS_OF = dt.date(2025, 9, 20), dt.date(2026, 4, 8)
NOON = dt.time(12, tzinfo=dt.UTC)
Ticket = dict[str, Any]
DAYS = st.dates(FIRST, AS_OF)
TICKETS = st.builds(
    lambda created_on, days, channel, team, topic: {
        "created_on": created_on, "days": days, "channel": channel, "team": team, "topic": topic,
    },
    DAYS, st.integers(0, 200) | st.none(), *[st.sampled_from(["a", "b", None])] * 3,
)  # fmt: skip
CHANGES = st.dictionaries(st.integers(0, 40), TICKETS, max_size=3)
PARTS: Mapping[str, Callable[[int, Ticket], str]] = {
    "one": lambda _, __: "all",
    "by month": lambda _, ticket: str(ticket["created_on"].replace(day=1)),
    "by number": lambda number, _: str(number % 3),
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("flows.stages.draft.judged", accepting)
    monkeypatch.setattr("os.fsync", lambda _: None)
    monkeypatch.setattr("transforms.metrics.METRICS", {name: metrics.METRICS[name] for name in FEW})
    return load(str(empty_site(tmp_path / "site", avis=MAPPING)))


DRAWN = (
    st.lists(TICKETS, min_size=25, max_size=40),
    st.lists(st.tuples(CHANGES, st.integers(0, 2)), min_size=2, max_size=2),
    st.sampled_from(sorted(PARTS)),
)
Nights = list[tuple[dict[int, Ticket], int]]


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(*DRAWN)
def test_nights_come_to_what_one_night_comes_to(
    house: Settings, tickets: list[Ticket], nights: Nights, parts: str
) -> None:
    _compare(house, tickets, nights, parts)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(*DRAWN)
def test_any_nights_come_to_what_one_night_comes_to(
    house: Settings, tickets: list[Ticket], nights: Nights, parts: str
) -> None:
    _compare(house, tickets, nights, parts)


def _compare(house: Settings, tickets: list[Ticket], nights: Nights, parts: str) -> None:
    """Nights one after the other, each with its changes, against a house that knows it all from the start."""
    shutil.rmtree(house.data / "store", ignore_errors=True)
    known, as_of = dict(enumerate(tickets)), AS_OF
    published(house, known, as_of, PARTS[parts])
    for changes, days in nights:
        known |= changes
        as_of += dt.timedelta(days=days)
        found = published(house, known, as_of, PARTS[parts])
    shutil.rmtree(house.data / "store")
    wanted = published(house, known, as_of, PARTS["one"])
    assert found.keys() == wanted.keys()
    assert [name for name, rows in found.items() if not rows.equals(wanted[name])] == []


def test_a_night_without_news_works_nothing_out(house: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = {number: ticket(dt.date(2026, 1, 1) + dt.timedelta(days=number), days=1) for number in range(90)}
    published(house, tickets, AS_OF, PARTS["by month"])
    made = names_made(monkeypatch)
    published(house, tickets, AS_OF, PARTS["by month"])
    assert made == []


def test_a_late_resolution_reaches_the_quarters_and_years_that_read_it(
    house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [dt.date(2025, 2, 3), dt.date(2025, 8, 4), dt.date(2026, 1, 5), dt.date(2026, 4, 6)]
    tickets = {number: ticket(day, days=None if day == days[1] else 0) for number, day in enumerate(days)}
    published(house, tickets, AS_OF, PARTS["by month"])
    made = names_made(monkeypatch)
    published(house, tickets | {1: ticket(days[1], days=160)}, AS_OF, PARTS["by month"])
    worked_out = sorted(it for it in made if it.startswith("statistics_"))
    assert worked_out == ["statistics_fact_ticket.created_on"] * 2 + ["statistics_fact_ticket.resolved_on"] * 2


def test_who_waits_longer_than_the_median_makes_nobody_work(house: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a quarter long over; where someone has waited less than its median, every day is looked at."""
    day = dt.date(2025, 2, 3)
    tickets = {number: ticket(day, days=2 if number else None) for number in range(4)}
    tickets |= {number: ticket(day + dt.timedelta(weeks=30), days=None) for number in range(4, 6)}
    published(house, tickets, AS_OF, PARTS["one"])
    made = names_made(monkeypatch)
    published(house, tickets, AS_OF + dt.timedelta(days=1), PARTS["one"])
    assert not [it for it in made if it.startswith("statistics_")]
    made.clear()
    waiting = tickets | {number: ticket(day, days=3 * number) for number in range(1, 4)} | {0: ticket(day, days=None)}
    early = dt.date(2025, 2, 8)
    published(house, waiting, early, PARTS["one"])
    made.clear()
    published(house, waiting, early + dt.timedelta(days=1), PARTS["one"])
    assert [it for it in made if it.startswith("statistics_")]


def ticket(created_on: dt.date, *, days: int | None) -> Ticket:
    return {"created_on": created_on, "days": days, "channel": "a", "team": "b", "topic": None}


def published(
    house: Settings, tickets: dict[int, Ticket], as_of: dt.date, part_of: Callable[[int, Ticket], str]
) -> dict[str, pl.DataFrame]:
    """The metric tables of a night."""
    draft = Draft(settings=replace(house, as_of=as_of), run=1, run_key="x", premises="y")
    for folder in (draft.work, draft.staging):
        shutil.rmtree(folder, ignore_errors=True)
        durable.folder(folder)
    by_part: dict[str, dict[int, Ticket]] = {}
    for number, it in tickets.items():
        if it["created_on"] <= as_of:
            by_part.setdefault(part_of(number, it), {})[number] = it
    makings = {part: _fact(rows, as_of) for part, rows in sorted(by_part.items())}
    draft.note_parts("fact_ticket", draft.keeper.kept(makings))
    for cut in ("channel", "team", "segment"):
        keys = pl.DataFrame({f"{cut}_key": [-1, 0, 1, 2], "code": ["(all)", "(unknown)", "a", "b"]})
        keys.write_parquet(draft.work / f"dim_{cut}.parquet")
    for clock in adding.tell_members(draft):
        adding.add_up_days(clock, draft)
    outputs = [output for grain in GRAINS for output in measuring.build_metrics(grain, draft)]
    return {it["name"]: pl.read_parquet(draft.staging / it["name"]) for it in outputs}


def _fact(tickets: Mapping[int, Ticket], as_of: dt.date) -> Making:
    """A part of `fact_ticket`, without what every day changes by itself."""
    rows = [_row(number, it, as_of) for number, it in sorted(tickets.items())]
    schema = {name: dtype for name, dtype in FACT_TICKET.schema.items() if name != "observed_s"}
    frame = pl.LazyFrame(rows, schema=schema)
    return Making(name="fact_ticket", made_of=[], and_of=[str(row) for row in rows], make=lambda: frame)


def _row(number: int, it: Ticket, as_of: dt.date) -> dict[str, Any]:
    resolved_on = None if it["days"] is None else it["created_on"] + dt.timedelta(days=it["days"])
    if resolved_on is not None and resolved_on > as_of:
        resolved_on = None
    row = dict.fromkeys(FACT_TICKET.columns) | {name: it[name] for name in ("created_on", "channel", "team", "topic")}
    row |= {"source": "s", "ticket_id": str(number), "is_counted": True, "is_fcr_eligible": False}
    row |= {"created_at": dt.datetime.combine(it["created_on"], NOON), "is_resolved": resolved_on is not None}
    if resolved_on is not None:
        resolved_at = dt.datetime.combine(resolved_on, NOON) + dt.timedelta(minutes=number)
        waited = int((resolved_at - row["created_at"]).total_seconds())
        row |= {"resolved_on": resolved_on, "resolved_at": resolved_at, "resolution_business_s": waited}
    return {name: value for name, value in row.items() if name != "observed_s"}
