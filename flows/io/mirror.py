"""A second copy of the tables: on a share for readers that cannot follow a link, or in a bucket.

A share may refuse to replace a file that somebody has open. Each file is tried a bounded number of times; one that
stays refused keeps its old content, whole, and is said. `run.json` goes last: it names the run of every file.

In a bucket a run is put below a name of its own and never changes: its files, then its manifest, then the object
CURRENT, which names it. Readers who begin at CURRENT see one run, whole, whatever happens to an upload.
"""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.io import durable
from flows.io.object_store import Objects
from flows.io.publish import Manifest, Shelf, as_json, kept_runs, manifest_of
from flows.places import Bucket

TRIES = 6
FIRST_WAIT_S = 0.2
ACCOUNT = "run.json"
POINTER = "CURRENT"


@dataclass(kw_only=True)
class Mirrored:
    """What became of the files of a mirror."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Files that somebody held open to the end: they show an earlier run, or are gone only later."""
    problem: str = ""
    """Why a bucket shows an earlier run, or still holds one that should be gone; empty where all is well."""


def refresh_mirror(
    shelf: Shelf, manifest: Manifest, mirror: Path | Bucket, *, sleep: Callable[[float], None] = time.sleep
) -> Mirrored:
    """Bring a mirror up to the run that counts; what is there already is not touched."""
    if isinstance(mirror, Bucket):
        return _refresh_bucket(shelf, manifest, mirror)
    done, source = Mirrored(), shelf.folder_of(manifest["run"])
    there = _account(mirror)
    files: dict[str, Any] = {}
    for name, it in sorted(manifest["outputs"].items()):
        was = there.get(name, {})
        if was.get("sha256") == it["sha256"] and (mirror / name).is_file():
            files[name] = was
        elif _insist(sleep, _copy, source / name, mirror / name):
            done.written.append(name)
            files[name] = {"sha256": it["sha256"], "run": manifest["run"]}
        else:
            done.refused.append(name)
            files |= {name: was} if was else {}
    for name in sorted(there.keys() - manifest["outputs"].keys()):
        if _insist(sleep, durable.remove, mirror / name):
            done.removed.append(name)
        else:
            done.refused.append(name)
            files[name] = there[name]
    account = as_json({"run": manifest["run"], "run_key": manifest["run_key"], "files": files})
    if not (mirror / ACCOUNT).is_file() or (mirror / ACCOUNT).read_bytes() != account:
        _insist(sleep, durable.put_bytes, mirror / ACCOUNT, account)
    return done


def _copy(source: Path, target: Path) -> None:
    """One file, whole or as it was."""
    durable.folder(target.parent)

    def write(draft: Path) -> None:
        shutil.copyfile(source, draft)

    durable.put(target, write)


def _insist(sleep: Callable[[float], None], change: Callable[..., object], *args: object) -> bool:
    """Try, and try again a little later while the share refuses; False where it never let us."""
    wait_s = FIRST_WAIT_S
    for number in range(1, TRIES + 1):
        try:
            change(*args)
        except PermissionError:
            if number < TRIES:
                sleep(wait_s)
                wait_s *= 2
        else:
            return True
    return False


def _account(mirror: Path) -> dict[str, Any]:
    """The files a mirror had, by name; none where its account cannot be read."""
    try:
        told = json.loads((mirror / ACCOUNT).read_bytes())
        files = told["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return files if isinstance(files, dict) else {}


def name_in_bucket(manifest: Manifest) -> str:
    """The name of a run in a bucket: another content never has the same, even where the count began anew."""
    return f"{manifest['run']:06d}-{manifest['run_key']}"


def _refresh_bucket(shelf: Shelf, manifest: Manifest, mirror: Bucket) -> Mirrored:
    """Put the run that counts into a bucket. It was published before: what fails here is said, and done next time."""
    done, name = Mirrored(), name_in_bucket(manifest)
    try:
        objects = Objects.of(mirror)
        shown = (objects.content(POINTER) or b"").decode("ascii", "replace").strip()
        if shown != name or _short(objects, manifest):
            _put_run(objects, shelf, manifest, done, before=_manifest_in(objects, shown, manifest))
            objects.put(POINTER, f"{name}\n".encode())
        _forget_runs(objects, shelf, manifest, done)
    except OSError as problem:
        done.refused.append(POINTER)
        done.problem = (
            f"{mirror}: run {name} could not be put there: {problem}. It will be tried again by the next run."
        )
    return done


def _put_run(objects: Objects, shelf: Shelf, manifest: Manifest, done: Mirrored, *, before: Manifest) -> None:
    """All files of a run, and its manifest once every one of them is there with the bytes it should have."""
    home, target = shelf.folder_of(manifest["run"]), _folder(manifest)
    lost = _short(objects, before) if before["outputs"] else []
    for name, it in sorted(manifest["outputs"].items()):
        was = before["outputs"].get(name)
        if was is not None and was["sha256"] == it["sha256"] and name not in lost and _folder(before) != target:
            objects.copy(f"{_folder(before)}/{name}", f"{target}/{name}")
        elif objects.put_file(f"{target}/{name}", home / name) == it["sha256"]:
            done.written.append(name)
        else:
            raise OSError(f"{home / name} is not as it was written; `verify` says more")
    if short := _short(objects, manifest):
        raise OSError(f"{', '.join(short)} did not arrive whole")
    objects.put(f"{target}/manifest.json", as_json(manifest))


def _short(objects: Objects, manifest: Manifest) -> list[str]:
    """The files of a run that are not in the bucket at their full length."""
    there = objects.sizes(_folder(manifest))
    return sorted(name for name, it in manifest["outputs"].items() if there.get(name) != it["bytes"])


def _folder(manifest: Manifest) -> str:
    return f"runs/{name_in_bucket(manifest)}"


def _manifest_in(objects: Objects, shown: str, manifest: Manifest) -> Manifest:
    """The manifest of the run that a bucket shows, whose files need not travel again; one without files where none."""
    told = objects.content(f"runs/{shown}/manifest.json") if shown else None
    if told is None:
        return {"outputs": {}}
    before: Manifest = json.loads(told)
    if before["name"] != manifest["name"]:
        raise OSError(f"it holds the tables of {before['name']!r}; give {manifest['name']!r} a prefix of its own")
    return before


def _forget_runs(objects: Objects, shelf: Shelf, manifest: Manifest, done: Mirrored) -> None:
    """Remove the runs that are no longer kept here: old ones, torn ones, those from before somebody was erased."""
    kept = {name_in_bucket(it) for run in kept_runs(shelf) if (it := manifest_of(shelf, run))}
    for name in objects.folders("runs"):
        if name not in kept | {name_in_bucket(manifest)}:
            objects.remove_below(f"runs/{name}")
            done.removed.append(name)
