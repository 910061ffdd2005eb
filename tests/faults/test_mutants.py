"""The checks of this folder are checked: a pipeline that forgets one step of its protocol must be caught by them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.io import durable, publish
from flows.io.publish import Shelf
from tests.faults.conftest import Proof
from tests.faults.disk import Journal, Keeps, recorded, survived
from tests.faults.test_power_loss import generation_of
from tests.faults.test_publish import release
from tests.flows import test_erasure as persons
from tests.flows.conftest import deliver, new_site
from tests.flows.persons import erase, hits, quicken, run

SURVIVALS = 60


def test_each_sync_that_a_publishing_makes_is_needed(tmp_path: Path, proves: Callable[[Proof], None]) -> None:
    """Without it, some disk loses or tears what was published.

    But for a folder that is synced again, and a file that gave way to that of the run before, of the same bytes.
    """
    home = tmp_path / "home"
    release(home, 1)
    committed = []
    commit = publish.commit
    with recorded(home) as journal, pytest.MonkeyPatch.context() as patch:

        def counting(shelf: Shelf, manifest: publish.Manifest, parent: publish.Manifest | None) -> Path:
            final = commit(shelf, manifest, parent)
            committed.append(len(journal.ops))
            return final

        patch.setattr(publish, "commit", counting)
        release(home, 2)
    del journal.ops[committed[0] :]
    syncs = [number for number, op in enumerate(journal.ops) if op.synced is not None]
    stays = {path.lstat().st_ino for path in (home, *home.rglob("*"))}
    needed = {number for number in syncs if _is_needed(journal, number, stays)}
    whole, caught = list(journal.ops), []
    for number in syncs:
        journal.ops = whole[:number] + whole[number + 1 :]
        if _loses_something(journal, tmp_path / "left"):
            caught.append(number)
    assert needed == set(caught)
    assert len(needed) >= 7
    proves(Proof(5, "syncs dropped from a publishing, each caught", len(caught)))


def _is_needed(journal: Journal, number: int, stays: set[int]) -> bool:
    """Whether a sync is the only one that makes something certain of what stays."""
    by_node = {at: op.synced[0] for at, op in enumerate(journal.ops) if op.synced is not None}
    node = by_node[number]
    before = max((at for at, it in by_node.items() if it == node and at < number), default=-1)
    is_last = not any(it == node and at > number for at, it in by_node.items())
    is_new = any(op.made and op.made[0] == node for op in journal.ops[before + 1 : number])
    return node in stays and is_last and (is_new or _read_in(journal, before, node) != _read_in(journal, number, node))


def _read_in(journal: Journal, cut: int, folder: int) -> dict[str, bytes | int]:
    """What a reader finds under each name of a folder after so many changes: its bytes, or which folder it is."""
    found = dict(journal.nodes[folder].names) if folder in journal.nodes else {}
    synced = {it.synced[0]: it.synced[1] for it in journal.ops if it.synced is not None}
    for inside, name, node in (effect for op in journal.ops[: max(cut, 0)] for effect in op.effects):
        if inside == folder and node is not None:
            found[name] = node
        elif inside == folder:
            found.pop(name, None)
    was = {node: it.content for node, it in journal.nodes.items() if isinstance(it.content, bytes)}
    return {name: (was | synced).get(node) or node for name, node in found.items()}


def _loses_something(journal: Journal, left: Path) -> bool:
    chance = random.Random(13)  # noqa: S311 -- a game of dice, not a secret
    for number in range(SURVIVALS):
        keeps: Keeps = "some" if number else "nothing"
        survived(journal, cut=len(journal.ops), keeps=keeps, chance=chance, to=left)
        found = generation_of(left)
        shutil.rmtree(left)
        if found != 2:
            return True
    return False


def flipped(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(body)


def damage_that_stays(data: Path, *, delivers: bool) -> list[str]:
    """What is wrong after a night that follows a bit flipped in a table and in the store; told apart from the house.

    Stored rows are needed where a delivery changes the feed that they are of.
    """
    shelf = Shelf(data / "published")
    if delivers:
        deliver(data, "avis_2026-01.csv", "9;05/01/2026 09:00;2;email")
    flipped(next(shelf.folder_of(1).glob("facts/fact_survey_response.parquet")))
    flipped(next(path for path in (data / "store").glob("*.parquet") if "quarantine" not in path.name))
    before = publish.current(shelf)
    if run(data) != 0:
        return ["the run failed"]
    manifest = publish.current(shelf)
    assert manifest is not None
    assert before is not None
    found = manifest["outputs"]
    home = shelf.folder_of(manifest["run"])
    return [name for name, it in found.items() if durable.fingerprint(home / name) != it["sha256"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "delivers", "stays"),
    [
        ("", False, False),
        ("", True, False),
        ("flows.io.publish.damaged", False, True),
        ("flows.io.stored.forget", True, True),
    ],
    ids=["none", "none, with news", "the manifest of a run is ignored", "damaged rows are believed again"],
)
def test_a_pipeline_that_ignores_its_manifests_is_caught(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    proves: Callable[[Proof], None],
    mutant: str,
    *,
    delivers: bool,
    stays: bool,
) -> None:
    quicken(monkeypatch)
    data = new_site(tmp_path / "site")
    assert run(data) == 0
    if mutant:
        monkeypatch.setattr(mutant, lambda *_: [] if mutant.endswith("damaged") else True)
    assert bool(damage_that_stays(data, delivers=delivers)) == stays
    proves(Proof(8, "pipelines that ignore a manifest, each caught" if mutant else "flipped bits before a run", 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "instead"),
    [
        ("", None),
        ("flows.erasing.erasure.renewed", lambda parent, *_: parent),
        ("flows.io.publish._erased", lambda *_: set()),
    ],
    ids=["none", "the store is skipped", "runs from before are skipped"],
)
def test_an_erasure_that_skips_a_place_is_caught(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    proves: Callable[[Proof], None],
    mutant: str,
    instead: Callable[..., object] | None,
) -> None:
    quicken(monkeypatch)
    data = persons.new_site(tmp_path / "site")
    assert run(data) == 0
    for path in (data / "raw").iterdir():
        path.unlink()  # its rows now rest on the store alone
    if mutant:
        monkeypatch.setattr(mutant, instead)
    erase(data, persons.GONE)
    assert bool(hits(data, persons.GONE)) == bool(mutant)
    proves(Proof(11, "erasures that skip a place, each caught" if mutant else "an erasure from the store alone", 1))
