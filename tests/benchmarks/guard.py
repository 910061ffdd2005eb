"""The guard at the door against polars' own read of the same file; ratios of CPU seconds.

Plain rows, quoted rows over two lines, and French in Windows-1252. Each way reads the file and then looks at every
cell once, as whatever uses the rows must: rows that are laid down on disk are not read for nothing. A night's export
stays in memory; a large file is laid down. The guard also fingerprints the bytes it reads, which polars does not: what
that alone takes is measured beside.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
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


_WORK = """
import json, sys, time
from pathlib import Path
import polars as pl
from flows.io import durable
from flows.io.landing import read_rows
from transforms.layout import Layout
how, path, staging = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
start = time.process_time()
if how == "fingerprint alone":
    durable.fingerprint(path)
    rows = pl.LazyFrame({"nothing": [""]})
elif how == "polars":
    rows = pl.read_csv(path, separator=";", infer_schema=False, encoding=sys.argv[4]).lazy()
elif how == "polars, scanned":
    rows = pl.scan_csv(path, separator=";", infer_schema=False)
else:
    rows = read_rows(path, Layout(), staging=staging if how == "guard, laid down" else None).rows
rows.select(pl.all().exclude("line").str.len_bytes().cast(pl.Int64).sum()).collect(engine="streaming")
cpu_s = time.process_time() - start
peak_kib = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
print(json.dumps([cpu_s, peak_kib / 1024]))
"""
Found = dict[str, dict[str, list[tuple[float, float]]]]


def _used(how: str, path: Path, encoding: str) -> tuple[float, float]:
    """CPU seconds and peak MB of a process that reads a file and every cell of it once, without its imports."""
    staging = path.parent / "texts"
    command = [sys.executable, "-c", _WORK, how, str(path), str(staging), encoding]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True)
    shutil.rmtree(staging, ignore_errors=True)
    cpu_s, peak_mb = json.loads(done.stdout)
    return cpu_s, peak_mb


def guard(folder: Path, *, size_mib: int, rounds: int) -> Found:
    """CPU seconds and peak memory of each case and each way to read it, every one in a process of its own."""
    found: Found = {}
    for kind, code_page in _CODE_PAGES.items():
        path = folder / f"{kind}.csv"
        _export(path, kind, size_mib << 20)
        is_utf8 = code_page == "utf-8"
        ways = ("polars", *(("polars, scanned",) if is_utf8 else ()), "fingerprint alone", "guard", "guard, laid down")
        used: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name in ways:
                used[name].append(_used(name, path, "utf8" if is_utf8 else code_page))
        found[kind] = used
        path.unlink()
    return found


def main() -> None:
    """Measure, and write the seconds down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    found = guard(asked.folder, size_mib=asked.mib, rounds=asked.rounds)
    asked.out.write_text(json.dumps(found, indent=1), "utf-8")


if __name__ == "__main__":
    main()
