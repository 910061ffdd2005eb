"""What a file nobody has declared yet looks like: its format, code page, separator, header and values."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from flows.errors import PlainError
from flows.io.landed import Refused
from flows.io.landing import first_bytes, read_rows, rows_of_sheets
from flows.io.text_encoding import presumed_encoding
from transforms.layout import BLANKS, SEPARATORS, Layout, format_of

_HEAD_BYTES = 256 << 10
_LINES_LOOKED_AT = 40
_CHARACTERS_LOOKED_AT = 100_000
_VALUES_KEPT = 5_000
_FIRST_BYTES = {b"PK\x03\x04": "xlsx", b"[": "json", b"{": "jsonl"}


@dataclass(frozen=True, kw_only=True)
class Look:
    """A file that could be read, and how."""

    path: Path
    layout: Layout
    format: str
    encoding: str
    header: tuple[str, ...]
    rows: int
    values: Mapping[str, tuple[str, ...]]
    """Distinct trimmed values of each column, in the order in which they come; no empty ones."""
    filled: Mapping[str, int]
    """Rows in which the column holds something."""
    frame: pl.LazyFrame
    """Every row as text, as landing hands it on."""
    remarks: tuple[str, ...]
    """What a person should know of how it was read."""


def look_at(path: Path, *, staging: Path | None = None) -> Look:
    """The file read as text, by the layout it seems to have.

    Many rows are laid down in the folder `staging`, which the caller removes when the look is used; without one they
    are all kept in memory.
    """
    if not path.is_file():
        raise PlainError(
            f"{path}: no such file. Name an export: a CSV, XLSX, JSON or JSON lines file, or a packed one."
        )
    form = format_of(Layout(), path.name) or _format_by_content(path)
    try:
        layout, remarks = _layout(path, form, staging)
        landed = read_rows(path, layout, staging=staging)
    except Refused as problem:
        raise PlainError(f"{problem}") from None
    told = {name: _told(landed.rows, name) for name in landed.header}
    if landed.refused.height:
        remarks = (*remarks, f"{landed.refused.height} lines are no rows of this table; `check` shows them")
    return Look(
        path=path,
        layout=layout,
        format=form,
        encoding=landed.encoding,
        header=landed.header,
        rows=landed.rows_in,
        values={name: values for name, (values, _) in told.items()},
        filled={name: filled for name, (_, filled) in told.items()},
        frame=landed.rows,
        remarks=remarks,
    )


def _told(rows: pl.LazyFrame, name: str) -> tuple[tuple[str, ...], int]:
    """Of one column, for all of them together may not fit: its first distinct values, and the rows that have one."""
    texts = rows.select(text=pl.col(name).str.strip_chars()).filter(pl.col("text") != "")
    first, filled = texts.unique(maintain_order=True).head(_VALUES_KEPT), texts.select(pl.len())
    values, count = pl.collect_all([first, filled], engine="streaming")
    return tuple(values["text"]), count.item()


def _format_by_content(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(8).removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((form for first, form in _FIRST_BYTES.items() if start.startswith(first)), "csv")


def _layout(path: Path, form: str, staging: Path | None) -> tuple[Layout, tuple[str, ...]]:
    """How to read the file, and what is to be said about it; `format` is set where the suffix does not tell."""
    told = "" if format_of(Layout(), path.name) else form
    if form == "xlsx":
        return _sheet(path, Layout(format=told))
    if form == "json":
        return _list_of_json(path, Layout(format=told), staging)
    if form == "jsonl":
        return Layout(format=told), ()
    return _separated(path, Layout(format=told))


def _sheet(path: Path, layout: Layout) -> tuple[Layout, tuple[str, ...]]:
    """The only sheet, or the one with most rows."""
    sizes = rows_of_sheets(path)
    if len(sizes) < 2:  # noqa: PLR2004 -- one sheet needs no choice
        return layout, ()
    largest = max(sizes, key=lambda name: sizes[name])
    return replace(layout, sheet=largest), (f"the workbook has the sheets {list(sizes)}: the longest is read",)


def _list_of_json(path: Path, layout: Layout, staging: Path | None) -> tuple[Layout, tuple[str, ...]]:
    """A list, or the key of the list inside an object: the door names the keys when it refuses the object."""
    try:
        read_rows(path, layout, staging=staging)
    except Refused as problem:
        keys = problem.found.rpartition("lists under ")[2]
        names = [one.strip(" '\"[]") for one in keys.split(",")] if "lists under" in problem.found else []
        if names and names[0]:
            return replace(layout, sheet=names[0]), (f"the rows are the list under {names[0]!r}",)
    return layout, ()


def _separated(path: Path, layout: Layout) -> tuple[Layout, tuple[str, ...]]:
    """The separator that cuts most lines into the same number of cells, and the lines above the header."""
    data = first_bytes(path, _HEAD_BYTES)
    text = presumed_encoding(path.name, data, layout)
    head = data[text.mark_bytes :].decode(text.codec, "replace")
    whole = head.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:_LINES_LOOKED_AT]
    lines = [line[:_CHARACTERS_LOOKED_AT] for line in whole]
    separator, widths = _separator(lines)
    if not widths and _is_aligned(lines):
        return replace(layout, separator=BLANKS), ("the columns are aligned with blanks",)
    if not widths:
        return replace(layout, separator=","), ("only one column was found",)
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    skipped = next((place for place, width in enumerate(widths) if width == usual), 0)
    remarks = (f"{skipped} lines stand above the header",) if skipped else ()
    return replace(layout, separator=separator, skip_lines=skipped), remarks


def _is_aligned(lines: list[str]) -> bool:
    """Whether runs of blanks cut every line into as many cells."""
    widths = {len(line.split()) for line in lines if line.strip()}
    return len(widths) == 1 and widths != {1}


def _separator(lines: list[str]) -> tuple[str, list[int]]:
    """The usual separator that splits best, and into how many cells it cuts each line."""
    best: tuple[int, str, list[int]] = (0, ",", [])
    for separator in SEPARATORS:
        cut = [len(row) for row in csv.reader(lines, delimiter=separator)]
        wide = [width for width in cut if width > 1]
        usual = max(set(wide), key=lambda width: (wide.count(width), width)) if wide else 0
        score = sum(usual for width in cut if width == usual) if usual else 0
        if score > best[0]:
            best = (score, separator, cut)
    return best[1], best[2]
