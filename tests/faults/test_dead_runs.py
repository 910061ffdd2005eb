"""A run that died without a word leaves a trace: `status` and the next run tell of it, and what it left is tidied."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows import failure
from flows.__main__ import main
from flows.failure import note_failure, noted_begun, noted_failure, under_way
from flows.io import durable, publish
from flows.io.publish import Shelf
from tests.conftest import ROOT
from tests.faults.test_publish import PowerCutError
from tests.flows.conftest import MARCH, deliver, new_site
from tests.flows.persons import quicken, run

AT_WORK = """
import sys, time
from pathlib import Path
from flows.failure import under_way
from flows.io.lock import exclusive
home = Path(sys.argv[1])
with exclusive(home / ".lock") as announce:
    announce("a run as of 2026-03-31")
    with under_way(home, "a run as of 2026-03-31"):
        print("at work", flush=True)
        time.sleep(600)
"""


@contextmanager
def at_work(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has begun a run; killed at the end."""
    words = [sys.executable, "-c", AT_WORK, str(data)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        assert it.stdout.readline() == "at work\n"
        try:
            yield it
        finally:
            it.send_signal(signal.SIGKILL)


def status(data: Path) -> int:
    return main(["status", "--data", str(data)])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return new_site(tmp_path / "site")


@pytest.fixture
def published(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small deployment after its first run, in a house that is quick."""
    quicken(monkeypatch)
    assert run(site) == 0
    return site


def test_a_run_that_is_at_work_has_not_died(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with at_work(site) as it:
        assert status(site) == 0
        said = capsys.readouterr().out
        assert f"process {it.pid}, a run as of 2026-03-31." in said
        assert "At work since" in said
        assert "died" not in said
        assert run(site) == 3
        assert noted_begun(site) is not None, "who is turned away leaves the note of who works"
    assert status(site) == 2
    said = capsys.readouterr().out
    assert f"(process {it.pid}), did not come to its end" in said
    assert "To do: run again" in said


def test_the_next_run_tells_of_it_and_takes_the_note_away(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert noted_begun(published) is None
    with at_work(published):
        pass
    capsys.readouterr()
    assert run(published) == 0
    said = capsys.readouterr()
    assert "The run before died: a run as of 2026-03-31, begun" in said.err
    assert "Nothing changed" in said.out
    assert noted_begun(published) is None
    assert status(published) == 0


def test_a_run_that_could_still_speak_leaves_its_message_alone(site: Path) -> None:
    with pytest.raises(RuntimeError), under_way(site, "a run"):
        raise RuntimeError
    assert noted_begun(site) is not None
    note_failure(str(site), "it is the disk")
    told = noted_failure(site)
    assert told is not None
    assert told[0] == "it is the disk"
    assert noted_begun(site) is None


def test_a_disk_that_takes_no_note_leaves_the_first_one(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with pytest.raises(RuntimeError), under_way(site, "a run"):
        raise RuntimeError
    with monkeypatch.context() as patch:
        patch.setattr(durable, "put_bytes", full)
        note_failure(str(site), "it is the disk")
    assert noted_failure(site) is None
    assert noted_begun(site) is not None


def test_a_note_that_a_power_loss_emptied_still_tells(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    durable.folder(site / "store")
    (site / "store" / failure.BEGUN).write_bytes(b"")
    assert status(site) == 2
    assert "A run died: a run, begun" in capsys.readouterr().out


def test_who_dies_between_commit_and_tidying_is_tidied_up_after_though_nothing_changed(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def die(*_: object, **__: object) -> None:
        raise PowerCutError

    for name in ("KEPT_RUNS", "KEPT_S"):
        monkeypatch.setattr(publish, name, 1 if name == "KEPT_RUNS" else 0)
    deliver(published, "avis_2026-03.csv", *MARCH[:3], "7;05/03/2026 09:00;5;chat")
    shelf, before = Shelf(published / "published"), set((published / "store").glob("*.parquet"))
    with monkeypatch.context() as patch:
        patch.setattr("flows.pipeline.tidy", die)
        with pytest.raises(PowerCutError):
            run(published)
    assert publish.kept_runs(shelf) == [1, 2]
    assert (shelf.home / "current").resolve() == shelf.folder_of(1)
    left = set((published / "store").glob("*.parquet"))
    assert left > before
    capsys.readouterr()
    assert run(published) == 0
    assert "Nothing changed since run 2" in capsys.readouterr().out
    assert publish.kept_runs(shelf) == [2]
    assert (shelf.home / "current").resolve() == shelf.folder_of(2)
    assert not (published / "store" / ".work").exists()
    assert set((published / "store").glob("*.parquet")) < left
    assert status(published) == 0
