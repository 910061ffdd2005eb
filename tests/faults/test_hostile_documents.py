"""JSON, workbooks and moving files on which a naive reader loses or invents rows, each with what must happen to it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
import zstandard

from flows.io.landing import Limits, Refused, read_rows
from flows.io.source_bytes import SourceBytes
from tests.faults.conftest import Proof
from tests.faults.hostile import ACCENTED, HEADER, ROWS, Case, Lands, land, named, refuse, text, workbook
from transforms.layout import Layout

LINES = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in ACCENTED]
JSONL = "\n".join([*LINES, ""])
LIST = "[" + ",\n ".join(LINES) + "]"
UNDER = '{"count": 60, "tickets": ' + LIST + ', "next": null}'


def with_line(number: int, line: str) -> bytes:
    """The lines with one record written otherwise; record 0 is line 1."""
    return "\n".join([*LINES[:number], line, *LINES[number + 1 :], ""]).encode()


def without(number: int) -> list[list[str]]:
    return [row for place, row in enumerate(ACCENTED) if place != number]


def refused_alone(name: str, line: str, reason: str) -> Case:
    return Case(name, with_line(10, line), Lands(without(10), ((11, reason),)), suffix=".jsonl")


def sheet(*rows: list[object], extra: Callable[[xlsxwriter.Workbook], None] = lambda _book: None) -> bytes:
    def build(book: xlsxwriter.Workbook) -> None:
        first = book.add_worksheet("Export")
        for place, row in enumerate(rows):
            first.write_row(place, 0, row)
        extra(book)

    return workbook(build)


def merged(book: xlsxwriter.Workbook) -> None:
    book.get_worksheet_by_name("Export").merge_range(2, 0, 3, 0, "x")


NUMBERS = [[n] for n in range(1_000)]
GOOD = [
    Case("json lines", JSONL.encode(), Lands(ACCENTED), suffix=".jsonl"),
    Case("json lines, marked, crlf", ("\ufeff" + JSONL.replace("\n", "\r\n")).encode(), Lands(ACCENTED), suffix=".jsonl"),
    Case("json lines in utf-16", JSONL.encode("utf-16"), Lands(ACCENTED), suffix=".ndjson"),
    Case("json lines in cp1252", JSONL.encode("cp1252"), Lands(ACCENTED), suffix=".jsonl"),
    Case("json lines, no final line end", JSONL.strip().encode(), Lands(ACCENTED), suffix=".jsonl"),
    Case("json lines, blank ones between", JSONL.replace("\n", "\n\n \n", 2).encode(), Lands(ACCENTED, blank=4), suffix=".jsonl"),
    Case("json lines in gzip", gzip.compress(JSONL.encode()), Lands(ACCENTED), suffix=".jsonl.gz"),
    Case("numbers that no float holds", b'{"a": 1e400, "b": 0.10, "c": 123456789012345678901234567890}\n',
         Lands([["1e400", "0.10", "123456789012345678901234567890"]]), suffix=".jsonl"),
    Case("NaN and Infinity stay text", b'{"a": NaN, "b": -Infinity}\n', Lands([["NaN", "-Infinity"]]), suffix=".jsonl"),
    Case("5,000 digits", b'{"a": ' + b"7" * 5_000 + b"}\n", Lands([["7" * 5_000]]), suffix=".jsonl"),
    Case("keys that come late or go", b'{"a": 1}\n{"b": null, "c": ""}\n{"a": "x"}\n', Lands([["1", "", ""], ["", "", ""], ["x", "", ""]]), suffix=".jsonl"),
    Case("a pair of surrogates", b'{"a": "\\ud83d\\ude00"}\n', Lands([["😀"]]), suffix=".jsonl"),
    Case("brackets inside a text", ('{"a": "' + "[{" * 500 + '"}\n').encode(), Lands([["[{" * 500]]), suffix=".jsonl"),
    Case("nothing but blank lines, by contract", b"\n\n", Lands([]), Layout(may_be_empty=True), suffix=".jsonl"),
    Case("a json list", LIST.encode(), Lands(ACCENTED), suffix=".json"),
    Case("a json list, marked, blanks around", ("\ufeff \n" + LIST + "\n\n").encode(), Lands(ACCENTED), suffix=".json"),
    Case("a json list in cp1252", LIST.encode("cp1252"), Lands(ACCENTED), suffix=".json"),
    Case("a json list in utf-16", LIST.encode("utf-16"), Lands(ACCENTED), suffix=".json"),
    Case("a json list under a key", UNDER.encode(), Lands(ACCENTED), Layout(sheet="tickets"), suffix=".json"),
    Case("an empty list", b"[ ]", Lands([]), suffix=".json"),
    Case("text after 1,000 numbers in a sheet", sheet(["v"], *NUMBERS, ["néant"], ["N/A"]),
         Lands([*[[str(n)] for n in range(1_000)], ["néant"], ["N/A"]]), suffix=".xlsx"),
    Case("a hidden sheet", sheet(["a"], ["1"], extra=lambda book: book.add_worksheet("Notes").hide()), Lands([["1"]]), suffix=".xlsx"),
    Case("formulas and leading zeros in a sheet", sheet(["a", "b"], ["007", "'=1+1"]), Lands([["007", "'=1+1"]]), suffix=".xlsx"),
]  # fmt: skip

ROWS_REFUSED = [
    refused_alone("a line cut short", '{"id": "T010", "chan', "broken_json"),
    refused_alone("two objects on a line", LINES[10] + LINES[10], "broken_json"),
    refused_alone("rubbish behind an object", LINES[10] + ";", "broken_json"),
    refused_alone("a comma too many", '{"id": "T010",}', "broken_json"),
    refused_alone("single quotes", "{'id': 'T010'}", "broken_json"),
    refused_alone("a raw tab in a text", '{"id": "T\t010"}', "broken_json"),
    refused_alone("a list for an object", '["T010"]', "not_an_object"),
    refused_alone("a key twice", '{"id": "T010", "id": "T011"}', "repeated_key"),
    refused_alone("a key twice by its dots", '{"user.id": "a", "user": {"id": "b"}}', "repeated_key"),
    refused_alone("a nul", '{"id": "\\u0000"}', "nul_byte"),
    refused_alone("half a surrogate pair", '{"id": "\\ud83d"}', "encoding"),
    refused_alone("half a pair in a list", '{"id": ["\\ude00"]}', "encoding"),
    refused_alone("objects 101 deep", '{"a":' * 101 + "1" + "}" * 101, "too_deep"),
    refused_alone("lists 50,000 deep", '{"a":' + "[" * 50_000 + "]" * 50_000 + "}", "too_deep"),
    refused_alone("brackets that never close", '{"a":' + "[" * 50_000, "too_deep"),
    refused_alone("a line over 4 MiB", '{"a": "' + "x" * (4 << 20) + '"}', "record_too_long"),
    Case("a line of cp1252 in utf-8 lines", with_line(10, "{}").replace(b"{}", '{"id": "é"}'.encode("cp1252")),
         Lands(without(10), ((11, "encoding"),)), suffix=".jsonl"),
    Case("json lines whose last is cut short", JSONL.encode()[:-8], Lands(ACCENTED[:-1], ((60, "broken_json"),)), suffix=".jsonl"),
    Case("json lines cut in a letter", JSONL.encode()[:-7], Lands(ACCENTED[:-1], ((60, "encoding"),)), suffix=".jsonl"),
    Case("elements that are no objects", b'[{"a": 1}, 2, null, ["x"], {"a": 3}]',
         Lands([["1"], ["3"]], ((2, "not_an_object"), (3, "not_an_object"), (4, "not_an_object"))), suffix=".json"),
    Case("an element with a key twice", b'[{"a": 1, "a": 2}, {"a": 3}]', Lands([["3"]], ((1, "repeated_key"),)), suffix=".json"),
    Case("merged cells", sheet(["a", "b"], ["1", "m"], ["2", "m"], ["3", "m"], extra=merged),
         Lands([["1", "m"]], ((3, "merged_cells"), (4, "merged_cells"))), suffix=".xlsx"),
    Case("a cell beside the table", sheet(["a"], ["1"], ["2", "", "note"]), Lands([["1"]], ((3, "fields_3_of_1"),)), suffix=".xlsx"),
]  # fmt: skip

FILE_REFUSED = [
    Case("a json list cut short", LIST.encode()[:-9], "one that breaks", suffix=".json"),
    Case("a json list without its end", LIST.encode()[:-1], "no comma and no ]", suffix=".json"),
    Case("a second list behind the first", (LIST + LIST).encode(), "more behind its end", suffix=".json"),
    Case("json lines under the name of a list", JSONL.encode(), "no list", suffix=".json"),
    Case("lists 100,000 deep", b"[" * 100_000, "a deeper one", suffix=".json"),
    Case("an element 200 deep", b'[{"a": ' + b"[" * 200 + b"]" * 200 + b"}]", "a deeper one", suffix=".json"),
    Case("the key of the list twice", b'{"t": [{"a": 1}], "t": []}', "the key 't' twice", Layout(sheet="t"), suffix=".json"),
    Case("an object, and no key is named", UNDER.encode(), "an object with lists under ['tickets']", suffix=".json"),
    Case("a list under another key", UNDER.encode(), "a list under the key 'notes'", Layout(sheet="notes"), suffix=".json"),
    Case("an object cut behind its list", UNDER.encode()[:-14], "one that breaks", Layout(sheet="tickets"), suffix=".json"),
    Case("a number for a document", b"42", "no list", suffix=".json"),
    Case("blanks for a document", b"  \n", "one that breaks", suffix=".json"),
    Case("half a letter at the end", LIST.encode()[:-1] + b"\xc3", "one that breaks", Layout(encoding="utf-8"), suffix=".json"),
    Case("nothing but a mark", b"\xef\xbb\xbf", "an empty file", suffix=".jsonl"),
    Case("blank lines", b"\n \n", "an empty file", suffix=".jsonl"),
    Case("more keys than columns are believed", json.dumps([{f"k{n}": 1} for n in range(60)]).encode(), "60 keys", suffix=".json"),
    Case("a bomb of json lines", gzip.compress(b"{}\n" * (1 << 20)), "more than that", suffix=".jsonl.gz"),
    Case("zstd rubbish behind json", zstandard.compress(JSONL.encode()) + b"x", "damaged frame", suffix=".jsonl.zst"),
    Case("a page named json", b"<html>session expired</html>", "a web page", suffix=".json"),
    Case("a far cell", sheet(["a"], extra=lambda book: book.get_worksheet_by_name("Export").write(1_048_575, 16_383, "x")),
         "row 1,048,576 and column 16,384", suffix=".xlsx"),
    Case("a workbook cut short", sheet(["a"], ["1"])[:-30], "a damaged one", suffix=".xlsx"),
    Case("two visible sheets", sheet(["a"], extra=lambda book: book.add_worksheet("B")), "the sheets ['Export', 'B']", suffix=".xlsx"),
]  # fmt: skip

ENDLESS = [
    Case("an element over 4 MiB", b'[{"a": "' + b"x" * (10 << 20) + b'"}]', "a longer value", suffix=".json"),
    Case("a text that never closes", b'[{"a": "' + b"x" * (10 << 20), "a longer value", suffix=".json"),
    Case("a number without end", b"[" + b"7" * (10 << 20) + b"]", "a longer value", suffix=".json"),
]


@pytest.mark.parametrize("case", [*GOOD, *ROWS_REFUSED], ids=named)
def test_only_the_damaged_records_are_refused(case: Case, tmp_path: Path) -> None:
    assert land(case, tmp_path) == case.expect


@pytest.mark.parametrize("case", FILE_REFUSED, ids=named)
def test_the_file_is_refused_and_the_message_says_why(case: Case, tmp_path: Path) -> None:
    refuse(case, tmp_path)


@pytest.mark.parametrize("case", ENDLESS, ids=named)
def test_a_value_longer_than_any_record_is_refused(case: Case, tmp_path: Path) -> None:
    refuse(case, tmp_path, Limits())


def test_objects_that_share_no_keys_are_no_table(tmp_path: Path) -> None:
    data = b"".join(b'{"k%d": 1}\n' % (n % 1_999) for n in range(60_000))
    refuse(Case("", data, "values in", suffix=".jsonl"), tmp_path, Limits())


def test_a_name_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "export2.csv").write_text("id\nwrong\n")
    for staging in (None, tmp_path / "texts"):
        (tmp_path / "export[2026].csv").write_text("id\nright\n")
        rows = read_rows(tmp_path / "export[2026].csv", Layout(), staging=staging).rows.collect()
        assert rows["id"].to_list() == ["right"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_a_file_that_grows_while_it_is_read_is_refused(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"export{suffix}"
    path.write_bytes({".csv": text(ROWS), ".jsonl": JSONL, ".json": LIST}[suffix].encode())
    real = SourceBytes.pieces

    def growing(self: SourceBytes, size: int = 256) -> Iterator[bytes]:
        for piece in real(self, min(size, 256)):
            with path.open("ab") as file:
                file.write(b"\n")
            yield piece

    monkeypatch.setattr(SourceBytes, "pieces", growing)
    with pytest.raises(Refused, match="written to or replaced"):
        read_rows(path, Layout())


def test_the_table_holds_what_the_promise_counts(proves: Callable[[Proof], None]) -> None:
    cases = len(GOOD) + len(ROWS_REFUSED) + len(FILE_REFUSED) + len(ENDLESS)
    proves(Proof(1, "hostile documents, each with the fate it must have", cases))
