"""One run at a time: a kernel lock that the death of its holder frees, whatever the death."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.errors import PlainError
from flows.io import durable


class Busy(PlainError):  # noqa: N818 -- read aloud where it is caught
    """Another run holds the data folder; nothing was done."""


@contextmanager
def exclusive(path: Path) -> Iterator[Callable[[str], None]]:
    """Hold the lock, or raise `Busy` at once; what is yielded writes down who holds it, for the others to read.

    The file itself is never removed: two processes could then hold "the" lock on two files of one name.
    """
    durable.folder(path.parent)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(_explanation(path, os.pread(descriptor, 200, 0).decode("utf-8", "replace"))) from None

        def announce(what: str) -> None:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {what}".encode(), 0)

        yield announce
    finally:
        os.close(descriptor)


def _explanation(path: Path, note: str) -> str:
    """Who holds the lock, as far as the note left in it is about a living process."""
    pid, _, what = note.partition(" ")
    living = pid.isdigit() and _is_alive(int(pid))
    who = f"process {pid}, {what}" if living else "a run that has just begun"
    return f"{path.parent}: another run is at work ({who}). Nothing was done: wait for its end, then start again."


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
