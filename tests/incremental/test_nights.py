"""Incremental is full: after any nights, a deployment publishes what one does that is told everything at once.

Compared cell by cell, and facts and dimensions byte by byte. What only history decides is left out: the first value
ever published, the log of what moved, and the keys of runs.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.faults.few_metrics import FEW
from tests.flows.persons import by_expressions, quicken
from tests.incremental.desk import Desk
from transforms.metrics import METRICS

pytestmark = pytest.mark.filterwarnings("ignore")
ENOUGH = (*FEW, "fcr_rate", "backlog", "sla_first_response_rate", "resolution_time_censored_p50")


@pytest.fixture(autouse=True)
def _a_quick_house(monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics of each kind; exports are judged by expressions alone, tables of ours not at all."""
    quicken(monkeypatch)
    monkeypatch.setattr("flows.stages.reading.judged", by_expressions)
    monkeypatch.setattr("transforms.metrics.METRICS", {name: METRICS[name] for name in ENOUGH})
    for name in ("DATA", "RAW", "AS_OF", "KEY"):
        monkeypatch.delenv(f"BAROMETRE_{name}", raising=False)


def live(desk: Desk, nights: int, *, compared_every: int = 3, splits: tuple[int | None, ...]) -> None:
    """Nights with random days between; now and then somebody asks to be forgotten, after a night without news."""
    desk.begin()
    for night in range(nights):
        if night:
            desk.a_day()
        desk.split = desk.chance.choice(splits)
        desk.night()
        if desk.chance.random() < 0.1 and len(desk.erased) < 3:
            assert desk.erase()
        if night % compared_every == compared_every - 1 or night == nights - 1:
            assert desk.different() == [], f"night {night} as of {desk.as_of}: {dict(desk.seen)}"


def test_two_nights_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In quarters, of which some frames are made again and some are not."""
    monkeypatch.setattr("transforms.metrics.METRICS", {name: METRICS[name] for name in ("csat", "fcr_rate", "backlog")})
    desk = Desk(tmp_path, seed=3)
    desk.split = 150
    desk.begin()
    desk.night()
    for happens in (desk.correct, desk.take_away, desk.older_code):
        happens()
    desk.as_of += dt.timedelta(days=8)
    desk.night()
    assert 0.1 < desk.reused() < 0.9
    assert desk.different() == []


@pytest.mark.slow
def test_a_night_without_news_makes_little(tmp_path: Path) -> None:
    desk = Desk(tmp_path, seed=4)
    desk.split, desk.as_of = 40, dt.date(2027, 3, 1)
    desk.begin()
    desk.night()
    desk.as_of += dt.timedelta(days=1)
    desk.night()
    assert desk.reused() > 0.6
    assert desk.different() == []


@pytest.mark.slow
@pytest.mark.parametrize("splits", [(None,), (40,), (None, 8, 40, 150)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_a_long_life_is_that_of_one_night(seed: int, splits: tuple[int | None, ...], tmp_path: Path) -> None:
    live(Desk(tmp_path, seed), 18, splits=splits)


@pytest.mark.slow
def test_a_long_life_is_that_of_one_night_in_all_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.metrics.METRICS", METRICS)
    live(Desk(tmp_path, seed=7), 12, splits=(40,))


@pytest.mark.slow
@pytest.mark.parametrize("split", [None, 40])
def test_tickets_of_which_only_the_creation_is_told_are_published(split: int | None, tmp_path: Path) -> None:
    """No row has the date of a statistic, nor of the histogram of durations."""
    desk = Desk(tmp_path, seed=5)
    desk.split, desk.as_of = split, dt.date(2026, 4, 30)
    opened = [dt.datetime(2026, 1 + number % 4, 2, tzinfo=dt.UTC) for number in range(8)]
    rows = [{"ticket_id": f"T-{number}", "created_at": at, "channel": "email"} for number, at in enumerate(opened)]
    desk.put("tickets_a_1.csv", rows)
    desk.night()
    assert desk.different() == []
