"""Whether the same rows in other wrappings were read alike: `python -m tests.benchmarks.forms FOLDER OTHER ...`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

_WHERE_IT_STOOD = ("slot", "line")


def rows_read(home: Path) -> dict[str, pl.DataFrame]:
    """By feed: all rows that were read, in one order, wherever they stood."""
    files: dict[str, list[Path]] = {}
    for path in sorted((home / "store").glob("*.json")):
        told = json.loads(path.read_text("utf-8")).get("record")  # other notes lie there as well
        if told and told["good"] is not None:
            files.setdefault(told["table"], []).append(path.with_suffix(".parquet"))
    return {
        feed: pl.concat(pl.read_parquet(path) for path in paths).drop(_WHERE_IT_STOOD).sort(pl.all())
        for feed, paths in files.items()
    }


def main() -> None:
    """End with a message where two folders hold other rows."""
    first, *others = map(Path, sys.argv[1:])
    wanted = rows_read(first)
    for other in others:
        found = rows_read(other)
        wrong = [feed for feed, rows in wanted.items() if feed not in found or not rows.equals(found[feed])]
        if wrong or not wanted:
            sys.exit(f"{other}: other rows than in {first} for {wrong}. No time is shown for other work.")
    print(f"{sum(rows.height for rows in wanted.values())} rows are equal in {len(others) + 1} wrappings")


if __name__ == "__main__":
    main()
