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
from flows.io.publish import Shelf
from tests.conftest import ROOT
from tests.faults.conftest import Proof
from tests.faults.test_run_dies import bytes_of, copied, corrected, run

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
KILLS = 10


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
