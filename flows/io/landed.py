"""What landing hands on: the rows of a file as text, the rows it refused, and the account that nothing is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

LINE = "line"
"""The column of `Landed.rows` that says where a row stood; a source column of that name becomes `line#2`."""
REFUSED_SCHEMA = {LINE: pl.Int64(), "reason": pl.String(), "raw": pl.String()}
RAW_CHARACTERS = 4_000
"""How much of a refused row is kept to be read by a person."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a file may cost before it is refused. An export that is over has gone wrong, or means harm."""

    file_bytes: int = 4 << 30
    text_bytes: int = 4 << 30
    """After unpacking."""
    unpacked_ratio: int = 200
    """Unpacked over packed size; the smallest archives may always reach `unpacked_floor`."""
    unpacked_floor: int = 64 << 20
    document_bytes: int = 512 << 20
    """Of a workbook, which is read whole."""
    columns: int = 2_000
    refused: int = 200_000
    """Records of a file that are refused, in a file where they outnumber the accepted: each is kept to be read."""
    cells: int = 20_000_000
    """Of the used rectangle of a sheet: one far cell makes it huge."""


LIMITS = Limits()


class Refused(Exception):  # noqa: N818  a verdict on a file; the run goes on with the others
    """A whole file is refused: nothing of it is used, it stays where it was delivered."""

    def __init__(self, name: str, *, looked_for: str, found: str, to_do: str) -> None:
        """Keep the four parts apart for the report, and say them in one line."""
        super().__init__(f"{name}: looked for {looked_for}; found {found}. {to_do}")
        self.name = name
        self.looked_for = looked_for
        self.found = found
        self.to_do = to_do


class UnbalancedError(RuntimeError):
    """The account of a file does not add up: a fault of ours, never of the file."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where every byte of a text (or every row of a sheet) went; it cannot be built unbalanced."""

    unit: str
    """bytes or rows."""
    total: int
    header: int
    """Byte order mark, lines above the header, header."""
    accepted: int
    refused: int
    blank: int

    def __post_init__(self) -> None:
        """Nothing lost, nothing counted twice."""
        found = self.header + self.accepted + self.refused + self.blank
        if found != self.total:
            raise UnbalancedError(f"{self.total} {self.unit} in, {found} accounted for: {self}")


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What a reader of one format makes of a text."""

    encoding: str
    header: tuple[str, ...]
    rows: pl.LazyFrame
    refused: pl.DataFrame
    rows_in: int
    blank_lines: int
    account: Account


@dataclass(frozen=True, kw_only=True)
class Landed:
    """One file at the door: every row as text, or refused with its reason."""

    sha256: str
    """Of the file as it was delivered, packed or not."""
    size_bytes: int
    encoding: str
    header: tuple[str, ...]
    """Names as `header_name` writes them; a repeated one gets `#2`, `#3`."""
    rows: pl.LazyFrame
    """All String under the names of the header, an empty cell is "", plus `line` Int64, in the order of the file."""
    refused: pl.DataFrame
    """line, reason, raw: one row a refused record."""
    rows_in: int
    """Records in the file: accepted and refused, without header and blank lines."""
    blank_lines: int
    account: Account


def unique_names(cells: Iterable[str]) -> tuple[str, ...]:
    """The names of a header, each once: a repeated one gets `#2`, `#3`; `line` is ours."""
    taken = {LINE}
    names = []
    for cell in cells:
        name, times = cell, 1
        while name in taken:
            times += 1
            name = f"{cell}#{times}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def cut_raw(raw: str) -> str:
    """As much of a refused record as is kept to be read by a person."""
    return raw[:RAW_CHARACTERS]


def require_few_refused(name: str, refused: int, accepted: int, looked_for: str, limits: Limits) -> None:
    """Refuse a file of which hardly a record is a row: each refused one costs more than a row."""
    if refused > max(limits.refused, accepted):
        raise Refused(
            name,
            looked_for=looked_for,
            found=f"{accepted:,} of them beside {refused:,} records that are none, and more to come",
            to_do="Correct [read] in the mapping, or export it again.",
        )


def refused_frame(records: Iterable[tuple[int, str, str]]) -> pl.DataFrame:
    """One row a refused record: line, reason, raw text cut to what a person reads."""
    cut = [(line, reason, cut_raw(raw)) for line, reason, raw in records]
    return pl.DataFrame(cut, schema=REFUSED_SCHEMA, orient="row")


def text_frame(header: tuple[str, ...], lines: list[int], cells: list[list[str]]) -> pl.DataFrame:
    """One row a record, from cells in the order of the header."""
    columns = list(zip(*cells, strict=True)) if cells else [() for _ in header]
    data = {name: pl.Series(name, column, dtype=pl.String) for name, column in zip(header, columns, strict=True)}
    return pl.DataFrame(data).with_columns(pl.Series(LINE, lines, dtype=pl.Int64))


def empty_file(name: str, *, may_be_empty: bool, encoding: str, size_bytes: int = 0) -> Parsed:
    """No header and no row, when the layout allows a file of nothing (or of blank lines); else it is refused."""
    if not may_be_empty:
        raise Refused(
            name,
            looked_for="a header and rows",
            found="an empty file",
            to_do="Export it again; if nothing to tell means an empty file, set may_be_empty = true in the mapping.",
        )
    return Parsed(
        encoding=encoding,
        header=(),
        rows=text_frame((), [], []).lazy(),
        refused=refused_frame(()),
        rows_in=0,
        blank_lines=0,
        account=Account(unit="bytes", total=size_bytes, header=size_bytes, accepted=0, refused=0, blank=0),
    )
