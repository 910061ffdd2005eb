"""A mirror on a share that refuses to replace what somebody reads: the old file stays whole, and a later run mends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from flows.io import durable, publish
from flows.io.mirror import ACCOUNT, TRIES, refresh_mirror
from flows.io.publish import Shelf
from tests.faults.conftest import Proof
from tests.faults.test_publish import NAMES, release


def mirrored(home: Path, mirror: Path, waits: list[float] | None = None) -> object:
    shelf = Shelf(home)
    manifest = publish.current(shelf)
    assert manifest is not None
    manifest |= {"run_key": f"key of {manifest['run']}"}
    return refresh_mirror(shelf, manifest, mirror, sleep=(waits if waits is not None else []).append)


def held_open(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> list[int]:
    """A reader holds a file of this name: renaming onto it is refused so many times."""
    real, refusals = durable.move, [0]

    def move(source: Path, target: Path) -> None:
        if target.name == name and refusals[0] < times:
            refusals[0] += 1
            raise PermissionError(13, "The process cannot access the file", str(target))
        real(source, target)

    monkeypatch.setattr(durable, "move", move)
    return refusals


def values(mirror: Path) -> list[int]:
    return [pl.read_parquet(mirror / name)["generation"].item(0) for name in NAMES]


def test_a_mirror_holds_the_tables_of_the_run_and_is_not_touched_again(tmp_path: Path) -> None:
    home, mirror = tmp_path / "home", tmp_path / "share"
    release(home, 1)
    done = mirrored(home, mirror)
    assert done.written == sorted(NAMES)
    before = {path: path.stat().st_mtime_ns for path in mirror.rglob("*")}
    again = mirrored(home, mirror)
    assert (again.written, again.removed, again.refused) == ([], [], [])
    assert {path: path.stat().st_mtime_ns for path in mirror.rglob("*")} == before


def test_only_what_changed_is_copied(tmp_path: Path) -> None:
    home, mirror = tmp_path / "home", tmp_path / "share"
    release(home, 1)
    mirrored(home, mirror)
    release(home, 2)
    assert mirrored(home, mirror).written == ["facts/one.parquet", "metrics/three.parquet"]
    assert values(mirror) == [2, 0, 2]


@pytest.mark.parametrize("times", range(1, TRIES))
def test_a_reader_who_lets_go_in_time_costs_only_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proves: Callable[[Proof], None], times: int
) -> None:
    home, mirror, waits = tmp_path / "home", tmp_path / "share", list[float]()
    release(home, 1)
    mirrored(home, mirror)
    release(home, 2)
    refusals = held_open(monkeypatch, "one.parquet", times)
    assert mirrored(home, mirror, waits).refused == []
    assert values(mirror) == [2, 0, 2]
    assert len(waits) == refusals[0] == times
    proves(Proof(4, "refusals of a share to replace a file", times))


def test_a_reader_who_never_lets_go_keeps_the_old_file_whole_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, mirror = tmp_path / "home", tmp_path / "share"
    release(home, 1)
    mirrored(home, mirror)
    release(home, 2)
    with monkeypatch.context() as patch:
        held_open(patch, "one.parquet", 1_000)
        done = mirrored(home, mirror)
    assert done.refused == ["facts/one.parquet"]
    assert values(mirror) == [1, 0, 2]
    assert mirrored(home, mirror).written == ["facts/one.parquet"]
    assert values(mirror) == [2, 0, 2]


def test_a_table_that_is_gone_leaves_the_mirror(tmp_path: Path) -> None:
    home, mirror = tmp_path / "home", tmp_path / "share"
    release(home, 1)
    mirrored(home, mirror)
    shelf = Shelf(home)
    manifest = publish.current(shelf)
    assert manifest is not None
    del manifest["outputs"]["facts/two.parquet"]
    done = refresh_mirror(shelf, manifest | {"run_key": "k"}, mirror)
    assert done.removed == ["facts/two.parquet"]
    assert not (mirror / "facts/two.parquet").exists()
    assert (mirror / ACCOUNT).is_file()
