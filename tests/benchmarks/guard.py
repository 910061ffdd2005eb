"""The guard at the door against polars' own read of the same file, alternated in one process; ratios of CPU seconds.

Plain rows, quoted rows over two lines, and French in Windows-1252. A night's export stays in memory; the last column
adds what laying the rows of a large file down on disk costs.
"""

from __future__ import annotations

import random
import shutil
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from flows.io.landing import read_rows
from transforms.layout import Layout

_WORDS = (
    *("le", "client", "demande", "réclamation", "déçu", "très", "bien", "merci", "pour", "votre", "aide", "colis"),
    *("retard", "d’accord", "cœur", "12", "€"),
)
_HEADER = "id;created_at;channel;team;score;status;agent;verbatim\n"
_CODE_PAGES = {"plain": "utf-8", "quoted": "utf-8", "cp1252": "windows-1252"}


def _export(path: Path, kind: str, size_bytes: int) -> None:
    dice = random.Random(5)  # noqa: S311 -- no secret
    written, row = 0, 0
    with path.open("w", encoding=_CODE_PAGES[kind], newline="") as file:
        file.write(_HEADER)
        while written < size_bytes:
            row += 1
            text = " ".join(dice.choices(_WORDS, k=10))
            if kind == "quoted":
                text = f'"{text}\n{text[:30]} ""cité"" ; fin"'
            day = f"2026-{1 + row % 12:02d}-{1 + row % 28:02d} 10:{row % 60:02d}:00"
            written += file.write(f"T{row:08d};{day};mail;team {row % 9};{row % 11};closed;agent{row % 40};{text}\n")


def _cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _by_polars(path: Path, encoding: str) -> pl.DataFrame:
    return pl.read_csv(path, separator=";", infer_schema=False, encoding=encoding)


def guard(folder: Path, *, size_mib: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """CPU seconds of each case and each way to read it."""
    found = {}
    for kind, code_page in _CODE_PAGES.items():
        path, staging = folder / f"{kind}.csv", folder / "texts"
        _export(path, kind, size_mib << 20)
        ways = {
            "polars": partial(_by_polars, path, "utf8" if code_page == "utf-8" else code_page),
            "guard": partial(read_rows, path, Layout()),
            "guard, laid down": partial(read_rows, path, Layout(), staging=staging),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds + 1):
            for name, way in ways.items():
                seconds[name].append(_cpu_s(way))
                shutil.rmtree(staging, ignore_errors=True)
        found[kind] = {name: values[1:] for name, values in seconds.items()}
        path.unlink()
    return found


def show(found: dict[str, dict[str, list[float]]]) -> None:
    """A line a case and way: median, smallest and largest CPU seconds, and the ratio to polars."""
    print(f"{'guard':<28}{'CPU s':>8}{'min':>8}{'max':>8}{'x polars':>9}")
    for kind, ways in found.items():
        base = statistics.median(ways["polars"])
        for name, cpu in ways.items():
            noisy = "  noisy" if max(cpu) > 1.5 * min(cpu) else ""
            middle = statistics.median(cpu)
            label = f"{kind}, {name}"
            print(f"{label:<28}{middle:>8.2f}{min(cpu):>8.2f}{max(cpu):>8.2f}{middle / base:>9.2f}{noisy}")
