"""Layouts: a wrong one fails when it is written, not when a file is read."""

from __future__ import annotations

import pytest

from expectations.errors import DefinitionError
from transforms.layout import Layout, format_of, header_name


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "parquet"},
        {"separator": ""},
        {"separator": ";;"},
        {"separator": "\n"},
        {"separator": '"'},
        {"quote": "«"},
        {"encoding": "klingon"},
        {"encoding": "hex"},
        {"skip_lines": -1},
    ],
)
def test_a_wrong_layout_cannot_be_made(wrong: dict[str, str | int]) -> None:
    with pytest.raises(DefinitionError):
        Layout(**wrong)


@pytest.mark.parametrize(
    "encoding", ["auto", "utf-8", "UTF-8", "windows-1252", "cp850", "latin-1", "utf-16", "utf-16-le"]
)
def test_the_usual_encodings_are_known(encoding: str) -> None:
    assert Layout(encoding=encoding).encoding == encoding


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "csv"),
        ("A.CSV", "csv"),
        ("a.txt.gz", "csv"),
        ("export 2026.01.tsv", "csv"),
        ("a.json.zst", "json"),
        ("a.ndjson", "jsonl"),
        ("a.xlsx", "xlsx"),
        ("a.parquet", ""),
        ("gz", ""),
    ],
)
def test_the_suffix_tells_the_format(name: str, form: str) -> None:
    assert format_of(Layout(), name) == form


def test_a_declared_format_wins_over_the_suffix() -> None:
    assert format_of(Layout(format="jsonl"), "export.csv") == "jsonl"


def test_names_are_compared_without_their_blanks() -> None:
    assert header_name("\ufeff N°\u00a0du \n ticket\u202f") == "N° du ticket"


@pytest.mark.parametrize("typed", ["Date d\u2019envoi e\u2011mail", "Date d\u02bcenvoi e\u2010mail"])
def test_names_are_compared_without_their_typography(typed: str) -> None:
    assert header_name(typed) == "Date d'envoi e-mail"


@pytest.mark.parametrize("names", [["a", "a"], ["a", " "], "ab", [1]])
def test_columns_are_named_once_each(names: object) -> None:
    with pytest.raises(DefinitionError, match="columns_named"):
        Layout(columns_named=names)  # type: ignore[arg-type]


def test_columns_of_a_json_are_named_by_its_keys() -> None:
    with pytest.raises(DefinitionError, match="each object"):
        Layout(format="json", columns_named=("a",))
