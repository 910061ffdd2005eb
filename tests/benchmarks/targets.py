"""What the house promises of speed and memory, beside what was found; a line for each, where its cases were run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import cases, table
from tests.benchmarks.measure import Taken, middle

Figures = Mapping[str, Any]
MB_OF_GB = 1000
_NO_ROWS = "0 rows"


@dataclass(frozen=True)
class Line:
    """One promise, and what was found."""

    what: str
    found: float
    target: str
    of: tuple[Sequence[Taken], ...] = ()
    """The rounds that the figure rests on."""

    def __str__(self) -> str:
        """As a row of the table."""
        return f"| {self.what} | {self.found:.3f} | {self.target} | {table.noise(self.of)} |"


def target_table(figures: Figures) -> str:
    """Every line that the figures tell of; nothing where there is none."""
    found = table.rounds_of(figures["rounds"])
    lines = [
        *_of_core(found, figures["costs"].get("core", ())),
        *_of_nights(found),
        *_of_memory(found),
        *_of_ways("guard at the door / polars' read of the same file", "polars", "guard", figures["guard"], "<= 1.5"),
        *_of_ways("Great Expectations / plain polars", "plain polars", "great expectations", figures["gx"], "<= 1.3"),
    ]
    head = [f"| scale {figures['scale']:g} | found | target | |", "|---|--:|--:|---|"]
    return "\n".join([*head, *map(str, lines)]) if lines else ""


def _of_core(found: table.Rounds, costs: Sequence[table.Cost]) -> list[Line]:
    """The core work against its peers, without what they do not do; the guard and the judge apart."""
    if cases.CORE not in found:
        return []
    apart = {cost["item"]: cost["cpu_s"] for cost in costs if cost["stage"] == table.APART}
    work = middle(found[cases.CORE]) - sum(apart.values())
    peers = ((cases.FLOOR, "<= 2.5"), (cases.DUCKDB, "<= 0.45"), (cases.PANDAS, "<= 0.3"))
    lines = [
        Line(
            f"core work less guard and judge / {name}", work / middle(found[name]), target, (found[cases.CORE], rounds)
        )
        for name, target in peers
        if (rounds := found.get(name))
    ]
    lines += [Line(f"{name}, CPU s in the core work", seconds, "") for name, seconds in sorted(apart.items())]
    for name in (cases.BACKFILL, cases.ALL_FEEDS):
        lines += _ratio(f"{name} / core work", found, name, cases.CORE, "")
    return lines


def _of_nights(found: table.Rounds) -> list[Line]:
    lines = _ratio("nightly / backfill", found, cases.NIGHT, cases.BACKFILL, "<= 0.05 at scale 10")
    lines += _ratio("late edits / backfill", found, cases.LATE, cases.BACKFILL, "<= 0.1 at scale 10")
    lines += _ratio("nothing new / its imports", found, cases.NOTHING, cases.IMPORTS, "<= 1.5")
    if {cases.NOTHING, cases.IMPORTS, cases.PRINTS} <= found.keys():
        of = found[cases.NOTHING], found[cases.IMPORTS], found[cases.PRINTS]
        nothing, imports, prints = (middle(rounds) for rounds in of)
        lines.append(
            Line("the same less the fingerprints of the published tables", (nothing - prints) / imports, "", of)
        )
    return lines


def _of_memory(found: table.Rounds) -> list[Line]:
    names = (cases.BACKFILL, cases.NIGHT, cases.LATE, cases.ALL_FEEDS)
    return [
        Line(f"peak memory, {name}, GB", peak_mb(rounds) / MB_OF_GB, "<= 1.0 at scale 10", (rounds,))
        for name in names
        if (rounds := found.get(name))
    ]


def _of_ways(what: str, base: str, way: str, told: Mapping[str, Any], target: str) -> list[Line]:
    """A way to do something against the plain one, for each kind of rows."""
    lines = []
    for kind, used in told.items():
        if kind.startswith(_NO_ROWS):
            continue
        of = tuple([Taken(cpu_s, cpu_s, peak) for cpu_s, peak in used[name]] for name in (way, base))
        lines.append(Line(f"{what}: {kind}", middle(of[0]) / middle(of[1]), target, of))
    return lines


def _of_no_rows(told: Mapping[str, Any]) -> list[Line]:
    """What a suite takes whatever the rows: paid for every export."""
    each = [used["great expectations"] for kind, used in told.items() if kind.startswith(_NO_ROWS)]
    rounds = [[Taken(cpu_s, cpu_s, peak) for cpu_s, peak in used] for used in each]
    return [Line("Great Expectations on no rows, CPU s a suite", middle(it), "", (it,)) for it in rounds]


def _ratio(what: str, found: table.Rounds, above: str, below: str, target: str) -> list[Line]:
    if above not in found or below not in found:
        return []
    return [Line(what, middle(found[above]) / middle(found[below]), target, (found[above], found[below]))]


def peak_mb(rounds: Sequence[Taken]) -> float:
    """The highest of all rounds."""
    return max(it.peak_mb for it in rounds)


def scale_table(small: Figures, large: Figures) -> str:
    """The same day, and the same work, on histories of two sizes."""
    mine, other = (table.rounds_of(it["rounds"]) for it in (small, large))
    about: tuple[tuple[str, str, Callable[[Sequence[Taken]], float], str], ...] = (
        ("CPU seconds", cases.NIGHT, middle, "<= 1.2"),
        ("CPU seconds", cases.LATE, middle, ""),
        ("CPU seconds", cases.NOTHING, middle, ""),
        ("CPU seconds", cases.BACKFILL, middle, ""),
        *(("peak memory", name, peak_mb, "<= 2") for name in (cases.BACKFILL, cases.NIGHT, cases.LATE)),
    )
    head = [f"| scale {large['scale']:g} / scale {small['scale']:g} | found | target | |", "|---|--:|--:|---|"]
    lines = [
        Line(f"{what}, {name}", told(other[name]) / told(mine[name]), target, (mine[name], other[name]))
        for what, name, told, target in about
        if name in mine and name in other
    ]
    return "\n".join([*head, *map(str, lines)])
