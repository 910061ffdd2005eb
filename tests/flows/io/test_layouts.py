"""Files without header, aligned with blanks, or written in two code pages: every byte still has its place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.io.csv_guard import read_csv
from flows.io.landed import LIMITS, Account
from flows.io.landing import Landed, Refused, read_rows
from tests.conftest import third_party
from transforms.instants import instants
from transforms.layout import Layout
from transforms.time_formats import time_format

ALIGNED = Layout(separator="blanks")
NAMED = Layout(columns_named=("id", "what"))
MIXED = Layout(encoding="mixed")


def land(folder: Path, data: bytes, layout: Layout, name: str = "export.csv") -> Landed:
    path = folder / name
    path.write_bytes(data)
    return read_rows(path, layout)


def cells(landed: Landed) -> list[tuple[object, ...]]:
    return landed.rows.collect().rows()


def test_a_run_of_blanks_is_one_separator_and_its_bytes_are_accounted_for(tmp_path: Path) -> None:
    landed = land(tmp_path, b" id  on\n 1   x\n\n22 \t y \r\n   \n3\n", ALIGNED)
    assert landed.header == ("id", "on")
    assert cells(landed) == [("1", "x", 2), ("22", "y", 4)]
    assert landed.refused.to_dicts() == [{"line": 6, "reason": "fields_1_of_2", "raw": "3"}]
    assert landed.account == Account(unit="bytes", total=31, header=6, accepted=10, refused=2, blank=13)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blanks_are_dropped_under_every_line_end(tmp_path: Path, end: str) -> None:
    landed = land(tmp_path, end.join(["  a   b ", ' 1  "x ', "2   y", ""]).encode(), ALIGNED)
    assert cells(landed) == [("1", '"x', 2), ("2", "y", 3)]


@settings(max_examples=150)
@given(st.lists(st.text('ab"; \t', max_size=9), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_an_aligned_file_reads_as_its_words(lines: list[str], end: str) -> None:
    data = end.join([" x \t y", *lines, ""]).encode()
    parsed = read_csv("a.csv", data, ALIGNED, limits=LIMITS)
    words = [line.split() for line in lines]
    assert [list(row[:2]) for row in parsed.rows.collect().rows()] == [row for row in words if len(row) == 2]
    assert parsed.refused.height == sum(len(row) not in (0, 2) for row in words)
    assert parsed.account.total == len(data)


def test_a_last_aligned_line_without_end_is_not_trusted(tmp_path: Path) -> None:
    assert land(tmp_path, b"a b\n1 2\n3 4  ", ALIGNED).refused["reason"].to_list() == ["unterminated_last_line"]


def test_a_file_without_header_starts_with_a_row(tmp_path: Path) -> None:
    landed = land(tmp_path, b"\xef\xbb\xbf1;a\n2\n1;a\n", NAMED)
    assert landed.header == ("id", "what")
    assert cells(landed) == [("1", "a", 1), ("1", "a", 3)]
    assert (landed.rows_in, landed.account.header, landed.account.accepted) == (3, 3, 8)


def test_a_headerless_file_of_quotes_takes_the_slow_way_to_the_same_rows(tmp_path: Path) -> None:
    assert cells(land(tmp_path, b'1;"a\nb"\n2;c\n', NAMED)) == [("1", "a\nb", 1), ("2", "c", 3)]


def test_an_empty_file_without_header_is_empty(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="an empty file"):
        land(tmp_path, b"", NAMED)


def test_a_sheet_without_header_has_the_columns_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, values in enumerate([("above",), (1, "a"), (2,), (3, "c", "d")]):
            sheet.write_row(row, 0, values)
    landed = read_rows(path, Layout(columns_named=("id", "what"), skip_lines=1))
    assert cells(landed) == [("1", "a", 2), ("2", "", 3)]
    assert landed.refused["reason"].to_list() == ["fields_3_of_2"]
    assert landed.account.header == 1


def test_each_cell_of_a_mixed_file_is_in_the_code_page_it_was_written_in(tmp_path: Path) -> None:
    utf8, windows = "é".encode(), "é".encode("cp1252")
    data = b"a;b\n" + utf8 + b";x\n" + windows + b";x\n" + windows + b";" + utf8 + b"\n\x81\xe9;x\n"
    landed = land(tmp_path, data, MIXED)
    assert cells(landed) == [("é", "x", 2), ("é", "x", 3), ("é", "é", 4)]
    assert landed.refused["reason"].to_list() == ["encoding"]
    assert landed.encoding == "mixed"


def test_a_mixed_file_that_is_all_utf8_is_utf8(tmp_path: Path) -> None:
    assert land(tmp_path, "a;b\né;x\n".encode(), MIXED).encoding == "utf-8"


def test_a_dos_file_is_read_as_declared(tmp_path: Path) -> None:
    landed = land(tmp_path, "Prénom;État\nZoé;Réglé à 50 £\n".encode("cp850"), Layout(encoding="cp850"))
    assert landed.header == ("Prénom", "État")
    assert cells(landed) == [("Zoé", "Réglé à 50 £", 2)]


def test_purchases_aligned_with_blanks_are_all_read() -> None:
    folder = third_party("cdnow")
    master = read_rows(folder / "CDNOW_master.txt", ALIGNED)
    sample = read_rows(
        folder / "CDNOW_sample.txt", Layout(separator="blanks", columns_named=("id", "nth", "on", "cds", "dollars"))
    )
    assert (master.rows_in, master.refused.height) == (69_659, 0)
    assert (sample.rows_in, sample.refused.height) == (6_919, 0)
    assert master.account.total == (folder / "CDNOW_master.txt").stat().st_size


def test_dates_of_a_sheet_may_be_dates_texts_or_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    shown, formats = dt.datetime(2026, 1, 5, 9, 30), ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %I:%M %p", "excel")  # noqa: DTZ001 -- wall time
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["at"])
        sheet.write_datetime(1, 0, shown, book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
        sheet.write_string(2, 0, "05/01/2026 09:30 AM")
        sheet.write_number(3, 0, 46027.395833333336)
    text = read_rows(path, Layout()).rows
    found = text.select(instants(pl.col("at"), [time_format(one) for one in formats], zone="UTC")).collect()
    assert found["at"].dt.replace_time_zone(None).to_list() == [shown] * 3


def test_lines_under_the_header_are_no_rows(tmp_path: Path) -> None:
    data = b'Q1,Q2\n"How\nwas it?",Why?\n"{""ImportId"":""QID1""}",x\n9,good\n'
    landed = land(tmp_path, data, Layout(separator=",", skip_below=2))
    assert cells(landed) == [("9", "good", 5)]
    assert landed.account == Account(
        unit="bytes", total=len(data), header=len(data) - 7, accepted=7, refused=0, blank=0
    )
    assert land(tmp_path, b"a,b\nx,y\n", Layout(separator=",", skip_below=2)).rows_in == 0
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, values in enumerate([("Q1",), ("How was it?",), (9,)]):
            sheet.write_row(row, 0, values)
    assert cells(read_rows(path, Layout(skip_below=1))) == [("9", 3)]
