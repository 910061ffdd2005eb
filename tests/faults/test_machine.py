"""The machine stands in the way: a full disk, a missing right, a limit. The message helps, and the next run is right.

These are the real things, made by the kernel: a small file system of its own, a folder without rights, limits.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.__main__ import main
from tests.faults import failing
from tests.faults.conftest import Proof
from tests.faults.failing import Ended, Zygote, state_of, torn
from tests.faults.test_run_faults import Night, a_night

pytestmark = pytest.mark.slow
LARGE_DISK = "size=64m"
MEMORIES_MB = (8, 32, 64, 128)
"""More than the process has when it starts; the last may be enough for a small run."""


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with failing.a_zygote(tmp_path_factory.mktemp("shim")) as it:
        yield it


@pytest.fixture(scope="module")
def night(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Night:
    return a_night(zygote, tmp_path_factory.mktemp("night"), small=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", LARGE_DISK, "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def copied(night: Night, to: Path) -> Path:
    return shutil.copytree(night.waiting, to, symlinks=True)


def check(night: Night, zygote: Zygote, data: Path, ended: Ended, *says: str) -> None:
    """The run failed and said so plainly, readers are none the wiser, and the next run leaves the same bytes."""
    assert ended.code == 1, ended
    assert "Traceback" not in ended.said
    last = ended.said.strip().splitlines()[-1]
    assert str(data) in last, last
    for words in (*says, "run again. What was published before stands."):
        assert words in last, last
    assert torn(data) == []
    again = zygote.run(data)
    assert again.code == 0, again.said
    assert state_of(data) == night.left


def test_a_full_disk(zygote: Zygote, night: Night, disk: Path, proves: Callable[[Proof], None]) -> None:
    data = copied(night, disk / "data")
    free_kb = 0
    for free_kb in (20, 100, 200):
        used_kb = shutil.disk_usage(disk).used // 1024
        remount(disk, f"size={used_kb + free_kb}k")
        ended = zygote.run(data)
        remount(disk, LARGE_DISK)
        check(night, zygote, data, ended, "No space left on device", "The disk is full: free some space")
        shutil.rmtree(data)
        copied(night, data)
    proves(Proof(6, "disks that were full early, half way, late", 3))


def test_a_disk_that_may_only_be_read(
    zygote: Zygote, night: Night, disk: Path, proves: Callable[[Proof], None]
) -> None:
    data = copied(night, disk / "data")
    remount(disk, "ro")
    ended = zygote.run(data)
    remount(disk, "rw")
    check(night, zygote, data, ended, "Read-only file system", "mount it for writing")
    proves(Proof(6, "disks mounted read-only", 1))


@pytest.mark.parametrize("name", [".", "store", "published", "published/runs"])
def test_a_folder_without_the_right_to_write(
    zygote: Zygote, night: Night, tmp_path: Path, proves: Callable[[Proof], None], name: str
) -> None:
    data = copied(night, tmp_path / "data")
    (data / ".lock").unlink()
    (data / name).chmod(0o555)
    ended = zygote.run(data, limits={"rights": 0})
    (data / name).chmod(0o755)
    check(night, zygote, data, ended, "Permission denied", "give it the right to read and write there")
    proves(Proof(6, "folders without the right to write", 1))


LIMITS = [
    ("FSIZE", 4_096, "run again"),
    ("FSIZE", 12_000, "lift the limit (ulimit -f unlimited)"),
    ("NOFILE", 12, "Too many open files"),
    ("NOFILE", 14, "allow more (ulimit -n 1024)"),
]


@pytest.mark.parametrize("case", LIMITS, ids=lambda it: f"{it[0]} {it[1]}")
def test_a_limit(
    zygote: Zygote, night: Night, tmp_path: Path, proves: Callable[[Proof], None], case: tuple[str, int, str]
) -> None:
    limit, most, says = case
    data = copied(night, tmp_path / "data")
    ended = zygote.run(data, limits={limit: most})
    check(night, zygote, data, ended, says)
    proves(Proof(6, "limits of files: size, number", 1))


def test_too_little_memory(
    zygote: Zygote, night: Night, tmp_path: Path, proves: Callable[[Proof], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Libraries may end the process without a word: `status` has it all the same."""
    for more_mb in MEMORIES_MB:
        data = copied(night, tmp_path / f"{more_mb}")
        ended = zygote.run(data, limits={"AS": more_mb << 20})
        if more_mb == MEMORIES_MB[-1] and ended.code == 0:
            assert state_of(data) == night.left
            continue
        assert ended.code not in {0, None}, ended
        assert torn(data) == []
        assert main(["status", "--data", str(data)]) == 2
        said = capsys.readouterr().out
        assert "A run died" in said or "The last run failed" in said
        again = zygote.run(data)
        assert again.code == 0, again.said
        assert state_of(data) == night.left
    proves(Proof(6, "limits of memory", len(MEMORIES_MB)))
