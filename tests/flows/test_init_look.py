"""What `init` looks at is read within the limits of the door: a hostile file is refused, not opened."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import xlsxwriter
from polars.testing import assert_frame_equal

from flows.errors import PlainError
from flows.init.look import look_at
from flows.io import spreadsheet, staged_rows


def book(path: Path, *, far: bool = False) -> Path:
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("Notes").write_column(0, 0, ["lisez-moi", "a"])
        sheet = made.add_worksheet("Export")
        sheet.write_column(0, 0, ["id", "1", "2", "3"])
        if far:
            sheet.write(1_048_575, 16_383, "loin")
    return path


@pytest.mark.parametrize("small_bytes", [spreadsheet.SMALL_BYTES, 0])
def test_the_longest_sheet_is_read_here_and_apart(
    small_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "SMALL_BYTES", small_bytes)
    look = look_at(book(tmp_path / "a.xlsx"))
    assert (look.layout.sheet, look.header, look.rows) == ("Export", ("id",), 3)
    assert look.remarks == ("the workbook has the sheets ['Notes', 'Export']: the longest is read",)


def test_a_far_cell_is_told_and_never_read(tmp_path: Path) -> None:
    with pytest.raises(PlainError, match="row 1,048,576 and column 16,384"):
        look_at(book(tmp_path / "a.xlsx", far=True))


@pytest.mark.parametrize("data", [b"PK\x03\x04 cut short", b"\xd0\xcf\x11\xe0 of old", b"id;v\n1;2\n"])
def test_what_is_no_workbook_is_told(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    with pytest.raises(PlainError, match="Excel workbook"):
        look_at(path)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_the_beginning_of_a_text_tells_its_separator(encoding: str, is_packed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    data = ("numéro,réponse\n" + "1,déçu\n" * 60_000).encode(encoding)
    path = tmp_path / ("a.csv.gz" if is_packed else "a.csv")
    path.write_bytes(gzip.compress(data) if is_packed else data)
    look = look_at(path)
    assert (look.layout.separator, look.header, look.rows) == (",", ("numéro", "réponse"), 60_000)


def test_a_bomb_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a;b\n" + bytes(80 << 20), mtime=0))
    with pytest.raises(PlainError, match="unpacks to at most"):
        look_at(path)


def test_many_rows_are_laid_down_and_looked_at_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_rows, "HELD_BYTES", 0)
    path, staging = tmp_path / "a.csv", tmp_path / "rows"
    path.write_text("id;état\n" + "".join(f"{row}; clos\n{row}b;\n" for row in range(4_000)), "utf-8")
    held, laid_down = look_at(path), look_at(path, staging=staging)
    assert any(staging.iterdir())
    assert (laid_down.values, laid_down.filled, laid_down.rows) == (held.values, held.filled, held.rows)
    assert laid_down.values["état"] == ("clos",)
    assert laid_down.filled == {"id": 8_000, "état": 4_000}
    assert_frame_equal(laid_down.frame.collect(), held.frame.collect())
