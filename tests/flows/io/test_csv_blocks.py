"""A text read block by block: the fast look at a block gives what the slow one gives, and memory does not follow size."""

from __future__ import annotations

import csv
import gzip
import io
import random
import tempfile
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.io import csv_guard, landing, staged_rows
from flows.io.csv_bits import paired_records
from flows.io.csv_guard import read_csv
from flows.io.csv_lines import Grammar
from flows.io.csv_part import Part, in_order
from flows.io.csv_records import Rules
from flows.io.landed import Limits, Refused
from flows.io.landing import read_rows
from flows.io.staged_rows import Staging
from transforms.layout import Layout

GRAMMAR = Grammar(separator=ord(";"), quote=ord('"'), cells=2)


def all_ways(data: bytes, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read_csv("fast.csv", data, layout)
    with monkeypatch.context() as patch:
        patch.setattr(csv_guard, "in_order", lambda _block, _rules, _line: None)
        slow = read_csv("slow.csv", data, layout)
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patch:
        patch.setattr(staged_rows, "TEXT_BYTES", 0)
        laid = read_csv("laid.csv", data, layout, staging=Staging(Path(folder)))
        laid_rows = laid.rows.collect(engine="streaming")
    for other, rows in ((slow, slow.rows.collect()), (laid, laid_rows)):
        assert fast.rows.collect().equals(rows)
        assert fast.refused.equals(other.refused)
        assert (fast.account, fast.rows_in, fast.blank_lines) == (other.account, other.rows_in, other.blank_lines)


@settings(max_examples=300)
@given(st.lists(st.text('ab"";;\n\n\ré\ufeff', max_size=12), max_size=8), st.sampled_from([1, 2, 3, 5]))
def test_any_text_is_read_the_same_in_every_way(lines: list[str], cells: int) -> None:
    header = ";".join("hijkl"[:cells])
    data = "\n".join([header, *lines, ""]).encode()
    with pytest.MonkeyPatch.context() as monkeypatch:
        all_ways(data, Layout(), monkeypatch)


@pytest.mark.parametrize("seed", range(30))
def test_an_export_is_read_the_same_in_every_way(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)  # noqa: S311 -- no secret
    words = ["a", 'dit "oui"', "un\ndeux", "x;y", "", "é", "fin\r\nsuite", "1;2;3;4"]
    end, columns = dice.choice(["\n", "\r\n"]), dice.choice([2, 4, 6])
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=";", lineterminator=end, quoting=dice.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    )
    writer.writerow([f"c{column}" for column in range(columns)])
    writer.writerows([[dice.choice(words) for _ in range(columns)] for _ in range(300)])
    all_ways(text.getvalue().encode(dice.choice(["utf-8", "cp1252"])), Layout(), monkeypatch)


@pytest.mark.parametrize(
    "block",
    [b'1;"a\n', b'1;a"b\n', b'1;"a"b\n', b'1; "a"\n', b'1;"a\nb;c\nd"\n', b'1;"a"\rb\n', b'1;2";3\n4;"5\n'],
    ids=["unclosed", "inside", "text behind", "blank before", "hides a row", "bare return", "stray ones"],
)
def test_a_block_in_doubt_is_judged_line_by_line(block: bytes) -> None:
    assert paired_records(block, GRAMMAR) is None


def test_a_block_ends_with_its_last_whole_record() -> None:
    block = b'1;"a\nb"\n2;"c""d"\r\n3;e\n4;"f\ng'
    found = paired_records(block, GRAMMAR)
    assert found is not None
    assert (found.read_bytes, found.rows, found.lines) == (block.index(b"4;"), 3, 4)
    assert (found.line_end_bytes, found.quotes_taken_away) == (4, 5)
    assert found.first_lines is not None
    assert found.first_lines.tolist() == [0, 2, 3]


@pytest.mark.parametrize("block", [b"1;a\n2\n", b"1;a\n2;b;c\n", b"1;a\n\n2;b\n", b"1;a\n2;\xe9\n"])
def test_the_parser_says_when_a_block_is_not_all_rows(block: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []

    def seen(one: bytes, rules: Rules, line: int) -> Part | None:
        found.append(in_order(one, rules, line))
        return found[-1]

    monkeypatch.setattr(csv_guard, "in_order", seen)
    read_csv("a.csv", b"h;i\n" + block, Layout(encoding="utf-8"))
    assert found == [None]


def test_the_parser_refuses_a_byte_that_is_not_utf8_wherever_it_stands() -> None:
    line = b"T1;texte long de plus de douze octets;mail\n"
    for place in (0, 5, len(line) * 2_000 - 2):
        data = bytearray(line * 2_000)
        data[place] = 0xE9
        with pytest.raises(pl.exceptions.ComputeError):
            pl.read_csv(bytes(data), separator=";", has_header=False, schema=dict.fromkeys("abc", pl.String()))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_many_rows_are_laid_down_and_are_the_same(
    suffix: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staged_rows, "TEXT_BYTES", 10_000)
    monkeypatch.setattr(staged_rows, "DRAFT_BYTES", 1_000)
    data = ("id;texte\n" + "".join(f'{n};"déçu\n{n}"\n{n};é\n' for n in range(2_000))).encode(encoding)
    path, staging = tmp_path / f"a{suffix}", tmp_path / "texts"
    path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    monkeypatch.setattr(landing, "read_csv", partial(read_csv, block_bytes=5_000))
    laid_down = read_rows(path, Layout(), staging=staging)
    in_memory = read_rows(path, Layout())
    assert len(list(staging.iterdir())) > 1
    assert laid_down.rows.collect().equals(in_memory.rows.collect())
    assert laid_down.sha256 == in_memory.sha256
    assert sorted(it.name for it in tmp_path.iterdir()) == [path.name, "texts"]


def test_a_text_that_lost_a_row_on_the_way_gives_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_rows, "TEXT_BYTES", 0)
    rows = read_csv("a.csv", b"a;b\n1;2\n3;4\n", Layout(), staging=Staging(tmp_path)).rows
    text = tmp_path / "rows.csv"
    text.write_bytes(text.read_bytes()[:-4])
    with pytest.raises(pl.exceptions.ShapeError):
        rows.collect(engine="streaming")


def test_letters_that_could_be_a_separator_name_no_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_rows, "TEXT_BYTES", 0)
    layout = Layout(separator="a", quote="b")
    parsed = read_csv("a.csv", b"xayz\n1abcab\n", layout, staging=Staging(tmp_path))
    assert parsed.rows.collect().rows() == [("1", "ca", 2)]


def test_a_file_of_hardly_any_row_is_refused() -> None:
    data = b"a;b\n1;2\n" + b"x\n" * 200
    with pytest.raises(Refused, match="1 of them beside 200 records"):
        read_csv("a.csv", data, Layout(), limits=Limits(refused=100))
    assert read_csv("a.csv", data + b"1;2\n" * 300, Layout(), limits=Limits(refused=250)).rows_in == 501


def test_a_header_longer_than_any_record_is_refused() -> None:
    with pytest.raises(Refused, match="a header of at most"):
        read_csv("a.csv", b"a" * (2 << 20) + b";b\n1;2\n", Layout())


def test_the_code_page_may_show_late() -> None:
    ascii_rows = b"1;abc\n" * 900_000
    parsed = read_csv("late.csv", b"a;b\n" + ascii_rows + "2;déçu\n".encode("cp1252"), Layout())
    assert parsed.encoding == "windows-1252"
    assert parsed.rows_in == 900_001
    assert parsed.rows.collect()["b"].tail(1).to_list() == ["déçu"]
