"""A bad file says what is wrong with it, and the other feeds of the night are published."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run_flows

PIPELINE = """
[site]
name = "Essai"
as_of = 2026-01-31

[privacy]
sample_key = true

[[export]]
files = "tickets*.csv"
mapping = "tickets"

[[export]]
files = "notes.csv"
mapping = "notes"
"""
TICKETS = """
table = "feed_ticket"
source = "essai"
follows = "this test"

[read]
separator = ";"
datetimes = ["%d/%m/%Y %H:%M"]

[columns]
ticket_id = ["N°"]
created_at = ["Créé le"]
resolved_at = ["Résolu le"]
channel = ["Canal"]
"""
NOTES = """
table = "feed_survey"
source = "essai"
follows = "this test"

[read]
separator = ";"
datetimes = ["%d/%m/%Y %H:%M"]

[columns]
invitation_id = ["N°"]
answered_at = ["Répondu le"]
score_milli = ["Note"]

[constants]
kind = "csat"
scale = "1-5"
"""
HEADER = "N°;Créé le;Résolu le;Canal\n"
ROWS = [f"{i:03d};{1 + i % 28:02d}/01/2026 09:00;{1 + i % 28:02d}/01/2026 11:30;email\n" for i in range(1, 41)]
GOOD_NOTES = "N°;Répondu le;Note\nA1;05/01/2026 10:00;5\nA2;06/01/2026 10:00;2\n"


@dataclasses.dataclass(frozen=True)
class Bad:
    name: str
    content: bytes
    says: tuple[str, ...]
    """What the run says of it, in its summary."""
    accepted: int
    """Tickets published in spite of it."""
    exit_code: int = 0
    quarantined: int = 0


def text(*rows: str, header: str = HEADER) -> bytes:
    return (header + "".join(rows)).encode()


HTML = b"<!DOCTYPE html><html><head><title>Connexion</title></head><body>Session expir\xc3\xa9e</body></html>\n"
CASES = [
    Bad("a wrong delimiter", text(*ROWS).replace(b";", b","), ("tickets.csv", "','", "separator"), 0, exit_code=2),
    Bad(
        "a missing column",
        text(*ROWS, header=HEADER.replace("Créé le", "Ouvert")),
        ("tickets.csv", "Créé le", "Ouvert"),
        0,
        exit_code=2,
    ),
    Bad("an HTML page named .csv", HTML, ("tickets.csv", "HTML"), 0, exit_code=2),
    Bad("an empty file", b"", ("tickets.csv", "empty"), 0, exit_code=2),
    Bad(
        "two unbalanced quotes far apart",
        text(*ROWS[:10], '011;11/01/2026 09:00;;"email\n', *ROWS[11:30], '031;03/01/2026 09:00;;email"\n', *ROWS[31:]),
        ("ambiguous_quote",),
        38,
        quarantined=2,
    ),
    Bad("a half-written last line", text(*ROWS)[:-9], ("fields_3_of_4", "unterminated_last_line"), 39, quarantined=1),
]


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "raw").mkdir()
    (tmp_path / "pipeline.toml").write_text(PIPELINE, "utf-8")
    (tmp_path / "sources" / "tickets.toml").write_text(TICKETS, "utf-8")
    (tmp_path / "sources" / "notes.toml").write_text(NOTES, "utf-8")
    (tmp_path / "raw" / "notes.csv").write_text(GOOD_NOTES, "utf-8")
    return tmp_path


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
def test_a_bad_file_is_named_and_the_rest_is_published(deployment: Path, bad: Bad) -> None:
    (deployment / "raw" / "tickets.csv").write_bytes(bad.content)
    done = run_flows("run", "--plain", data=deployment)
    assert done.returncode == bad.exit_code, done.stdout + done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    if bad.exit_code:
        assert all(word.casefold() in said.casefold() for word in bad.says), said
    else:
        assert any(word in said for word in bad.says), said
    run = deployment / "published" / "current"
    assert pl.read_parquet(run / "facts" / "fact_survey_response.parquet").height == 2
    told = pl.read_parquet(run / "reports" / "meta_run.parquet").row(0, named=True)
    assert told["rows_quarantined"] == bad.quarantined
    assert told["rows_in"] == told["rows_accepted"] + told["rows_quarantined"] + told["rows_duplicate"]
    tickets = run / "facts" / "fact_ticket.parquet"
    assert (pl.read_parquet(tickets).height if tickets.exists() else 0) == bad.accepted


def test_a_file_that_goes_bad_keeps_the_rows_it_gave_before(deployment: Path) -> None:
    (deployment / "raw" / "tickets.csv").write_bytes(text(*ROWS))
    assert run_flows("run", "--plain", data=deployment).returncode == 0
    (deployment / "raw" / "tickets.csv").write_bytes(HTML)
    done = run_flows("run", "--plain", data=deployment)
    assert done.returncode == 2, done.stdout + done.stderr
    assert pl.read_parquet(deployment / "published" / "current" / "facts" / "fact_ticket.parquet").height == len(ROWS)
