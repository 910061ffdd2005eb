"""`make bench`: the run against the format floor, each case in a fresh process, alternated; ratios, never a pass or fail.

The floor is what any pipeline must do: read every export as text, write it as Parquet, read it back.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import guard

ROOT = Path(__file__).parents[2]
FLOOR = """
import sys, pathlib, polars as pl
raw, out = map(pathlib.Path, sys.argv[1:])
out.mkdir(exist_ok=True)
for path in sorted(p for p in raw.rglob("*") if p.suffix in {".csv", ".gz", ".zst"} and p.stat().st_size):
    rows = pl.scan_csv(path, separator=";", infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")
    rows.sink_parquet(out / f"{path.stem}.parquet", compression_level=1)
    pl.scan_parquet(out / f"{path.stem}.parquet").count().collect(engine="streaming")
"""


def measured(command: list[str], env: dict[str, str]) -> dict[str, float]:
    """CPU seconds of a command and its children, and its peak memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": cpu, "peak_mb_so_far": after.ru_maxrss / 1024}


def main() -> None:
    """Generate, alternate the cases, print a table and keep the JSON in build/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1 is a million tickets")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--guard-mib", type=int, default=64, help="size of the files of the guard case; 0: without it")
    asked = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = {"floor": [], "backfill": [], "nothing new": []}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "deployment"
        made = [sys.executable, "-m", "flows.sample", "--scale", str(asked.scale), "--out", str(home)]
        subprocess.run(made, cwd=ROOT, check=True)
        env = {"BAROMETRE_DATA": str(home), "BAROMETRE_RAW": "", "BAROMETRE_AS_OF": ""}
        run = [sys.executable, "-m", "flows", "run", "--plain"]
        for _ in range(asked.rounds):
            for name in ("store", "published", "quarantine"):
                shutil.rmtree(home / name, ignore_errors=True)
            found["floor"].append(measured([sys.executable, "-c", FLOOR, str(home / "raw"), f"{folder}/floor"], env))
            found["backfill"].append(measured(run, env))
            found["nothing new"].append(measured(run, env))
        doors = guard.guard(Path(folder), size_mib=asked.guard_mib, rounds=asked.rounds) if asked.guard_mib else {}
    base = statistics.median(it["cpu_s"] for it in found["floor"])
    print(f"{'case':<14}{'CPU s':>8}{'min':>8}{'max':>8}{'x floor':>9}{'peak MB':>9}")
    for name, rounds in found.items():
        cpu = [it["cpu_s"] for it in rounds]
        noisy = "  noisy" if max(cpu) > 1.5 * min(cpu) else ""
        middle, peak = statistics.median(cpu), max(it["peak_mb_so_far"] for it in rounds)
        print(f"{name:<14}{middle:>8.2f}{min(cpu):>8.2f}{max(cpu):>8.2f}{middle / base:>9.2f}{peak:>9.0f}{noisy}")
    guard.show(doors)
    (ROOT / "build").mkdir(exist_ok=True)
    kept = {"scale": asked.scale, "rounds": found, "guard": doors}
    (ROOT / "build" / "bench.json").write_text(json.dumps(kept, indent=1), "utf-8")


if __name__ == "__main__":
    main()
