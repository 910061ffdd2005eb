"""Where the rows of a CSV are kept: parsed, while they are few; else as one clean text on disk, parsed when used.

A text that was proven well-formed is laid down as it stands, in UTF-8 and without what was refused: it is a third of
the size of its parsed cells, and polars reads it once, by several threads, straight into what uses the rows. The copy
is ours: nobody can change it, or cut it short, after it was hashed and judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from flows.io.csv_cells import header_line, no_cells, plain_names
from flows.io.csv_lines import Counts
from flows.io.csv_part import Part
from flows.io.csv_records import Rules
from flows.io.landed import LINE
from flows.io.staged_rows import Rows, Staging

_LINES_HELD = 4_000_000
_TEXT = "rows.csv"


class Kept(Protocol):
    """Room for the rows of one file, handed over block by block."""

    @property
    def height(self) -> int:
        """Rows taken so far."""
        ...

    def take(self, part: Part) -> None:
        """Take the rows of one more block."""
        ...

    def frame(self) -> pl.LazyFrame:
        """All rows in their order."""
        ...


def room(rules: Rules, staging: Staging, text_bytes: int) -> Kept:
    """Room for the rows of a text of so many bytes."""
    folder = staging.folder_for(text_bytes)
    return AsFrames(staging.rows(no_cells(rules))) if folder is None else AsText(rules, folder)


@dataclass(frozen=True)
class AsFrames:
    """Rows as frames."""

    rows: Rows

    @property
    def height(self) -> int:
        """Rows taken so far."""
        return self.rows.height

    def take(self, part: Part) -> None:
        """Take the rows of one more block."""
        if part.frame is not None:
            self.rows.add(part.frame)

    def frame(self) -> pl.LazyFrame:
        """All rows in their order."""
        return self.rows.frame()


@dataclass
class AsText:
    """Rows as text, beside the lines they start on."""

    rules: Rules
    folder: Path
    height: int = 0
    _is_quoted: bool = False
    _held: list[Counts] = field(default_factory=list)
    _held_lines: int = 0
    _lines: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start anew: what an earlier attempt left there is gone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _TEXT).write_bytes(header_line(self.rules.grammar))

    def take(self, part: Part) -> None:
        """Take the rows of one more block."""
        clean = part.clean
        if clean is None or not clean.first_lines.size:
            return
        with (self.folder / _TEXT).open("ab") as file:
            file.write(clean.text)
        self.height += clean.first_lines.size
        self._is_quoted |= clean.is_quoted
        self._held.append(clean.first_lines)
        self._held_lines += clean.first_lines.size
        if self._held_lines > _LINES_HELD:
            self._write_lines()

    def frame(self) -> pl.LazyFrame:
        """All rows in their order; as many rows must come of the text as lines were noted, or nothing comes."""
        if not self.height:
            return no_cells(self.rules).lazy()
        if self._held:
            self._write_lines()
        grammar, names = self.rules.grammar, plain_names(self.rules.grammar)
        cells = pl.scan_csv(
            self.folder / _TEXT,
            separator=chr(grammar.separator),
            quote_char=chr(grammar.quote) if self._is_quoted and grammar.quote is not None else None,
            schema=dict.fromkeys(names, pl.String()),
            empty_string_is_null=False,
            glob=False,
        )
        named = cells.rename(dict(zip(names, self.rules.header.names, strict=True)))
        return pl.concat([named, pl.scan_ipc(self._lines, glob=False)], how="horizontal")

    def _write_lines(self) -> None:
        path = self.folder / f"lines-{len(self._lines):06d}.arrow"
        pl.DataFrame({LINE: np.concatenate(self._held)}).write_ipc(path, compression="uncompressed")
        self._lines.append(path)
        self._held, self._held_lines = [], 0
