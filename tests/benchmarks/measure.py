"""A command in a process of its own: wall seconds, CPU seconds, peak memory, of that process and its children alone.

This module imports nothing heavy, and the bench that uses it does not either: a new process starts with the peak memory
of the one it was split off from.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]
NOISY = 1.5
LIBRARIES = ("polars", "duckdb", "pandas", "numpy", "pyarrow", "great-expectations", "prefect")
_SAID = 3000


@dataclass(frozen=True)
class Taken:
    """What one run of a command took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Case:
    """Something to measure, and what has to be in place before each time."""

    name: str
    command: Sequence[str]
    prepare: Callable[[], object] = lambda: None
    env: Mapping[str, str] = field(default_factory=dict)
    costs: Path | None = None
    """Where the process writes what its stages took: one that counts its peak stage by stage forgets the highest."""
    is_once: bool = False
    """In the first round only: it takes long, and no target hangs on it."""


def taken(case: Case) -> Taken:
    """Run a case once."""
    case.prepare()
    log = ROOT / "build" / "bench.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w+b") as said:
        start = time.perf_counter()
        # Not subprocess.run: its account of children would add up all that ever ran.
        process = subprocess.Popen(
            list(case.command), cwd=ROOT, env=os.environ | case.env, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            stop(f"{case.name} ended with {process.returncode}:\n{said.read()[-_SAID:].decode(errors='replace')}")
    peaks = [used.ru_maxrss / 1024]
    if case.costs is not None:
        peaks += [cost["peak_mb"] for cost in json.loads(case.costs.read_text("utf-8"))]
    return Taken(wall_s, used.ru_utime + used.ru_stime, max(peaks))


def alternated(cases: Iterable[Case], rounds: int) -> dict[str, list[Taken]]:
    """Every case once a round, so that whatever else the machine does falls on all of them."""
    listed = list(cases)
    found: dict[str, list[Taken]] = {case.name: [] for case in listed}
    for number in range(rounds):
        for case in (it for it in listed if number == 0 or not it.is_once):
            found[case.name].append(taken(case))
            say(f"round {number + 1}/{rounds}: {case.name}: {found[case.name][-1].cpu_s:.2f} CPU s")
    return found


def middle(rounds: Sequence[Taken]) -> float:
    """The median of the CPU seconds."""
    return statistics.median(it.cpu_s for it in rounds)


def is_noisy(rounds: Sequence[Taken]) -> bool:
    """The rounds differ too much to be trusted."""
    cpu = [it.cpu_s for it in rounds]
    return max(cpu) > NOISY * min(cpu)


def machine() -> dict[str, object]:
    """On what the figures were taken, and what else it was doing."""
    return {
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": [round(it, 2) for it in os.getloadavg()],
    }


def say(words: str) -> None:
    """How far the bench is: the table alone goes to stdout."""
    print(words, file=sys.stderr, flush=True)


def stop(words: str) -> NoReturn:
    """End the bench with a message."""
    sys.exit(words)
