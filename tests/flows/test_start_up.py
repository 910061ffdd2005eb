"""What a command loads before it answers: whoever asks for the help or the status waits for no library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"great_expectations", "numpy", "pandas", "polars", "prefect", "pyarrow", "pydantic"}
UNHURRIED = HEAVY - {"polars", "numpy"}
ASK = """
import sys
from flows.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("LOADED", *sorted(name.partition(".")[0] for name in sys.modules))
"""


def loaded_by(*words: str) -> tuple[set[str], str]:
    """The packages in memory when a command is over, and what it said."""
    done = subprocess.run([sys.executable, "-c", ASK, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said, _, loaded = done.stdout.rpartition("LOADED ")
    return set(loaded.split()), said


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["status", "--help"]])
def test_help_loads_no_library_at_all(words: list[str]) -> None:
    loaded, said = loaded_by(*words)
    assert "usage: python -m flows" in said
    assert not loaded & (HEAVY | {"rich"})


def test_status_reads_the_manifest_and_loads_no_heavy_library(published: Path) -> None:
    loaded, said = loaded_by("status", "--data", str(published))
    assert "Petit site  run 1 as of 2026-03-31" in said
    assert not loaded & HEAVY


def test_status_before_the_first_run_and_without_a_deployment_load_nothing_heavy_either(
    site: Path, tmp_path: Path
) -> None:
    for folder in (site, tmp_path):
        loaded, _ = loaded_by("status", "--data", str(folder))
        assert not loaded & HEAVY


def test_a_night_without_news_loads_neither_prefect_nor_what_reads_and_writes_tables(published: Path) -> None:
    loaded, said = loaded_by("run", "--data", str(published))
    assert "Nothing changed since run 1" in said
    assert not loaded & UNHURRIED
    assert not loaded & {"apprise", "holidays", "httpx", "jinja2", "python_calamine"}


def test_the_check_would_notice_a_library() -> None:
    assert "polars" in loaded_by("sources")[0]
