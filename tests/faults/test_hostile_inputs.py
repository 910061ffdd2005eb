"""Inputs on which a naive reader loses, tears or invents rows, each with what must happen to it."""
# ruff: noqa: S311  seeded damage is no secret

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tests.faults.conftest import Proof
from tests.faults.hostile import ACCENTED, HEADER, ROWS, Case, Lands, land, named, refuse, text
from transforms.layout import Layout


def with_line(number: int, line: str, rows: list[list[str]] = ROWS) -> bytes:
    """The export with one row written otherwise; row 0 is line 2."""
    lines = text(rows).splitlines(keepends=True)
    lines[number + 1] = line + "\n"
    return "".join(lines).encode()


def without(*numbers: int) -> list[list[str]]:
    return [row for number, row in enumerate(ROWS) if number not in numbers]


def changed(number: int, *cells: str) -> list[list[str]]:
    return [list(cells) if place == number else row for place, row in enumerate(ROWS)]


PLAIN = text(ROWS).encode()
GZIP = gzip.compress(PLAIN, mtime=0)
HALF = PLAIN.index(b"T030")
ZSTD = zstandard.ZstdCompressor(write_checksum=True)
ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("a.csv", PLAIN)
TWO_QUOTES = with_line(10, 'T010;chat;5;"pas fini').replace(b"T050;tel;6;texte 50", b'T050;tel;6;fini"')
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>a;b;c</body></html>\n"


def words(score: str) -> list[list[str]]:
    return [[row[0], row[1], score, row[3]] for row in ROWS]


GOOD = [
    Case("plain", PLAIN, Lands(ROWS)),
    Case("crlf", text(ROWS, end="\r\n").encode(), Lands(ROWS)),
    Case("cr only, as old Macs write", text(ROWS, end="\r").encode(), Lands(ROWS)),
    Case("byte order mark", b"\xef\xbb\xbf" + PLAIN, Lands(ROWS)),
    Case("utf-16 little end first", b"\xff\xfe" + text(ACCENTED).encode("utf-16-le"), Lands(ACCENTED)),
    Case("utf-16 big end first", b"\xfe\xff" + text(ACCENTED).encode("utf-16-be"), Lands(ACCENTED)),
    Case("utf-16 by name, unmarked", text(ACCENTED).encode("utf-16-le"), Lands(ACCENTED), Layout(encoding="utf-16-le")),
    Case("windows-1252", text(ACCENTED).encode("cp1252"), Lands(ACCENTED)),
    Case("cp850 by name", text(ACCENTED).replace("–", "-").encode("cp850"),
         Lands([[*r[:3], r[3].replace("–", "-")] for r in ACCENTED]), Layout(encoding="cp850")),
    Case("decimal comma", text(words("4,5")).encode(), Lands(words("4,5"))),
    Case("no-break thousands", text(words("1\u202f234,50")).encode(), Lands(words("1\u202f234,50"))),
    Case("leading zeros", text(words("006123")).encode(), Lands(words("006123"))),
    Case("over 2^63", text(words("100000000000000000001")).encode(), Lands(words("100000000000000000001"))),
    Case("N/A after numbers", text([*words("5"), *words("N/A")]).encode(), Lands([*words("5"), *words("N/A")])),
    Case("1e400, NaN, inf", text([*words("1e400"), *words("NaN"), *words("inf")]).encode(),
         Lands([*words("1e400"), *words("NaN"), *words("inf")])),
    Case("null words", text(words("null")).encode(), Lands(words("null"))),
    Case("emoji, right to left, combining", text(words("😀\u202e\u0645e\u0301\U0010ffff")).encode(),
         Lands(words("😀\u202e\u0645e\u0301\U0010ffff"))),
    Case("formulas stay as they are", text(words("=cmd|' /C calc'!A0")).encode(), Lands(words("=cmd|' /C calc'!A0"))),
    Case("blanks around cells are kept", text(words(" 5 ")).encode(), Lands(words(" 5 "))),
    Case("hash in front is no comment", text([["#1", "a", "b", "c"]]).encode(), Lands([["#1", "a", "b", "c"]])),
    Case("rows of empty cells", with_line(7, ";;;"), Lands(changed(7, "", "", "", ""))),
    Case("header only", text([]).encode(), Lands([])),
    Case("header only, no line end", text([]).strip().encode(), Lands([])),
    Case("blank lines", PLAIN[:HALF] + b"\n\r\n" + PLAIN[HALF:] + b"\n\n", Lands(ROWS, blank=4)),
    Case("preamble", b"Export du 21/11/2026\nFiltre : tous\n\n" + PLAIN, Lands(ROWS), Layout(skip_lines=3)),
    Case("a mark in front of the first row", text([["\ufeffT", "a", "1", "b"], *ROWS]).encode(),
         Lands([["\ufeffT", "a", "1", "b"], *ROWS])),
    Case("a header that names a column twice", text(ROWS, header=["id", "v", "v", "v"]).encode(), Lands(ROWS)),
    Case("no header, named by the mapping", text(ROWS).encode()[len(text([])) :], Lands(ROWS), Layout(columns_named=tuple(HEADER))),
    Case("typographic marks that cp1252 has", text(words("l’œuvre “citée” … ‚ici‘ 5‰ Škoda†")).encode("cp1252"),
         Lands(words("l’œuvre “citée” … ‚ici‘ 5‰ Škoda†"))),
    Case("names with blanks", text(ROWS, header=["id ", "channel\u00a0", "\u202fscore", " verbatim"]).encode(), Lands(ROWS)),
    Case("one column, an empty answer", b"verbatim\nun\n\ntrois\n", Lands([["un"], [""], ["trois"]])),
    Case("quoted separators, doubled quotes", with_line(9, 'T;chat;5;"dit ""oui"" ; merci"'),
         Lands(changed(9, "T", "chat", "5", 'dit "oui" ; merci'))),
    Case("quoted line ends", with_line(9, 'T;chat;5;"un\ndeux\n\nquatre"'),
         Lands(changed(9, "T", "chat", "5", "un\ndeux\n\nquatre"))),
    Case("quoted crlf and cr", with_line(9, 'T;chat;5;"un\r\ndeux\rtrois"'),
         Lands(changed(9, "T", "chat", "5", "un\r\ndeux\rtrois"))),
    Case("every row on three lines", text([[r[0], r[1], r[2], '"a\n""b""; c\nd"'] for r in ROWS]).encode(),
         Lands([[r[0], r[1], r[2], 'a\n"b"; c\nd'] for r in ROWS])),
    Case("a header on two lines", b'"id\nnum",b\n1,2\n', Lands([["1", "2"]]), Layout(separator=",")),
    Case("tabs", text(ROWS, separator="\t").encode(), Lands(ROWS), Layout(separator="\t")),
    Case("an export that never quotes", with_line(5, 'T;chat;5;écran 5" cassé'),
         Lands(changed(5, "T", "chat", "5", 'écran 5" cassé')), Layout(quote="")),
    Case("no final line end, by contract", PLAIN[:-1], Lands(ROWS), Layout(ends_with_newline=False)),
    Case("gzip", GZIP, Lands(ROWS), suffix=".csv.gz"),
    Case("gzip of two members", gzip.compress(PLAIN[:HALF]) + gzip.compress(PLAIN[HALF:]), Lands(ROWS), suffix=".csv.gz"),
    Case("zstd", ZSTD.compress(PLAIN), Lands(ROWS), suffix=".csv.zst"),
    Case("zstd of two frames", ZSTD.compress(PLAIN[:HALF]) + ZSTD.compress(PLAIN[HALF:]), Lands(ROWS), suffix=".csv.zst"),
    Case("empty, by contract", b"", Lands([]), Layout(may_be_empty=True)),
]  # fmt: skip

ROWS_REFUSED = [
    Case("half a last line, all fields there", PLAIN[:-5], Lands(ROWS[:-1], ((61, "unterminated_last_line"),))),
    Case("half a last line, fields missing", PLAIN[: PLAIN.rindex(b";")], Lands(ROWS[:-1], ((61, "fields_3_of_4"),))),
    Case("the same where no line end is the rule", PLAIN[: PLAIN.rindex(b";")],
         Lands(ROWS[:-1], ((61, "fields_3_of_4"),)), Layout(ends_with_newline=False)),
    Case("too few fields", with_line(10, "T010;chat"), Lands(without(10), ((12, "fields_2_of_4"),))),
    Case("too many fields", with_line(10, "T010;chat;5;texte;avec;points"), Lands(without(10), ((12, "fields_6_of_4"),))),
    Case("a stray quote", with_line(10, 'T010;chat;5;écran 5" cassé'), Lands(without(10), ((12, "unbalanced_quote"),))),
    Case("two stray quotes in a row", with_line(10, 'T010;chat;5;un "mot" cité'), Lands(without(10), ((12, "misplaced_quote"),))),
    Case("an unclosed quote", with_line(10, 'T010;chat;5;"pas fini'), Lands(without(10), ((12, "unbalanced_quote"),))),
    Case("an unclosed quote on the last line", with_line(59, 'T059;chat;5;"pas fini'),
         Lands(without(59), ((61, "unbalanced_quote"),))),
    Case("two unbalanced quotes far apart", TWO_QUOTES,
         Lands(without(10, 50), ((12, "ambiguous_quote"), (52, "ambiguous_quote")))),
    Case("two unbalanced quotes on neighbours", with_line(10, 'T010;chat;5;"pas fini').replace(b"tel;0;texte 11", b'tel;0;fini"'),
         Lands(without(10, 11), ((12, "ambiguous_quote"), (13, "ambiguous_quote")))),
    Case("a text that quotes a table", b'id;v\n1;"un\na;b\nfin"\n2;ok\n',
         Lands([["2", "ok"]], ((2, "ambiguous_quote"), (3, "ambiguous_quote"), (4, "ambiguous_quote")))),
    Case("backslashed quotes", with_line(10, 'T010;chat;5;dit \\"oui\\" ; merci'),
         Lands(without(10), ((12, "misplaced_quote"),))),
    Case("a blank before the quote", with_line(10, 'T010;chat;5; "x; y"'), Lands(without(10), ((12, "misplaced_quote"),))),
    Case("a nul byte", with_line(10, "T010;chat;5;a\0b"), Lands(without(10), ((12, "nul_byte"),))),
    Case("a tail of nul bytes", PLAIN + b"\0" * 512, Lands(ROWS, ((62, "nul_byte"),))),
    Case("a bare carriage return", with_line(10, "T010;chat;5;a\rb"), Lands(without(10), ((12, "bare_cr"),))),
    Case("two files end to end", PLAIN[:HALF] + text([]).encode() + PLAIN[HALF:], Lands(ROWS, ((32, "repeated_header"),))),
    Case("two marked files end to end", b"\xef\xbb\xbf" + PLAIN[:HALF] + b"\xef\xbb\xbf" + text([]).encode() + PLAIN[HALF:],
         Lands(ROWS, ((32, "repeated_header"),))),
    Case("a line of cp1252 in utf-8", text(ACCENTED).encode().replace("T010 – déçu".encode(), "T010 – déçu".encode("cp1252")),
         Lands([r for r in ACCENTED if r[0] != "T010"], ((12, "encoding"),))),
    Case("a line of utf-8 in cp1252", text(ACCENTED).encode("cp1252").replace("réclamation n° T010 – déçu".encode("cp1252"), "déçu".encode()),
         Lands([r for r in ACCENTED if r[0] != "T010"], ((12, "encoding"),))),
    Case("a byte that cp1252 does not have", text(ACCENTED).encode("cp1252").replace(b"T010 ", b"T010\x81"),
         Lands([r for r in ACCENTED if r[0] != "T010"], ((12, "encoding"),))),
    Case("a line of cp850 in cp1252", text(ACCENTED).encode("cp1252").replace("réclamation n° T010 – déçu".encode("cp1252"), "réclamation déçue".encode("cp850")),
         Lands([r for r in ACCENTED if r[0] != "T010"], ((12, "encoding"),))),
    Case("a line of mac roman in cp1252", text(ACCENTED).encode("cp1252").replace("réclamation n° T010 – déçu".encode("cp1252"), "réclamation reçue".encode("mac-roman")),
         Lands([r for r in ACCENTED if r[0] != "T010"], ((12, "encoding"),))),
    Case("a decimal comma in a comma file", text(words("4,5")[:2], separator=",").encode(),
         Lands([], ((2, "fields_5_of_4"), (3, "fields_5_of_4"))), Layout(separator=",")),
    Case("a record over a mebibyte", text([*ROWS, ["T", "a", "b", "x" * (1 << 20)], *ROWS]).encode(),
         Lands([*ROWS, *ROWS], ((62, "record_too_long"),))),
    Case("a line far over a block", text([*ROWS, ["T", "a", "b", ";" * (9 << 20)], *ROWS]).encode(),
         Lands([*ROWS, *ROWS], ((62, "record_too_long"),))),
]  # fmt: skip

FILE_REFUSED = [
    Case("empty", b"", "an empty file"),
    Case("a byte order mark alone", b"\xef\xbb\xbf", "an empty file"),
    Case("line ends alone", b"\n\n\n", "an empty file"),
    Case("nothing in a gzip", gzip.compress(b""), "an empty file", suffix=".csv.gz"),
    Case("commas where semicolons are said", text(ROWS, separator=",").encode(), "a comma would split into 4"),
    Case("semicolons where commas are said", PLAIN, "a semicolon would split into 4", Layout(separator=",")),
    Case("tabs where semicolons are said", text(ROWS, separator="\t").encode(), "a tab would split into 4"),
    Case("a login page", PAGE, "a web page"),
    Case("a login page with blanks in front", b"\n\n  " + PAGE, "a web page"),
    Case("a zip named csv", ZIP.getvalue(), "a zip archive or an Excel workbook"),
    Case("a workbook cut short named csv", b"PK\x03\x04" + random.Random(1).randbytes(999), "a zip archive"),
    Case("an old workbook named csv", b"\xd0\xcf\x11\xe0" + bytes(99), "password-protected"),
    Case("a pdf named csv", b"%PDF-1.7\n...", "a PDF"),
    Case("a parquet named csv", b"PAR1....PAR1", "a Parquet file"),
    Case("a csv named xlsx", PLAIN, "an Excel workbook; found a file that starts with", suffix=".xlsx"),
    Case("gzip cut short", GZIP[:-20], "member 1 cut short", suffix=".csv.gz"),
    Case("gzip without its checksum", GZIP[:-8], "member 1 cut short", suffix=".csv.gz"),
    Case("gzip with a wrong checksum", GZIP[:-6] + bytes([GZIP[-6] ^ 255]) + GZIP[-5:], "damaged member 1", suffix=".csv.gz"),
    Case("gzip with rubbish behind", GZIP + b"rubbish", "damaged member 2", suffix=".csv.gz"),
    Case("gzip whose second member is cut", GZIP + GZIP[:-9], "member 2 cut short", suffix=".csv.gz"),
    Case("a gzip bomb", gzip.compress(bytes(3 << 20)), "more than that", suffix=".csv.gz"),
    Case("zstd cut short", ZSTD.compress(PLAIN)[:-9], "cut short", suffix=".csv.zst"),
    Case("zstd with a wrong checksum", ZSTD.compress(PLAIN)[:-1] + b"\0", "damaged frame", suffix=".csv.zst"),
    Case("zstd with rubbish behind", ZSTD.compress(PLAIN) + b"rubbish", "damaged frame", suffix=".csv.zst"),
    Case("a zstd bomb", ZSTD.compress(bytes(3 << 20)), "more than that", suffix=".csv.zst"),
    Case("no gzip under a gz name", PLAIN, "as its name says", suffix=".csv.gz"),
    Case("a million columns", ";".join(f"c{n}" for n in range(10_000)).encode() + b"\n", "10,000 columns"),
    Case("over the ceiling", PLAIN * 1_000, "bytes. Export shorter periods"),
    Case("utf-16 that no mark tells", text(ROWS).encode("utf-16-le"), "Name the encoding"),
    Case("half of utf-16", (b"\xff\xfe" + text(ROWS).encode("utf-16-le"))[:-1], "text in utf-16"),
    Case("more lines to skip than lines", b"a;b\n", "only 1 lines", Layout(skip_lines=3)),
    Case("a blank line for a header", b"\na;b\n1;2\n", "line 1 blank"),
    Case("a header that never closes", b'a;"b\n1;2\n', "do not pair up"),
    Case("a header in another code page", "numéro;réclamation\n".encode("cp1252"), "not utf-8", Layout(encoding="utf-8")),
    Case("a suffix that says nothing", PLAIN, "Set format", suffix=".dat"),
]  # fmt: skip


@pytest.mark.parametrize("case", GOOD, ids=named)
def test_every_row_lands_as_it_was_written(case: Case, tmp_path: Path) -> None:
    assert land(case, tmp_path) == case.expect


@pytest.mark.parametrize("case", ROWS_REFUSED, ids=named)
def test_only_the_damaged_rows_are_refused(case: Case, tmp_path: Path) -> None:
    assert land(case, tmp_path) == case.expect


@pytest.mark.parametrize("case", FILE_REFUSED, ids=named)
def test_the_file_is_refused_and_the_message_says_why(case: Case, tmp_path: Path) -> None:
    refuse(case, tmp_path)


def test_the_table_holds_what_the_promise_counts(proves: Callable[[Proof], None]) -> None:
    cases = len(GOOD) + len(ROWS_REFUSED) + len(FILE_REFUSED)
    assert cases >= 66
    proves(Proof(1, "hostile inputs, each with the fate it must have", cases))
