"""Two runs never mix: the second is told who holds the data folder."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.__main__ import main
from flows.io.lock import Busy, exclusive

HOLDER = """
import sys, time
from pathlib import Path
from flows.io.lock import exclusive
with exclusive(Path(sys.argv[1])) as announce:
    announce("a run as of 2026-03-31")
    print("held", flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).parents[2]


def test_the_second_is_busy_and_leaves_the_lock_alone(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    with exclusive(lock) as announce:
        announce("a run as of 2026-03-31")
        with (
            pytest.raises(Busy, match=r"another run is at work \(process \d+, a run as of 2026-03-31\)"),
            exclusive(lock),
        ):
            pytest.fail("two runs at once")
    with exclusive(lock):
        pass


def test_the_death_of_the_holder_frees_the_lock(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(site / ".lock")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert main(["run", "--plain", "--data", str(site)]) == 3
    assert f"process {holder.pid}, a run as of 2026-03-31" in capsys.readouterr().err
    holder.send_signal(signal.SIGKILL)
    holder.wait(10)
    holder.stdout.close()
    with exclusive(site / ".lock"):
        pass


def test_a_holder_that_has_said_nothing_yet_is_not_taken_for_the_last_one(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    lock.write_text("999999999 an old run")
    with exclusive(lock), pytest.raises(Busy, match="a run that has just begun"), exclusive(lock):
        pytest.fail("two runs at once")
