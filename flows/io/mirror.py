"""A second copy of the tables for readers that cannot follow a link, such as a Windows share: file by file, by rename.

A share may refuse to replace a file that somebody has open. Each file is tried a bounded number of times; one that
stays refused keeps its old content, whole, and is said. `run.json` goes last: it names the run of every file.
"""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.io import durable
from flows.io.publish import Manifest, Shelf, as_json

TRIES = 6
FIRST_WAIT_S = 0.2
ACCOUNT = "run.json"


@dataclass(kw_only=True)
class Mirrored:
    """What became of the files of a mirror."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Files that somebody held open to the end: they show an earlier run, or are gone only later."""


def refresh_mirror(
    shelf: Shelf, manifest: Manifest, mirror: Path, *, sleep: Callable[[float], None] = time.sleep
) -> Mirrored:
    """Bring a mirror folder up to the run that counts; what is there already is not touched."""
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
