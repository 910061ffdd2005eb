"""The child of `sheet_child`: read the workbook of a folder within limits, and leave beside it what came of it."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from flows.io.landed import Limits, Refused
from flows.io.sheet_child import MEMORY_BYTES
from flows.io.spreadsheet import read_here
from transforms.layout import Layout


def main(folder: Path) -> None:
    """Read the workbook of a folder within its limits, and leave beside it what came of it."""
    asked = json.loads((folder / "asked.json").read_text("utf-8"))
    _limit(asked["cpu_s"])
    layout = Layout(**asked["layout"] | {"columns_named": tuple(asked["layout"]["columns_named"])})
    try:
        parsed = read_here(asked["name"], (folder / "book").read_bytes(), layout, limits=Limits(**asked["limits"]))
    except Refused as refusal:
        reasons = {"looked_for": refusal.looked_for, "found": refusal.found, "to_do": refusal.to_do}
        told: dict[str, Any] = {"name": refusal.name, "refused": reasons}
    else:
        parsed.rows.collect().write_ipc(folder / "rows.arrow")
        parsed.refused.write_ipc(folder / "refused.arrow")
        facts = {key: getattr(parsed, key) for key in ("encoding", "header", "rows_in", "blank_lines")}
        told = {"parsed": facts, "account": dataclasses.asdict(parsed.account)}
    (folder / "told.json").write_text(json.dumps(told), "utf-8")


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
