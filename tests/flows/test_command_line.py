"""The command line: what it promises without loading what it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows.__main__ import main
from flows.documents import documents

ROOT = Path(__file__).parents[2]
LOADED = """
import sys
from flows.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("LOADED", *sorted({"prefect", "great_expectations"} & set(sys.modules)))
"""


def loaded_by(*words: str) -> str:
    done = subprocess.run([sys.executable, "-c", LOADED, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_help_status_and_explain_load_no_heavy_library(published: Path) -> None:
    assert loaded_by("--help") == "LOADED"
    assert loaded_by("status", "--data", str(published)) == "LOADED"
    assert loaded_by("explain", "csat", "2026-03", "--data", str(published)) == "LOADED"


def test_a_run_that_changes_nothing_loads_no_heavy_library(published: Path) -> None:
    assert loaded_by("run", "--data", str(published)) == "LOADED"


@pytest.mark.parametrize("words", [["run", "--as-of", "31/03/2026"], ["backfill", "--to", "2026"], ["walk"], []])
def test_words_that_mean_nothing_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert "usage: python -m flows" in capsys.readouterr().err


def test_a_backfill_from_a_month_still_to_come_is_refused(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backfill", "--plain", "--from", "2026-05", "--data", str(site)]) == 1
    assert "--from 2026-05 lies after the last day that is known, 2026-03-31" in capsys.readouterr().err


def test_a_settings_error_is_a_message_and_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--data", str(tmp_path)]) == 1
    assert "not a deployment folder" in capsys.readouterr().err


def test_status_before_the_first_run_says_what_to_do(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--data", str(site)]) == 0
    assert "nothing was published yet. Do: make run" in capsys.readouterr().out


def test_the_generated_documents_name_every_metric() -> None:
    text = "".join(documents().values())
    assert "`csat`" in text
    assert "fact_ticket" in text
