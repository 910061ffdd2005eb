"""Erasing a person: gone from every file that is written, also after redelivery, and the accounts still balance."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from flows.__main__ import main
from flows.io import durable
from flows.settings import load
from tests.flows.conftest import PIPELINE
from transforms.privacy import pseudonym

MAPPING = """
table = "feed_survey"
source = "enquete"
follows = "Made up for the tests."

[read]
separator = ";"
datetimes = ["%d/%m/%Y %H:%M"]

[columns]
response_id = ["Numéro"]
answered_at = ["Répondu le"]
score_milli = ["Note"]
customer_id = ["Client"]
agent_id = ["Agent"]
verbatim = ["Avis"]

[constants]
kind = "csat"
scale = "1-5"
channel = "email"
"""
HEADER = "Numéro;Répondu le;Note;Client;Agent;Avis"
GONE, STAYS, AGENT = "C-4711", "C-0815", "A-77"
JANUARY = (
    f"1;02/01/2026 10:00;5;{GONE};{AGENT};merci",
    f"2;03/01/2026 10:00;4;{STAYS};{AGENT};bien",
)
FEBRUARY = (
    f"3;02/02/2026 10:00;5;{GONE};{AGENT};très bien",
    f"4;03/02/2026 10:00;2;{STAYS};{AGENT};le client {GONE} attend aussi",
    *(f"1{n};0{n}/02/2026 10:00;3;C-{n};{AGENT};" for n in range(1, 10)),
    f"5;34/02/2026 10:00;4;{GONE};{AGENT};jour faux",
    f"6;05/02/2026 10:00;4;{GONE}",
    f"7;36/02/2026 10:00;4;{STAYS};{AGENT};jour faux aussi",
)
"""Rows 5 and 7 are refused for their day, row 6 at the door, with its number in clear."""


def deliver(data: Path, name: str, *lines: str) -> Path:
    path = data / "raw" / name
    path.write_text("\n".join((HEADER, *lines)) + "\n", "utf-8")
    return path


def new_site(data: Path) -> Path:
    for folder in ("raw", "sources", "reference"):
        (data / folder).mkdir(parents=True)
    (data / "pipeline.toml").write_text(PIPELINE, "utf-8")
    (data / "sources" / "avis.toml").write_text(MAPPING, "utf-8")
    deliver(data, "avis_2026-01.csv", *JANUARY)
    deliver(data, "avis_2026-02.csv", *FEBRUARY)
    return data


@pytest.fixture(autouse=True)
def _tables_of_ours_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contracts of what the house builds have tests of their own; exports are judged here as ever."""
    monkeypatch.setattr("flows.draft.judged", lambda *_, **__: SimpleNamespace(blocked_by=(), counts={}))


@pytest.fixture(scope="module")
def persons_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = new_site(tmp_path_factory.mktemp("persons") / "site")
    assert run(data) == 0
    return data


@pytest.fixture
def persons(persons_once: Path, tmp_path: Path) -> Path:
    """A deployment whose surveys name their customers, after its first run; of its own for each test."""
    return shutil.copytree(persons_once, tmp_path / "site", symlinks=True)


def run(data: Path) -> int:
    return main(["run", "--plain", "--data", str(data)])


def erase(data: Path, number: str, *words: str, role: str = "customer") -> int:
    return main(["erase", f"--{role}", number, "--data", str(data), *words])


def written(data: Path) -> Iterator[Path]:
    """Every file under the data folder that is ours."""
    ours = (path for path in data.rglob("*") if path.is_file() and not path.is_symlink())
    return (path for path in ours if path.relative_to(data).parts[0] not in {"raw", "sources", "pipeline.toml"})


def texts(path: Path) -> str:
    """All that a file says; the cells of Parquet, its statistics and metadata by the way of its bytes."""
    if path.suffix != ".parquet":
        return path.read_bytes().decode("utf-8", "replace")
    return str(pl.read_parquet(path).rows()) + path.read_bytes().decode("latin-1")


def hits(data: Path, number: str) -> list[str]:
    """The files in which a person still is: by number, or by pseudonym elsewhere than on the list."""
    alias = pseudonym(number, load(str(data)).key)
    listed = {"erased.json", "manifest.json"}
    return [
        str(path.relative_to(data))
        for path in written(data)
        if number in (said := texts(path)) or (alias in said and path.name not in listed)
    ]


def exports(data: Path) -> dict[str, dict[str, int]]:
    rows = pl.read_parquet(data / "published/current/reports/meta_export.parquet").rows(named=True)
    return {
        it["slot"]: {name: it[f"rows_{name}"] for name in ("in", "accepted", "quarantined", "erased")} for it in rows
    }


def answers(data: Path) -> pl.DataFrame:
    return pl.read_parquet(data / "published/current/facts/fact_survey_response.parquet").sort("response_id")


def test_a_customer_is_gone_from_every_file_and_counted(persons: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hits(persons, GONE)
    assert erase(persons, GONE) == 0
    assert hits(persons, GONE) == []
    assert hits(persons, STAYS)
    assert exports(persons) == {
        "avis_2026-01.csv": {"in": 2, "accepted": 1, "quarantined": 0, "erased": 1},
        "avis_2026-02.csv": {"in": 14, "accepted": 10, "quarantined": 1, "erased": 3},
    }
    rows = answers(persons)
    assert {"1", "3"}.isdisjoint(rows["response_id"])
    assert rows.filter(pl.col("response_id") == "4")["verbatim"].to_list() == [None]
    assert [path.name for path in (persons / "published" / "runs").iterdir()] == ["000002"]
    said = capsys.readouterr()
    assert "avis_2026-01.csv  1 rows" in said.out
    assert "avis_2026-02.csv  4 rows" in said.out
    assert GONE not in said.out + said.err


def test_the_same_delivered_again_changes_nothing(persons: Path) -> None:
    assert erase(persons, GONE) == 0
    deliver(persons, "avis_2026-03.csv", *FEBRUARY)
    assert run(persons) == 0
    assert hits(persons, GONE) == []
    assert exports(persons)["avis_2026-03.csv"]["erased"] == 3


def test_an_erasure_twice_is_one(persons: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert erase(persons, GONE) == 0
    before = {path: path.stat().st_mtime_ns for path in written(persons) if path.name != ".lock"}
    assert erase(persons, f" {GONE} ") == 0
    assert {path: path.stat().st_mtime_ns for path in written(persons) if path.name != ".lock"} == before
    assert "was erased before" in capsys.readouterr().out


def test_rows_of_an_export_that_is_gone_are_rewritten(persons: Path) -> None:
    for path in (persons / "raw").iterdir():
        path.unlink()
    assert erase(persons, GONE) == 0
    assert hits(persons, GONE) == []
    assert [it["erased"] for it in exports(persons).values()] == [1, 3]
    assert answers(persons).height == 11
    assert erase(persons, STAYS) == 0
    assert hits(persons, STAYS) == hits(persons, GONE) == []
    assert [it["erased"] for it in exports(persons).values()] == [2, 5]


def test_rows_that_stay_from_before_a_held_delivery_are_rewritten(persons: Path) -> None:
    deliver(persons, "avis_2026-02.csv", *FEBRUARY[:2])
    assert erase(persons, GONE) == 2
    assert hits(persons, GONE) == []
    assert answers(persons).height == 11


def test_an_agent_leaves_rows_that_stay(persons: Path) -> None:
    assert erase(persons, AGENT, role="agent") == 0
    assert hits(persons, AGENT) == []
    assert answers(persons).height == 13
    assert [it["erased"] for it in exports(persons).values()] == [0, 2]  # the refused rows that named the agent


def test_a_customer_of_one_source_and_an_agent_of_the_same_number_stay(persons: Path) -> None:
    assert erase(persons, GONE, "--source", "autre") == 1
    assert not (persons / "erased.json").exists()
    assert erase(persons, GONE, role="agent") == 0
    assert answers(persons).height == 13
    assert erase(persons, GONE, "--source", "enquete") == 0
    assert hits(persons, GONE) == []


class PowerCutError(BaseException):
    """Nothing in the house catches it."""


def test_an_erasure_that_dies_is_finished_by_the_next_run(persons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr("flows.io.publish.commit", die)
        with pytest.raises(PowerCutError):
            erase(persons, GONE)
    with monkeypatch.context() as patch:
        patch.setattr("flows.pipeline.tidy", die)
        with pytest.raises(PowerCutError):
            run(persons)
    assert hits(persons, GONE)
    assert run(persons) == 0
    assert hits(persons, GONE) == []


def test_the_list_survives_the_loss_of_its_file_and_refuses_another_key(
    persons: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase(persons, GONE) == 0
    durable.remove(persons / "erased.json")
    deliver(persons, "avis_2026-03.csv", *JANUARY)
    assert run(persons) == 0
    assert hits(persons, GONE) == []
    monkeypatch.setenv("BAROMETRE_KEY", "another secret for the persons")
    assert run(persons) == 1
    assert "noted under another pseudonym key" in capsys.readouterr().err
