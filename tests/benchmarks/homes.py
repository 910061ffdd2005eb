"""Where the bench works: one deployment by case. Exports are hard links to those of the first, for they are large."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_STATE = ("published", "store", "quarantine", ".fingerprints.json")
"""What a run leaves, and the next one goes on from."""
_OWN = ("journal", ".lock")
_NOTE = "made.json"
_GENERATOR = ("world.py", "generate.py", "delivery.py", "deployment.py")
_LINKED_BYTES = 1 << 16
"""Files from this size on are linked: no run writes into a file that is there, it puts another in its place."""


@dataclass(frozen=True)
class Place:
    """Where the bench works."""

    home: Path

    def __getattr__(self, name: str) -> Path:
        """A folder by its name."""
        return self.home / name.replace("_", "-")

    def costs(self, name: str) -> Path:
        """Where a case puts down what its stages took."""
        return self.home / f"costs-{name}.json"


@contextmanager
def making(home: Path, *modules: str, **asked: object) -> Iterator[bool]:
    """True where a deployment is to be made; false where it lies there, made of the same by the same generator."""
    note = home / _NOTE
    wanted = {**asked, "generator": _code_of(*_GENERATOR, *modules)}
    is_there = note.is_file() and json.loads(note.read_text("utf-8")) == wanted
    if not is_there:
        shutil.rmtree(home, ignore_errors=True)
    yield not is_there
    note.write_text(json.dumps(wanted, indent=1), "utf-8")


def _code_of(*modules: str) -> str:
    here = Path(__file__).parent
    return hashlib.sha256(b"\0".join((here / name).read_bytes() for name in modules)).hexdigest()[:16]


def copy(source: Path, target: Path) -> None:
    """The exports and settings of a deployment, without what a run made of them.

    To be done before any run: a link more is a change to the file, and it would be hashed again.
    """
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_STATE, *_OWN, _NOTE), copy_function=link)


def clear(home: Path) -> None:
    """Nothing of an earlier run is left."""
    for name in (*_STATE, *_OWN):
        shutil.rmtree(home / name, ignore_errors=True)
        with suppress(OSError):
            (home / name).unlink()


def renew(source: Path, home: Path) -> None:
    """The state after the history's backfill, with the exports of one more day beside."""
    clear(home)
    for path in (source / name for name in _STATE):
        if path.is_dir():
            shutil.copytree(path, home / path.name, symlinks=True, copy_function=link)
        elif path.is_file():
            shutil.copy2(path, home)


def link(source: str, target: str) -> str:
    """The same file under another name; a small one as a copy."""
    if Path(source).stat().st_size >= _LINKED_BYTES:
        with suppress(OSError):  # a disk that knows no links
            os.link(source, target)
            return target
    return str(shutil.copy2(source, target))
