"""Nights of a scheduler, with the network down throughout: they come right, whatever is killed in between."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from flows.io import lock
from tests.flows.conftest import deliver, new_site
from tests.flows.test_pipeline import run, tree

pytestmark = [pytest.mark.slow, pytest.mark.prefect]

ROOT = Path(__file__).parents[2]
SECONDS = 420
"""At most for anything: a server on a busy machine takes its time."""
ONLY_LOOPBACK = """
import fcntl, socket, struct, time
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
    fcntl.ioctl(there, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up, running
print("cut off", flush=True)
time.sleep(3600)
"""
Found = TypeVar("Found")


@pytest.fixture(scope="module")
def cut_off() -> Iterator[list[str]]:
    """What to write before a command so that it has loopback and no other network; skipped where nobody may."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        pytest.skip("no unshare here")
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", ONLY_LOOPBACK]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if not holder.stdout or holder.stdout.readline() != "cut off\n":
            pytest.skip("this user may not make a network of its own")
        prefix = ["nsenter", f"--target={holder.pid}", "--user", "--net", "--preserve-credentials"]
        beyond = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
        outside = subprocess.run([*prefix, sys.executable, "-c", beyond], capture_output=True, text=True, check=False)
        assert "unreachable" in outside.stderr
        yield prefix
    finally:
        holder.kill()
        holder.communicate()


def until(what: Callable[[], Found | None]) -> Found:
    """Wait for it."""
    end_s = time.monotonic() + SECONDS
    while time.monotonic() < end_s:
        if (found := what()) is not None:
            return found
        time.sleep(0.1)
    pytest.fail(f"it did not come within {SECONDS} s")


class Nights:
    """A deployment folder whose night comes every minute."""

    def __init__(self, folder: Path, cut_off: list[str]) -> None:
        self.site = new_site(folder / "site")
        self.prefect = folder / "prefect"
        self.out = folder / "out.txt"
        self.cut_off = cut_off
        self.scheduler: subprocess.Popen[bytes] | None = None
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.environment = os.environ | {
            "BAROMETRE_DATA": str(self.site), "PREFECT_HOME": str(self.prefect), "PREFECT_SERVER_API_PORT": str(port),
        }  # fmt: skip
        for name in ("PREFECT_API_URL", "BAROMETRE_RAW", "BAROMETRE_AS_OF"):
            self.environment.pop(name, None)

    def command(self, *words: str) -> list[str]:
        return [*self.cut_off, sys.executable, "-m", "flows", *words]

    def start(self) -> subprocess.Popen[bytes]:
        with self.out.open("ab") as out:
            self.scheduler = subprocess.Popen(
                self.command("schedule", "--cron", "* * * * *"), cwd=ROOT, env=self.environment, stdout=out, stderr=out
            )
        return self.scheduler

    def by_hand(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command("run", *words), cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    def states(self) -> list[tuple[str, str]]:
        """The runs that the server knows of, as it names them."""
        try:
            with closing(sqlite3.connect(f"file:{self.prefect / 'prefect.db'}?mode=ro", uri=True)) as history:
                return list(
                    history.execute(
                        "select name, state_name from flow_run where deployment_id is not null "
                        "and state_name not in ('Scheduled', 'Late') order by expected_start_time"
                    )
                )
        except sqlite3.OperationalError:  # not there yet, or busy
            return []

    def ended(self, state: str, *, count: int = 1) -> None:
        """Wait for so many runs that ended in this state."""
        until(lambda: sum(it == state for _, it in self.states()) >= count or None)

    def at_work(self) -> int:
        """Wait for a run that holds the folder; its process."""

        def process() -> int | None:
            who = lock.holder(self.site / ".lock") or ""
            return int(who.split()[1].rstrip(",")) if "the nightly run" in who else None

        return until(process)

    def published(self, number: int) -> None:
        pointer = self.site / "published" / "CURRENT"
        until(lambda: (pointer.is_file() and pointer.read_text("ascii") == f"{number:06d}\n") or None)

    def journal(self) -> dict[str, Any]:
        path = self.site / "journal" / "last.json"
        return json.loads(path.read_bytes()) if path.is_file() else {}

    def end(self) -> None:
        if self.scheduler is not None and self.scheduler.poll() is None:
            self.scheduler.kill()
            self.scheduler.wait()
        with suppress(FileNotFoundError, ProcessLookupError, ValueError):
            os.killpg(int((self.prefect / "server.pid").read_text("ascii")), signal.SIGKILL)


@pytest.fixture
def nights(tmp_path: Path, cut_off: list[str]) -> Iterator[Nights]:
    found = Nights(tmp_path, cut_off)
    yield found
    found.end()
    sys.stdout.write(found.out.read_text("utf-8")[-4000:])


def as_by_hand(folder: Path, *deliveries: Callable[[Path], object]) -> dict[str, str]:
    """What runs by hand publish of the same exports, one after another."""
    site = new_site(folder / "by_hand")
    assert run(site) == 0
    for each in deliveries:
        each(site)
        assert run(site) == 0
    return tree(site / "published")


def april(site: Path) -> None:
    deliver(site, "avis_2026-04.csv", "9;02/03/2026 10:00;5;email")


def touched(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_a_schedule_fires_and_the_second_night_touches_nothing(nights: Nights, tmp_path: Path) -> None:
    scheduler = nights.start()
    process = nights.at_work()
    meanwhile = nights.by_hand("--plain")
    assert meanwhile.returncode == 3
    assert f"another run is at work (process {process}, the nightly run as of 2026-03-31)" in meanwhile.stderr
    nights.ended("Published")

    april(nights.site)
    nights.ended("Published", count=2)
    places = [nights.site / it for it in ("published", "store", "quarantine")]
    before = [touched(it) for it in places]
    nights.ended("Unchanged")
    assert [touched(it) for it in places] == before
    assert tree(nights.site / "published") == as_by_hand(tmp_path, april)
    names = [name for name, state in nights.states() if state != "Running"]
    assert names[0] == "catching up"
    assert all(name.startswith("night of ") for name in names[1:])
    assert len(names) >= 3

    scheduler.terminate()
    assert scheduler.wait(SECONDS) == 0
    assert not (nights.prefect / "server.pid").exists(), "it started the server, and took it down"


def test_whatever_is_killed_the_next_night_is_right(nights: Nights, tmp_path: Path) -> None:
    first = nights.start()
    os.kill(nights.at_work(), signal.SIGKILL)  # the run
    nights.ended("Crashed")
    until(lambda: nights.journal().get("state") == "failed" or None)
    nights.published(1)
    nights.ended("Published")

    april(nights.site)
    nights.at_work()
    first.kill()  # the scheduler, while a run is at work
    first.wait()
    nights.start()
    nights.published(2)
    until(lambda: lock.holder(nights.site / ".lock") is None or None)
    nights.ended("Published", count=2)
    assert tree(nights.site / "published") == as_by_hand(tmp_path, april)


def test_a_server_that_is_lost_is_begun_anew(nights: Nights) -> None:
    scheduler = nights.start()
    nights.ended("Published")
    first = (nights.prefect / "server.pid").read_text("ascii")
    os.killpg(int(first), signal.SIGKILL)
    until(lambda: "was lost" in nights.out.read_text("utf-8") or None)
    nights.ended("Unchanged", count=sum(state == "Unchanged" for _, state in nights.states()) + 1)
    assert scheduler.poll() is None, "it began anew, as the same process"
    assert (nights.prefect / "server.pid").read_text("ascii") != first
