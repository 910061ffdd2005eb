"""The child of `sheet_child`: read the workbook of a folder within limits, and leave beside it what came of it."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from flows.io.landed import Limits, Refused
from flows.io.sheet_child import MEMORY_BYTES
from flows.io.spreadsheet import read_here, rows_here
from transforms.layout import Layout


def main(folder: Path) -> None:
    """Read the workbook of a folder within its limits, and leave beside it what came of it."""
    asked = json.loads((folder / "asked.json").read_text("utf-8"))
    _limit(asked["cpu_s"])
    try:
        told = _told(folder, asked)
    except Refused as refusal:
        reasons = {"looked_for": refusal.looked_for, "found": refusal.found, "to_do": refusal.to_do}
        told = {"name": refusal.name, "refused": reasons}
    (folder / "told.json").write_text(json.dumps(told), "utf-8")


def _told(folder: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """The rows of a sheet, laid down; or, where no layout says which sheet, how many rows each has."""
    book = (folder / "book").read_bytes()
    if "layout" not in asked:
        return {"sheets": rows_here(asked["name"], book)}
    layout = Layout(**asked["layout"] | {"columns_named": tuple(asked["layout"]["columns_named"])})
    parsed = read_here(asked["name"], book, layout, limits=Limits(**asked["limits"]))
    parsed.rows.collect().write_ipc(folder / "rows.arrow")
    parsed.refused.write_ipc(folder / "refused.arrow")
    facts = {key: getattr(parsed, key) for key in ("encoding", "header", "rows_in", "blank_lines")}
    return {"parsed": facts, "account": dataclasses.asdict(parsed.account)}


def _limit(cpu_s: int) -> None:
    """Bound memory and time where the platform can."""
    try:
        import resource  # noqa: PLC0415 -- not on every platform
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
