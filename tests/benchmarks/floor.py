"""The floor: what any pipeline over these files must do. `python -m tests.benchmarks.floor RAW OUT`.

Import polars, read every CSV as text, write it as Parquet, read that back.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import polars as pl


def run(raw: Path, out: Path) -> None:
    """All feeds of the core work, each as one scan."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for feed in sorted(path for path in raw.iterdir() if path.is_dir()):
        target = out / f"{feed.name}.parquet"
        rows = pl.scan_csv(sorted(feed.glob("*.csv*")), infer_schema=False)
        rows.sink_parquet(target, compression="zstd", compression_level=1)
        pl.scan_parquet(target, glob=False).select(pl.all().count()).collect(engine="streaming")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
