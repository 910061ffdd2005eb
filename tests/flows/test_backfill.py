"""A backfill as of a day is the nightly run of that day: the same bytes, but for what tells of earlier nights."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

import flows.stages.reading
import transforms.metrics
from flows.__main__ import main
from flows.io import ledger
from tests.flows.conftest import FEBRUARY, HEADER, MAPPING, MARCH, empty_site
from tests.flows.persons import by_expressions, quicken
from transforms.metrics import METRICS

PIPELINE = """
[site]
name = "Petit site"

[privacy]
sample_key = true

[[export]]
files = "avis_*.csv"
mapping = "avis"

[[export]]
files = "demandes_*.csv"
mapping = "demandes"
"""
TICKETS = """
table = "feed_ticket"
source = "guichet"
follows = "Made up for the tests."

[read]
separator = ";"
datetimes = ["%d/%m/%Y %H:%M"]

[columns]
ticket_id = ["Numéro"]
created_at = ["Ouvert le"]
updated_at = ["Modifié le"]
resolved_at = ["Résolu le"]
status = ["État"]
channel = ["Canal"]

[values.status]
open = ["ouvert"]
solved = ["résolu"]
"""
TICKET_HEADER = "Numéro;Ouvert le;Modifié le;Résolu le;État;Canal"
NIGHTS: dict[str, dict[str, tuple[str, ...]]] = {
    "2026-02-27": {
        "avis_2026-02.csv": (HEADER, *FEBRUARY),
        "demandes_a.csv": (TICKET_HEADER, "D1;20/02/2026 09:00;26/02/2026 09:00;;ouvert;email"),
    },
    "2026-03-02": {
        "demandes_b.csv": (TICKET_HEADER, "D2;01/03/2026 10:00;02/03/2026 09:00;02/03/2026 09:00;résolu;chat")
    },
    "2026-03-30": {
        "avis_2026-03.csv": (HEADER, *MARCH),
        "avis_2026-02.csv": (HEADER, FEBRUARY[0], "2;03/02/2026 11:00;1;email", FEBRUARY[2]),
        "demandes_c.csv": (TICKET_HEADER, "D1;20/02/2026 09:00;28/03/2026 16:00;28/03/2026 16:00;résolu;email"),
    },
    "2026-03-31": {},
}
"""What had been delivered by each night: new files, a corrected one, later versions of tickets."""
KEPT = ("csat", "ticket_volume", "backlog", "resolution_time_calendar_p50")
TELLS_OF_NIGHTS = {"metric_revision", "meta_table"}
"""Tables that know earlier nights: the moves, and the fingerprints of all others."""


def small(patch: pytest.MonkeyPatch) -> None:
    quicken(patch)
    patch.setattr(flows.stages.reading, "judged", by_expressions)
    patch.setattr(transforms.metrics, "METRICS", {name: METRICS[name] for name in KEPT})


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)


def deliver(data: Path, night: str) -> None:
    for name, lines in NIGHTS[night].items():
        (data / "raw" / name).write_text("\n".join(lines) + "\n", "utf-8")


@pytest.fixture(scope="module")
def nightly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A deployment that ran each of the nights, with what had come by then."""
    data = empty_site(tmp_path_factory.mktemp("nights") / "site", pipeline=PIPELINE, avis=MAPPING, demandes=TICKETS)
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        for night in NIGHTS:
            deliver(data, night)
            assert main(["run", "--plain", "--as-of", night, "--data", str(data)]) == 0
        yield data


@pytest.fixture
def fresh(nightly: Path, tmp_path: Path) -> Path:
    """The same exports, in a deployment that never ran."""
    return shutil.copytree(
        nightly,
        tmp_path / "site",
        ignore=shutil.ignore_patterns("store", "published", "quarantine", "journal", ".lock"),
    )


def backfill(data: Path, *words: str) -> int:
    return main(["backfill", "--plain", "--from", "2026-02", "--to", "2026-03", "--data", str(data), *words])


def tables(data: Path) -> dict[str, Path]:
    return {path.stem: path for path in (data / "published" / "current").glob("*/*.parquet")}


def digests(data: Path) -> dict[str, str]:
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in tables(data).items()}


def test_a_backfill_gives_the_bytes_of_the_nights(nightly: Path, fresh: Path) -> None:
    assert backfill(fresh) == 0
    one, other = digests(fresh), digests(nightly)
    assert one.keys() == other.keys()
    differing = {name for name in one if one[name] != other[name]}
    assert {name for name in differing if not name.startswith("metric_value")} == TELLS_OF_NIGHTS
    assert "metric_value_month" in differing, "February was corrected: its first value is only known to the nights"
    for name in (it for it in one if it.startswith("metric_value")):
        was, now = (pl.read_parquet(tables(data)[name]).drop("first_published_value") for data in (nightly, fresh))
        assert was.equals(now, null_equal=True)
        assert was.schema == now.schema
    assert "correction" in pl.read_parquet(tables(nightly)["metric_revision"])["cause"]
    assert pl.read_parquet(tables(fresh)["metric_revision"]).is_empty()


def test_one_that_was_interrupted_goes_on(
    nightly: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read, keep = [], ledger.keep

    def stopped(store: Path, told: ledger.Record) -> None:
        if len(read) == 3:
            raise KeyboardInterrupt
        keep(store, told)
        read.append(told["slot"])

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "keep", stopped)
        with pytest.raises(KeyboardInterrupt):
            backfill(fresh)
    capsys.readouterr()
    assert not (fresh / "published" / "CURRENT").exists()
    first = list(read)

    def noted(store: Path, told: ledger.Record) -> None:
        keep(store, told)
        read.append(told["slot"])

    monkeypatch.setattr(ledger, "keep", noted)
    assert backfill(fresh) == 0
    assert sorted(read) == sorted(path.name for path in (fresh / "raw").iterdir()), "each export was read once"
    assert len(first) == 3
    assert digests(fresh)["fact_ticket"] == digests(nightly)["fact_ticket"]


@pytest.mark.slow
def test_the_next_night_goes_on_from_a_backfill(nightly: Path, fresh: Path) -> None:
    """History first, then the nights: what was published by the backfill is the first value of its periods."""
    assert backfill(fresh, "--to", "2026-02") == 0
    months = pl.read_parquet(tables(fresh)["metric_value_month"])["period_start"]
    assert months.max() == dt.date(2026, 2, 1)
    assert main(["run", "--plain", "--as-of", "2026-03-31", "--data", str(fresh)]) == 0
    here, there = (
        pl.read_parquet(tables(data)["metric_value_month"]).drop("first_published_value") for data in (fresh, nightly)
    )
    assert here.equals(there, null_equal=True)
