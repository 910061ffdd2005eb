"""Which bytes, read by which rules, made which rows: what may be reused, what must be read, what a run was made of."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from flows.home import PROJECT
from flows.io import durable, parquet
from flows.io.earlier import earlier_exports, require_tables
from flows.io.erased import erased_persons, erasures_sha256, key_name
from flows.io.object_store import land
from flows.io.prints import Prints
from flows.io.publish import Manifest, as_json
from flows.progress import bar
from flows.settings import Settings, digest
from transforms.erasing import Person, persons_in

LIBRARIES = ("polars", "numpy", "holidays", "tzdata")
"""Those whose version may change a number."""
READING_ROOMS = ("expectations", "transforms/*.py", "flows/io", "flows/stages/reading.py")
"""What decides how a file is read; a change elsewhere does not read it again."""
ALL_ROOMS = (
    *READING_ROOMS,
    *("transforms/facts", "transforms/metrics", "transforms/analysis"),
    *("flows/reference.py", "flows/closed_days.py", "flows/benchmarks.py", "flows/stages", "flows/outputs"),
)
SHRINKS_BELOW = 0.5
NOTES = ("failure.json", "begun.json")
"""What `flows.failure` keeps in the store."""
KEPT = "kept"
"""The folder in the store of the frames that were made of the partitions; `flows.io.kept` sees to it."""


class Job(TypedDict):
    """One file of the raw folder to read with one mapping."""

    slot: str
    mapping: str
    path: str
    sha256: str
    bytes: int
    key: str
    problem: str
    """Why it cannot be read at all; empty where it can."""
    erased: tuple[Person, ...]
    """Whose rows are left out."""


class Record(TypedDict):
    """What came of reading one file: kept in the store beside the rows."""

    slot: str
    mapping: str
    table: str
    key: str
    sha256: str
    bytes: int
    state: str
    """accepted, refused (the whole file) or held (too few good rows)."""
    reason: str
    rows_in: int
    rows_good: int
    rows_quarantined: int
    rows_not_ours: int
    rows_erased: int
    """Of persons who asked to be forgotten."""
    erasures: str
    """Fingerprint of who they are; empty where there is nobody."""
    reasons: dict[str, int]
    """Quarantined rows by reason; a row with two reasons counts under both."""
    warnings: dict[str, int]
    """What is odd in rows that were taken all the same, and in how many."""
    unknown_headers: list[str]
    encoding: str
    good: parquet.Written | None
    quarantine: parquet.Written | None


class Entry(NamedTuple):
    """An export as the run takes it: what was delivered, and the record whose rows count."""

    slot: str
    mapping: str
    delivered: str
    """Store key of what lies in the raw folder; empty when the file is gone or could not be opened."""
    state: str
    reason: str
    used: Record | None
    """None where no delivery of this export was ever accepted."""


def rules_sha256(rooms: Sequence[str] = ALL_ROOMS) -> str:
    """Fingerprint of the code that makes the numbers, and of the libraries under it."""
    found = hashlib.sha256()
    for path in sorted({path for room in rooms for path in _code(room)}):
        found.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    for library in LIBRARIES:
        found.update(f"{library} {installed(library)}\0".encode())
    return found.hexdigest()


def jobs(settings: Settings, *, now_s: float, prints: Prints | None = None) -> list[Job]:
    """Every file of every export, sorted, with the key under which its rows are stored."""
    known = prints or Prints.of(settings, now_s=now_s)
    if settings.raw_bucket is not None:
        land(settings.raw_bucket, settings.raw, [export.files for export in settings.exports])
    rules = rules_sha256(READING_ROOMS)
    who, erased = key_name(settings.key), erased_persons(settings)
    work: list[tuple[Path, str, str]] = []
    for export in settings.exports:
        source = settings.mappings[export.mapping].source
        gone = erasures_sha256(source, erased)
        reading = digest(
            [settings.mapping_sha256[export.mapping], rules, settings.site.zone, who, *filter(None, [gone])]
        )
        work += [(path, export.mapping, reading) for path in _files(settings.raw, export.files)]
    found: dict[tuple[str, str], Job] = {}
    with bar("looking for new files", len(work), [path.stat().st_size for path, _, _ in work]) as step:
        for path, mapping, reading in work:
            slot = path.relative_to(settings.raw).as_posix()
            job = _job(settings, path, slot, mapping, reading, now_s=now_s, prints=known)
            found[slot, mapping] = job | {"erased": persons_in(settings.mappings[mapping].source, erased)}
            step()
    return [found[name] for name in sorted(found)]


def record(store: Path, key: str) -> Record | None:
    """What came of reading these bytes with these rules before; None where that is not known for certain."""
    path = store / f"{key}.json"
    if not path.is_file():
        return None
    try:
        kept = json.loads(path.read_bytes())
        told: Record = kept["record"]
    except (ValueError, KeyError, TypeError):
        return None
    return told if kept.get("sha256") == digest(told) else None


def keep(store: Path, told: Record) -> None:
    """Write a record down, after its rows: from now on they are reused."""
    durable.put_bytes(store / f"{told['key']}.json", as_json({"record": told, "sha256": digest(told)}))


def entries(
    work: Iterable[Job], told: Iterable[Record], parent: Manifest | None, *, declared: set[str], accept_shrink: bool
) -> list[Entry]:
    """What each export contributes to this run: its new rows, those of its last good delivery, or none."""
    earlier = {(it["slot"], it["mapping"]): it for it in earlier_exports(parent, Record.__annotations__)}
    records = {(it["slot"], it["mapping"]): it for it in told}
    found = {}
    for job in work:
        name = job["slot"], job["mapping"]
        was = earlier.get(name, {}).get("used")
        found[name] = _entry(job, records.get(name), was, accept_shrink=accept_shrink)
    for name, it in earlier.items():
        if name not in found and it["used"] is not None and it["mapping"] in declared:
            found[name] = Entry(*name, "", "accepted", "", it["used"])  # gone from the raw folder: its rows stay
    require_tables((entry.slot, entry.mapping, entry.used["table"]) for entry in found.values() if entry.used)
    return [found[name] for name in sorted(found)]


def run_key(settings: Settings, taken: Iterable[Entry]) -> str:
    """Fingerprint of all that decides the content of the published tables."""
    made_of = [(it.slot, it.mapping, it.delivered, it.state, it.used and it.used["key"]) for it in taken]
    said = [made_of, rules_sha256(), settings.documents_sha256, settings.as_of.isoformat(), settings.name]
    return digest(said)[:16]


def forget_half_read(store: Path) -> None:
    """Remove what a dead run was reading: texts and rows that nobody had judged, with persons in them as they came."""
    for end in ("texts", "staged.parquet", "turned_down"):
        for path in sorted(store.glob(f"*.{end}")):
            durable.remove(path)


def sweep(store: Path, needed: set[str]) -> None:
    """Remove the partitions, and the drafts of dead runs, that no kept run needs."""
    for path in sorted(store.iterdir()) if store.is_dir() else []:
        if path.name.split(".")[0] not in needed and path.name not in {*NOTES, KEPT}:
            durable.remove(path)


def needed_keys(manifests: Iterable[Manifest | None]) -> set[str]:
    """Store keys that the runs speak of."""
    keys = set()
    for manifest in manifests:
        for it in manifest["exports"] if manifest else ():
            keys |= {it["delivered"]} | ({it["used"]["key"]} if it["used"] else set())
    return keys - {""}


def _entry(job: Job, told: Record | None, was: Record | None, *, accept_shrink: bool) -> Entry:
    """One export of the raw folder, against what the run before used of it."""

    def kept(state: str, reason: str) -> Entry:
        stays = " The rows of its last good delivery stay." if was else ""
        return Entry(job["slot"], job["mapping"], job["key"], state, reason + stays, was)

    if told is None:
        return kept("held" if job["problem"].endswith("settled.") else "refused", job["problem"])
    if told["state"] != "accepted":
        return kept(told["state"], told["reason"])
    if was and was["key"] != told["key"] and told["rows_good"] < was["rows_good"] * SHRINKS_BELOW and not accept_shrink:
        return kept(
            "held",
            f"{job['slot']}: {was['rows_good']} good rows became {told['rows_good']}. "
            "Is the export cut short? If it is right, run again with --accept-shrink.",
        )
    return Entry(job["slot"], job["mapping"], job["key"], "accepted", "", told)


def _job(settings: Settings, path: Path, slot: str, mapping: str, reading: str, *, now_s: float, prints: Prints) -> Job:
    """One file, fingerprinted, unless it may not be opened."""
    job: Job = {
        "slot": slot, "mapping": mapping, "path": str(path), "sha256": "", "bytes": 0, "key": "", "problem": "",
        "erased": (),
    }  # fmt: skip
    linked = next(
        (p for p in (path, *path.parents) if p != settings.raw and p.is_symlink() and _inside(p, settings.raw)), None
    )
    if linked is not None:
        return job | {"problem": f"{slot}: {linked.name} is a link; links are not followed. Put the file itself there."}
    about = path.stat()
    if now_s - about.st_mtime < settings.settle_s:
        return job | {
            "problem": f"{slot}: it changed less than {settings.settle_s} s ago; it is read once it has settled."
        }
    try:
        sha256 = prints.fingerprint(slot, path)
    except OSError as problem:
        return job | {"problem": f"{slot}: it cannot be read: {problem.strerror}. Give this user the right to read it."}
    return job | {"sha256": sha256, "bytes": about.st_size, "key": digest([slot, sha256, reading])[:16]}


def _inside(path: Path, raw: Path) -> bool:
    return path.is_relative_to(raw)


def _files(raw: Path, pattern: str) -> list[Path]:
    """Files that fit the pattern; a name with brackets in it is first taken as it stands."""
    if (raw / pattern).is_file():
        return [raw / pattern]
    return sorted(path for path in raw.glob(pattern) if path.is_file() and not path.name.startswith((".", "~$")))


def _code(room: str) -> Iterable[Path]:
    """The files of a room that decide what it does."""
    if room.endswith(".py"):
        return PROJECT.glob(room)
    return (
        path
        for path in (PROJECT / room).rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".md"} and "__pycache__" not in path.parts
    )


def as_document(taken: Iterable[Entry]) -> list[dict[str, Any]]:
    """The entries as the manifest holds them."""
    return [entry._asdict() for entry in taken]
