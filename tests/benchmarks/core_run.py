"""The core work by the pipeline itself: `python -m tests.benchmarks.core_run FOLDER --out COSTS.json`.

The declared metrics, restricted to the core set, the core cuts and the periods of day to quarter; the run ends before
anything is published. The landing guard and Great Expectations are timed where they are called, so that they can be
told apart from the work that the peers do as well.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks import core
from tests.benchmarks.stages import Cost, Enough, Notes, cpu_s, peak_mb

FACTS = frozenset(
    ("fact_ticket", "fact_ticket_event", "fact_backlog_daily", "fact_survey_response", "fact_cost_allocation")
)
"""What the core metrics are measured on."""
_LAST_STAGE = "analysing"
_CUTS = ("channel", "team")


def chosen(label: str, items: Sequence[Any]) -> Sequence[Any]:
    """The items of a stage that belong to the core work."""
    if label == _LAST_STAGE:
        raise Enough
    if label == "building facts":
        return [item for item in items if item in steps_of(FACTS)]
    if label == "publishing facts":
        return []
    if label == "computing metrics":
        return [item for item in items if item in core.GRAINS]
    return items


def steps_of(facts: Collection[str]) -> set[str]:
    """Some facts, and every frame that they are made of."""
    from transforms.facts import STEPS  # noqa: PLC0415 -- imports are part of the cost

    found = set(facts)
    for name in reversed(STEPS):
        if name in found:
            found.update(STEPS[name].uses)
    return found


class Apart:
    """CPU seconds of a function, each time it is called."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def watch(self, module: Any, function: str, name: str) -> None:
        """Time a function of a module from now on."""
        inner: Callable[..., Any] = getattr(module, function)

        def timed(*args: Any, **options: Any) -> Any:
            start = cpu_s()
            try:
                return inner(*args, **options)
            finally:
                self.spent[name] = self.spent.get(name, 0.0) + cpu_s() - start

        setattr(module, function, timed)


def run(home: Path) -> list[Cost]:
    """The costs of a core run on a deployment, by stage and item; the last lines are those told apart."""
    notes, apart = Notes(choose=chosen), Apart()
    from flows import pipeline  # noqa: PLC0415 -- imports are part of the cost
    from flows.settings import load  # noqa: PLC0415
    from flows.stages import draft, reading  # noqa: PLC0415
    from transforms import metrics  # noqa: PLC0415

    apart.spent["Great Expectations, import"] = _import_great_expectations()
    apart.watch(reading, "read_rows", "landing guard")
    apart.watch(reading, "judged", "Great Expectations")
    apart.watch(draft, "judged", "Great Expectations")
    core_set = {
        name: dataclasses.replace(
            metric,
            cut_by=core.CUTS_OF.get(name, _CUTS),
            grains=tuple(grain for grain in metric.grains if grain in core.GRAINS),
        )
        for name, metric in metrics.METRICS.items()
        if name in core.METRICS
    }
    metrics.METRICS.clear()
    metrics.METRICS.update(core_set)
    notes.note("imports", "polars and ours")
    with suppress(Enough):
        pipeline.refresh(load(str(home)), pipeline.Wish(), notes)
    found = [Cost("apart", name, seconds, 0.0, peak_mb()) for name, seconds in apart.spent.items()]
    return [*notes.costs, *found]


def _import_great_expectations() -> float:
    start = cpu_s()
    import_module("expectations.gate")
    return cpu_s() - start


def keep(home: Path, out: Path) -> None:
    """Put the metric tables beside, where they can be compared."""
    staging = max((home / "published" / "runs").glob(".staging-*"))
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(staging, out)


def main() -> None:
    """Run, and write the costs down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    asked = parser.parse_args()
    costs = run(asked.home)
    keep(asked.home, asked.keep)
    asked.out.write_text(json.dumps([dataclasses.asdict(cost) for cost in costs], indent=1), "utf-8")


if __name__ == "__main__":
    main()
