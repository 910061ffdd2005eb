"""What is measured: the floor, the pipeline whole and on the core work, its nights, its peers, and other wrappings."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import Case, say, taken

AS_OF, NEXT_DAY = "2026-06-29", "2026-06-30"
FLOOR, BACKFILL, CORE = "floor", "backfill, every metric", "backfill, core work"
DUCKDB, PANDAS = "duckdb, core work", "pandas, core work"
NIGHT, LATE, NOTHING = "nightly, one day", "nightly, late edits", "nothing new"
FORMS = ("csv", "fr", "gz", "zst", "xlsx")
_OUTPUTS = ("published", "store", "quarantine")
SLOW_FORM, XLSX_SHARE = "xlsx", 20
"""A workbook is so slow that it gets a twentieth of the rows."""


@dataclass(frozen=True)
class Place:
    """Where the bench works."""

    home: Path

    def __getattr__(self, name: str) -> Path:
        """A folder by its name."""
        return self.home / name.replace("_", "-")

    def costs(self, name: str) -> Path:
        """Where a case puts down what its stages took."""
        return self.home / f"costs-{name}.json"


def python(module: str, *arguments: object) -> list[str]:
    """A module of the bench as a command."""
    return [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]


def make(place: Place, scale: float) -> None:
    """The deployments: with the history, and with one day more of either kind."""
    _run("generating", python("generate", "--scale", scale, "--out", place.base))
    for kind in ("day", "late"):
        copy(place.base, place.home / kind)
        command = python("generate", "--scale", scale, "--out", place.home / kind, "--delivery", kind)
        _run(f"generating the delivery: {kind}", command)


def cases(place: Place) -> list[Case]:
    """What is done in each round, in this order: the nights follow on the backfill of their round."""
    raw = place.base / "raw"
    return [
        Case(FLOOR, python("floor", raw, place.floor)),
        _staged(place, BACKFILL, home="base", costs="backfill", prepare=partial(clear, place.base), as_of=AS_OF),
        Case(
            CORE,
            python("core_run", place.core, "--out", place.costs("core"), "--keep", place.core_kept),
            prepare=_all(partial(copy, place.base, place.core), partial(clear, place.core)),
            env=_env(AS_OF),
            costs=place.costs("core"),
        ),
        Case(DUCKDB, python("duckdb_core", raw, place.duckdb, AS_OF)),
        Case(PANDAS, python("pandas_core", raw, place.pandas, AS_OF)),
        Case(NOTHING, [sys.executable, "-m", "flows", "run", "--plain", "--data", str(place.base)], env=_env(AS_OF)),
        _staged(place, NIGHT, home="day", costs="night", prepare=partial(renew, place, "day"), as_of=NEXT_DAY),
        _staged(place, LATE, home="late", costs="late", prepare=partial(renew, place, "late"), as_of=NEXT_DAY),
    ]


def reading_cases(place: Place, scale: float) -> list[Case]:
    """Reading the exports alone, in each wrapping."""
    found = []
    for form in FORMS:
        home = place.home / f"form-{form}"
        rows = scale / XLSX_SHARE if form == SLOW_FORM else scale
        _run(f"generating {form}", python("generate", "--scale", rows, "--form", form, "--out", home))
        command = python("stages", home, "--out", place.costs(form), "--until", "reading")
        costs = place.costs(form)
        found.append(Case(f"reading {form}", command, partial(clear, home), _env(AS_OF), costs))
    return found


def peers_of_nights(place: Place) -> list[tuple[str, Path]]:
    """What DuckDB makes of each night's exports from nothing: what the pipeline must have published."""
    found = []
    for kind in ("day", "late"):
        out = place.home / f"duckdb-{kind}"
        _run(f"duckdb, {kind}", python("duckdb_core", place.home / kind / "raw", out, NEXT_DAY))
        found.append((kind, out))
    return found


def compare(place: Place, *, nights: bool) -> None:
    """End the bench unless all that computed the same work came to the same numbers."""
    pairs: list[tuple[Path, Path]] = [
        (place.base / "published/current", place.duckdb),
        (place.base / "published/current", place.pandas),
        (place.core_kept, place.duckdb),
    ]
    if nights:
        pairs += [(place.home / kind / "published/current", out) for kind, out in peers_of_nights(place)]
    for ours, theirs in pairs:
        _run(f"comparing {ours} with {theirs}", python("core", ours, theirs))


def compare_forms(place: Place) -> None:
    """End the bench unless every wrapping gave the same rows; the workbooks hold fewer."""
    homes = [place.home / f"form-{form}" for form in FORMS if form != SLOW_FORM]
    _run("comparing the wrappings", python("forms", *homes))


def copy(source: Path, target: Path) -> None:
    """The exports and settings of a deployment, without what a run made of them."""
    if not target.exists():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_OUTPUTS))


def clear(home: Path) -> None:
    """Nothing of an earlier run is left."""
    for name in _OUTPUTS:
        shutil.rmtree(home / name, ignore_errors=True)


def renew(place: Place, kind: str) -> None:
    """The state after the history's backfill, with the exports of one more day beside."""
    clear(place.home / kind)
    for name in _OUTPUTS:
        shutil.copytree(place.base / name, place.home / kind / name, symlinks=True)


def _staged(place: Place, name: str, *, home: str, costs: str, prepare: Callable[[], object], as_of: str) -> Case:
    """A run of the pipeline that notes what each stage takes."""
    out = place.costs(costs)
    command = python("stages", place.home / home, "--out", out)
    return Case(name, command, prepare=prepare, env=_env(as_of), costs=out)


def _env(as_of: str) -> dict[str, str]:
    return {
        "BAROMETRE_DATA": "",
        "BAROMETRE_RAW": "",
        "BAROMETRE_AS_OF": as_of,
        "BAROMETRE_KEY": "",
        "BAROMETRE_TASKS": "",
    }


def _all(*steps: Callable[[], object]) -> Callable[[], None]:
    def each() -> None:
        for step in steps:
            step()

    return each


def _run(words: str, command: list[str]) -> None:
    say(words)
    taken(Case(words, command))
