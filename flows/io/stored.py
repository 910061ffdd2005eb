"""The rows of exports as they lie in the store: whether they are there, whether they are whole, and the rows.

Which files are there is asked every night, of all exports; their bytes are hashed before anything is made of them, for
most nights make little of few of them. `verify` hashes all.
"""

import datetime as dt
from pathlib import Path
from typing import Literal

import polars as pl

from flows.io import durable, parquet
from flows.io.ledger import Record, record
from flows.io.parquet import Damaged, Written
from flows.io.sound import is_sound

Part = Literal["good", "quarantine"]
_ENDS: dict[Part, str] = {"good": "parquet", "quarantine": "quarantine.parquet"}


def files_of(store: Path, told: Record) -> list[tuple[Path, Written]]:
    """The files of the rows of a record, and what was written into them."""
    found = [(_path(store, told, part), told[part]) for part in _ENDS]
    return [(path, written) for path, written in found if written is not None]


def is_there(store: Path, told: Record) -> bool:
    """The rows of a record lie in files of the right size."""
    return all(path.is_file() and path.stat().st_size == it["bytes"] for path, it in files_of(store, told))


def is_whole(store: Path, told: Record) -> bool:
    """The rows of a record are still the bytes that were written."""
    return all(path.is_file() and durable.fingerprint(path) == it["sha256"] for path, it in files_of(store, told))


def rows(store: Path, told: Record, part: Part = "good") -> pl.LazyFrame:
    """The rows of a record, of the bytes that were written; a record of others is not believed any more."""
    written = told[part]
    if written is None:
        raise Damaged(
            f"{told['slot']}: looked for its stored rows ({part}), its record tells of none. "
            "Put the export back into the raw folder and run again."
        )
    try:
        return parquet.read(_path(store, told, part), sha256=written["sha256"])
    except Damaged:
        forget(store, told)
        raise


def require_sound(store: Path, told: Record, night: dt.datetime) -> None:
    """Stop where the good rows of a record are not the bytes that were written; they are hashed once a night."""
    good = told["good"]
    if good is not None and not is_sound(_path(store, told, "good"), good["sha256"], night):
        rows(store, told)  # it says what is wrong


def forget(store: Path, told: Record) -> None:
    """Believe a record no more: its export is read again, if it is still there."""
    durable.remove(store / f"{told['key']}.json")


def forget_damaged(store: Path) -> None:
    """Believe no record any more whose rows are not the bytes that were written."""
    for path in sorted(store.glob("*.json")):
        told = record(store, path.stem)
        if told is not None and not is_whole(store, told):
            forget(store, told)


def _path(store: Path, told: Record, part: Part) -> Path:
    return store / f"{told['key']}.{_ENDS[part]}"
