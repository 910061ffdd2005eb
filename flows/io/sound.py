"""Whether files are still the bytes that were written: several stages of a night ask, and one process hashes each once.

A file is taken for the one that was hashed where the disk tells the same of it. The next night hashes it again.
"""

import datetime as dt
from pathlib import Path

from flows.io import durable

_SOUND: set[tuple[object, ...]] = set()
"""What the disk told of files that were as they were written, and on which night."""


def is_sound(path: Path, sha256: str, night: dt.datetime) -> bool:
    """Whether a file is there with these bytes; `night` is the end of the day of the run that asks."""
    if not path.is_file():
        return False
    if (seen := _seen(path, sha256, night)) not in _SOUND and durable.fingerprint(path) == sha256:
        _SOUND.add(seen)
    return seen in _SOUND


def note_sound(path: Path, sha256: str, night: dt.datetime) -> None:
    """Take a file for sound that was hashed a moment ago."""
    _SOUND.add(_seen(path, sha256, night))


def _seen(path: Path, sha256: str, night: dt.datetime) -> tuple[object, ...]:
    about = path.stat()
    return path, sha256, night, about.st_ino, about.st_size, about.st_mtime_ns
