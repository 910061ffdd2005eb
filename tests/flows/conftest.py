"""A deployment small enough to run in seconds: one survey, one month a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.__main__ import main

PIPELINE = """
[site]
name = "Petit site"
as_of = 2026-03-31

[privacy]
sample_key = true

[[export]]
files = "avis_*.csv"
mapping = "avis"
"""
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
channel = ["Canal"]

[constants]
kind = "csat"
scale = "1-5"
"""
HEADER = "Numéro;Répondu le;Note;Canal"
FEBRUARY = ("1;02/02/2026 10:00;5;email", "2;03/02/2026 11:00;4;email", "3;04/02/2026 12:00;2;chat")
MARCH = (
    "4;02/03/2026 10:00;5;email",
    "5;03/03/2026 11:00;1;chat",
    "6;04/03/2026 12:00;5;chat",
    "7;05/03/2026 09:00;9;chat",
)


def deliver(data: Path, name: str, *lines: str, header: str = HEADER) -> Path:
    """An export in the raw folder."""
    path = data / "raw" / name
    path.write_text("\n".join((header, *lines)) + "\n", "utf-8")
    return path


def empty_site(data: Path, *, pipeline: str = PIPELINE, **mappings: str) -> Path:
    """A deployment folder without an export; each mapping under its name."""
    for folder in ("raw", "sources", "reference"):
        (data / folder).mkdir(parents=True)
    (data / "pipeline.toml").write_text(pipeline, "utf-8")
    for name, mapping in mappings.items():
        (data / "sources" / f"{name}.toml").write_text(mapping, "utf-8")
    return data


def new_site(data: Path) -> Path:
    """A deployment folder before its first run."""
    empty_site(data, avis=MAPPING)
    deliver(data, "avis_2026-02.csv", *FEBRUARY)
    deliver(data, "avis_2026-03.csv", *MARCH)
    return data


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "RAW", "AS_OF", "KEY", "TASKS"):
        monkeypatch.delenv(f"BAROMETRE_{name}", raising=False)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A deployment before its first run."""
    return new_site(tmp_path / "site")


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = new_site(tmp_path_factory.mktemp("once") / "site")
    assert main(["run", "--plain", "--data", str(data)]) == 0
    return data


@pytest.fixture
def published(published_once: Path, tmp_path: Path) -> Path:
    """A deployment after its first run, of its own for each test."""
    copy = tmp_path / "site"
    shutil.copytree(published_once, copy, symlinks=True)
    return copy
