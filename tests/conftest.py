"""What many tests share: the third-party data when it is there, and one run of the shipped sample."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test is timed: what is slow on a busy machine is not wrong.
settings.register_profile("untimed", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
THIRD_PARTY = ROOT.parent / "shared" / "data"


def run_flows(*words: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line as a user types it, in a process of its own."""
    env = os.environ | {"BAROMETRE_DATA": str(data), "BAROMETRE_RAW": "", "BAROMETRE_AS_OF": ""} | environment
    return subprocess.run(
        [sys.executable, "-m", "flows", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=560,
    )


def third_party(name: str) -> Path:
    """The folder of a third-party data set; the test is skipped where it is absent."""
    folder = THIRD_PARTY / name
    if not folder.is_dir():
        pytest.skip(f"third-party data {name} is not here")
    return folder


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment folder on which the shipped sample was run once for all workers: `published/current` is there."""
    shared = (
        tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.getbasetemp()
    )
    data = shared / "sample"
    with (shared / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "published" / "current").exists():
            shutil.copytree(
                ROOT / "data" / "sample",
                data,
                ignore=shutil.ignore_patterns("store", "published", "quarantine", ".lock"),
            )
            done = run_flows("run", "--plain", data=data)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
            (data / "first_run.txt").write_text(done.stdout, "utf-8")
    return data
