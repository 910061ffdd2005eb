"""How a run becomes what readers see: a folder that is finished, then one pointer that moves.

published/runs/000042/...   never changes once it has its name
published/CURRENT           the commit: names the run that counts
published/current           a link for readers that open paths
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.errors import PlainError
from flows.io import durable

FORMAT = 1
"""Of the manifests that this version writes, and the only one it reads; raised where an older reader would err."""
NEEDED = ("accounts", "as_of", "exports", "missing", "name", "outputs", "parent", "run", "run_key")
"""What every version needs to know of a run. What came later (erased, revised, alarms) may be missing."""
KEPT_RUNS = 3
KEPT_S = 48 * 3600
_RUN = re.compile(r"^\d{6}$")

Manifest = dict[str, Any]
"""What a run read, did and wrote; see `flows.io.ledger` for its parts."""


class Torn(PlainError):  # noqa: N818 -- read aloud where it is caught
    """The published folder contradicts itself."""


@dataclass(frozen=True)
class Shelf:
    """The published folder of a deployment."""

    home: Path

    @property
    def runs(self) -> Path:
        """Where the runs are."""
        return self.home / "runs"

    def folder_of(self, run: int) -> Path:
        """The folder of a run."""
        return self.runs / f"{run:06d}"

    def staging(self, run: int) -> Path:
        """Where a run is written before it has its name."""
        return self.runs / f".staging-{run:06d}"


def current(shelf: Shelf) -> Manifest | None:
    """The manifest of the run that counts; None before the first."""
    pointer = shelf.home / "CURRENT"
    if not pointer.is_file():
        return None
    name = pointer.read_text("ascii", errors="replace").strip()
    path = shelf.runs / name / "manifest.json"
    if not _RUN.match(name) or not path.is_file():
        raise Torn(f"{pointer}: it names run {name!r}, which is not there. {_way_out(shelf, name)}")
    manifest, problem = _read(path)
    if manifest is None:
        raise Torn(f"{path}: {problem} {_way_out(shelf, name)}")
    return manifest


def manifest_of(shelf: Shelf, run: int) -> Manifest | None:
    """The manifest of a kept run, which only history needs; None where it can no longer be read."""
    return _read(shelf.folder_of(run) / "manifest.json")[0]


def _read(path: Path) -> tuple[Manifest | None, str]:
    """A manifest, or what is wrong with it."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError) as problem:
        return None, f"looked for the manifest of a run, found what cannot be read ({problem})."
    found: Manifest = told if isinstance(told, dict) else {}
    if found.get("format", FORMAT) != FORMAT:
        wrote = (
            f"version {found.get('version', '(unknown)')} of the pipeline wrote it: run that one here, or a later one"
        )
        return None, f"looked for format {FORMAT}, found {found['format']!r}; {wrote}."
    if lacking := [name for name in ("format", *NEEDED) if name not in found]:
        return None, f"looked for the manifest of a run, found a document without {', '.join(lacking)}."
    return found, ""


def kept_runs(shelf: Shelf) -> list[int]:
    """The numbers of the runs that are still there."""
    return (
        sorted(int(path.name) for path in shelf.runs.iterdir() if _RUN.match(path.name)) if shelf.runs.is_dir() else []
    )


def damaged(shelf: Shelf, manifest: Manifest) -> list[str]:
    """The files of a run that are not as they were written."""
    home = shelf.folder_of(manifest["run"])
    return sorted(
        name
        for name, it in manifest["outputs"].items()
        if not (home / name).is_file()
        or (home / name).stat().st_size != it["bytes"]
        or durable.fingerprint(home / name) != it["sha256"]
    )


def files_of(manifest: Manifest, name: str) -> list[str]:
    """The files of a table by the name of the one that it is: those of its folder, where it has become long."""
    outputs = manifest["outputs"]
    within = f"{name.removesuffix('.parquet')}/"
    return [name] if name in outputs else sorted(it for it in outputs if it.startswith(within))


def open_staging(shelf: Shelf, run: int) -> Path:
    """An empty folder to write a run into; what a broken run left there is removed."""
    staging = shelf.staging(run)
    for left_over in (staging, shelf.folder_of(run)):
        durable.remove(left_over)  # the pointer never named it, so no reader can have seen it
    return durable.folder(staging)


def commit(shelf: Shelf, manifest: Manifest, parent: Manifest | None) -> Path:
    """Give the staged run its name and move the pointer; before that nobody sees it, after that everybody."""
    staging, final = shelf.staging(manifest["run"]), shelf.folder_of(manifest["run"])
    if parent is not None:
        _share(staging, shelf.folder_of(parent["run"]), manifest["outputs"], parent["outputs"])
    for each in sorted(path for path in staging.rglob("*") if path.is_dir()):
        durable.sync_folder(each)
    durable.put_bytes(staging / "manifest.json", as_json(manifest))
    durable.move(staging, final)
    durable.sync_folder(shelf.runs)
    durable.put_bytes(shelf.home / "CURRENT", f"{manifest['run']:06d}\n".encode())
    return final


def tidy(shelf: Shelf, manifest: Manifest, *, now_s: float) -> list[int]:
    """Point `current` to the run that counts and drop what nobody may need any more; the runs that are kept.

    Also finishes what a run that died after its commit left undone. Writes nothing when all is in order.
    """
    number = int(manifest["run"])
    link, target = shelf.home / "current", f"runs/{number:06d}"
    if link.is_dir() and not link.is_symlink():
        durable.remove(link)  # the data folder was copied by a tool that follows links, and this is a copy of a run
    if not link.is_symlink() or link.readlink() != Path(target):
        durable.put_link(link, target)
    kept, erased = [], _erased(manifest)
    for path in sorted(shelf.runs.iterdir()):
        if not _RUN.match(path.name):
            durable.remove(path)
            continue
        run = int(path.name)
        is_young = now_s - _written_s(path) < KEPT_S
        is_old = run <= number - KEPT_RUNS and not is_young
        if run > number or is_old or not erased <= _erased(manifest_of(shelf, run)):
            durable.remove(path)
        else:
            kept.append(run)
    return kept


def as_json(document: Mapping[str, Any]) -> bytes:
    """The one way a document is written: sorted, so that the same content gives the same bytes."""
    return (json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def _share(staging: Path, before: Path, outputs: Mapping[str, Any], earlier: Mapping[str, Any]) -> None:
    """Files that did not change become second names of the parent's, so that their inode and time stay."""
    for name, it in sorted(outputs.items()):
        was = earlier.get(name)
        if was is None or was["sha256"] != it["sha256"] or not (before / name).is_file():
            continue
        if (staging / name).samefile(before / name) or durable.fingerprint(before / name) != it["sha256"]:
            continue
        try:
            durable.put_same(staging / name, as_in=before / name)
        except OSError as problem:
            if problem.errno not in durable.NO_LINKS:
                raise  # else: a share without links keeps its copy


def _erased(manifest: Manifest | None) -> set[tuple[Any, ...]]:
    """Who was left out of a run; a run from before somebody was erased is not kept."""
    return {tuple(it) for it in (manifest or {}).get("erased", {}).get("persons", ())}


def _written_s(run: Path) -> float:
    manifest = run / "manifest.json"
    return manifest.stat().st_mtime if manifest.is_file() else 0.0


def _way_out(shelf: Shelf, name: str) -> str:
    """What to do where the run that counts cannot be read."""
    others = [f"{run:06d}" for run in kept_runs(shelf) if f"{run:06d}" != name and manifest_of(shelf, run)]
    earlier = f"Write the number of another run into CURRENT (there are {', '.join(others)})" if others else ""
    afresh = "remove CURRENT to start afresh; rows of exports that have left the raw folder are then lost"
    return f"{earlier}, or {afresh}." if earlier else f"There is no other run. Restore it from a copy, or {afresh}."
