"""The door as its callers see it, on small files and on real exports."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import polars as pl
import pytest

from flows.io import landing
from flows.io.landed import Account, UnbalancedError
from flows.io.landing import Landed, Refused, read_rows
from tests.conftest import third_party
from transforms.layout import Layout


def land(folder: Path, data: bytes, layout: Layout = Layout()) -> Landed:  # noqa: B008
    path = folder / "export.csv"
    path.write_bytes(data)
    return read_rows(path, layout)


def test_a_row_knows_the_line_it_starts_on(tmp_path: Path) -> None:
    landed = land(tmp_path, b'note\na;b\n1;"x\ny"\n\n2;z\nbad\n3;z\n', Layout(skip_lines=1))
    assert landed.rows.collect().to_dicts() == [
        {"a": "1", "b": "x\ny", "line": 3},
        {"a": "2", "b": "z", "line": 6},
        {"a": "3", "b": "z", "line": 8},
    ]
    assert landed.refused.to_dicts() == [{"line": 7, "reason": "fields_1_of_2", "raw": "bad"}]
    assert (landed.rows_in, landed.blank_lines) == (4, 1)


def test_bytes_are_accounted_for(tmp_path: Path) -> None:
    landed = land(tmp_path, b"\xef\xbb\xbfa;b\r\n1;2\r\n\r\n3\r\n")
    assert landed.account == Account(unit="bytes", total=18, header=8, accepted=5, refused=3, blank=2)
    assert landed.size_bytes == 18


def test_an_account_that_does_not_add_up_cannot_be_made() -> None:
    with pytest.raises(UnbalancedError, match="10 bytes in, 9 accounted for"):
        Account(unit="bytes", total=10, header=1, accepted=2, refused=3, blank=3)


def test_names_are_trimmed_and_each_stands_once(tmp_path: Path) -> None:
    landed = land(tmp_path, '\ufeff id ;\u00a0N°\u00a0 du\u202fticket;id;line;;"a;""b""";id\n'.encode())
    assert landed.header == ("id", "N° du ticket", "id#2", "line#2", "", 'a;"b"', "id#3")
    assert landed.rows.collect_schema() == dict.fromkeys(landed.header, pl.String()) | {"line": pl.Int64()}


def test_an_empty_cell_is_an_empty_text_and_never_null(tmp_path: Path) -> None:
    assert land(tmp_path, b'a;b;c\n;"";x\n').rows.collect().row(0) == ("", "", "x", 2)


def test_a_refused_row_keeps_a_readable_beginning(tmp_path: Path) -> None:
    landed = land(tmp_path, b"a;b\n" + "é".encode("cp1252") * 9_000 + b"\n")
    assert landed.encoding == "windows-1252"
    assert landed.refused["raw"].to_list() == ["é" * 4_000]


def test_the_hash_is_of_the_file_as_delivered(tmp_path: Path) -> None:
    data = b"a;b\n1;2\n"
    assert land(tmp_path, data).sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_written_to_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.fstat, []

    def growing(descriptor: int) -> os.stat_result:
        if calls:
            with (tmp_path / "export.csv").open("ab") as file:
                file.write(b"3;4\n")
        calls.append(descriptor)
        return real(descriptor)

    monkeypatch.setattr(landing.os, "fstat", growing)
    with pytest.raises(Refused, match="written to or replaced"):
        land(tmp_path, b"a;b\n1;2\n")


def test_a_file_replaced_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.fstat, []

    def replacing(descriptor: int) -> os.stat_result:
        if calls:
            (tmp_path / "new").write_bytes(b"b;a\n2;1\n")
            (tmp_path / "new").replace(tmp_path / "export.csv")
        calls.append(descriptor)
        return real(descriptor)

    monkeypatch.setattr(landing.os, "fstat", replacing)
    with pytest.raises(Refused, match="written to or replaced"):
        land(tmp_path, b"a;b\n1;2\n")


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file"):
        read_rows(tmp_path / "none.csv", Layout())
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(Refused, match="something else"):
        read_rows(tmp_path / "folder.csv", Layout())


def test_a_column_of_text_with_commas_is_one_column(tmp_path: Path) -> None:
    landed = land(tmp_path, b"Votre avis, en clair\nbien\noui, mais, bon\nlent\nrien\n")
    assert landed.rows_in == 4
    assert landed.refused.is_empty()


@pytest.mark.parametrize(
    ("name", "separator", "encoding", "rows", "columns"),
    [
        ("br_helpdesk_ifpr/helpdesk.csv", ";", "utf-8", 3_568, 12),
        ("br_helpdesk_ifpr/helpdesk4.csv", ";", "windows-1252", 3_568, 12),
        ("fr_bestmarket/retour_clients.csv", ";", "windows-1252", 3_000, 8),
        ("fr_bestmarket/produit.csv", ";", "windows-1252", 145, 3),
        ("fr_services_publics/experiences.csv", ";", "utf-8", 7_229, 9),
        ("kaggle_support_tickets_synth/customer_support_tickets.csv", ",", "utf-8", 8_469, 17),
        ("italian_helpdesk/helpdesk_full.csv", ",", "utf-8", 21_348, 16),
        ("baltimore_311/311_sample.csv", ",", "utf-8", 10_000, 26),
        ("baltimore_311/311_sample.xlsx", ",", "xlsx", 10_000, 26),
        ("trustpilot_replies/reviews_atm_companies.json", ",", "utf-8", 4_000, 13),
    ],
)
def test_real_exports_land_whole(name: str, separator: str, encoding: str, rows: int, columns: int) -> None:
    folder, file = name.split("/")
    landed = read_rows(third_party(folder) / file, Layout(separator=separator))
    assert (landed.encoding, landed.rows_in, len(landed.header)) == (encoding, rows, columns)
    assert landed.refused.is_empty()
    assert landed.rows.collect().height == rows


def test_both_encodings_of_an_export_give_the_same_rows() -> None:
    folder = third_party("br_helpdesk_ifpr")
    one, other = (read_rows(folder / name, Layout()).rows.collect() for name in ("helpdesk.csv", "helpdesk4.csv"))
    assert one.equals(other)


def test_a_workbook_and_its_csv_agree_on_every_text_column() -> None:
    folder = third_party("baltimore_311")
    sheet = read_rows(folder / "311_sample.xlsx", Layout()).rows.collect()
    text = read_rows(folder / "311_sample.csv", Layout(separator=",")).rows.collect()
    for column in ("SRRecordID", "SRType", "CreatedDate", "CloseDate", "Address", "ZipCode", "PolicePost"):
        assert sheet[column].str.strip_chars().equals(text[column].str.strip_chars()), column
