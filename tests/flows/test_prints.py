"""Fingerprints of the raw folder: a file that nobody touched is hashed once, and whatever changed is seen."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.__main__ import main
from flows.io import ledger
from flows.io.prints import LEFT_ALONE_NS, Prints
from flows.settings import load
from tests.flows.conftest import FEBRUARY, deliver
from tests.flows.persons import by_expressions, quicken

SLOT, OTHER = "avis_2026-02.csv", "avis_2026-03.csv"
LATER_S = LEFT_ALONE_NS / 1e9 + 60
Look = Callable[..., tuple[dict[str, str], int]]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """What the ledger knows the files of a deployment by, a minute later, and how many it hashed to know it."""
    hashed: list[str] = []
    digest = hashlib.file_digest

    def counted(stream: object, name: str) -> object:
        hashed.append(str(stream))
        return digest(stream, name)  # type: ignore[arg-type]

    monkeypatch.setattr("flows.io.prints.hashlib.file_digest", counted)

    def looked(data: Path, *, after_s: float = LATER_S) -> tuple[dict[str, str], int]:
        hashed.clear()
        settings, now_s = load(str(data)), time.time() + after_s
        prints = Prints.of(settings, now_s=now_s)
        found = {it["slot"]: it["sha256"] for it in ledger.jobs(settings, now_s=now_s, prints=prints)}
        prints.keep()
        return found, len(hashed)

    return looked


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_nobody_touched_is_hashed_once(site: Path, look: Look) -> None:
    found, hashed = look(site)
    assert hashed == 2
    assert look(site) == (found, 0)
    path = deliver(site, "avis_2026-04.csv", *FEBRUARY[:1])
    assert look(site) == (found | {path.name: sha256(path)}, 1)


def rewritten(path: Path) -> None:
    """Another byte in the same place."""
    path.write_bytes(path.read_bytes().replace(b";5;", b";4;", 1))


def replaced(path: Path) -> None:
    """Another file of the same size under its name."""
    other = path.with_name("other")
    other.write_bytes(path.read_bytes().replace(b";5;", b";4;", 1))
    other.replace(path)


def exchanged(path: Path) -> None:
    """Two files of one size that change names."""
    twin, aside = path.with_name(OTHER), path.with_name("aside")
    twin.write_bytes(path.read_bytes().replace(b";5;", b";4;", 1))
    path.rename(aside)
    twin.rename(path)
    aside.rename(twin)


@pytest.mark.parametrize("change", [rewritten, replaced, exchanged])
def test_a_changed_byte_is_seen_though_size_and_time_are_those_of_before(
    site: Path, look: Look, change: Callable[[Path], None]
) -> None:
    path = site / "raw" / SLOT
    look(site)
    was, before = path.stat(), sha256(path)
    change(path)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (was.st_size, was.st_mtime_ns)
    found, _ = look(site)
    assert found[SLOT] == sha256(path) != before


def test_a_file_that_changed_a_moment_ago_may_change_again_unseen_so_it_is_not_noted(site: Path, look: Look) -> None:
    assert look(site, after_s=0)[1] == 2
    assert look(site, after_s=0)[1] == 2


def test_a_file_that_is_written_while_it_is_hashed_is_not_noted(
    site: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.file_digest

    def slowly(stream: object, name: str) -> object:
        found = digest(stream, name)  # type: ignore[arg-type]
        rewritten(site / "raw" / SLOT)
        return found

    with monkeypatch.context() as patch:
        patch.setattr("flows.io.prints.hashlib.file_digest", slowly)
        look(site)
    found, _ = look(site)
    assert found[SLOT] == sha256(site / "raw" / SLOT)


@pytest.mark.parametrize(
    "spoil",
    [
        Path.unlink,
        lambda note: note.write_text("{", "utf-8"),
        lambda note: note.write_text("[]", "utf-8"),
        lambda note: note.write_bytes(note.read_bytes()[:-20]),
        lambda note: note.write_text(note.read_text("utf-8").replace(sha256_of_the_first(note), "0" * 64), "utf-8"),
    ],
    ids=["gone", "no document", "another document", "cut short", "another fingerprint"],
)
def test_a_note_that_is_not_whole_is_not_believed(site: Path, look: Look, spoil: Callable[[Path], object]) -> None:
    found, _ = look(site)
    spoil(load(str(site)).prints)
    assert look(site) == (found, 2)
    assert look(site) == (found, 0)


def sha256_of_the_first(note: Path) -> str:
    return str(json.loads(note.read_text("utf-8"))["files"][SLOT][-1])


def test_a_file_that_may_not_be_read_any_more_is_refused(site: Path, look: Look) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    look(site)
    (site / "raw" / SLOT).chmod(0)
    assert look(site)[0][SLOT] == ""


def test_a_fingerprint_that_was_wrong_is_believed_for_one_run_only(
    site: Path, look: Look, run: Callable[[Path], int]
) -> None:
    """As after a bit of the raw folder rotted: what is read is not what was noted."""
    look(site)
    settings = load(str(site))
    prints = Prints.of(settings, now_s=time.time())
    prints.seen.update({slot: (*it[:-1], "0" * 64) for slot, it in prints.known.items()})
    prints.keep()
    assert run(site) == 1, "nothing of the two files may be read, so there is nothing to publish"
    assert not settings.prints.exists()
    assert run(site) == 0


def test_a_night_without_news_notes_nothing(
    site: Path, run: Callable[[Path], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time
    monkeypatch.setattr("flows.pipeline.time.time", lambda: now() + LATER_S)
    assert run(site) == 0
    note = load(str(site)).prints
    assert set(json.loads(note.read_bytes())["files"]) == {SLOT, OTHER}
    note.unlink()
    assert run(site) == 0
    assert not note.exists(), "no file is touched where nothing changed"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], int]:
    """A run in a house that is quick."""
    quicken(monkeypatch)
    monkeypatch.setattr("flows.stages.reading.judged", by_expressions)
    return lambda data: main(["run", "--plain", "--data", str(data)])
