"""`make bench`: the pipeline against the format floor, DuckDB and pandas doing the same work. Ratios, never pass or fail.

Each case runs in a process of its own, all of them once a round, so that what else the machine does falls on all. What
the engines computed is compared cell by cell before any figure is shown. The figures stay in build/bench-SCALE.json;
those of some cases only (`--only night,gx`) in build/bench-SCALE-some.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks import cases, table, targets
from tests.benchmarks.homes import Place
from tests.benchmarks.measure import ROOT, Taken, alternated, machine, say

_FORMS_SCALE = 1.0
"""Other wrappings are read at this scale at most."""
_SHORT_ROUNDS = 3
"""Rounds at least of what takes seconds at any scale."""


def main() -> None:
    """Generate, alternate, compare, print the tables and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1 is a million tickets, 400 MB of CSV")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to work and leave the data, found again by the next run")
    parser.add_argument("--guard-mib", type=int, default=64, help="size of the files of the guard case")
    parser.add_argument(
        "--only", default="", metavar="CASE,...", help=f"some cases only: {', '.join([*cases.KEYS, *cases.APART])}"
    )
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
    about, place = machine(), Place(folder)
    keys, left_out = cases.chosen(asked.only, asked.scale)
    keys = [it for it in keys if it != "forms" or not asked.no_forms]
    cases.make(place, asked.scale, keys)
    found = alternated(cases.cases(place, keys), asked.rounds)
    cases.compare(place, keys)
    figures = {
        "scale": asked.scale,
        "machine": about,
        "left_out": {cases.KEYS[key]: why for key, why in left_out.items()},
        "rounds": _told(found),
        "forms": _forms(place, asked) if "forms" in keys else {},
        "costs": {key: json.loads(place.costs(key).read_text("utf-8")) for key in cases.STAGED if key in keys},
        "guard": _apart(place, "guard", "--mib", asked.guard_mib, "--rounds", asked.rounds) if "guard" in keys else {},
        "gx": _apart(place, "gx", "--scale", asked.scale, "--rounds", max(asked.rounds, _SHORT_ROUNDS))
        if "gx" in keys
        else {},
    }
    kept = ROOT / "build" / f"bench-{asked.scale:g}{'-some' if asked.only else ''}.json"
    kept.write_text(json.dumps(figures, indent=1), "utf-8")
    say(f"kept in {kept.relative_to(ROOT)}")
    return figures


def _forms(place: Place, asked: argparse.Namespace) -> dict[str, Any]:
    found = alternated(cases.reading_cases(place, min(asked.scale, _FORMS_SCALE)), asked.rounds)
    cases.compare_forms(place)
    return _told(found)


def _told(found: dict[str, list[Taken]]) -> dict[str, Any]:
    return {name: [asdict(it) for it in rounds] for name, rounds in found.items()}


def _apart(place: Place, module: str, *options: object) -> dict[str, Any]:
    """The figures of a module that starts its own processes."""
    home, out = place.home / module, place.home / f"{module}.json"
    home.mkdir(exist_ok=True)
    cases.run(module, cases.python(module, home, "--out", out, *options))
    told: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return told


def show(figures: dict[str, Any]) -> None:
    """The tables, as the README takes them."""
    parts: list[str] = []
    if found := table.rounds_of(figures["rounds"]):
        parts.append(table.case_table(found, figures["scale"], figures["left_out"]))
    parts.append(targets.target_table(figures))
    if figures["forms"]:
        parts.append(table.form_table(table.rounds_of(figures["forms"])))
    if figures["guard"]:
        parts.append(table.way_table("guard at the door", "polars", figures["guard"]))
    if figures["gx"]:
        parts.append(table.way_table("Great Expectations, without imports", "plain polars", figures["gx"]))
    parts += [table.stage_table(name, costs) for name, costs in figures["costs"].items()]
    parts.append(table.machine_words(figures["machine"]))
    print("\n\n".join(filter(None, parts)))


if __name__ == "__main__":
    main()
