"""A workbook read in a process of its own, with limits: what a hostile one exhausts there is not the run.

The reader of workbooks is native code that holds the whole used rectangle; where memory runs out it aborts, and the
process with it. A child costs about half a second, mostly imports, so a workbook whose cost is known to be small
(what it unpacks to, how far its cells go, how often its longest text can be repeated) is read in the run's process:
that is every ordinary night's export. Any other one is read here. The child is started, never forked: threads of
polars do not survive a fork.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from flows.io.landed import Account, Limits, Parsed, Refused
from transforms.layout import Layout

MEMORY_BYTES = 1_900 << 20
CPU_S = 5
CPU_S_PER_MIB = 0.3
"""Of what it unpacks to: a sheet of a million filled cells takes about ten seconds."""
_WALL_PER_CPU = 10
_ROOT = Path(__file__).parents[2]


def read_apart(name: str, data: bytes, layout: Layout, *, limits: Limits, unpacked_bytes: int) -> Parsed:
    """One row a filled row of the sheet, as `read_sheet` gives them; a child that dies is a refused file."""
    asked = {"layout": dataclasses.asdict(layout), "limits": dataclasses.asdict(limits)}
    with _answer(name, data, asked, unpacked_bytes) as (folder, told):
        rows, refused = (pl.read_ipc(io.BytesIO((folder / f"{it}.arrow").read_bytes())) for it in ("rows", "refused"))
    parsed = told["parsed"] | {"header": tuple(told["parsed"]["header"]), "account": Account(**told["account"])}
    return Parsed(rows=rows.lazy(), refused=refused, **parsed)


def rows_apart(name: str, data: bytes, *, unpacked_bytes: int) -> dict[str, int]:
    """How many rows each sheet has, under its title."""
    with _answer(name, data, {}, unpacked_bytes) as (_, told):
        found: dict[str, int] = told["sheets"]
        return found


@contextmanager
def _answer(
    name: str, data: bytes, asked: dict[str, Any], unpacked_bytes: int
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """What the child told of a workbook, and the folder of what it handed over."""
    cpu_s = int(CPU_S + CPU_S_PER_MIB * unpacked_bytes / (1 << 20))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "book").write_bytes(data)
        (folder / "asked.json").write_text(json.dumps(asked | {"name": name, "cpu_s": cpu_s}), "utf-8")
        ended = _ended(folder, cpu_s)
        told = folder / "told.json"
        if ended or not told.is_file():
            raise Refused(
                name,
                looked_for=f"a workbook that is read with {MEMORY_BYTES >> 20:,} MiB of memory in {cpu_s} seconds",
                found=f"one that takes more ({ended or 'nothing came back'})",
                to_do="Export shorter periods, one file each, and delete what stands far from the table.",
            )
        answer = json.loads(told.read_text("utf-8"))
        if "refused" in answer:
            raise Refused(answer["name"], **answer["refused"])
        yield folder, answer


def _ended(folder: Path, cpu_s: int) -> str:
    """How the child ended; empty when as it should."""
    command = [sys.executable, "-m", "flows.io.sheet_main", str(folder)]
    env = os.environ | {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_ROOT)}
    try:
        done = subprocess.run(  # noqa: S603 -- our own module
            command, cwd=_ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=_WALL_PER_CPU * cpu_s,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "it never came to an end"
    if done.returncode < 0:
        return f"its reader was ended by {signal.Signals(-done.returncode).name}"
    last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
    return f"its reader ended with {last}" if done.returncode else ""
