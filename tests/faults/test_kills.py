"""A run that is killed outright, at a moment nobody chose: readers see one whole run, and the next one ends the same."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.io import publish
from flows.io.lock import Busy, exclusive
from flows.io.publish import Shelf
from tests.conftest import ROOT
from tests.faults.conftest import Proof
from tests.faults.test_run_dies import bytes_of, copied, corrected, run

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
KILLS = 10
ROUNDS, AT_ONCE, BUSY = 2, 4, 3
HOLDERS = 20
HOLDER = """
import sys, time
from pathlib import Path
from flows.io.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def started(data: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "flows", "run", "--plain", "--data", str(data)]
    return subprocess.Popen(words, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_the_next_run_ends_as_if_nothing_had_happened(tmp_path: Path, proves: Callable[[Proof], None]) -> None:
    waiting = corrected(tmp_path / "waiting")
    whole = copied(waiting, tmp_path / "whole")
    begun_s = time.monotonic()
    assert started(whole).wait() == 0
    lasts_s = time.monotonic() - begun_s
    chance = random.Random(3)  # noqa: S311 -- a game of dice, not a secret
    killed = torn = lost = 0
    for number in range(KILLS):
        data = copied(waiting, tmp_path / f"{number}")
        victim = started(data)
        time.sleep(lasts_s * chance.uniform(0.1, 1.0))
        killed += victim.poll() is None
        victim.kill()
        victim.wait()
        shelf = Shelf(data / "published")
        seen = publish.current(shelf)
        torn += seen is None or publish.damaged(shelf, seen) != []
        assert run(data) == 0
        lost += bytes_of(data) != bytes_of(whole)
        shutil.rmtree(data)
    proves(Proof(6, "kill -9 of a whole run, at random moments", killed, lost=lost, torn=torn))


def test_of_runs_that_start_at_once_one_works_and_the_others_do_nothing(
    tmp_path: Path, proves: Callable[[Proof], None]
) -> None:
    waiting = corrected(tmp_path / "waiting")
    whole = copied(waiting, tmp_path / "whole")
    assert run(whole) == 0
    mixed = lost = 0
    for number in range(ROUNDS):
        data = copied(waiting, tmp_path / f"{number}")
        codes = [it.wait() for it in [started(data) for _ in range(AT_ONCE)]]
        mixed += sorted(codes) != [0] + [BUSY] * (AT_ONCE - 1)
        lost += bytes_of(data) != bytes_of(whole)
    proves(Proof(9, "runs that start at the same moment", ROUNDS * AT_ONCE, lost=lost, torn=mixed))


def test_a_holder_that_is_killed_leaves_the_lock_to_the_next(tmp_path: Path, proves: Callable[[Proof], None]) -> None:
    stale, lock = 0, tmp_path / ".lock"
    for _ in range(HOLDERS):
        with subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], cwd=ROOT, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(Busy), exclusive(lock):
                pytest.fail("two at once")
            holder.kill()
        try:
            with exclusive(lock):
                pass
        except Busy:
            stale += 1
    proves(Proof(9, "holders of the lock that were killed", HOLDERS, torn=stale))
