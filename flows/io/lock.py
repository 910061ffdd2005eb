"""One run at a time: a kernel lock that the death of its holder frees, whatever the death."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.errors import PlainError
from flows.io import durable

ASKED_AGAIN_EVERY_S = 2.0
LOOK_S = 0.3
"""Whoever only asks who holds the lock has it for an instant, which must not turn a run away."""


class Busy(PlainError):  # noqa: N818 -- read aloud where it is caught
    """Another run holds the data folder; nothing was done."""


@contextmanager
def exclusive(path: Path, *, wait_s: float = 0) -> Iterator[Callable[[str], None]]:
    """Hold the lock, or raise `Busy`; what is yielded writes down who holds it, for the others to read.

    Where another run holds it, `wait_s` is how long it may take to end; without it `Busy` comes at once.

    The file itself is never removed: two processes could then hold "the" lock on two files of one name.
    """
    durable.folder(path.parent)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        _take(descriptor, path, until_s=time.monotonic() + max(wait_s, LOOK_S))

        def announce(what: str) -> None:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {what}".encode(), 0)

        yield announce
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, *, until_s: float) -> None:
    """Take the lock, now or as soon as it is free."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                raise Busy(_explanation(path, _note(descriptor))) from None
            time.sleep(min(left_s, ASKED_AGAIN_EVERY_S))
        else:
            return


def holder(path: Path) -> str | None:
    """Who holds the lock, as far as that is known; None where nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _who(_note(descriptor))
    else:
        return None
    finally:
        os.close(descriptor)


def _note(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode("utf-8", "replace")


def _explanation(path: Path, note: str) -> str:
    return (
        f"{path.parent}: another run is at work ({_who(note)}). Nothing was done: wait for its end, then start again."
    )


def _who(note: str) -> str:
    """Who left a note in the lock, as far as it is about a living process."""
    pid, _, what = note.partition(" ")
    living = pid.isdigit() and _is_alive(int(pid))
    return f"process {pid}, {what}" if living else "a run that has just begun"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
