"""Room for records of JSON, of which the columns are only known at the end: one frame for each few of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from flows.io.json_values import Cells
from flows.io.landed import (
    LINE,
    Account,
    Limits,
    Parsed,
    Refused,
    cut_raw,
    refused_frame,
    require_few_refused,
    unique_names,
)
from flows.io.staged_rows import Rows, Staging
from transforms.layout import header_name

_TEXT_HELD = 16 << 20
_CELLS_HELD = 500_000
_EMPTY_PER_FILLED = 50
"""How sparse a table may be: objects that share no keys would make one far wider than what was delivered."""


@dataclass(kw_only=True)
class Records:
    """The records of one file, handed over one by one."""

    name: str
    limits: Limits
    staging: Staging
    accepted: int = 0
    refusals: list[tuple[int, str, str]] = field(default_factory=list)
    _keys: dict[str, int] = field(default_factory=dict)
    _columns: dict[str, tuple[list[int], list[str]]] = field(default_factory=dict)
    """Of what is held: for each key the places and the texts of its cells."""
    _lines: list[int] = field(default_factory=list)
    _text: int = 0
    _filled: int = 0

    def __post_init__(self) -> None:
        """Nothing yet."""
        self._rows: Rows = self.staging.rows(pl.DataFrame(schema={LINE: pl.Int64()}))

    def add(self, line: int, cells: Cells) -> None:
        """Take one accepted record."""
        place = len(self._lines)
        for key, value in cells.items():
            if key not in self._columns:
                self._columns[key] = ([], [])
            places, texts = self._columns[key]
            places.append(place)
            texts.append(value)
            self._text += len(value)
        self.accepted += 1
        self._filled += len(cells)
        self._lines.append(line)
        if self._text > _TEXT_HELD or len(self._lines) * len(self._columns) > _CELLS_HELD:
            self._hand_on()

    def refuse(self, line: int, reason: str, raw: str) -> None:
        """Take one refused record."""
        self.refusals.append((line, reason, cut_raw(raw)))
        require_few_refused(self.name, len(self.refusals), self.accepted, "one object a record", self.limits)

    def parsed(self, encoding: str, account: Account, blank_lines: int) -> Parsed:
        """What came of the file: a key that an object lacks is an empty cell, which the mapping judges."""
        self._hand_on()
        names = unique_names(header_name(key) for key in self._keys)
        columns = [
            pl.col(str(number)).fill_null("").alias(name)
            for name, number in zip(names, self._keys.values(), strict=True)
        ]
        return Parsed(
            encoding=encoding,
            header=names,
            rows=self._rows.frame().select(*columns, LINE),
            refused=refused_frame(self.refusals),
            rows_in=self.accepted + len(self.refusals),
            blank_lines=blank_lines,
            account=account,
        )

    def _hand_on(self) -> None:
        """The records held become a frame; a key is a column under its number."""
        for key in self._columns:
            self._keys.setdefault(key, len(self._keys))
        self._require_a_table()
        height = len(self._lines)
        frame = {str(self._keys[key]): _column(height, *found) for key, found in self._columns.items()}
        self._rows.add(pl.DataFrame(frame | {LINE: pl.Series(self._lines, dtype=pl.Int64)}))
        self._columns, self._lines, self._text = {}, [], 0

    def _require_a_table(self) -> None:
        cells = self.accepted * len(self._keys)
        too_many = len(self._keys) > self.limits.columns
        if too_many or cells > max(self.limits.cells, _EMPTY_PER_FILLED * self._filled):
            raise Refused(
                self.name,
                looked_for=f"objects of at most {self.limits.columns:,} keys in all, most of them in most objects",
                found=f"{len(self._keys):,} keys, {self._filled:,} values in {cells:,} cells",
                to_do="Export fewer fields.",
            )


def _column(height: int, places: list[int], texts: list[str]) -> pl.Series:
    if len(texts) == height:
        return pl.Series(texts, dtype=pl.String)
    cells = [""] * height
    for place, text in zip(places, texts, strict=True):
        cells[place] = text
    return pl.Series(cells, dtype=pl.String)
