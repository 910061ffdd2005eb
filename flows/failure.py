"""What `status` says of a run that did not come to its end: notes beside the store, gone after the next that does.

`failure.json` is left by a run that could still speak. `begun.json` lies there while a run is at work: found when none
is, it tells of one that was killed, or of a power loss.
"""

import contextlib
import datetime as dt
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.errors import PlainError
from flows.home import data_folder
from flows.io import durable
from flows.io.publish import as_json

NAME = "failure.json"
BEGUN = "begun.json"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A run that has not come to its end, or not yet."""

    what: str
    process: int
    at_s: float


@contextmanager
def under_way(home: Path, what: str) -> Iterator[None]:
    """Note that a run has begun, until it ends; one that fails leaves the note for `note_failure`. Hold the lock."""
    path = durable.folder(home / "store") / BEGUN
    durable.put_bytes(path, as_json({"what": what, "process": os.getpid()}))
    yield
    durable.remove(path)


def note_failure(data: str, message: str) -> None:
    """Leave a note; where there is no deployment folder there is nothing to leave it in."""
    try:
        home = data_folder(data)
    except PlainError:
        return
    with contextlib.suppress(OSError):  # a full disk: then the note of a run that has begun stays
        durable.folder(home / "store")
        durable.put_bytes(home / "store" / NAME, as_json({"message": message}))
        begun = noted_begun(home)
        if begun is not None and begun.process == os.getpid():
            durable.remove(home / "store" / BEGUN)


def forget_failure(home: Path) -> None:
    """A run went well: the notes of those before it go, if there are any."""
    for name in (NAME, BEGUN):
        if (home / "store" / name).is_file():
            durable.remove(home / "store" / name)


def noted_failure(home: Path) -> tuple[str, float] | None:
    """What the last run stopped at, and when; None where it did not."""
    path = home / "store" / NAME
    if not path.is_file():
        return None
    return str(_document(path).get("message", "It left no message.")), path.stat().st_mtime


def noted_begun(home: Path) -> Begun | None:
    """The run that has begun, and neither ended nor said why not; None where there is none."""
    path = home / "store" / BEGUN
    try:
        at_s = path.stat().st_mtime
    except FileNotFoundError:
        return None
    told = _document(path)
    return Begun(what=str(told.get("what", "a run")), process=int(told.get("process", 0)), at_s=at_s)


def tell_of_the_dead(home: Path) -> None:
    """Say that the run before died without a word; hold the lock, or it may be at work."""
    if begun := noted_begun(home):
        print(f"The run before died: {story_of(begun)}", file=sys.stderr)


def story_of(begun: Begun) -> str:
    """What is known of a run that died without a word."""
    return (
        f"{begun.what}, begun {moment(begun.at_s)} (process {begun.process}), did not come to its end: "
        "it was killed, memory ran out, or the power failed. What was published before stands."
    )


def moment(seconds: float) -> str:
    """An instant on the clock of the reader."""
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _document(path: Path) -> dict[str, Any]:
    """What a note says; nothing where it went away meanwhile or a power loss left only its name."""
    try:
        told = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
