"""The small deployment with persons in it, and the search for one of them in every file of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from expectations.schema import Table
from flows.__main__ import main
from flows.settings import Settings, load
from tests.flows import conftest
from transforms.metrics import METRICS
from transforms.privacy import pseudonym

if TYPE_CHECKING:
    from expectations.gate import Verdict

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


def quicken(patch: pytest.MonkeyPatch) -> None:
    """A house with one metric and a scorecard of one word, whose own tables are not judged: those have other tests."""
    patch.setattr("flows.stages.draft.judged", accepting)
    patch.setattr("flows.outputs.scorecard.write_scorecard", _one_word)
    patch.setattr("transforms.metrics.METRICS", {"csat": METRICS["csat"]})


def accepting(_staged: pl.LazyFrame, table: Table, *, name: str, settings: Settings) -> SimpleNamespace:
    """A verdict without looking."""
    return SimpleNamespace(table=table.name, blocked_by=(), warnings=(), counts={})


def by_expressions(staged: pl.LazyFrame, table: Table, *, name: str, settings: Settings) -> Verdict:
    """What Great Expectations is asked to count, counted by the expressions of the contract alone."""
    from expectations.gate import Verdict, split  # noqa: PLC0415 -- three seconds of import

    _, bad = split(staged, table)
    broken = bad.collect()
    counts = Counter(broken["reasons"].explode().drop_nulls().to_list())
    return Verdict(table=table.name, rows=broken.height, blocked_by=(), warnings=(), counts=counts)


def _one_word(_staging: Path, path: Path, *, language: str) -> None:
    path.write_text(language, "utf-8")


def deliver(data: Path, name: str, *lines: str) -> Path:
    """An export of answers that name their customers."""
    return conftest.deliver(data, name, *lines, header=HEADER)


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
