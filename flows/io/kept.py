"""Frames that are kept from night to night: one is made again only where something that it is made of has changed.

A kept frame lies in the store under a key: the fingerprint of its name, of code and settings, and of the content of the
frames it is made of. A frame that is made again and comes out the same leaves its readers as they were, for what they
are made of is its content. The record beside is written after the rows: a frame without one is not there.

Time alone changes some frames: a ticket without an answer is unanswered once a day is over. Such a frame says until
when it holds; made for the end of one day, it serves every later day before that instant.

Nothing here has to survive a power loss: a record says which bytes it speaks of, rows are hashed before they are read,
and what is missing or other is made again.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import polars as pl

from expectations.schema import Table
from flows.io import durable, parquet
from flows.io.publish import Manifest, as_json
from flows.io.sound import is_sound, note_sound
from flows.settings import digest


def premises_of(rules_sha256: str, documents_sha256: str) -> str:
    """Fingerprint of what every frame depends on: code and libraries, and settings."""
    return digest([rules_sha256, documents_sha256])


class Kept(TypedDict):
    """A frame of the store, or a part of one."""

    key: str
    rows: int
    bytes: int
    sha256: str
    made_at: str
    """The end of the day for which it was made."""
    holds_until: str
    """The first instant at which time alone may change it; empty where it never does."""


Parts = Mapping[str, Kept]
"""The parts of a frame, by name."""
_ROWS_CHECKED_AT_ONCE = 1_000_000
_ROWS_AT_ONCE = 2_000_000
"""Of how many rows a frame is made in memory: a part has half a million, unless everything came on one day."""
Check = Callable[[pl.LazyFrame], None]
"""Stops the run at rows that may not be relied upon."""


@dataclass(frozen=True, kw_only=True)
class Making:
    """How a frame is made, should it not be there."""

    name: str
    made_of: Sequence[Kept]
    """The frames that it reads."""
    and_of: object = None
    """What else decides its content: plain data."""
    make: Callable[[], pl.LazyFrame]
    holds_until: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None
    """From the rows made to the instant, in one cell, at which time alone may change them; None: it never does."""
    table: Table | None = None
    """What its file says of its columns, where readers open it: such a file is only taken if its bytes are sound."""
    at_once: bool = False
    """Made in memory, as long as the frames that it reads are not long, and not as its rows pass by."""


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """The kept frames of a deployment, as of the end of a day."""

    home: Path
    premises: str
    """Fingerprint of code and settings: under others, every frame is another."""
    end: dt.datetime

    def path(self, kept: Kept) -> Path:
        """Where the rows are."""
        return self.home / rows_file(kept)

    def is_sound(self, kept: Kept) -> bool:
        """The rows are still the bytes that were written."""
        return is_sound(self.path(kept), kept["sha256"], self.end)

    def sound(self, parts: Parts) -> pl.LazyFrame:
        """The rows of all parts, of the bytes that were written: for whoever reads what was made on another night."""
        for it in parts.values():
            self.require_sound(it)
        return self.frame(parts)

    def frame(self, parts: Parts) -> pl.LazyFrame:
        """The rows of all parts, for a `Making`: they are hashed if it is made."""
        return pl.scan_parquet([self.path(parts[name]) for name in sorted(parts)], glob=False)

    def kept(self, makings: Mapping[str, Making], check: Check | None = None) -> dict[str, Kept]:
        """The parts of a frame, out of the store where they are there and hold, else made.

        `check` is shown the rows that were made, many parts at a time, before anything may rely on them: what tells a
        row from others keeps them in one part.
        """
        found = {part: self.there(making) for part, making in makings.items()}
        made: dict[str, Kept] = {}
        unseen: dict[str, Kept] = {}
        for part in (part for part, there in found.items() if there is None):
            made[part] = unseen[part] = self._rows(makings[part])
            if check is None or sum(it["rows"] for it in unseen.values()) >= _ROWS_CHECKED_AT_ONCE:
                self._note(unseen, check)
                unseen = {}
        self._note(unseen, check)
        return {part: there if there is not None else made[part] for part, there in found.items()}

    def _note(self, parts: Parts, check: Check | None) -> None:
        """From now on the parts are there, unless they do not pass."""
        if check is not None and parts:
            check(self.frame(parts))
        for made in parts.values():
            about = as_json({"kept": made, "sha256": digest(made)})
            durable.put_bytes(self.home / f"{made['key']}.json", about, is_lasting=False)

    def there(self, making: Making) -> Kept | None:
        """The frame as it lies in the store; None where it is to be made."""
        there = record(self.home, self._key(making))
        if there is None or not self._holds(there):
            return None
        return there if making.table is None or self.is_sound(there) else None

    def _key(self, making: Making) -> str:
        content = [it["sha256"] for it in making.made_of]
        return digest([self.premises, making.name, content, making.and_of])[:20]

    def _holds(self, there: Kept) -> bool:
        """Whether a frame is there, and what it was on its day."""
        path = self.path(there)
        if not path.is_file() or path.stat().st_size != there["bytes"]:
            return False
        end = self.end.isoformat()
        return there["made_at"] == end or (
            there["made_at"] < end and (not there["holds_until"] or end < there["holds_until"])
        )

    def _rows(self, making: Making) -> Kept:
        """The rows, made anew, in the store; nothing says yet that they are there."""
        for it in making.made_of:
            self.require_sound(it)
        durable.folder(self.home)
        key, made_at = self._key(making), self.end.isoformat()
        path = self.home / _rows_file(key, made_at)
        durable.remove(self.home / f"{key}.json")
        rows = making.make()
        if making.at_once and sum(it["rows"] for it in making.made_of) <= _ROWS_AT_ONCE:
            rows = rows.collect(engine="in-memory").lazy()
        written = parquet.write(rows, path, making.table, is_lasting=False)
        until = None
        if making.holds_until is not None:
            until = making.holds_until(pl.scan_parquet(path, glob=False)).collect().item()
        holds_until = "" if until is None else until.isoformat()
        made: Kept = {"key": key, **written, "made_at": made_at, "holds_until": holds_until}
        note_sound(path, made["sha256"], self.end)
        return made

    def require_sound(self, kept: Kept) -> None:
        """Stop at a frame that is damaged, and see to it that the next run makes it again."""
        if not self.is_sound(kept):
            durable.remove(self.home / f"{kept['key']}.json")
            raise parquet.Damaged(
                f"{self.path(kept)}: looked for a frame with the fingerprint {kept['sha256'][:12]}, what is there is "
                "another or nothing. Nothing was published. Run again: the frame is made anew from the exports."
            )


def rows_file(kept: Kept) -> str:
    """The name of the file of the rows: one day's frame does not take the place of another's, which a kept run has."""
    return _rows_file(kept["key"], kept["made_at"])


def _rows_file(key: str, made_at: str) -> str:
    return f"{key}.{made_at[:10]}.parquet"


def record(home: Path, key: str) -> Kept | None:
    """What is known of a kept frame; None where it is not known for certain."""
    path = home / f"{key}.json"
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_bytes())
        kept: Kept = told["kept"]
    except (ValueError, KeyError, TypeError):
        return None
    return kept if told.get("sha256") == digest(kept) else None


def forget_damaged(home: Path) -> None:
    """Believe no record any more whose rows are not the bytes that were written."""
    for path in sorted(home.glob("*.json")):
        it = record(home, path.stem)
        rows = home / rows_file(it) if it is not None else path
        if it is not None and not (rows.is_file() and durable.fingerprint(rows) == it["sha256"]):
            durable.remove(path)


def frames_of(manifest: Manifest) -> dict[str, dict[str, Kept]]:
    """The kept frames that a run was made of, by frame and part."""
    found: dict[str, dict[str, Kept]] = manifest.get("kept", {})
    return found


def sweep(home: Path, manifest: Manifest) -> None:
    """Remove the frames that the run that counts was not made of: the next night looks for no others."""
    needed = {
        name
        for parts in frames_of(manifest).values()
        for kept in parts.values()
        for name in (rows_file(kept), f"{kept['key']}.json")
    }
    there = {path.name for path in home.iterdir()} if home.is_dir() else set()
    for name in sorted(there - needed):
        durable.remove(home / name)
