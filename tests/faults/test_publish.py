"""A run that dies at any step of the publishing leaves readers one whole run, and the next run repairs the rest."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from flows.io import durable, parquet, publish
from flows.io.publish import Shelf
from tests.faults.conftest import Proof

STEPS = ("sync_file", "move", "link", "remove", "folder")
NAMES = ("facts/one.parquet", "facts/two.parquet", "metrics/three.parquet")


class PowerCutError(BaseException):
    """Nothing in the house catches it, as nothing catches a kill -9."""


def release(home: Path, generation: int) -> None:
    """One publishing of three tables, the second of which never changes."""
    shelf = Shelf(home)
    parent = publish.current(shelf)
    if parent is None or parent["generation"] != generation:
        run = parent["run"] + 1 if parent else 1
        staging = publish.open_staging(shelf, run)
        outputs = {}
        for name in NAMES:
            durable.folder((staging / name).parent)
            value = 0 if "two" in name else generation
            outputs[name] = parquet.write(pl.LazyFrame({"generation": [value] * 5}), staging / name)
        about = dict.fromkeys(publish.NEEDED) | {"format": publish.FORMAT}
        parent = {**about, "run": run, "generation": generation, "outputs": outputs}
        publish.commit(shelf, parent, publish.current(shelf))
    publish.tidy(shelf, parent, now_s=0.0)


def snapshot(home: Path) -> int:
    """The generation that a reader who pins the run sees, after checking every byte of it."""
    shelf = Shelf(home)
    manifest = publish.current(shelf)
    assert manifest is not None
    assert publish.damaged(shelf, manifest) == []
    found = {
        pl.read_parquet(shelf.folder_of(manifest["run"]) / name)["generation"].item(0)
        for name in NAMES
        if "two" not in name
    }
    assert found == {manifest["generation"]}
    return int(manifest["generation"])


def tree(home: Path) -> str:
    """Fingerprint of every name, link and byte."""
    found = hashlib.sha256()
    for path in sorted(home.rglob("*")):
        found.update(str(path.relative_to(home)).encode())
        found.update(str(path.readlink()).encode() if path.is_symlink() else b"")
        found.update(path.read_bytes() if path.is_file() else b"")
    return found.hexdigest()


def fail_at(monkeypatch: pytest.MonkeyPatch, nth: int, error: type[BaseException], *, after: bool) -> list[int]:
    """Let the nth change of the disk fail, before or just after it took place; the list counts the changes."""
    calls = [0]

    def guarded(step: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            calls[0] += 1
            mine = calls[0]
            if mine == nth and not after:
                raise error(f"at change {nth}")
            result = step(*args, **options)
            if mine == nth:
                raise error(f"after change {nth}")
            return result

        return call

    for name in STEPS:
        monkeypatch.setattr(durable, name, guarded(getattr(durable, name)))
    return calls


def number_of_steps(tmp_path: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        release(tmp_path / "count", 1)
        calls = fail_at(patch, -1, PowerCutError, after=False)
        release(tmp_path / "count", 2)
    return calls[0]


@pytest.mark.parametrize("error", [PowerCutError, OSError])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_reader_sees_one_whole_run_whatever_step_fails(
    tmp_path: Path, proves: Callable[[Proof], None], error: type[BaseException], *, after: bool
) -> None:
    release(tmp_path / "whole", 1)
    release(tmp_path / "whole", 2)
    whole = tree(tmp_path / "whole")
    steps = number_of_steps(tmp_path)
    assert steps > 25
    for nth in range(1, steps + 1):
        home = tmp_path / f"{nth}"
        release(home, 1)
        with pytest.MonkeyPatch.context() as patch:
            fail_at(patch, nth, error, after=after)
            with pytest.raises(error):
                release(home, 2)
        assert snapshot(home) in {1, 2}
        release(home, 2)
        assert snapshot(home) == 2
        assert tree(home) == whole, f"after a fault at change {nth} the next run leaves other bytes"
    proves(Proof(4, "faults in a publishing, before and after each change", steps))


def test_a_second_fault_during_the_repair_changes_nothing(tmp_path: Path, proves: Callable[[Proof], None]) -> None:
    release(tmp_path / "whole", 1)
    release(tmp_path / "whole", 2)
    whole = tree(tmp_path / "whole")
    steps = number_of_steps(tmp_path)
    for nth in range(1, steps, 4):
        home = tmp_path / f"{nth}"
        release(home, 1)
        for again in (nth, steps - nth):
            with pytest.MonkeyPatch.context() as patch:
                fail_at(patch, max(again, 1), PowerCutError, after=False)
                with contextlib.suppress(PowerCutError):
                    release(home, 2)
            assert snapshot(home) in {1, 2}
        release(home, 2)
        assert tree(home) == whole
    proves(Proof(6, "double faults in a publishing", len(range(1, steps, 4))))


def test_a_table_that_did_not_change_keeps_its_inode(tmp_path: Path) -> None:
    release(tmp_path, 1)
    release(tmp_path, 2)
    runs = tmp_path / "runs"
    one, two = ((runs / run / "facts/two.parquet").stat() for run in ("000001", "000002"))
    assert one.st_ino == two.st_ino
    assert (runs / "000001/facts/one.parquet").stat().st_ino != (runs / "000002/facts/one.parquet").stat().st_ino


def test_a_parent_file_that_rotted_is_not_linked_again(tmp_path: Path) -> None:
    release(tmp_path, 1)
    rotten = tmp_path / "runs/000001/facts/two.parquet"
    rotten.write_bytes(rotten.read_bytes()[:-1] + b"?")
    release(tmp_path, 2)
    assert snapshot(tmp_path) == 2


def test_the_same_again_writes_nothing(tmp_path: Path) -> None:
    release(tmp_path, 1)
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    release(tmp_path, 1)
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_old_runs_go_when_they_are_neither_young_nor_among_the_last_three(tmp_path: Path) -> None:
    for generation in range(1, 7):
        release(tmp_path, generation)
    shelf = Shelf(tmp_path)
    manifest = publish.current(shelf)
    assert manifest is not None
    written_s = (shelf.folder_of(6) / "manifest.json").stat().st_mtime
    assert publish.tidy(shelf, manifest, now_s=written_s) == [1, 2, 3, 4, 5, 6]
    assert publish.tidy(shelf, manifest, now_s=written_s + 49 * 3600) == [4, 5, 6]
    assert (tmp_path / "current").resolve() == shelf.folder_of(6).resolve()


def test_a_pointer_to_a_run_that_is_gone_says_what_to_do(tmp_path: Path) -> None:
    release(tmp_path, 1)
    (tmp_path / "CURRENT").write_text("000009\n")
    with pytest.raises(publish.Torn, match=r"names run '000009', which is not there. .*there are 000001"):
        publish.current(Shelf(tmp_path))


def test_a_file_that_rots_in_the_store_is_seen_before_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    written = parquet.write(pl.LazyFrame({"a": [1, 2, 3]}), path)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    with pytest.raises(parquet.Damaged, match="the file is damaged"):
        parquet.read(path, sha256=written["sha256"])


def test_a_document_is_always_written_the_same_way() -> None:
    assert publish.as_json({"b": 1, "a": "é"}) == b'{\n "a": "\xc3\xa9",\n "b": 1\n}\n'
    assert json.loads(publish.as_json({"a": [1]})) == {"a": [1]}
