"""What was published survives a power loss, and a protocol that forgets a step is caught."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.io import durable, publish
from flows.io.publish import Shelf
from tests.faults.conftest import Proof
from tests.faults.disk import Journal, Keeps, recorded, survived
from tests.faults.test_publish import release, tree

SURVIVALS = 40


@dataclass
class Seen:
    """What readers found after the power losses."""

    states: int = 0
    torn: int = 0
    lost: int = 0
    """The run had been published, and readers find the one before."""
    old: int = 0
    new: int = 0


def journal_of(home: Path) -> tuple[Journal, int]:
    """The journal of a publishing, and after how many changes it had told the user that it was done."""
    with recorded(home) as journal:
        release(home, 2)
    return journal, len(journal.ops)


def generation_of(home: Path) -> int | None:
    """What a reader sees; None where it is torn."""
    shelf = Shelf(home)
    try:
        manifest = publish.current(shelf)
    except (publish.Torn, ValueError):
        return None
    return None if manifest is None or publish.damaged(shelf, manifest) else int(manifest["generation"])


def after_every_power_loss(tmp_path: Path, *, survivals: int, each: Callable[[Path], None] = lambda _: None) -> Seen:
    home = tmp_path / "home"
    release(home, 1)
    journal, done = journal_of(home)
    seen, chance = Seen(), random.Random(7)  # noqa: S311 -- a game of dice, not a secret
    some: list[Keeps] = ["some"] * (survivals - 2)
    survival: list[Keeps] = ["nothing", "all", *some]
    for cut in range(done + 1):
        for number, keeps in enumerate(survival):
            left = survived(journal, cut=cut, keeps=keeps, chance=chance, to=tmp_path / "left")
            generation = generation_of(left)
            seen.states += 1
            seen.torn += generation is None
            seen.old += generation == 1
            seen.new += generation == 2
            seen.lost += cut == done and generation == 1
            if generation is not None and number < 3:
                each(left)
            shutil.rmtree(left)
    return seen


def test_readers_see_one_whole_run_after_any_power_loss_and_the_next_run_repairs_the_rest(
    tmp_path: Path, proves: Callable[[Proof], None]
) -> None:
    release(tmp_path / "whole", 1)
    release(tmp_path / "whole", 2)
    whole = tree(tmp_path / "whole")

    def repaired(left: Path) -> None:
        release(left, 2)
        assert tree(left) == whole

    seen = after_every_power_loss(tmp_path, survivals=SURVIVALS, each=repaired)
    proves(Proof(5, "power losses, at every change of the disk", seen.states, lost=seen.lost, torn=seen.torn))
    assert seen.states >= 1_000
    assert min(seen.old, seen.new) > 100


def _no_sync_of_files(path: Path, write: Callable[[Path], None], *, is_lasting: bool = True) -> None:
    del is_lasting
    draft = durable.draft_name(path)
    durable.remove(draft)
    write(draft)
    durable.move(draft, path)
    durable.sync_folder(path.parent)


def _no_sync_of_folders(path: Path, write: Callable[[Path], None], *, is_lasting: bool = True) -> None:
    del is_lasting
    draft = durable.draft_name(path)
    durable.remove(draft)
    write(draft)
    durable.sync_file(draft)
    durable.move(draft, path)


def _pointer_first(shelf: Shelf, manifest: publish.Manifest, parent: publish.Manifest | None) -> Path:
    durable.put_bytes(shelf.home / "CURRENT", f"{manifest['run']:06d}\n".encode())
    return commit(shelf, manifest, parent)


def _without_manifest(shelf: Shelf, manifest: publish.Manifest, parent: publish.Manifest | None) -> Path:
    final = commit(shelf, manifest, parent)
    durable.remove(final / "manifest.json")
    durable.put_bytes(final / "manifest.json", publish.as_json(manifest))
    return final


commit = publish.commit


@pytest.mark.parametrize(
    ("where", "name", "mutant"),
    [
        (durable, "put", _no_sync_of_files),
        (durable, "put", _no_sync_of_folders),
        (publish, "commit", _pointer_first),
        (publish, "commit", _without_manifest),
    ],
    ids=["files are never synced", "folders are never synced", "pointer before folder", "manifest after the pointer"],
)
def test_a_protocol_that_forgets_a_step_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str, mutant: Callable[..., object]
) -> None:
    monkeypatch.setattr(where, name, mutant)
    seen = after_every_power_loss(tmp_path, survivals=8)
    assert seen.torn + seen.lost > 0
