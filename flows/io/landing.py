"""The door: a file of any kind becomes rows of text, each accepted or refused with its reason.

A file that is not what its name says, is cut short, or moves while it is read is refused whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

from flows.io import spreadsheet
from flows.io.csv_guard import read_csv
from flows.io.json_rows import read_json, read_json_lines
from flows.io.landed import LIMITS, LINE, Account, Landed, Limits, Parsed, Refused, UnbalancedError, empty_file
from flows.io.source_bytes import SourceBytes
from flows.io.staged_rows import IN_MEMORY, Staging
from flows.io.unpack import PACKED_BYTES, is_packed, unpacked
from transforms.layout import FORMATS, Layout, format_of

__all__ = [
    "LIMITS",
    "LINE",
    "Account",
    "Landed",
    "Limits",
    "Refused",
    "UnbalancedError",
    "first_bytes",
    "read_rows",
    "rows_of_sheets",
]

_FIRST_BYTES = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip archive inside the archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive inside the archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "a word processor document"),
)
_PAGE_STARTS = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<?xml")
_SPOKEN = {"csv": "separated text", "xlsx": "an Excel workbook", "json": "a JSON list", "jsonl": "JSON lines"}


def read_rows(path: Path, layout: Layout, *, limits: Limits = LIMITS, staging: Path | None = None) -> Landed:
    """One row a record of the file, every cell as text, beside the records that were refused.

    Many rows are laid down in the folder `staging`, which the caller removes when they are used; without one they
    are all kept in memory. Raises `Refused` when nothing of the file may be used.
    """
    form = format_of(layout, path.name)
    if not form:
        raise Refused(
            path.name,
            looked_for=f"a format ({', '.join(FORMATS)})",
            found=f"the suffix {path.suffix!r}",
            to_do="Set format under [read] in the mapping.",
        )
    with _untouched(path, limits) as delivered:
        parsed = _parsed(delivered, path.name, form, layout, limits=limits, staging=Staging(staging))
    return Landed(
        sha256=delivered.sha256,
        size_bytes=delivered.size_bytes,
        encoding=parsed.encoding,
        header=parsed.header,
        rows=parsed.rows,
        refused=parsed.refused,
        rows_in=parsed.rows_in,
        blank_lines=parsed.blank_lines,
        account=parsed.account,
    )


def rows_of_sheets(path: Path, *, limits: Limits = LIMITS) -> dict[str, int]:
    """How many rows each sheet of a workbook has, under the limits under which it would be read."""
    with _untouched(path, limits) as delivered, _text(delivered, path.name, limits, IN_MEMORY) as source:
        _refuse_other_kinds(path.name, source.start(), "xlsx")
        return spreadsheet.rows_of_sheets(path.name, _document(path.name, source, limits), limits=limits)


def first_bytes(path: Path, size: int, *, limits: Limits = LIMITS) -> bytes:
    """At most so many bytes of the beginning of a file, unpacked."""
    with path.open("rb") as file:
        start = file.read(PACKED_BYTES)
        if not is_packed(path.name, start):
            return start[:size] if len(start) >= size else start + file.read(size - len(start))
        rest = iter(partial(file.read, PACKED_BYTES), b"")
        found = b""
        for part in unpacked(path.name, chain((start,), rest), path.stat().st_size, limits):
            found += part
            if len(found) >= size:
                break
        return found[:size]


def _parsed(
    delivered: SourceBytes, name: str, form: str, layout: Layout, *, limits: Limits, staging: Staging
) -> Parsed:
    with _text(delivered, name, limits, staging) as source:
        start = source.start()
        if not start:
            return empty_file(name, may_be_empty=layout.may_be_empty, encoding="")
        _refuse_other_kinds(name, start, form)
        if form == "csv":
            return read_csv(name, source, layout, limits=limits, staging=staging)
        if form == "json":
            return read_json(name, source, layout, limits=limits, staging=staging)
        if form == "jsonl":
            return read_json_lines(name, source, layout, limits=limits, staging=staging)
        return spreadsheet.read_sheet(name, _document(name, source, limits), layout, limits=limits)


@contextmanager
def _text(delivered: SourceBytes, name: str, limits: Limits, staging: Staging) -> Iterator[SourceBytes]:
    """What a file holds: its bytes, or what was packed in them."""
    if not is_packed(name, delivered.start()):
        yield delivered
        return
    with staging.draft() as draft:
        for part in unpacked(name, delivered.pieces(PACKED_BYTES), delivered.size_bytes, limits):
            draft.write(part)
        yield SourceBytes(draft)


def _document(name: str, source: SourceBytes, limits: Limits) -> bytes:
    """The whole of a file of a kind that can only be read whole."""
    if source.size_bytes > limits.document_bytes:
        raise Refused(
            name,
            looked_for=f"an Excel workbook of at most {limits.document_bytes:,} bytes",
            found=f"{source.size_bytes:,} bytes",
            to_do="Export shorter periods, one file each, or as separated text, which may be larger.",
        )
    return b"".join(source.pieces())


@contextmanager
def _untouched(path: Path, limits: Limits) -> Iterator[SourceBytes]:
    """A file that nobody touches while it is read: whatever was made of one that moved is refused."""
    if not path.is_file():
        found = "something else of that name" if path.exists() else "no such file"
        raise Refused(path.name, looked_for="a file", found=found, to_do="Look at the raw folder.")
    with path.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if before.st_size > limits.file_bytes:
            raise Refused(
                path.name,
                looked_for=f"a file of at most {limits.file_bytes:,} bytes",
                found=f"{before.st_size:,} bytes",
                to_do="Export shorter periods, one file each.",
            )
        delivered = SourceBytes(file, is_hashed=True)
        try:
            yield delivered
        except (Refused, UnbalancedError):
            _refuse_touched(path, before, os.fstat(file.fileno()))
            raise
        after = os.fstat(file.fileno())
    _refuse_touched(path, before, after, is_whole=delivered.read_bytes == before.st_size)


def _refuse_touched(path: Path, before: os.stat_result, after: os.stat_result, *, is_whole: bool = True) -> None:
    try:
        named = path.stat()
    except FileNotFoundError:
        named = None
    if not is_whole or _state(before) != _state(after) or named is None or _state(named) != _state(after):
        raise Refused(
            path.name,
            looked_for="a file that stays as it is while it is read",
            found="that it was written to or replaced",
            to_do="Run again when its delivery is over.",
        )


def _state(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _refuse_other_kinds(name: str, data: bytes, form: str) -> None:
    """Refuse a file whose first bytes say it is not what it is read as."""
    kind = next((kind for start, kind in _FIRST_BYTES if data.startswith(start)), "")
    if data.removeprefix(b"\xef\xbb\xbf")[:256].lstrip().lower().startswith(_PAGE_STARTS):
        kind = "a web page or XML, such as a login page saved in place of the export"
    is_workbook = data.startswith(_FIRST_BYTES[0][0])
    if form == "xlsx" and is_workbook:
        return
    if form == "xlsx" and not kind:
        kind = f"a file that starts with {data[:8]!r}"
    if kind:
        raise Refused(
            name,
            looked_for=_SPOKEN[form],
            found=kind,
            to_do="Export it again in the declared format, or correct format in the mapping.",
        )
