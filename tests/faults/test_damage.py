"""A flipped bit is seen before it is used: in the store, in what is published, in a workbook that was delivered."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
import zstandard

from flows.io import parquet, publish
from flows.io.landed import Refused
from flows.io.landing import read_rows
from flows.io.publish import Shelf
from tests.faults.conftest import Proof
from tests.faults.test_publish import NAMES, release
from transforms.layout import Layout

FLIPS = 400


def flips(body: bytes, chance: random.Random) -> list[bytes]:
    """The same bytes with one bit wrong, in as many ways."""
    found = []
    for _ in range(FLIPS):
        flipped = bytearray(body)
        flipped[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        found.append(bytes(flipped))
    return found


@pytest.fixture
def chance() -> random.Random:
    return random.Random(11)  # noqa: S311 -- a game of dice, not a secret


def test_in_the_store(tmp_path: Path, chance: random.Random, proves: Callable[[Proof], None]) -> None:
    path = tmp_path / "rows.parquet"
    written = parquet.write(pl.LazyFrame({"a": list(range(500)), "b": ["x"] * 500}), path)
    unseen = 0
    for body in flips(path.read_bytes(), chance):
        path.write_bytes(body)
        try:
            parquet.read(path, sha256=written["sha256"])
            unseen += 1
        except parquet.Damaged:
            continue
    proves(Proof(8, "bits flipped in stored partitions", FLIPS, guessed=unseen))


def test_in_what_is_published(tmp_path: Path, chance: random.Random, proves: Callable[[Proof], None]) -> None:
    release(tmp_path, 1)
    shelf = Shelf(tmp_path)
    manifest = publish.current(shelf)
    assert manifest is not None
    path = shelf.folder_of(1) / NAMES[0]
    whole, unseen = path.read_bytes(), 0
    for body in flips(whole, chance):
        path.write_bytes(body)
        unseen += publish.damaged(shelf, manifest) != [NAMES[0]]
    path.write_bytes(whole)
    assert publish.damaged(shelf, manifest) == []
    proves(Proof(8, "bits flipped in published tables", FLIPS, guessed=unseen))


def _workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Export")
        sheet.write_row(0, 0, ["Numéro", "Note", "Texte"])
        for row in range(1, 120):
            sheet.write_row(row, 0, [row, row % 5 + 1, f"Réponse {row}"])


def _gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(_LINES, mtime=0))


def _zstandard(path: Path) -> None:
    path.write_bytes(zstandard.ZstdCompressor(write_checksum=True).compress(_LINES))


_LINES = "Numéro;Note\n".encode() + b"".join(f"{row};{row % 5}\n".encode() for row in range(400))


@pytest.mark.parametrize(
    ("name", "make"), [("a.xlsx", _workbook), ("a.csv.gz", _gzip), ("a.csv.zst", _zstandard)], ids=["xlsx", "gz", "zst"]
)
def test_in_a_delivery_that_carries_a_checksum(
    tmp_path: Path, chance: random.Random, proves: Callable[[Proof], None], name: str, make: Callable[[Path], None]
) -> None:
    path = tmp_path / name
    make(path)
    body = path.read_bytes()
    whole = read_rows(path, Layout()).rows.collect()
    wrong = 0
    for flipped in flips(body, chance):
        path.write_bytes(flipped)
        try:
            wrong += not read_rows(path, Layout()).rows.collect().equals(whole)
        except Refused:
            continue
    proves(Proof(8, f"bits flipped in a .{name.partition('.')[2]} delivery", FLIPS, guessed=wrong))
