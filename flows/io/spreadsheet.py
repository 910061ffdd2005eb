"""Excel at the door: one sheet as rows of text, the workbook checked before its cells are believed."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib

import numpy as np
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum, ZipError

from flows.io.landed import Account, Limits, Parsed, Refused, refused_frame, text_frame, unique_names
from flows.io.sheet_child import read_apart, rows_apart
from flows.io.sheet_xml import SheetFacts, is_small, sheet_facts, sheet_rows
from transforms.layout import Layout, header_name

Value = str | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta
_WHOLE_UP_TO = 2**53
_MOST_PARTS = 10_000
SMALL_BYTES = 16 << 20
SMALL_CELLS = 1_000_000
SMALL_TEXT_BYTES = 256 << 20
"""A workbook within all three may take some hundred megabytes for some seconds, and never more."""
_DAMAGES = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)


def read_sheet(name: str, data: bytes, layout: Layout, *, limits: Limits) -> Parsed:
    """One row a filled row of the sheet: numbers as they would be typed with a point, dates as ISO text.

    A workbook that may cost much is read by a child process: see `sheet_child`.
    """
    unpacked_bytes = _unpacked_bytes(name, data, limits)
    if unpacked_bytes <= SMALL_BYTES:
        parts = _checked_parts(name, data)
        if is_small(parts, SMALL_CELLS, SMALL_TEXT_BYTES):
            return _read(name, data, parts, layout, limits)
    return read_apart(name, data, layout, limits=limits, unpacked_bytes=unpacked_bytes)


def rows_of_sheets(name: str, data: bytes, *, limits: Limits) -> dict[str, int]:
    """How many rows each sheet has, under its title; what may cost much is counted by a child process too."""
    unpacked_bytes = _unpacked_bytes(name, data, limits)
    if unpacked_bytes <= SMALL_BYTES:
        return rows_here(name, data)
    return rows_apart(name, data, unpacked_bytes=unpacked_bytes)


def rows_here(name: str, data: bytes) -> dict[str, int]:
    """The same, whatever it costs this process."""
    try:
        return sheet_rows(_checked_parts(name, data))
    except KeyError as error:
        raise _unreadable(name, error) from error


def read_here(name: str, data: bytes, layout: Layout, *, limits: Limits) -> Parsed:
    """The same, whatever it costs this process."""
    return _read(name, data, _checked_parts(name, data), layout, limits)


def _read(name: str, data: bytes, parts: dict[str, bytes], layout: Layout, limits: Limits) -> Parsed:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        title = _sheet_title(name, workbook, layout)
        facts = sheet_facts(parts, title)
        _refuse_far_cells(name, title, facts, limits)
        sheet = workbook.get_sheet_by_name(title)
        table = _texts(sheet, facts)
    except (CalamineError, ZipError, KeyError) as error:
        raise _unreadable(name, error) from error
    return _parsed(name, table, _lines_not_to_trust(sheet, facts), layout)


def _unpacked_bytes(name: str, data: bytes, limits: Limits) -> int:
    """What the parts of the workbook say they unpack to; too much is refused."""
    entries = data.count(b"PK\x01\x02")
    if entries > _MOST_PARTS:
        raise Refused(
            name,
            looked_for=f"a workbook of at most {_MOST_PARTS:,} parts",
            found=f"{entries:,}",
            to_do="Export it again, the table alone.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            methods = {entry.compress_type for entry in archive.infolist()}
            unpacked_bytes = sum(entry.file_size for entry in archive.infolist())
    except _DAMAGES as error:
        raise _damaged(name, error) from error
    if not methods <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _damaged(name, ValueError("parts packed in a way that no workbook is"))
    ceiling = min(limits.text_bytes, max(limits.unpacked_floor, limits.unpacked_ratio * len(data)))
    if unpacked_bytes > ceiling:
        raise Refused(
            name,
            looked_for=f"a workbook that unpacks to at most {ceiling:,} bytes",
            found=f"{unpacked_bytes:,} bytes",
            to_do="Export shorter periods, one file each.",
        )
    return unpacked_bytes


def _checked_parts(name: str, data: bytes) -> dict[str, bytes]:
    """The XML parts of the workbook, each against its checksum; none can be more than it says."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except _DAMAGES as error:
        raise _damaged(name, error) from error


def _unreadable(name: str, error: Exception) -> Refused:
    found = f"one that cannot be read ({error})"
    return Refused(name, looked_for="an Excel workbook", found=found, to_do="Export it again.")


def _damaged(name: str, error: Exception) -> Refused:
    return Refused(
        name,
        looked_for="a whole Excel workbook",
        found=f"a damaged one ({error})",
        to_do="Deliver it again when its writer has finished.",
    )


def _sheet_title(name: str, workbook: CalamineWorkbook, layout: Layout) -> str:
    titles = [sheet.name for sheet in workbook.sheets_metadata]
    visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
    if layout.sheet in titles:
        return layout.sheet
    if not layout.sheet and len(visible) == 1:
        return visible[0]
    raise Refused(
        name,
        looked_for=f"the sheet {layout.sheet!r}" if layout.sheet else "the only visible sheet",
        found=f"the sheets {titles}",
        to_do="Set sheet under [read] in the mapping.",
    )


def _refuse_far_cells(name: str, title: str, facts: SheetFacts, limits: Limits) -> None:
    """The reader holds the whole rectangle up to the farthest cell: one far cell would take all the memory."""
    if facts.rows * facts.columns > limits.cells or facts.columns > limits.columns:
        raise Refused(
            name,
            looked_for=f"a sheet of at most {limits.columns:,} columns and {limits.cells:,} cells",
            found=f"{title!r} used up to row {facts.rows:,} and column {facts.columns:,}",
            to_do="Delete what stands far from the table, or export fewer rows.",
        )


def _lines_not_to_trust(sheet: CalamineSheet, facts: SheetFacts) -> dict[int, str]:
    """Line to reason: rows whose cells do not stand for themselves."""
    lines = dict.fromkeys(facts.lines_without_result, "formula_without_result")
    for (top, _), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top:
            lines |= dict.fromkeys(range(top + 1, bottom + 2), "merged_cells")
    return lines


def _texts(sheet: CalamineSheet, facts: SheetFacts) -> list[list[str]]:
    """Every row of the sheet from the first, every cell as text; a column has one way to write its dates."""
    values: list[list[Value]] = sheet.to_python(skip_empty_area=False)
    width = max((len(row) for row in values), default=0)
    width = max([width, *(place + 1 for _, place in facts.errors)])
    height = max([len(values), *(row + 1 for row, _ in facts.errors), *facts.lines_without_result])
    values += [[] for _ in range(height - len(values))]
    columns = []
    for place in range(width):
        column = [row[place] if place < len(row) else "" for row in values]
        instants = [value for value in column if isinstance(value, dt.datetime)]
        has_times = any(value.time() != dt.time() for value in instants)
        columns.append([_text(value, has_times=has_times) for value in column])
    table = [list(row) for row in zip(*columns, strict=True)]
    for (row, place), error in facts.errors.items():
        table[row][place] = error
    return table


def _text(value: Value, *, has_times: bool) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        is_whole = float(value).is_integer() and abs(value) <= _WHOLE_UP_TO
        return str(int(value)) if is_whole else np.format_float_positional(value, trim="-")
    if isinstance(value, dt.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3_600:02d}:{seconds % 3_600 // 60:02d}:{seconds % 60:02d}"
    if isinstance(value, dt.date):
        return _date_text(value, has_times=has_times)
    return value.replace(microsecond=0).isoformat()


def _date_text(value: dt.date, *, has_times: bool) -> str:
    """YYYY-MM-DD, with HH:MM:SS in a column where any cell has a time of day."""
    if not has_times:
        return value.strftime("%Y-%m-%d")
    instant = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return instant.isoformat(sep=" ", timespec="milliseconds").removesuffix(".000")


def _header(name: str, table: list[list[str]], layout: Layout) -> tuple[tuple[str, ...], int]:
    """The names of the columns, and how many rows stand above the first one of data."""
    if layout.columns_named:
        return unique_names(layout.columns_named), min(layout.skip_lines, len(table))
    header_line = layout.skip_lines + 1
    cells = table[header_line - 1] if len(table) >= header_line else []
    width = max((place + 1 for place, cell in enumerate(cells) if header_name(cell)), default=0)
    if not width:
        filled = next((line for line, row in enumerate(table, start=1) if any(row)), None)
        raise Refused(
            name,
            looked_for=f"a header on row {header_line}",
            found="a blank row" + (f"; the first filled one is row {filled}" if filled else ""),
            to_do="Set skip_lines in the mapping so that the header comes next.",
        )
    return unique_names(header_name(cell) for cell in cells[:width]), min(header_line + layout.skip_below, len(table))


def _parsed(name: str, table: list[list[str]], distrusted: dict[int, str], layout: Layout) -> Parsed:
    header, header_line = _header(name, table, layout)
    width = len(header)
    accepted: list[tuple[int, list[str]]] = []
    refused: list[tuple[int, str, str]] = []
    blank = 0
    for line, row in enumerate(table[header_line:], start=header_line + 1):
        filled_to = max((place + 1 for place, cell in enumerate(row) if cell), default=0)
        reason = distrusted.get(line) or (f"fields_{filled_to}_of_{width}" if filled_to > width else "")
        reason = reason or ("nul_byte" if any("\0" in cell for cell in row) else "")
        if reason:
            refused.append((line, reason, layout.mark.join(row)))
        elif filled_to:
            accepted.append((line, row[:width] + [""] * (width - len(row))))
        else:
            blank += 1
    return Parsed(
        encoding="xlsx",
        header=header,
        rows=text_frame(header, [line for line, _ in accepted], [row for _, row in accepted]).lazy(),
        refused=refused_frame(refused),
        rows_in=len(accepted) + len(refused),
        blank_lines=blank,
        account=Account(
            unit="rows",
            total=len(table),
            header=header_line,
            accepted=len(accepted),
            refused=len(refused),
            blank=blank,
        ),
    )
