"""The causes of moves do not depend on how tickets lie, nor on whether the frames of the run before are still there."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from flows.__main__ import main
from flows.io import publish
from flows.settings import load
from flows.stages import before, revising
from tests.flows.conftest import empty_site
from tests.flows.counter import EVENTS, PIPELINE, TICKETS, Row, deliver
from tests.flows.persons import by_expressions, quicken
from transforms.metrics import METRICS

pytestmark = pytest.mark.slow
FIRST_NIGHT, SECOND_NIGHT = "2026-04-20", "2026-04-21"
TOLD = ("ticket_volume", "resolution_time_calendar_mean", "contacts_per_case", "escalation_rate")


def tickets(until: str) -> list[Row]:
    """Two tickets a day, each resolved in the evening."""
    days = pl.date_range(dt.date(2026, 1, 1), dt.date.fromisoformat(until), eager=True).to_list()
    return [
        (f"T{day:%m%d}{turn}", "a-1", f"{day} 1{turn}:00", f"{day} 18:00", f"c-{day:%m%d}{turn}")
        for day in days
        for turn in range(2)
    ]


def events(opened: list[Row]) -> list[Row]:
    """Each ticket is opened, answered and resolved."""
    lives = {"created": "new", "message": "", "status": "solved"}
    return [
        (ticket, agent, f"{ticket}.{kind}", resolved if kind == "status" else at, kind, state)
        for ticket, agent, at, resolved, _ in opened
        for kind, state in lives.items()
    ]


def first_night(data: Path) -> None:
    opened = tickets(FIRST_NIGHT)
    deliver(data, opened, events(opened))


def second_night(data: Path) -> None:
    """A day more; a ticket of January reopened, one of February by another agent, one that now began in another month."""
    opened = tickets(SECOND_NIGHT)
    numbers = [row[0] for row in opened]
    at = numbers.index("T02100")
    opened[at] = (*opened[at][:1], "a-7", *opened[at][2:])
    at = numbers.index("T03010")
    opened[at] = (*opened[at][:2], "2026-02-27 10:00", *opened[at][3:])
    opened.append(("T-late", "a-1", "2026-03-05 08:00", "2026-03-05 18:00", "c-late"))
    reopened = [("T01100", "a-1", "back", "2026-01-13 09:00", "status", "open")]
    deliver(data, opened, [*events(opened), *reopened])


def in_parts(patch: pytest.MonkeyPatch) -> None:
    """A house in which these rows are many: a part is a third of a month, and the second night touches some."""
    patch.setattr("transforms.facts.parts.ROWS_UNSPLIT", 0)
    patch.setattr("transforms.facts.parts.ROWS_A_PART", 30)
    patch.setattr("flows.stages.revising.PERIODS_AT_ONCE", 7)


def run(data: Path, as_of: str) -> None:
    assert main(["run", "--plain", "--data", str(data), "--as-of", as_of]) == 0


def moved(data: Path) -> pl.DataFrame:
    rows = pl.read_parquet(data / "published/current/reports/metric_revision.parquet").drop("run_key", "run_key_before")
    return rows.sort(rows.columns)


@pytest.fixture(scope="module", autouse=True)
def _quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        quicken(patch)
        patch.setattr("flows.stages.reading.judged", by_expressions)
        patch.setattr("transforms.metrics.METRICS", {name: METRICS[name] for name in TOLD})
        yield


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., pl.DataFrame]:
    """What moved in the second of two nights, the first one touched up before it."""

    def found(touch: Callable[[Path], None] = lambda _: None) -> pl.DataFrame:
        data = empty_site(tmp_path_factory.mktemp("moves") / "site", pipeline=PIPELINE, demandes=TICKETS, vie=EVENTS)
        first_night(data)
        run(data, FIRST_NIGHT)
        touch(data)
        second_night(data)
        run(data, SECOND_NIGHT)
        return moved(data)

    return found


@pytest.fixture(scope="module")
def whole(nights: Callable[..., pl.DataFrame]) -> pl.DataFrame:
    """In a house where these rows are few."""
    return nights()


def test_there_are_moves_of_every_kind(whole: pl.DataFrame) -> None:
    assert set(whole["cause"]) >= {"correction", "reopen", "late_rows"}


def forget_manifest(data: Path) -> None:
    """As a version that kept no frames left it."""
    path = data / "published/runs/000001/manifest.json"
    told = json.loads(path.read_bytes())
    path.write_bytes(publish.as_json({name: it for name, it in told.items() if name != "kept"}))


def forget_frames(data: Path) -> None:
    shutil.rmtree(load(str(data)).kept)


@pytest.mark.parametrize("touch", [lambda _: None, forget_manifest, forget_frames])
def test_in_parts_the_same_cells_moved_for_the_same_causes(
    nights: Callable[..., pl.DataFrame],
    whole: pl.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    touch: Callable[[Path], None],
) -> None:
    in_parts(monkeypatch)
    assert nights(touch).equals(whole)


def test_only_the_parts_that_changed_are_looked_at(
    nights: Callable[..., pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts(monkeypatch)
    seen: dict[str, tuple[int, int]] = {}
    differing = revising.differing

    def noted(draft: object, name: str) -> tuple[list[pl.LazyFrame], list[pl.LazyFrame]] | None:
        sides = differing(draft, name)  # type: ignore[arg-type]
        if sides is not None:
            seen[name] = tuple(pl.concat(side).select(pl.len()).collect().item() for side in sides)  # type: ignore[assignment]
        return sides

    monkeypatch.setattr(revising, "differing", noted)
    monkeypatch.setattr(before, "differing", noted)
    nights()
    total = len(tickets(FIRST_NIGHT))
    assert 0 < seen["fact_ticket"][0] < total
    assert 0 < seen["feed_ticket_event"][0] < 3 * total
