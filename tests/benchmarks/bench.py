"""`make bench`: the pipeline against the format floor, DuckDB and pandas doing the same work. Ratios, never pass or fail.

Each case runs in a process of its own, all of them once a round, so that what else the machine does falls on all. What
the engines computed is compared cell by cell before any figure is shown. The figures stay in build/bench-SCALE.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks import cases, table
from tests.benchmarks.measure import ROOT, Case, alternated, machine, say, taken

_FORMS_SCALE = 0.2
"""Other wrappings are read at this scale at most."""


def main() -> None:
    """Generate, alternate, compare, print the tables and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1 is a million tickets, 400 MB of CSV")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to work and leave the data; else a temporary folder")
    parser.add_argument("--guard-mib", type=int, default=64, help="size of the files of the guard case; 0: without it")
    parser.add_argument("--no-forms", action="store_true", help="without the other wrappings")
    asked = parser.parse_args()
    if asked.folder:
        asked.folder.mkdir(parents=True, exist_ok=True)
        show(measured(asked, asked.folder.resolve()))
        return
    with tempfile.TemporaryDirectory() as folder:
        show(measured(asked, Path(folder)))


def measured(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All figures, after the outputs were found to be equal."""
    about, place = machine(), cases.Place(folder)
    cases.make(place, asked.scale)
    found = alternated(cases.cases(place), asked.rounds)
    cases.compare(place, nights=True)
    forms = {}
    if not asked.no_forms:
        forms = alternated(cases.reading_cases(place, min(asked.scale, _FORMS_SCALE)), asked.rounds)
        cases.compare_forms(place)
    figures = {
        "scale": asked.scale,
        "machine": about,
        "rounds": {name: [asdict(it) for it in rounds] for name, rounds in found.items()},
        "forms": {name: [asdict(it) for it in rounds] for name, rounds in forms.items()},
        "costs": {
            name: json.loads(place.costs(name).read_text("utf-8")) for name in ("backfill", "core", "night", "late")
        },
        "guard": _guard(folder, asked) if asked.guard_mib else {},
    }
    kept = ROOT / "build" / f"bench-{asked.scale:g}.json"
    kept.write_text(json.dumps(figures, indent=1), "utf-8")
    say(f"kept in {kept.relative_to(ROOT)}")
    return figures


def _guard(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    out = folder / "guard.json"
    command = cases.python("guard", folder, "--mib", asked.guard_mib, "--rounds", asked.rounds, "--out", out)
    taken(Case("guard", command))
    told: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return told


def show(figures: dict[str, Any]) -> None:
    """The tables, as the README takes them."""
    parts = [table.case_table(table.rounds_of(figures["rounds"]), figures["scale"])]
    parts.append(table.target_table(table.rounds_of(figures["rounds"]), figures["costs"]["core"]))
    if figures["forms"]:
        parts.append(table.form_table(table.rounds_of(figures["forms"])))
    if figures["guard"]:
        parts.append(table.guard_table(figures["guard"]))
    parts += [table.stage_table(name, costs) for name, costs in figures["costs"].items()]
    parts.append(table.machine_words(figures["machine"]))
    print("\n\n".join(parts))


if __name__ == "__main__":
    main()
