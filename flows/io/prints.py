"""Fingerprints of delivered files, noted from run to run: a file that nobody touched since is not read to be known.

A file is taken for the one that was hashed where its size, its number on the disk, and the times of its last change of
content (mtime) and of any change at all (ctime) are the same to the nanosecond. Who writes a byte moves the last of
these, and no command can put it back. A file that changed a moment before it was hashed could change once more within
one tick of the disk's clock: it is noted only once it has been left alone for a while.

The note lies beside the lock, not in the store: it tells of this disk, the store of the exports alone. It is only ever
believed whole; without it every file is hashed again.
"""

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from flows.io import durable
from flows.io.publish import as_json
from flows.settings import Settings, digest

LEFT_ALONE_NS = 2 * 10**9
"""The coarsest clock of a disk in use ticks every two seconds (FAT)."""

Print = tuple[int, int, int, int, str]
"""Size, mtime and ctime in nanoseconds, inode, SHA-256."""


@dataclass(frozen=True, kw_only=True)
class Prints:
    """What is known of the files of the raw folder, and what was seen of them this time."""

    note: Path
    now_ns: float
    known: dict[str, Print]
    seen: dict[str, Print] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, *, now_s: float) -> "Prints":
        """As they were noted before."""
        note = settings.prints
        return cls(note=note, now_ns=now_s * 1e9, known=_noted(note))

    def fingerprint(self, slot: str, path: Path) -> str:
        """SHA-256 of a file's bytes: as noted where nobody touched it since, else of the bytes as they are now."""
        # Opened even so: it must be readable, and a share then tells its state afresh.
        with path.open("rb", buffering=0) as stream:
            before = _state(os.fstat(stream.fileno()))
            noted = self.seen.get(slot) or self.known.get(slot)
            if noted is not None and noted[:-1] == before:
                self.seen[slot] = noted
                return noted[-1]
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            after = _state(os.fstat(stream.fileno()))
        _, mtime_ns, ctime_ns, _ = before
        if before == after and max(mtime_ns, ctime_ns) + LEFT_ALONE_NS < self.now_ns:
            self.seen[slot] = (*before, sha256)
        return sha256

    def keep(self) -> None:
        """Note what was seen. Where that fails, nothing is lost but time: the next run hashes again."""
        files = {slot: list(it) for slot, it in self.seen.items()}
        with contextlib.suppress(OSError):
            durable.put_bytes(self.note, as_json({"files": files, "sha256": digest(files)}))


def forget(settings: Settings) -> None:
    """Believe no note any more: a file was not what its fingerprint said."""
    durable.remove(settings.prints)


def _noted(note: Path) -> dict[str, Print]:
    """What the note says; nothing where it is not whole."""
    try:
        told = json.loads(note.read_bytes())
        is_whole = told["sha256"] == digest(told["files"])
        return {slot: tuple(it) for slot, it in told["files"].items()} if is_whole else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _state(about: os.stat_result) -> tuple[int, int, int, int]:
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino
