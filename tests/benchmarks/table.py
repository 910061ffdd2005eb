"""The figures as Markdown: the cases, where the CPU seconds of the backfill go, what other wrappings cost."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.benchmarks import cases
from tests.benchmarks.measure import Taken, is_noisy, middle

Rounds = Mapping[str, Sequence[Taken]]
Cost = Mapping[str, Any]
_APART = "apart"
_SMALL = 0.005
"""Stages with less than this share of the whole stand together."""


def rounds_of(kept: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, list[Taken]]:
    """The rounds of each case, out of the kept figures."""
    return {name: [Taken(**it) for it in rounds] for name, rounds in kept.items()}


def case_table(found: Rounds, scale: float) -> str:
    """One line a case: CPU seconds, peak memory, and how often the floor's."""
    base = middle(found[cases.FLOOR])
    head = [
        f"| scale {scale:g} | CPU s | least and most | wall s | peak MB | x floor | |",
        "|---|--:|:-:|--:|--:|--:|---|",
    ]
    return "\n".join(head + [_line(name, rounds, base) for name, rounds in found.items()])


def _line(name: str, rounds: Sequence[Taken], base: float) -> str:
    cpu = [it.cpu_s for it in rounds]
    wall = sorted(it.wall_s for it in rounds)[len(rounds) // 2]
    peak = max(it.peak_mb for it in rounds)
    noisy = "noisy" if is_noisy(rounds) else ""
    return (
        f"| {name} | {middle(rounds):.2f} | {min(cpu):.2f} - {max(cpu):.2f} | {wall:.1f} | {peak:.0f} "
        f"| {middle(rounds) / base:.2f} | {noisy} |"
    )


def target_table(found: Rounds, core_costs: Iterable[Cost]) -> str:
    """The ratios that the targets are about."""
    cpu = {name: middle(rounds) for name, rounds in found.items()}
    apart = {cost["item"]: cost["cpu_s"] for cost in core_costs if cost["stage"] == _APART}
    work = cpu[cases.CORE] - sum(apart.values())
    ratios = {
        "core work less guard and Great Expectations / floor": (work / cpu[cases.FLOOR], 2.5),
        "the same / duckdb": (work / cpu[cases.DUCKDB], 0.45),
        "the same / pandas": (work / cpu[cases.PANDAS], 0.3),
        "every metric / core work": (cpu[cases.BACKFILL] / cpu[cases.CORE], None),
        "nightly / backfill": (cpu[cases.NIGHT] / cpu[cases.BACKFILL], 0.05),
        "late edits / backfill": (cpu[cases.LATE] / cpu[cases.BACKFILL], 0.1),
        **{f"{name}, CPU s in the core work": (seconds, None) for name, seconds in sorted(apart.items())},
    }
    lines = [
        f"| {name} | {ratio:.3f} | {'' if target is None else f'{target:g}'} |"
        for name, (ratio, target) in ratios.items()
    ]
    return "\n".join(["| ratio of CPU seconds | found | target |", "|---|--:|--:|", *lines])


def stage_table(title: str, costs: Sequence[Cost]) -> str:
    """Where the CPU seconds go: stage by stage, item by item where an item matters."""
    added: dict[tuple[str, str], tuple[float, float]] = {}
    for cost in costs:
        if cost["stage"] != _APART:
            # An export is named by its folder: what feed it is of.
            name = cost["stage"], str(cost["item"]).partition("/")[0]
            seconds, peak = added.get(name, (0.0, 0.0))
            added[name] = seconds + cost["cpu_s"], max(peak, cost["peak_mb"])
    whole = sum(seconds for seconds, _ in added.values())
    lines = [f"| {title} | | CPU s | share | peak MB |", "|---|---|--:|--:|--:|"]
    rest = 0.0
    for (stage, item), (seconds, peak) in added.items():
        if seconds < _SMALL * whole:
            rest += seconds
        else:
            lines.append(f"| {stage} | {item} | {seconds:.2f} | {seconds / whole:.1%} | {peak:.0f} |")
    lines.append(f"| the rest | | {rest:.2f} | {rest / whole:.1%} | |")
    return "\n".join([*lines, f"| together | | {whole:.2f} | | {max(peak for _, peak in added.values()):.0f} |"])


def form_table(found: Rounds) -> str:
    """What reading costs in other wrappings; a workbook has a twentieth of the rows, and is counted for all of them."""
    plain = middle(found[f"reading {cases.FORMS[0]}"])
    lines = ["| reading alone | CPU s | x csv, row by row | peak MB | |", "|---|--:|--:|--:|---|"]
    for name, rounds in found.items():
        rows = cases.XLSX_SHARE if name.endswith(cases.SLOW_FORM) else 1
        peak = max(it.peak_mb for it in rounds)
        noisy = "noisy" if is_noisy(rounds) else ""
        lines.append(f"| {name} | {middle(rounds):.2f} | {middle(rounds) * rows / plain:.2f} | {peak:.0f} | {noisy} |")
    return "\n".join(lines)


def guard_table(found: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]) -> str:
    """The guard at the door beside polars' own read of the same file."""
    lines = ["| guard at the door | CPU s | x polars | peak MB |", "|---|--:|--:|--:|"]
    for kind, ways in found.items():
        base = statistics.median(cpu_s for cpu_s, _ in ways["polars"])
        for way, used in ways.items():
            middle_s, peak_mb = statistics.median(cpu_s for cpu_s, _ in used), max(peak for _, peak in used)
            lines.append(f"| {kind}, {way} | {middle_s:.2f} | {middle_s / base:.2f} | {peak_mb:.0f} |")
    return "\n".join(lines)


def machine_words(machine: Mapping[str, Any]) -> str:
    """On what, and beside what, the figures were taken."""
    libraries = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    return (
        f"Python {machine['python']}, {libraries}; {machine['cores']} cores, load {machine['load'][0]} at the start "
        "(others use the machine: CPU seconds mean more than wall seconds)."
    )
