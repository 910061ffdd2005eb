"""Workbooks: every cell as text, and nothing believed that the reader would have left blank."""
# ruff: noqa: S311, DTZ001  seeded damage is no secret, Excel keeps no zone

from __future__ import annotations

import datetime as dt
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from flows.io.landing import Landed, Limits, Refused, read_rows
from transforms.layout import Layout

Build = Callable[[xlsxwriter.Workbook], None]


def workbook(build: Build) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"remove_timezone": True}) as book:
        build(book)
    return target.getvalue()


def table(rows: list[list[object]], *, name: str = "Données", first_row: int = 0) -> Build:
    def build(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet(name)
        day = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, (dt.date, dt.time, dt.timedelta)):
                    sheet.write_datetime(first_row + place, column, value, day)
                else:
                    sheet.write(first_row + place, column, value)

    return build


def land(folder: Path, data: bytes, layout: Layout = Layout(), limits: Limits = Limits()) -> Landed:  # noqa: B008
    path = folder / "export.xlsx"
    path.write_bytes(data)
    return read_rows(path, layout, limits=limits)


def cells(landed: Landed) -> list[tuple[str, ...]]:
    return [row[:-1] for row in landed.rows.collect().rows()]


def test_cells_become_text_as_a_person_would_type_them(tmp_path: Path) -> None:
    rows = [["v"], ["0012"], [12], [12.5], [0.1], [1e-7], [-3.0], [True], ["N/A"], ["texte\nsur deux lignes"]]
    landed = land(tmp_path, workbook(table(rows)))
    expected = ["0012", "12", "12.5", "0.1", "0.0000001", "-3", "true", "N/A", "texte\nsur deux lignes"]
    assert cells(landed) == [(text,) for text in expected]
    assert landed.rows.collect()["line"].to_list() == list(range(2, 11))


def test_text_after_a_thousand_numbers_stays_text(tmp_path: Path) -> None:
    landed = land(tmp_path, workbook(table([["v"], *[[n] for n in range(1_000)], ["néant"]])))
    assert cells(landed)[-1] == ("néant",)
    assert landed.rows_in == 1_001


def test_a_column_writes_its_dates_in_one_way(tmp_path: Path) -> None:
    midnight, later = dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 5, 10, 3, 7)
    landed = land(tmp_path, workbook(table([["jour", "instant"], [midnight, midnight], [dt.date(2026, 2, 1), later]])))
    assert cells(landed) == [("2026-01-05", "2026-01-05 00:00:00"), ("2026-02-01", "2026-01-05 10:03:07")]


def test_a_duration_may_pass_a_day(tmp_path: Path) -> None:
    def build(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "durée")
        sheet.write_number(1, 0, 27.05 / 24, book.add_format({"num_format": "[h]:mm:ss"}))

    assert cells(land(tmp_path, workbook(build))) == [("27:03:00",)]


def test_an_error_is_text_and_not_a_blank(tmp_path: Path) -> None:
    def build(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(1, 0, ["1", ""])
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")

    assert cells(land(tmp_path, workbook(build))) == [("1", "#DIV/0!")]


def test_a_formula_that_was_never_computed_refuses_its_row(tmp_path: Path) -> None:
    data = workbook(lambda book: book.add_worksheet().write_formula(1, 0, "=1+1", None, 7))
    data = edited(data, "xl/worksheets/sheet1.xml", b"<v>7</v>", b"<v></v>")
    data = edited(
        data, "xl/worksheets/sheet1.xml", b"<sheetData>", b'<sheetData><row r="1"><c r="A1" t="str"><v>a</v></c></row>'
    )
    landed = land(tmp_path, data)
    assert landed.refused.select("line", "reason").rows() == [(2, "formula_without_result")]


def test_merged_rows_are_refused(tmp_path: Path) -> None:
    def build(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["a", "1", "2", "3"])
        sheet.write(0, 1, "b")
        sheet.merge_range(1, 1, 2, 1, "mail")
        sheet.write(3, 1, "chat")

    landed = land(tmp_path, workbook(build))
    assert landed.refused.select("line", "reason").rows() == [(2, "merged_cells"), (3, "merged_cells")]
    assert cells(landed) == [("3", "chat")]


def test_a_cell_beside_the_table_refuses_its_row(tmp_path: Path) -> None:
    landed = land(tmp_path, workbook(table([["a", "b"], ["1", "2"], ["3", "4", "", "note"], ["", ""], ["5", ""]])))
    assert landed.refused.rows() == [(3, "fields_4_of_2", "3;4;;note")]
    assert cells(landed) == [("1", "2"), ("5", "")]
    assert landed.blank_lines == 1


def test_rows_above_the_header_are_skipped_by_their_number(tmp_path: Path) -> None:
    data = workbook(table([["a"], ["1"]], first_row=3))
    assert land(tmp_path, data, Layout(skip_lines=3)).rows.collect().rows() == [("1", 5)]
    with pytest.raises(Refused, match="the first filled one is row 4"):
        land(tmp_path, data)


def test_the_sheet_is_named_unless_only_one_is_visible(tmp_path: Path) -> None:
    def build(book: xlsxwriter.Workbook) -> None:
        table([["a"], ["1"]], name="Export & suite")(book)
        book.add_worksheet("Notes").hide()

    def two(book: xlsxwriter.Workbook) -> None:
        build(book)
        table([["b"], ["2"]], name="Autre")(book)

    assert cells(land(tmp_path, workbook(build))) == [("1",)]
    assert cells(land(tmp_path, workbook(two), Layout(sheet="Autre"))) == [("2",)]
    for layout in (Layout(), Layout(sheet="Absente")):
        with pytest.raises(Refused, match="found the sheets \\['Export & suite', 'Notes', 'Autre'\\]"):
            land(tmp_path, workbook(two), layout)


def test_a_far_cell_is_refused_before_it_takes_the_memory(tmp_path: Path) -> None:
    def build(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "loin")

    with pytest.raises(Refused, match="row 1,048,576 and column 16,384"):
        land(tmp_path, workbook(build))


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    data = workbook(table([["a"], *[["1"] for _ in range(9_000)]]))
    with pytest.raises(Refused, match="unpacks to at most"):
        land(tmp_path, data, limits=Limits(unpacked_floor=1_000, unpacked_ratio=2))


def test_flipped_bits_are_seen_or_change_nothing(tmp_path: Path) -> None:
    rows = [["a", "b"], *[[f"T{n}", n] for n in range(200)]]
    data = workbook(table(rows))
    expected = cells(land(tmp_path, data))
    dice = random.Random(7)
    for _ in range(150):
        flipped = bytearray(data)
        flipped[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        try:
            landed = land(tmp_path, bytes(flipped))
        except Refused:
            continue
        assert cells(landed) == expected


@pytest.mark.parametrize("keep", [4, 100, 2_000, -30])
def test_a_workbook_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    with pytest.raises(Refused, match="a damaged one"):
        land(tmp_path, workbook(table([["a"], *[[str(n)] for n in range(500)]]))[:keep])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_workbook_packed_in_another_way_is_refused(method: int, tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("xl/workbook.xml", "a" * 999)
    with pytest.raises(Refused, match="a damaged one"):
        land(tmp_path, target.getvalue())


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.csv", "a;b")
    with pytest.raises(Refused, match="cannot be read"):
        land(tmp_path, target.getvalue())


def edited(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as archive:
        for entry in source.infolist():
            content = source.read(entry)
            archive.writestr(entry.filename, content.replace(old, new) if entry.filename == part else content)
    return target.getvalue()
