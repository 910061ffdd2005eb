"""A desk may deliver its tickets alone, or their events, or a file without a row: a run makes of it what it tells."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from flows.__main__ import main
from tests.flows.conftest import empty_site
from tests.flows.counter import EVENTS, PIPELINE, TICKETS, Row, deliver
from tests.flows.persons import by_expressions, quicken
from transforms.metrics import METRICS

TOLD: list[Row] = [
    ("T1", "a-1", "2026-04-01 10:00", "2026-04-01 18:00", "c-1"),
    ("T2", "a-1", "2026-04-02 10:00", "2026-04-03 18:00", "c-2"),
]
HAPPENED: list[Row] = [
    ("T1", "a-1", "e1", "2026-04-01 10:00", "created", "new"),
    ("T1", "a-1", "e2", "2026-04-01 18:00", "status", "solved"),
    ("T2", "a-1", "e3", "2026-04-02 10:00", "created", "new"),
    ("T-nobody", "a-1", "e4", "2026-04-02 11:00", "message", ""),
]


@pytest.mark.parametrize(
    ("opened", "happened", "parts"),
    [
        (TOLD, None, False),
        (None, HAPPENED, False),
        (None, HAPPENED, True),
        (TOLD, [], True),
        ([], HAPPENED, True),
    ],
)
def test_a_feed_alone_makes_tickets(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened: list[Row] | None,
    happened: list[Row] | None,
    parts: bool,  # noqa: FBT001 -- a column of the table of cases
) -> None:
    quicken(monkeypatch)
    monkeypatch.setattr("flows.stages.reading.judged", by_expressions)
    monkeypatch.setattr("transforms.metrics.METRICS", {"ticket_volume": METRICS["ticket_volume"]})
    if parts:
        monkeypatch.setattr("transforms.facts.parts.ROWS_UNSPLIT", 0)
        monkeypatch.setattr("transforms.facts.parts.ROWS_A_PART", 1)
    data = empty_site(tmp_path / "site", pipeline=PIPELINE, demandes=TICKETS, vie=EVENTS)
    deliver(data, opened, happened)
    assert main(["run", "--plain", "--data", str(data), "--as-of", "2026-04-20"]) == 0
    tickets = pl.read_parquet(data / "published/current/facts/fact_ticket.parquet")
    assert tickets["ticket_id"].to_list() == ["T1", "T2"]
