"""Hostile files cost bounded time and memory, and the run goes on: each is landed in a process whose use is measured."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from tests.faults.conftest import Proof

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="use is measured and bounded as Linux does")
ROOT = Path(__file__).parents[2]
CPU_S, PEAK_MB = 10, 2_048
LAND = """
import resource, sys
from pathlib import Path
from flows.io.landing import Refused, read_rows
from transforms.layout import Layout
try:
    landed = read_rows(Path(sys.argv[1]), Layout(), staging=Path(sys.argv[2]))
    print("landed", landed.rows_in, landed.refused.height)
except Refused as refusal:
    print(refusal)
own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
status = Path("/proc/self/status").read_text()
peak_kib = max(int(status.split("VmHWM:")[1].split()[0]), children.ru_maxrss)
print(sum(it.ru_utime + it.ru_stime for it in (own, children)), peak_kib // 1024)
"""


def book(sheet: bytes, strings: bytes = b"") -> bytes:
    """A workbook of one sheet with this XML, otherwise as it must be."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as made:
        made.add_worksheet().write(0, 0, "a")
    filled = io.BytesIO()
    with zipfile.ZipFile(target) as source, zipfile.ZipFile(filled, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for entry in source.infolist():
            content = source.read(entry)
            content = sheet if entry.filename == "xl/worksheets/sheet1.xml" else content
            content = strings if strings and entry.filename == "xl/sharedStrings.xml" else content
            out.writestr(entry.filename, content)
    return filled.getvalue()


def rows(*parts: bytes) -> bytes:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return b"<worksheet " + space + b"><sheetData>" + b"".join(parts) + b"</sheetData></worksheet>"


def far_cell() -> bytes:
    return book(rows(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


def far_cells_that_say_no_place() -> bytes:
    last = b'<row r="1048576">' + b"<c><v>1</v></c>" * 16_384 + b"</row>"
    return book(rows(b'<row r="1"><c r="A1"><v>1</v></c></row>', last))


def one_text_in_every_cell() -> bytes:
    text = b"<sst><si><t>" + b"x" * (8 << 20) + b"</t></si></sst>"
    cells = (b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(1, 20_001))
    return book(rows(*cells), text)


def a_workbook_that_unpacks_to_much() -> bytes:
    return book(rows(b" " * (100 << 20)))


def cells_that_never_close() -> bytes:
    return book(rows(b'<row r="1">' + b'<c r="A1"><f>' * 500_000))


def endless_merges() -> bytes:
    merges = b'<mergeCell ref="A1:A1048576"/>' * 200_000
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="A900000"><v>1</v></c></row>'
    return book(rows(cells).replace(b"</sheetData>", b"</sheetData><mergeCells>" + merges + b"</mergeCells>"))


def a_million_cells_in_rows_that_say_no_number() -> bytes:
    return book(rows(b"<row><c><v>1</v></c></row>" * 1_000_000))


WORKBOOKS = [
    (far_cell, "column 16,384"),
    (far_cells_that_say_no_place, "a workbook that is read with"),
    (one_text_in_every_cell, "a workbook that is read with"),
    (a_workbook_that_unpacks_to_much, "unpacks to at most"),
    (cells_that_never_close, "cannot be read"),
    pytest.param(endless_merges, "a workbook that is read with", marks=pytest.mark.slow),
    pytest.param(a_million_cells_in_rows_that_say_no_number, "landed 999999 0", marks=pytest.mark.slow),
]


def sparse(path: Path, start: bytes, end: bytes) -> None:
    """A file of 2 GiB, most of it a hole."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(2 << 30)
        file.seek(0, io.SEEK_END)
        file.write(end)


def a_field_of_2_gib(path: Path) -> None:
    sparse(path, b"id;text\n1;a\n2;", b"\n3;b\n")


def a_quoted_field_of_2_gib(path: Path) -> None:
    sparse(path, b'id;text\n1;a\n2;"' + (b"x" * 499 + b"\n") * 300_000, b'"\n3;b\n')


def a_million_columns(path: Path) -> None:
    path.write_bytes(b";".join(b"c%d" % column for column in range(1_000_000)) + b"\n" + b";" * 999_999 + b"\n")


def a_million_cells_in_a_row(path: Path) -> None:
    path.write_bytes(b"id;text\n1;a\n" + b";" * 999_999 + b"\n2;b\n")


def a_packed_bomb(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(64 << 20)) * 32)


def a_json_line_of_2_gib(path: Path) -> None:
    sparse(path, b'{"id": 1}\n{"id": "', b'"}\n{"id": 3}\n')


def a_json_text_of_2_gib(path: Path) -> None:
    sparse(path, b'[{"id": "', b'"}]')


def empty_lists_in_a_record(path: Path) -> None:
    path.write_bytes(b'{"id": [' + b"[]," * 1_300_000 + b"1]}\n")


def empty_objects_in_an_element(path: Path) -> None:
    path.write_bytes(b'[{"id": [' + b"{}," * 1_300_000 + b"1]}]")


TEXTS = [
    pytest.param(a_json_line_of_2_gib, "landed 3 1", marks=pytest.mark.slow),
    (a_json_text_of_2_gib, "one that breaks"),
    (empty_lists_in_a_record, "landed 1 0"),
    (empty_objects_in_an_element, "landed 1 0"),
    pytest.param(a_field_of_2_gib, "landed 3 1", marks=pytest.mark.slow),
    (a_quoted_field_of_2_gib, "and more to come"),
    (a_million_columns, "a header of at most 2,000 columns"),
    (a_million_cells_in_a_row, "landed 3 1"),
    (a_packed_bomb, "more than that"),
]


_SUFFIXES = {
    a_json_line_of_2_gib: ".jsonl",
    a_json_text_of_2_gib: ".json",
    empty_lists_in_a_record: ".jsonl",
    empty_objects_in_an_element: ".json",
}


def landed(path: Path) -> tuple[str, float, int]:
    """What was said of a file, CPU seconds with those of children, and peak memory in MB."""
    command = [sys.executable, "-c", LAND, str(path), str(path.parent / "texts")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2_000:]
    said, _, used = done.stdout.strip().rpartition("\n")
    cpu, peak = used.split()
    return said, float(cpu), int(peak)


def check(path: Path, expect: str, proves: Callable[[Proof], None], what: str) -> None:
    said, cpu, peak = landed(path)
    print(f"{path.name}: {cpu:.1f} CPU s, {peak} MB: {said[:200]}")  # noqa: T201 -- seen with -rP
    assert expect in said
    assert cpu < CPU_S
    assert peak < PEAK_MB
    proves(Proof(12, what, 1))


@pytest.mark.parametrize(("build", "expect"), WORKBOOKS)
def test_a_workbook(build: Callable[[], bytes], expect: str, tmp_path: Path, proves: Callable[[Proof], None]) -> None:
    path = tmp_path / f"{build.__name__}.xlsx"
    path.write_bytes(build())
    check(path, expect, proves, "workbooks made to exhaust memory or time")


@pytest.mark.parametrize(("build", "expect"), TEXTS)
def test_a_text(build: Callable[[Path], None], expect: str, tmp_path: Path, proves: Callable[[Proof], None]) -> None:
    suffix = _SUFFIXES.get(build, ".csv")
    path = tmp_path / f"{build.__name__}{suffix}"
    build(path)
    check(path, expect, proves, "texts made to exhaust memory or time")


MAPPING = """
table = "feed_ticket"
source = "desk"
follows = "Made up for the tests."
[read]
datetimes = ["%d/%m/%Y %H:%M"]
[columns]
ticket_id = ["id"]
created_at = ["created"]
resolved_at = ["resolved"]
customer_id = ["customer"]
topic = ["topic"]
"""
SETTINGS = """
[site]
name = "Site"
zone = "Europe/Paris"
[[export]]
files = "tickets.csv"
mapping = "desk"
"""
CHECK = """
import sys
from pathlib import Path
from flows.__main__ import main
print(main(["check", sys.argv[1], "--mapping", "desk", "--data", sys.argv[2]]))
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
ROWS, REFUSED_PEAK_MB = 1_000_000, 1_200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{0};2026-03-01 10:{1:02}:00;2026-03-02 10:{1:02}:00;C-{0};retour", "created_at is not dd/mm/yyyy hh:mm"),
        ("{0};02/03/2026 10:{1:02};01/03/2026 10:{1:02};C-{0};retour", "resolved_at: not before created_at"),
    ],
    ids=["a cell", "a rule"],
)
def test_an_export_of_which_no_row_can_be_taken(
    row: str, reason: str, tmp_path: Path, proves: Callable[[Proof], None]
) -> None:
    path, home = tmp_path / "tickets.csv", tmp_path / "site"
    (home / "sources").mkdir(parents=True)
    (home / "sources" / "desk.toml").write_text(MAPPING, "utf-8")
    (home / "raw").mkdir()
    (home / "pipeline.toml").write_text(SETTINGS, "utf-8")
    lines = (row.format(number, number % 60) for number in range(ROWS))
    path.write_text("id;created;resolved;customer;topic\n" + "\n".join(lines) + "\n", "utf-8")
    command = [sys.executable, "-c", CHECK, str(path), str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-2_000:]
    *_, code, peak_kib = done.stdout.split()
    print(done.stdout)  # noqa: T201 -- seen with -rP
    assert code == "2", done.stderr[-2_000:]
    assert f"{reason} ({ROWS} rows" in " ".join(done.stdout.split())
    assert int(peak_kib) < REFUSED_PEAK_MB * 1_024
    proves(Proof(12, "exports of which no row can be taken", 1))
