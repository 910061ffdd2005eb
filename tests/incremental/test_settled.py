"""A fact of tickets that was made for one day serves every later day before the instant that it names."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping

import polars as pl
import pytest

from flows.settings import load
from tests.incremental.deployment import EVENT, PEOPLE, TICKET, new_deployment
from tests.incremental.rows import Maker, feed_frame
from transforms.calendar import day_ends_at
from transforms.facts import STEPS, build, steps
from transforms.facts.bench import TOLD_EVENT, TOLD_TIME, Bench
from transforms.scales import SCALES
from transforms.site import Site

KEY = ["source", "ticket_id"]
TOLD_BY_TIME = (TOLD_EVENT, TOLD_TIME, "fact_ticket")
Frames = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return load(str(new_deployment(tmp_path_factory.mktemp("settled") / "site"))).site


def feeds_of(seed: int, tickets: int = 120) -> Frames:
    """Tickets that know nothing of each other, so that each may be judged by itself; sources that tell of all."""
    maker = Maker(random.Random(seed))  # noqa: S311 -- no secret
    rows, events = [], []
    for number in range(tickets):
        name = f"T-{number}"
        if maker.chance.random() < 0.9:
            rows.append(maker.ticket(name) | {"customer_id": f"C-{number}", "merged_into_id": None})
        if maker.chance.random() < 0.5:
            events += [it | {"merged_into_id": None} for it in maker.life(name)]
    frames = {TICKET: feed_frame(TICKET, rows, slot="t", source="alpha")}
    frames[EVENT] = feed_frame(EVENT, events, slot="e", source="alpha")
    return frames | {PEOPLE: feed_frame(PEOPLE, maker.roster(), slot="p", source="rh")}


def made(feeds: Frames, site: Site, as_of: dt.date) -> Frames:
    """All frames up to the tickets, in turn."""
    frames = dict(feeds)
    for step in [it for it in steps(feeds) if it in STEPS]:
        rows = build(step, {name: it.lazy() for name, it in frames.items()}, site, as_of, scales=SCALES)
        frames[step] = rows.drop("observed_s", strict=False).collect()
        if step == "fact_ticket":
            break
    return frames


def instants(frames: Frames, site: Site, as_of: dt.date) -> dict[str, dt.datetime]:
    """By ticket, the first instant that a step names for it alone; far away where none does."""
    tickets = frames["fact_ticket"]["ticket_id"].to_list()
    told = []
    for ticket in tickets:
        of_it = {
            name: rows.lazy().filter(pl.col("ticket_id") == ticket)
            for name, rows in frames.items()
            if "ticket_id" in rows.columns
        }
        bench = Bench(frames=of_it, site=site, as_of=as_of, scales=SCALES)
        told += [changes(bench) for step in TOLD_BY_TIME if (changes := STEPS[step].changes_at)]
    found = [it.item() for it in pl.collect_all(told)]
    far, each = dt.datetime(2100, 1, 1, tzinfo=dt.UTC), len(TOLD_BY_TIME)
    return {it: min((at or far) for at in found[place * each : (place + 1) * each]) for place, it in enumerate(tickets)}


def compared(feeds: Frames, site: Site, as_of: dt.date, days: tuple[int, ...]) -> Mapping[str, int]:
    """How many tickets were the same on a later day because they had to be, and how many were not in time."""
    first = made(feeds, site, as_of)
    until, seen = instants(first, site, as_of), {"held": 0, "over": 0, "changed": 0}
    for later in (as_of + dt.timedelta(days=it) for it in days):
        end = day_ends_at(later, site.zone)
        holding = [ticket for ticket, at in until.items() if end < at]
        then, now = (it["fact_ticket"].sort(KEY) for it in (first, made(feeds, site, later)))
        still = pl.col("ticket_id").is_in(holding)
        assert then.filter(still).equals(now.filter(still), null_equal=True), (as_of, later, moved(then, now, holding))
        other = now.join(then, on=then.columns, how="anti", nulls_equal=True)
        seen["held"] += len(holding)
        seen["over"] += len(until) - len(holding)
        seen["changed"] += other.height
    return seen


def moved(then: pl.DataFrame, now: pl.DataFrame, holding: list[str]) -> list[tuple[object, ...]]:
    """The cells that time has changed before it was to."""
    told: list[tuple[object, ...]] = []
    for ticket in holding:
        (before,), (after,) = (it.filter(ticket_id=ticket).rows(named=True) or [{}] for it in (then, now))
        told += [(ticket, name, was, after.get(name)) for name, was in before.items() if was != after.get(name)]
    return told


def test_a_ticket_stays_as_it_was_told_until_the_instant_named(site: Site) -> None:
    seen = compared(feeds_of(1, tickets=60), site, dt.date(2026, 2, 18), (1, 6, 30))
    assert seen["held"] > 30
    assert seen["changed"] > 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_any_ticket_stays_as_it_was_told_until_the_instant_named(seed: int, site: Site) -> None:
    chance = random.Random(seed)  # noqa: S311 -- no secret
    as_of = dt.date(2025, 12, 1) + dt.timedelta(days=chance.randrange(150))
    assert compared(feeds_of(seed), site, as_of, (1, 2, 3, 5, 8, 13, 21, 34, 60))["held"] > 60


def solved_without_an_instant(at: dt.datetime) -> dict[str, object]:
    return {"ticket_id": "1", "created_at": at, "status": "solved", "priority": "haute", "channel": "email"}


def test_a_ticket_solved_nobody_knows_when_may_still_be_late_for_its_answer(site: Site) -> None:
    evening = dt.datetime(2026, 3, 2, 22, 50, tzinfo=dt.UTC)
    answered = {"ticket_id": "2", "created_at": evening, "first_response_at": evening, "resolved_at": evening}
    rows = [solved_without_an_instant(evening), answered]
    feeds = {TICKET: feed_frame(TICKET, rows, slot="t", source="alpha")}
    on, after = dt.date(2026, 3, 2), dt.date(2026, 3, 3)
    facts = [made(feeds, site, it)["fact_ticket"].sort("ticket_id") for it in (on, after)]
    assert [it["is_sla_first_response_met"].to_list() for it in facts] == [[None, True], [False, True]]
    bench = Bench(frames={"fact_ticket": facts[0].lazy()}, site=site, as_of=on, scales=SCALES)
    changes_at = STEPS["fact_ticket"].changes_at
    assert changes_at is not None
    assert changes_at(bench).collect().item() == day_ends_at(on, site.zone)
