"""Rows that may be more than the memory: kept as frames while they are few, then on disk part by part."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import polars as pl

HELD_BYTES = 64 << 20
"""Rows held before they go to disk: a night's export is far below, a backfill far above."""
DRAFT_BYTES = TEXT_BYTES = 32 << 20


@dataclass(kw_only=True)
class Rows:
    """The rows of one file, handed over block by block; a column that some blocks lack is null there."""

    none: pl.DataFrame
    """No row, with every column."""
    folder: Path | None
    """Where parts may be written; None: all is kept in memory."""
    height: int = 0
    _held: list[pl.DataFrame] = field(default_factory=list)
    _held_bytes: int = 0
    _parts: list[Path] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Take the rows of one more block."""
        if not frame.height:
            return
        self.height += frame.height
        self._held.append(frame)
        self._held_bytes += int(frame.estimated_size())
        if self.folder is not None and self._held_bytes > HELD_BYTES:
            self._write(self.folder)

    def frame(self) -> pl.LazyFrame:
        """All rows in their order."""
        if not self._parts or self.folder is None:
            return pl.concat(self._held or [self.none], how="diagonal").lazy()
        if self._held:
            self._write(self.folder)
        return pl.concat([pl.scan_ipc(part, glob=False) for part in self._parts], how="diagonal")

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{len(self._parts):06d}.arrow"
        pl.concat(self._held, how="diagonal").write_ipc(path, compression="uncompressed")
        self._parts.append(path)
        self._held, self._held_bytes = [], 0


@dataclass(frozen=True)
class Staging:
    """Where the rows of one file may be laid down. Whoever names a folder removes it when the rows are used."""

    folder: Path | None = None

    def draft(self) -> IO[bytes]:
        """A file for a text that is unpacked or turned: in memory while small, then on disk without a name.

        Nothing is left of it once it is closed, or the process is gone.
        """
        beside = None if self.folder is None else str(self.folder.parent)
        return tempfile.SpooledTemporaryFile(max_size=DRAFT_BYTES, dir=beside)

    def folder_for(self, text_bytes: int) -> Path | None:
        """Where a text of so many bytes is laid down as it is; None: it is small enough to be kept parsed."""
        return self.folder if text_bytes > TEXT_BYTES else None

    def rows(self, none: pl.DataFrame) -> Rows:
        """Room for the rows of a file; what an earlier attempt left there is not read."""
        return Rows(none=none, folder=self.folder)


IN_MEMORY = Staging()
