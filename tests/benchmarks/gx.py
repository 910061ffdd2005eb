"""Great Expectations on our engine against a plain polars pass over the same rules; CPU seconds without imports.

The rows are tickets as they were read, a few of them broken; the contract is that of the feed. The plain pass counts,
in one streamed select, the rows that break each rule and the rows that break none: what the suite must tell as well.
Both have to come to the same counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from expectations.checks import Check, Kind, quarantining, row_checks
from expectations.tables import FEEDS
from tests.benchmarks import world

_ROOT = Path(__file__).parents[2]
_TABLE = FEEDS["feed_ticket"]
WAYS = ("plain polars", "great expectations")
SIZES = (0, 1, 5)
"""In millions of rows, at scale 1 and above; of a smaller scale that share. No rows: what a suite takes at any size."""
_SOME = 0.01
Found = dict[str, dict[str, list[tuple[float, float]]]]


def write_rows(folder: Path, scale: float) -> int:
    """Tickets typed as their feed, a file a month; how many."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = 0
    for number in range(len(world.days_of_months()) if scale else 1):
        typed = _typed(number, world.month(number, scale or _SOME).tickets)
        typed = typed if scale else typed.clear()
        typed.write_parquet(folder / f"{number:02d}.parquet", compression="zstd", compression_level=1)
        rows += typed.height
    return rows


def _typed(number: int, tickets: pl.DataFrame) -> pl.DataFrame:
    dice = np.random.default_rng((world.SEED, 99, number))
    counts = ("update_number", "customer_contact_count", "human_reply_count", "transfer_count", "escalation_count")
    instants = {
        **{name: pl.col(name) for name in ("created_at", "updated_at")},
        "first_customer_message_at": pl.col("created_at"),
        "first_response_at": pl.col("first_reply_at"),
        "auto_response_at": pl.col("created_at") + 5,
        "first_resolved_at": pl.col("solved_at"),
        "resolved_at": pl.col("solved_at"),
        "closed_at": pl.col("solved_at") + 4 * world.DAY_S,
    }
    made = tickets.with_columns(
        **{name: pl.from_epoch(told, time_unit="s").dt.replace_time_zone("UTC") for name, told in instants.items()},
        **{name: pl.Series(dice.poisson(1.2, tickets.height)) for name in counts},
        source=pl.lit("desk"),
        slot=pl.lit(f"tickets/{number:02d}.csv"),
        line=pl.int_range(2, pl.len() + 2),
        resolution_kind=pl.when(pl.col("solved_at").is_not_null()).then(pl.lit("human")),
        # Two of ten thousand states are words that nobody agreed on.
        status=pl.when(pl.Series(dice.random(tickets.height) < 2e-4)).then(pl.lit("?")).otherwise("status"),
    )
    return made.select(
        (pl.col(name) if name in made.columns else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in _TABLE.schema.items()
    )


def plain(rows: pl.LazyFrame) -> dict[str, int]:
    """By check, the rows that break it; all of them, and those that break no critical one."""
    broken = {check.code: _broken(check) for check in row_checks(_TABLE)}
    bad = pl.any_horizontal([broken[code].fill_null(False) for code in quarantining(_TABLE)])
    counted = rows.select(*(expr.sum().alias(code) for code, expr in broken.items()), rows=pl.len(), bad=bad.sum())
    return counted.collect(engine="streaming").row(0, named=True)


def _broken(check: Check) -> pl.Expr:
    """True or null where the row breaks the check; the kinds that this contract has."""
    value, rule = pl.col(check.subject), _TABLE.columns[check.subject]
    match check.kind:
        case Kind.REQUIRED:
            return value.is_null()
        case Kind.NOT_BEFORE:
            return value < pl.col(rule.not_before)
        case Kind.ONE_OF:
            return ~value.is_in(list(rule.one_of))
        case Kind.BOUNDS if rule.at_most is None:
            return value < rule.at_least
        case Kind.BOUNDS if rule.at_least is not None:
            return ~value.is_between(rule.at_least, rule.at_most)
        case _:
            sys.exit(f"The plain pass does not know what {check.code!r} asks. Add it to {__file__}.")


def judged(rows: pl.LazyFrame, home: Path) -> dict[str, int]:
    """The same by the suite of the contract."""
    from expectations.gate import validate  # noqa: PLC0415 -- the plain pass is not to import it

    verdict = validate(rows, _TABLE, run_name="bench", home=home, docs=False)
    return {**verdict.counts, "rows": verdict.rows}


def _work(way: str, folder: Path) -> dict[str, Any]:
    """What one pass takes, in this process."""
    if way == WAYS[1]:
        import expectations.gate  # noqa: F401, PLC0415 -- imports are counted elsewhere
    rows = pl.scan_parquet(sorted(folder.glob("*.parquet")), glob=False)
    start = time.process_time()
    counts = plain(rows) if way == WAYS[0] else judged(rows, folder / "results")
    cpu_s = time.process_time() - start
    peak_kib = int(Path("/proc/self/status").read_text("ascii").split("VmHWM:")[1].split()[0])
    return {"cpu_s": cpu_s, "peak_mb": peak_kib / 1024, "counts": counts}


def compared(folder: Path, scale: float, rounds: int) -> Found:
    """CPU seconds and peak memory of both ways on tables of either size, alternated, each in a process of its own."""
    found: Found = {}
    for size in SIZES:
        home = folder / f"rows-{size}"
        size_rows = write_rows(home, size * min(1.0, scale))
        used: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            told = {way: _told(way, home) for way in WAYS}
            _require_equal(*(told[way]["counts"] for way in WAYS))
            for way in WAYS:
                used[way].append((told[way]["cpu_s"], told[way]["peak_mb"]))
        found[f"{size_rows:,} rows, {len(row_checks(_TABLE))} rules"] = used
    return found


def _told(way: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.gx", "--way", way, str(folder)]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _require_equal(mine: dict[str, int], other: dict[str, int]) -> None:
    both = mine.keys() & other.keys()
    wrong = {name: (mine[name], other[name]) for name in both if mine[name] != other[name]}
    absent = {check.code for check in row_checks(_TABLE)} - both
    if wrong or absent or (mine["rows"] and not any(mine[name] for name in both - {"rows"})):
        sys.exit(f"The two passes differ: {wrong}, absent {sorted(absent)}. No time is shown for other work.")


def main() -> None:
    """Measure, and write the seconds down; with --way, one pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    told: Any = _work(asked.way, asked.folder) if asked.way else compared(asked.folder, asked.scale, asked.rounds)
    text = json.dumps(told, indent=1)
    if asked.out:
        asked.out.write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
