"""What is measured: the floor, the pipeline whole and on the core work, its nights, its peers, and other wrappings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.benchmarks.homes import Place, clear, copy, making, renew
from tests.benchmarks.measure import Case, say, stop, taken

AS_OF, NEXT_DAY = "2026-06-29", "2026-06-30"
FLOOR, BACKFILL, CORE = "floor", "backfill, every metric", "backfill, core work"
DUCKDB, PANDAS = "duckdb, core work", "pandas, core work"
ALL_FEEDS = "backfill, every metric, all feeds"
NIGHT, LATE, NOTHING = "nightly, one day", "nightly, late edits", "nothing new"
IMPORTS, PRINTS = "imports of a night without news", "fingerprints of the published tables"
FORMS = ("csv", "fr", "gz", "zst", "xlsx")
SLOW_FORM, XLSX_SHARE, FEW = "xlsx", 20, "csv, few rows"
"""A workbook is so slow that it gets a twentieth of the rows; as few as CSV, to tell what is not reading rows."""
_YEAR = 12
"""Months a file where wrappings are compared: what an export takes whatever its rows is not to hide them."""
KEYS = {
    "floor": FLOOR,
    "backfill": BACKFILL,
    "core": CORE,
    "duckdb": DUCKDB,
    "pandas": PANDAS,
    "imports": IMPORTS,
    "prints": PRINTS,
    "nothing": NOTHING,
    "night": NIGHT,
    "late": LATE,
    "all": ALL_FEEDS,
}
STAGED = ("backfill", "core", "night", "late", "all")
"""Cases that note what each stage takes."""
APART = ("gx", "forms", "guard")
"""Cases with a table of their own."""
NEEDS = {"prints": "backfill", "nothing": "backfill", "night": "backfill", "late": "backfill"}
MOST = {"pandas": 3.0}
"""The largest scale of a case: pandas holds all rows in memory."""
_DELIVERY = {"night": "day", "late": "late"}


def chosen(only: str, scale: float) -> tuple[list[str], dict[str, str]]:
    """The cases to run, by their short names, with what they follow on; and which are left out, and why."""
    known = [*KEYS, *APART]
    asked = [it for it in only.split(",") if it] or known
    if strange := [it for it in asked if it not in known]:
        stop(f"--only: there is no case {', '.join(strange)}. There are {', '.join(known)}.")
    asked = [*asked, *(NEEDS[it] for it in asked if it in NEEDS)]
    left_out = {it: f"above scale {MOST[it]:g}" for it in asked if scale > MOST.get(it, scale)}
    return [it for it in known if it in asked and it not in left_out], left_out


def python(module: str, *arguments: object) -> list[str]:
    """A module of the bench as a command."""
    return [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]


def make(place: Place, scale: float, keys: Collection[str]) -> None:
    """The deployments: with the history, with one day more of either kind, with all feeds; what lies there is kept."""
    if not set(keys) & (KEYS.keys() - {"imports"}):
        return
    with making(place.base, scale=scale, form="csv") as is_asked:
        if is_asked:
            run("generating", python("generate", "--scale", scale, "--out", place.base))
    for kind in (it for key, it in _DELIVERY.items() if key in keys):
        home = place.home / kind
        with making(home, scale=scale, delivery=kind) as is_asked:
            if is_asked:
                copy(place.base, home)
                command = python("generate", "--scale", scale, "--out", home, "--delivery", kind)
                run(f"generating the delivery: {kind}", command)
    if "core" in keys:
        copy(place.base, place.core)
    if "all" in keys:
        with making(place.all_feeds, "more_world.py", "more_feeds.py", scale=scale) as is_asked:
            if is_asked:
                copy(place.base, place.all_feeds)
                run("generating the other feeds", python("more_feeds", place.all_feeds, "--scale", scale))


def cases(place: Place, keys: Collection[str]) -> list[Case]:
    """What is done in each round, in this order: the nights follow on the backfill of their round."""
    raw, all_feeds = place.base / "raw", place.all_feeds
    fresh = partial(clear, place.base)
    listed = [
        Case(FLOOR, python("floor", raw, place.floor)),
        _staged(place, BACKFILL, home="base", costs="backfill", prepare=fresh, as_of=AS_OF),
        Case(
            CORE,
            python("core_run", place.core, "--out", place.costs("core"), "--keep", place.core_kept),
            prepare=partial(clear, place.core),
            env=_env(AS_OF),
            costs=place.costs("core"),
        ),
        Case(DUCKDB, python("duckdb_core", raw, place.duckdb, AS_OF)),
        Case(PANDAS, python("pandas_core", raw, place.pandas, AS_OF)),
        Case(IMPORTS, python("imports")),
        Case(PRINTS, python("imports", place.base / "published/current")),
        Case(NOTHING, [sys.executable, "-m", "flows", "run", "--plain", "--data", str(place.base)], env=_env(AS_OF)),
        *(
            _staged(place, KEYS[key], home=kind, costs=key, prepare=_renewed(place, kind), as_of=NEXT_DAY)
            for key, kind in _DELIVERY.items()
        ),
        replace(
            _staged(place, ALL_FEEDS, home="all-feeds", costs="all", prepare=partial(clear, all_feeds), as_of=AS_OF),
            is_once=True,
        ),
    ]
    wanted = {KEYS[key] for key in keys if key in KEYS}
    return [case for case in listed if case.name in wanted]


def reading_cases(place: Place, scale: float) -> list[Case]:
    """Reading the exports alone, in each wrapping."""
    found = []
    for form in (*FORMS, FEW):
        home = _form_home(place, form)
        rows = scale / XLSX_SHARE if form in {SLOW_FORM, FEW} else scale
        with making(home, scale=rows, form=form) as is_asked:
            if is_asked:
                options = ("--scale", rows, "--form", form.split(",")[0], "--months-a-file", _YEAR)
                run(f"generating {form}", python("generate", *options, "--out", home))
        costs = place.costs(home.name)
        command = python("stages", home, "--out", costs, "--until", "reading")
        found.append(Case(f"reading {form}", command, partial(clear, home), _env(AS_OF), costs))
    return found


def compare(place: Place, keys: Collection[str]) -> None:
    """End the bench unless all that computed the same work came to the same numbers.

    A night is compared with what DuckDB makes of its exports from nothing, where DuckDB takes part.
    """
    wrote = {
        "duckdb": place.duckdb,
        "backfill": place.base / "published/current",
        "core": place.core_kept,
        "pandas": place.pandas,
    }
    first, *others = [folder for key, folder in wrote.items() if key in keys] or [place.duckdb]
    pairs = [(other, first) for other in others]
    for kind in (it for key, it in _DELIVERY.items() if key in keys and "duckdb" in keys):
        peer = place.home / f"duckdb-{kind}"
        run(f"duckdb, {kind}", python("duckdb_core", place.home / kind / "raw", peer, NEXT_DAY))
        pairs.append((place.home / kind / "published/current", peer))
    for mine, other in pairs:
        run(f"comparing {mine} with {other}", python("core", mine, other))


def compare_forms(place: Place) -> None:
    """End the bench unless every wrapping gave the same rows."""
    many = [_form_home(place, form) for form in FORMS if form != SLOW_FORM]
    run("comparing the wrappings", python("forms", *many))
    run("comparing the workbooks", python("forms", *(_form_home(place, form) for form in (FEW, SLOW_FORM))))


def _form_home(place: Place, form: str) -> Path:
    return place.home / f"form-{form.replace(', ', '-').replace(' ', '-')}"


def run(words: str, command: list[str]) -> None:
    """Do something that is not measured."""
    say(words)
    taken(Case(words, command))


def _staged(place: Place, name: str, *, home: str, costs: str, prepare: Callable[[], object], as_of: str) -> Case:
    """A run of the pipeline that notes what each stage takes."""
    out = place.costs(costs)
    command = python("stages", place.home / home, "--out", out)
    return Case(name, command, prepare=prepare, env=_env(as_of), costs=out)


def _renewed(place: Place, kind: str) -> Callable[[], None]:
    return partial(renew, place.base, place.home / kind)


def _env(as_of: str) -> dict[str, str]:
    unset = dict.fromkeys(("BAROMETRE_DATA", "BAROMETRE_RAW", "BAROMETRE_KEY", "BAROMETRE_TASKS"), "")
    return {**unset, "BAROMETRE_AS_OF": as_of}
