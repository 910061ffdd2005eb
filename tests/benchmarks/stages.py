"""A run of the pipeline in this process, with what each stage and item costs: `python -m tests.benchmarks.stages FOLDER`.

The pipeline is not touched: it is given another way to do a stage for several items, one that notes CPU seconds, wall
seconds and the highest memory of each item. What it does between two stages is noted under the name of the next one.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")
BETWEEN = "(between)"
_RESET_PEAK = "5"


class Enough(Exception):  # noqa: N818 -- the way out of a run that is not to be published
    """What was to be measured is done."""


@dataclass(frozen=True)
class Cost:
    """What one item of a stage took."""

    stage: str
    item: str
    cpu_s: float
    wall_s: float
    peak_mb: float


@dataclass
class Notes:
    """The costs so far; an `Each` that runs every item in turn."""

    costs: list[Cost] = field(default_factory=list)
    choose: Callable[[str, Sequence[Any]], Sequence[Any]] = lambda _, items: items
    """Which items of a stage are done."""

    def __post_init__(self) -> None:
        self._mark()

    def _mark(self) -> None:
        forget_peak()
        self._cpu_s, self._wall_s = cpu_s(), time.perf_counter()

    def note(self, stage: str, item: str) -> None:
        """Put down what was done since the last note."""
        self.costs.append(Cost(stage, item, cpu_s() - self._cpu_s, time.perf_counter() - self._wall_s, peak_mb()))
        self._mark()

    def __call__(
        self, label: str, stage: Callable[..., Result], items: Sequence[Any], *with_all: object, in_turn: bool = True
    ) -> list[Result]:
        """Each item in turn, noted."""
        del in_turn  # they always are
        self.note(label, BETWEEN)
        results = []
        for item in self.choose(label, items):
            results.append(stage(item, *with_all))
            self.note(label, name_of(item))
        return results


def name_of(item: object) -> str:
    """How an item is called in the table."""
    return str(item["slot"]) if isinstance(item, dict) else str(item)


def cpu_s() -> float:
    """CPU seconds of this process and of its children that ended."""
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def peak_mb() -> float:
    """Highest resident memory since `forget_peak`; of the whole process where the system does not tell."""
    try:
        told = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM"))


def forget_peak() -> None:
    """Count the peak anew from here, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK, "ascii")
    except OSError:
        return


def main() -> None:
    """Run, and print the costs as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="where to write the costs")
    parser.add_argument("--until", choices=("reading",), help="stop after this stage")
    asked = parser.parse_args()
    notes = Notes(choose=_only_reading) if asked.until else Notes()
    import flows.__main__  # noqa: F401, PLC0415 -- it settles the environment
    from flows.pipeline import Wish, refresh  # noqa: PLC0415 -- imports are part of the cost
    from flows.settings import load  # noqa: PLC0415

    settings = load(str(asked.home))
    notes.note("imports", "polars and ours")
    with suppress(Enough):
        refresh(settings, Wish(), notes)
        notes.note("closing", BETWEEN)
    asked.out.write_text(json.dumps([asdict(cost) for cost in notes.costs], indent=1), "utf-8")


def _only_reading(label: str, items: Sequence[Any]) -> Sequence[Any]:
    if label != "reading exports":
        raise Enough
    return items


if __name__ == "__main__":
    main()
