"""A whole run that dies at any change of the disk: readers see one whole run, and the next run leaves the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.__main__ import main
from flows.io import publish
from flows.io.publish import Shelf
from tests.faults.conftest import Proof
from tests.faults.test_publish import PowerCutError, fail_at, tree
from tests.flows.conftest import MARCH, deliver, new_site

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
FAULTS = 6


def corrected(home: Path) -> Path:
    """A deployment after its first run, with a correction waiting to be read."""
    data = new_site(home / "site")
    assert run(data) == 0
    deliver(data, "avis_2026-03.csv", *MARCH[:3], "7;05/03/2026 09:00;5;chat")
    return data


def copied(data: Path, to: Path) -> Path:
    return shutil.copytree(data, to, symlinks=True)


def run(data: Path) -> int:
    return main(["run", "--plain", "--data", str(data)])


def bytes_of(data: Path) -> tuple[str, str]:
    return tree(data / "published"), tree(data / "store")


def test_the_next_run_gives_the_bytes_of_a_run_without_the_fault(
    tmp_path: Path, proves: Callable[[Proof], None]
) -> None:
    waiting = corrected(tmp_path / "waiting")
    whole = copied(waiting, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        steps = fail_at(patch, -1, PowerCutError, after=False)
        assert run(whole) == 0
    assert steps[0] > 100
    for nth in range(1, steps[0], steps[0] // FAULTS):
        data = copied(waiting, tmp_path / f"{nth}")
        with pytest.MonkeyPatch.context() as patch:
            fail_at(patch, nth, PowerCutError, after=False)
            with pytest.raises(PowerCutError):
                run(data)
        shelf = Shelf(data / "published")
        seen = publish.current(shelf)
        assert seen is not None
        assert publish.damaged(shelf, seen) == []
        assert run(data) == 0
        assert bytes_of(data) == bytes_of(whole), f"after a fault at change {nth}"
    proves(Proof(6, "whole runs that died, at changes of the disk", FAULTS))
