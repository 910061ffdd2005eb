"""Incremental is full: after any nights, a deployment publishes what one does that is told everything at once.

Compared cell by cell, and facts and dimensions byte by byte. What only history decides is left out: the first value
ever published, the log of what moved, and the keys of runs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.few_metrics import FEW
from tests.flows.persons import by_expressions, quicken
from tests.incremental.desk import Desk
from transforms.metrics import METRICS

pytestmark = pytest.mark.filterwarnings("ignore")
ENOUGH = (*FEW, "fcr_rate", "backlog_closing", "first_response_sla", "nps")


@pytest.fixture(autouse=True)
def _a_quick_house(monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics of each kind; exports are judged by expressions alone, tables of ours not at all."""
    quicken(monkeypatch)
    monkeypatch.setattr("flows.stages.reading.judged", by_expressions)
    monkeypatch.setattr("transforms.metrics.METRICS", {name: METRICS[name] for name in ENOUGH if name in METRICS})
    for name in ("DATA", "RAW", "AS_OF", "KEY"):
        monkeypatch.delenv(f"BAROMETRE_{name}", raising=False)


def live(desk: Desk, nights: int, *, compared_every: int = 1, splits: tuple[int | None, ...]) -> None:
    """Nights with random days between; now and then somebody asks to be forgotten, after a night without news."""
    desk.begin()
    for night in range(nights):
        if night:
            desk.a_day()
        desk.split = desk.chance.choice(splits)
        desk.night()
        if desk.chance.random() < 0.1 and len(desk.erased) < 3:
            assert desk.erase()
        if night % compared_every == 0 or night == nights - 1:
            assert desk.different() == [], f"night {night} as of {desk.as_of}: {dict(desk.seen)}"


@pytest.mark.slow
@pytest.mark.parametrize("splits", [(None,), (1,), (60,), (None, 1, 60)], ids=str)
@pytest.mark.parametrize("seed", range(int(os.environ.get("SEEDS", "4"))))
def test_a_long_life_is_that_of_one_night(seed: int, splits: tuple[int | None, ...], tmp_path: Path) -> None:
    live(Desk(tmp_path, seed), 25, splits=splits)
