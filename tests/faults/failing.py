"""Faults of the disk under a whole process: what can go wrong, where, and a deployment to let it happen to."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flows.io import ledger, publish, stored
from flows.io.publish import Shelf
from tests.conftest import ROOT
from tests.faults.test_publish import tree

NEEDS = "cc"


class How(IntEnum):
    """What the shim does at the chosen call."""

    COUNT = 0
    KILL = 1
    FAIL = 2
    SHORT = 3


class Way(NamedTuple):
    """A way for a change of the disk to fail."""

    how: How
    error: int = 0
    sticky: bool = False
    """All that follow fail as well."""


WAYS = {
    "kill -9": Way(How.KILL),
    "EIO": Way(How.FAIL, errno.EIO),
    "ENOSPC from there on": Way(How.FAIL, errno.ENOSPC, sticky=True),
    "EACCES": Way(How.FAIL, errno.EACCES),
    "a short write": Way(How.SHORT),
    "EROFS from there on": Way(How.FAIL, errno.EROFS, sticky=True),
}
NO_FAULT = Way(How.COUNT)


@dataclass(frozen=True)
class Ended:
    """How a run under the shim ended."""

    code: int | None
    """Below 0: by that signal; None: it did not end in ten minutes."""
    seen: int
    """Changes of the disk; less than 0 where the process did not live to tell."""
    said: str


class Zygote:
    """The process from which runs with a fault are forked."""

    def __init__(self, shim: Path, home: Path, *, does: str) -> None:
        self.said, self.journal, self.verdicts = home / "said", home / "journal", home / "verdicts"
        self.verdicts.mkdir()
        few_threads = dict.fromkeys(("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote", does],
            cwd=ROOT,
            env={**os.environ, **few_threads, "LD_PRELOAD": str(shim), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._hear("ready\n")

    def run(self, data: Path, way: Way = NO_FAULT, at: int = 0, *, small: bool = True, **more: Any) -> Ended:
        """One run of a deployment (or one publishing, of a `generation`), the fault at the change of that number.

        `limits` bound the process; after `killed_after_s` it is killed.
        """
        asked = {
            "data": str(data),
            "said": str(self.said),
            "journal": "" if at else str(self.journal),
            "at": at,
            "how": int(way.how),
            "error": way.error,
            "sticky": int(way.sticky),
            "verdicts": str(self.verdicts) if small and "generation" not in more else "",
            "generation": 0,
            "limits": {},
            "killed_after_s": 0,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked | more) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._hear()))

    def calls(self) -> list[tuple[str, Path, int]]:
        """The changes of the last run without a fault: call, path, bytes."""
        lines = (line.split("\t") for line in self.journal.read_text("utf-8").splitlines())
        return [(call, Path(path), int(size)) for call, path, size in lines]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _hear(self, expected: str = "") -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the zygote died: {self._process.wait()}"
        assert not expected or line == expected
        return line


@contextmanager
def a_zygote(home: Path, *, does: str = "runs") -> Iterator[Zygote]:
    """A zygote under a shim that is compiled here and now; it does runs, or publishing."""
    compiler = shutil.which(NEEDS)
    if compiler is None and os.environ.get("BAROMETRE_FAULTS") == "required":
        pytest.fail(f"no C compiler ({NEEDS}) to build tests/faults/shim.c with: install gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip(f"faults of the whole process need Linux and a C compiler ({NEEDS}) for tests/faults/shim.c")
    shim = home / "shim.so"
    source = Path(__file__).with_name("shim.c")
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", shim, source, "-ldl", "-lpthread"],
        check=True,
    )
    zygote = Zygote(shim, home, does=does)
    try:
        yield zygote
    finally:
        zygote.close()


def state_of(data: Path) -> tuple[str, ...]:
    """Every name, link and byte that a run answers for."""
    reports = [tree(path) for path in sorted((data / "quarantine").glob("run-*"))]
    return tree(data / "published"), tree(data / "store"), *reports


def torn(data: Path) -> list[str]:
    """What a reader of the present state could be misled by: a run that is not whole, rows that are not."""
    shelf = Shelf(data / "published")
    pinned = publish.current(shelf)
    found = ["no run counts"] if pinned is None else publish.damaged(shelf, pinned)
    link = shelf.home / "current"
    linked = publish.manifest_of(shelf, int(link.resolve().name))
    found += ["current leads nowhere"] if linked is None else publish.damaged(shelf, linked)
    return found + half(data / "store")


def half(store: Path) -> list[str]:
    """Records of the store that cannot be read, or speak of rows that are not whole."""
    found = []
    for path in sorted(store.glob("*.json")):
        told = ledger.record(store, path.stem)
        if path.name not in ledger.NOTES and (told is None or not stored.is_whole(store, told)):
            found.append(path.name)
    return found


def counted_run(data: Path) -> str:
    """The key of the run that readers see."""
    manifest = publish.current(Shelf(data / "published"))
    return str(manifest["run_key"]) if manifest else ""
