"""How a table becomes the bytes of an export: separators, code pages, workbooks, JSON; the same bytes every time."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import zstandard

from flows.sample.cells import FRENCH, FRENCH_MINUTE

Cells = list[str]
_WORKBOOK_MADE_AT = dt.datetime(2026, 7, 1)  # noqa: DTZ001 -- a workbook knows no zone
_GZIP_LEVEL, _ZSTD_LEVEL = 9, 19


@dataclass(frozen=True)
class Style:
    """How the text files of one system are written."""

    separator: str = ";"
    encoding: str = "utf-8"
    quote_all: bool = False


@dataclass
class Line:
    """One line of an export: cells, or text that is no proper row."""

    cells: Cells = field(default_factory=list)
    raw: bytes | None = None
    fault: int | None = None
    """Position in the list of planted faults."""
    number: int = 0
    """Physical line, from 1 with the header; known once the file is written."""


def rows_of(frame: pl.DataFrame) -> list[Line]:
    """Every row of a frame of texts, an absent cell as an empty one."""
    return [Line(list(cells)) for cells in frame.fill_null("").rows()]


def write(path: Path, header: Cells, lines: Sequence[Line], style: Style) -> None:
    """One export, in the format its name tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    kind = name.rpartition(".")[2]
    if kind == "xlsx":
        _workbook(path, header, lines)
        return
    if kind == "json":
        data = _json(header, lines)
    elif kind == "jsonl":
        data = _json_lines(header, lines)
    else:
        data = _text(header, lines, style)
    path.write_bytes(packed(path, data))


def packed(path: Path, data: bytes) -> bytes:
    """The same bytes, compressed as the name tells; gzip without its clock."""
    if path.suffix == ".gz":
        return gzip.compress(data, _GZIP_LEVEL, mtime=0)
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(data) if path.suffix == ".zst" else data


def _text(header: Cells, lines: Sequence[Line], style: Style) -> bytes:
    """CSV as Excel in France writes it; the last line may be cut short."""
    body, number = [_record(header, style)], 2
    for line in lines:
        line.number = number
        data = line.raw if line.raw is not None else _record(line.cells, style)
        number += data.count(encoded("\n", style))
        body.append(data)
    mark = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe"}.get(style.encoding, b"")
    return mark + b"".join(body)


def encoded(text: str, style: Style) -> bytes:
    """Text in the code page of a style, without the mark that only a file has."""
    return text.encode({"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(style.encoding, style.encoding))


def _record(cells: Cells, style: Style) -> bytes:
    """One line with its end."""
    out = io.StringIO()
    if style.quote_all:
        csv.writer(out, delimiter=style.separator, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    else:
        csv.writer(out, delimiter=style.separator, lineterminator="\r\n").writerow(cells)
    return encoded(out.getvalue(), style)


def _objects(header: Cells, lines: Sequence[Line]) -> list[dict[str, str | int | None]]:
    """Rows as JSON shows them: numbers bare, absent cells null."""
    return [
        {name: int(cell) if _is_number(cell) else cell or None for name, cell in zip(header, line.cells, strict=True)}
        for line in lines
    ]


def _is_number(cell: str) -> bool:
    """Whole numbers without leading zeros; a code such as 0101 stays a text."""
    return cell.removeprefix("-").isdecimal() and str(int(cell)) == cell


def _json(header: Cells, lines: Sequence[Line]) -> bytes:
    """An array of objects, one a line of text."""
    for number, line in enumerate(lines, start=1):
        line.number = number
    rows = (json.dumps(row, ensure_ascii=False) for row in _objects(header, lines))
    return ("[\n" + ",\n".join(rows) + "\n]\n").encode()


def _json_lines(header: Cells, lines: Sequence[Line]) -> bytes:
    """An object a line."""
    body = []
    for number, line in enumerate(lines, start=1):
        line.number = number
        if line.raw is not None:
            body.append(line.raw)
        else:
            body.append((json.dumps(_objects(header, [line])[0], ensure_ascii=False) + "\n").encode())
    return b"".join(body)


def _workbook(path: Path, header: Cells, lines: Sequence[Line]) -> None:
    """One sheet: dates as dates, whole numbers as numbers, the rest as text."""
    import xlsxwriter  # noqa: PLC0415 -- only who makes the sample needs it

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": _WORKBOOK_MADE_AT})
        sheet = book.add_worksheet("Export")
        date = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        sheet.write_row(0, 0, header)
        for number, line in enumerate(lines, start=1):
            line.number = number + 1
            for column, cell in enumerate(line.cells):
                if (at := _date(cell)) is not None:
                    sheet.write_datetime(number, column, at, date)
                elif _is_number(cell):
                    sheet.write_number(number, column, int(cell))
                elif cell:
                    sheet.write_string(number, column, cell)


def _date(cell: str) -> dt.datetime | None:
    """A French date and time, None where the cell is something else."""
    if len(cell) < len("01/01/2025 00:00") or cell[2:3] != "/":
        return None
    form = FRENCH if cell.count(":") > 1 else FRENCH_MINUTE
    try:
        return dt.datetime.strptime(cell, form)  # noqa: DTZ007 -- Excel holds local time
    except ValueError:
        return None
