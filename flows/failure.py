"""What `status` says of a run that failed: a note beside the store, gone after the next run that does not."""

import json
from pathlib import Path

from flows.errors import PlainError
from flows.io import durable
from flows.io.publish import as_json
from flows.settings import data_folder

NAME = "failure.json"


def note_failure(data: str, message: str) -> None:
    """Leave a note; where there is no deployment folder there is nothing to leave it in."""
    try:
        home = data_folder(data)
    except PlainError:
        return
    durable.folder(home / "store")
    durable.put_bytes(home / "store" / NAME, as_json({"message": message}))


def forget_failure(home: Path) -> None:
    """The run went well: the note goes, if there is one."""
    path = home / "store" / NAME
    if path.is_file():
        durable.remove(path)


def noted_failure(home: Path) -> tuple[str, float] | None:
    """What the last run stopped at, and when; None where it did not."""
    path = home / "store" / NAME
    if not path.is_file():
        return None
    return str(json.loads(path.read_bytes())["message"]), path.stat().st_mtime
