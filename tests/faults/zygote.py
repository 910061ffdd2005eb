"""A process that has imported all a run needs, and forks one run after the other, each with a fault of its own.

Started under the preloaded shim. A fork is safe here because this process never ran polars itself: the threads that do
the work are started by each child. Requests and answers are lines of JSON.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

FOR_PUBLISHING = ("polars", "tests.faults.test_publish")
FOR_RUNS = (
    *FOR_PUBLISHING,
    "great_expectations",
    "holidays",
    "expectations.gate",
    "flows.commands",
    "flows.headlines",
    "flows.outputs.scorecard",
    "flows.pipeline",
    "flows.summary",
    "transforms.analysis",
    "transforms.facts",
    "transforms.metrics.catalogue",
    "transforms.metrics.compute",
    "transforms.metrics.formulas",
    "transforms.metrics.wide",
)
FEW = ("csat", "csat_index", "survey_response_rate", "survey_answers")
"""Metrics of a small run."""
SECONDS = 600


def main() -> None:
    """Answer requests until there are none."""
    for name in FOR_RUNS if "runs" in sys.argv else FOR_PUBLISHING:
        importlib.import_module(name)
    print("ready", flush=True)  # noqa: T201 -- the answers of this process
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)  # noqa: T201


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    """How the child ended: its exit code, or less than 0 where a signal ended it; how many calls the shim saw."""
    told, tell = os.pipe()
    said = Path(asked["said"])
    child = os.fork()
    if child == 0:
        _live(asked, tell, said)
    os.close(tell)
    until = time.monotonic() + (asked["killed_after_s"] or SECONDS)
    status = None
    while status is None and time.monotonic() < until:
        ended, how = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(how) if ended else None
        if status is None:
            time.sleep(0.002)
    if status is None:
        os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with os.fdopen(told, "rb") as pipe:
        seen = int(pipe.read() or -1)
    return {"code": status, "seen": seen, "said": said.read_text("utf-8", "replace")}


def _live(asked: dict[str, Any], tell: int, said: Path) -> None:
    """The child: one run, or one publishing, under the shim."""
    code = 70
    shim = ctypes.CDLL(None)
    try:
        output = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        journal = os.open(asked["journal"], os.O_CREAT | os.O_WRONLY | os.O_TRUNC) if asked["journal"] else -1
        for name, most in asked["limits"].items():
            _limit(name, most)
        if asked["verdicts"]:
            _small(Path(asked["verdicts"]))
        fault = (asked["at"], asked["how"], asked["error"], asked["sticky"])
        shim.shim_arm(asked["data"].encode(), *fault, journal)
        code = _work(asked)
    finally:
        os.write(tell, str(shim.shim_disarm()).encode())
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _limit(name: str, most: int) -> None:
    """Bound what this process may use; memory is bounded by what it has already. Without rights: no more than anybody."""
    if name == "rights":
        header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        if ctypes.CDLL(None).capset(header, none) != 0:
            raise OSError(name)
        return
    if name == "AS":
        most += int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def _work(asked: dict[str, Any]) -> int:
    import traceback  # noqa: PLC0415

    from flows.__main__ import main as run  # noqa: PLC0415

    try:
        if asked["generation"]:
            from tests.faults.test_publish import release  # noqa: PLC0415

            release(Path(asked["data"]), asked["generation"])
            return 0
        return run(["run", "--plain", "--data", asked["data"]])
    except BaseException:  # noqa: BLE001 -- whatever it is, the test reads it
        traceback.print_exc()
        return 71


def _small(verdicts: Path) -> None:
    """A run of four metrics, with the verdicts of Great Expectations on the same rows out of the memory of earlier runs."""
    import polars as pl  # noqa: PLC0415

    from expectations import gate  # noqa: PLC0415
    from transforms import metrics  # noqa: PLC0415

    for name in metrics.METRICS.keys() - set(FEW):
        del metrics.METRICS[name]
    judge = gate.validate

    def validate(frame: pl.LazyFrame, table: Any, *, run_name: str, home: Path, docs: bool) -> gate.Verdict:
        rows = frame.collect()
        path = verdicts / f"{run_name.replace('/', '_')}-{rows.hash_rows().sum() if rows.height else 0}"
        if not path.exists():
            verdict = judge(frame, table, run_name=run_name, home=home, docs=docs)
            path.write_bytes(pickle.dumps(verdict))
        return pickle.loads(path.read_bytes())  # noqa: S301 -- written above

    gate.validate = validate


if __name__ == "__main__":
    main()
