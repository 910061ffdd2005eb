"""The figures as Markdown: the cases, where the CPU seconds of a run go, what other wrappings cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.benchmarks import cases
from tests.benchmarks.measure import Taken, is_noisy, middle

Rounds = Mapping[str, Sequence[Taken]]
Cost = Mapping[str, Any]
APART = "apart"
_SMALL = 0.005
"""Stages with less than this share of the whole stand together."""


def rounds_of(kept: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, list[Taken]]:
    """The rounds of each case, out of the kept figures."""
    return {name: [Taken(**it) for it in rounds] for name, rounds in kept.items()}


def case_table(found: Rounds, scale: float, left_out: Mapping[str, str]) -> str:
    """One line a case: CPU seconds, peak memory, and how often the floor's; last, what was not run."""
    base = middle(found[cases.FLOOR]) if cases.FLOOR in found else None
    head = [
        f"| scale {scale:g} | rounds | CPU s | least and most | wall s | peak MB | x floor | |",
        "|---|--:|--:|:-:|--:|--:|--:|---|",
    ]
    missing = [f"| {name} | 0 | | | | | | left out {why} |" for name, why in left_out.items()]
    return "\n".join(head + [_line(name, rounds, base) for name, rounds in found.items()] + missing)


def _line(name: str, rounds: Sequence[Taken], base: float | None) -> str:
    cpu = [it.cpu_s for it in rounds]
    wall = sorted(it.wall_s for it in rounds)[len(rounds) // 2]
    peak = max(it.peak_mb for it in rounds)
    times = "" if base is None else f"{middle(rounds) / base:.2f}"
    return (
        f"| {name} | {len(rounds)} | {middle(rounds):.2f} | {min(cpu):.2f} - {max(cpu):.2f} | {wall:.1f} "
        f"| {peak:.0f} | {times} | {noise([rounds])} |"
    )


def noise(of: Iterable[Sequence[Taken]]) -> str:
    """What is to be said of figures that rest on these rounds."""
    listed = list(of)
    if any(is_noisy(rounds) for rounds in listed):
        return "noisy"
    return "one round" if any(len(rounds) == 1 for rounds in listed) else ""


def stage_table(title: str, costs: Sequence[Cost]) -> str:
    """Where the CPU seconds go: stage by stage, item by item where an item matters."""
    added: dict[tuple[str, str], tuple[float, float]] = {}
    for cost in costs:
        if cost["stage"] != APART:
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
    """What reading costs in other wrappings. Row by row: without what reading takes that has nothing to do with rows."""
    few, plain = (middle(found[f"reading {form}"]) for form in (cases.FEW, cases.FORMS[0]))
    lines = ["| reading alone | CPU s | x csv, row by row | peak MB | |", "|---|--:|--:|--:|---|"]
    for name, rounds in found.items():
        # Of the difference between many rows and few, a nineteenth is what the few take.
        is_slow, all_rows = name.endswith(cases.SLOW_FORM), (plain - few) * cases.XLSX_SHARE / (cases.XLSX_SHARE - 1)
        more = middle(rounds) - (few if is_slow else plain)
        times = 1.0 if name == f"reading {cases.FEW}" else 1 + more * (cases.XLSX_SHARE if is_slow else 1) / all_rows
        peak = max(it.peak_mb for it in rounds)
        lines.append(f"| {name} | {middle(rounds):.2f} | {times:.2f} | {peak:.0f} | {noise([rounds])} |")
    return "\n".join(lines)


def way_table(title: str, base: str, found: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]) -> str:
    """Ways to do the same, beside the one that they are measured against."""
    lines = [f"| {title} | rounds | CPU s | x {base} | peak MB | |", "|---|--:|--:|--:|--:|---|"]
    for what, ways in found.items():
        rounds = {way: [Taken(cpu_s, cpu_s, peak_mb) for cpu_s, peak_mb in used] for way, used in ways.items()}
        for way, used in rounds.items():
            peak = max(it.peak_mb for it in used)
            times = middle(used) / middle(rounds[base])
            lines.append(
                f"| {what}, {way} | {len(used)} | {middle(used):.2f} | {times:.2f} | {peak:.0f} | {noise([used])} |"
            )
    return "\n".join(lines)


def machine_words(machine: Mapping[str, Any]) -> str:
    """On what, and beside what, the figures were taken."""
    libraries = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    return (
        f"Python {machine['python']}, {libraries}; {machine['cores']} cores, load {machine['load'][0]} at the start "
        "(others use the machine: CPU seconds mean more than wall seconds)."
    )
