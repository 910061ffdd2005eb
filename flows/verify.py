"""`verify`: every byte that a kept run rests on, hashed again; what is damaged, and how it comes back.

Nothing is taken on trust here: a run hashes what it reads and what it publishes, and takes for sound what it does not
touch. The raw folder is not ours to judge: what was read of it lies in the store.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flows.console import console, plain_table, shown
from flows.io import durable, kept, ledger, publish, stored
from flows.io.ledger import Record
from flows.io.publish import Manifest, Shelf
from flows.progress import one_by_one
from flows.settings import Settings

OK, RED = 0, 2


@dataclass(frozen=True, kw_only=True)
class Damage:
    """A file that is not as it was written."""

    path: Path
    what: str
    remedy: str


@dataclass(kw_only=True)
class Verified:
    """What was looked at, and what was found."""

    files: int = 0
    bytes: int = 0
    runs: int = 0
    damages: list[Damage] = field(default_factory=list)


def show_verified(settings: Settings) -> int:
    """Say what is damaged and what to do; 2 where something is."""
    found = verify(settings)
    out = console()
    out.print(
        f"{found.files:,} files of {found.runs} runs and their store, {found.bytes / 1e6:,.1f} MB: "
        f"{len(found.damages) or 'none'} damaged."
    )
    if found.damages:
        table = plain_table("file", "what", "what to do")
        for it in found.damages:
            table.add_row(shown(it.path), it.what, it.remedy)
        out.print(table)
    return RED if found.damages else OK


def verify(settings: Settings) -> Verified:
    """The files of every kept run and of the store, against the fingerprints noted when they were written."""
    found = Verified()
    manifests = dict(_manifests(settings.shelf, found))
    checks = [
        *(check for manifest in manifests.values() for check in _of_run(settings.shelf, manifest, manifests)),
        *_of_store(settings, manifests),
        *_of_kept(settings, manifests),
    ]
    found.damages += [it for it in one_by_one("verifying files", _damage, checks) if it is not None]
    there = {check.path for check in checks if check.path.is_file()}
    found.files, found.bytes = len(checks), sum(path.stat().st_size for path in there)
    return found


@dataclass(frozen=True, kw_only=True)
class Check:
    """A file, what it must be, and what to do where it is not."""

    path: Path
    sha256: str
    remedy: str
    record: Record | None = None
    """Of a record: what it must say, for its file holds a fingerprint of its own."""
    frame: str = ""
    """Of the record of a kept frame: its key. It may speak of a later day, and must be whole."""

    @property
    def bytes(self) -> int:
        """How much there is to hash."""
        return self.path.stat().st_size if self.path.is_file() else 0


def _damage(check: Check) -> Damage | None:
    """What is wrong with a file; None where nothing is."""
    if not check.path.is_file():
        return Damage(path=check.path, what="it is gone", remedy=check.remedy)
    if check.record is not None:
        is_sound = ledger.record(check.path.parent, check.record["key"]) == check.record
    elif check.frame:
        is_sound = kept.record(check.path.parent, check.frame) is not None
    else:
        is_sound = durable.fingerprint(check.path) == check.sha256
    what = "its bytes are not those that were written"
    return None if is_sound else Damage(path=check.path, what=what, remedy=check.remedy)


def _manifests(shelf: Shelf, found: Verified) -> Iterator[tuple[int, Manifest]]:
    """The manifests of the kept runs by number; a run without a readable one is a damage by itself."""
    try:
        current = publish.current(shelf)
    except (publish.Torn, ValueError) as problem:
        found.damages.append(Damage(path=shelf.home / "CURRENT", what=str(problem), remedy="do that, then run again"))
        current = None
    for run in publish.kept_runs(shelf):
        found.runs += 1
        manifest = publish.manifest_of(shelf, run)
        if manifest is not None:
            yield run, manifest
            continue
        is_current = current is not None and current["run"] == run
        remedy = "run again: all is computed anew" if is_current else "remove the folder: no run needs it"
        path = shelf.folder_of(run) / "manifest.json"
        found.damages.append(Damage(path=path, what="it cannot be read", remedy=remedy))


def _of_run(shelf: Shelf, manifest: Manifest, manifests: dict[int, Manifest]) -> Iterator[Check]:
    """The published files of a run."""
    is_current = manifest["run"] == max(manifests)
    remedy = (
        "run again: the run is published anew from the store"
        if is_current
        else f"remove the folder of run {manifest['run']}: later runs do not need it"
    )
    for name, it in sorted(manifest["outputs"].items()):
        yield Check(path=shelf.folder_of(manifest["run"]) / name, sha256=it["sha256"], remedy=remedy)


def _of_store(settings: Settings, manifests: dict[int, Manifest]) -> Iterator[Check]:
    """The partitions that the kept runs were made of, each once."""
    records = {
        used["key"]: used
        for manifest in manifests.values()
        for it in manifest["exports"]
        if (used := it["used"]) is not None
    }
    for key, told in sorted(records.items()):
        remedy = _rebuilt(settings, told)
        yield Check(path=settings.store / f"{key}.json", sha256="", remedy=remedy, record=told)
        for path, written in stored.files_of(settings.store, told):
            yield Check(path=path, sha256=written["sha256"], remedy=remedy)


def _of_kept(settings: Settings, manifests: dict[int, Manifest]) -> Iterator[Check]:
    """The frames that the next run builds on, each once; nobody needs those that only earlier runs were made of."""
    latest = manifests[max(manifests)] if manifests else {}
    frames = {kept.rows_file(it): it for parts in kept.frames_of(latest).values() for it in parts.values()}
    remedy = "remove it: the next run makes it again"
    checks = [Check(path=settings.kept / name, sha256=it["sha256"], remedy=remedy) for name, it in frames.items()]
    keys = {it["key"] for it in frames.values()}
    checks += [Check(path=settings.kept / f"{key}.json", sha256="", remedy=remedy, frame=key) for key in keys]
    # One that is gone is no damage: it is made again where it is needed.
    yield from sorted((it for it in checks if it.path.is_file()), key=lambda it: it.path)


def _rebuilt(settings: Settings, told: Record) -> str:
    """How the rows of an export come back into the store."""
    export = settings.raw / told["slot"]
    if export.is_file() and durable.fingerprint(export) == told["sha256"]:
        return f"remove it: the next run that needs it reads {told['slot']} again"
    return f"deliver {told['slot']} again as it was (sha256 {told['sha256'][:12]}), or restore this file from a copy"
