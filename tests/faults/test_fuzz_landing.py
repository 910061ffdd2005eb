"""Good exports damaged at random: no row is lost, swallowed or invented."""
# ruff: noqa: S311  seeded damage is no secret

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.io import staged_rows
from flows.io.csv_guard import read_csv
from flows.io.landed import RAW_CHARACTERS
from flows.io.staged_rows import Staging
from tests.faults.conftest import Proof
from tests.flows.io.reference_csv import physical_lines, strict_record
from transforms.layout import Layout

FILES = 50
HEADER = ["id", "created", "channel", "score", "verbatim"]
WORDS = [
    *("déçu", "très bien", '"parfait"', 'écran 5"', "merci ; beaucoup", "ligne\nsuivante", "", "😀", "=SUM(A1)"),
    *("l'agent", "N/A", '"', 'a""b', "  ", "\t", "100 %", "«ok»", "deux\r\nlignes", "1;2;3"),
]
Mutation = Callable[[random.Random, bytes, int], bytes]


def export(dice: random.Random) -> tuple[list[list[str]], bytes]:
    rows = [
        [
            f"T{number:05d}",
            f"2026-01-{1 + number % 28:02d}",
            dice.choice(["mail", "chat"]),
            str(dice.randrange(11)),
            " ".join(dice.choice(WORDS) for _ in range(dice.randrange(4))),
        ]
        for number in range(dice.choice([5, 20, 60]))
    ]
    text = io.StringIO()
    quoting = dice.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    writer = csv.writer(text, delimiter=";", lineterminator=dice.choice(["\n", "\r\n"]), quoting=quoting)
    writer.writerows([HEADER, *rows])
    return rows, text.getvalue().encode()


def inserted(what: bytes) -> Mutation:
    return lambda _dice, data, at: data[:at] + what + data[at:]


def swapped(dice: random.Random, data: bytes, _at: int) -> bytes:
    lines = data.split(b"\n")
    one, other = (dice.randrange(1, len(lines)) for _ in range(2))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def run_together(dice: random.Random, data: bytes, _at: int) -> bytes:
    lines = data.split(b"\n")
    first = dice.randrange(1, max(2, len(lines) - 2))
    lines[first : first + 2] = [b"".join(lines[first : first + 2])]
    return b"\n".join(lines)


MUTATIONS: tuple[Mutation, ...] = (
    lambda dice, data, at: data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :],
    lambda _dice, data, at: data[:at] + data[at + 1 :],
    lambda dice, data, at: data[:at] + bytes([dice.randrange(256)]) + data[at:],
    lambda dice, data, at: data[: at + (size := dice.randrange(1, 200))] + data[at : at + size] + data[at + size :],
    lambda _dice, data, at: data[:at],
    lambda dice, data, at: data[:at] + data[at + dice.randrange(1, 300) :],
    lambda dice, data, at: data[:at] + b"\0" * dice.randrange(1, 64) + data[at:],
    inserted(b'"'),
    inserted(b";"),
    inserted(b"\n"),
    inserted(b"\r"),
    inserted(b'";"'),
    inserted(b'"\n'),
    swapped,
    run_together,
)


def damaged(dice: random.Random, data: bytes) -> bytes:
    body = data.index(b"\n") + 1
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        if len(data) > body:
            data = dice.choice(MUTATIONS)(dice, data, dice.randrange(body, len(data)))
    return data


def check(original: bytes, data: bytes) -> None:
    landed = read_csv("fuzz.csv", data, Layout(encoding="utf-8"))
    accepted = landed.rows.collect()
    assert landed.rows_in == accepted.height + landed.refused.height
    lines = physical_lines(data)
    whole_rows = {line for line in physical_lines(original) if line.count(b";") == len(HEADER) - 1 and b'"' not in line}
    claimed = [1]
    for *cells, line in accepted.rows():
        expected, taken = strict_record(lines, line - 1)
        assert cells == expected
        assert not whole_rows & set(lines[line : line - 1 + taken]), "a whole row may not hide in a cell"
        claimed += range(line, line + taken)
    for line, _, raw in landed.refused.rows():
        assert len(raw) < RAW_CHARACTERS, "else the lines of a refused record cannot be counted here"
        claimed += range(line, line + raw.count("\n") + 1)
    taken_lines = set(claimed)
    blank = [line for line, text in enumerate(lines, 1) if not text.strip(b"\r\n") and line not in taken_lines]
    assert landed.blank_lines == len(blank)
    assert sorted(claimed + blank) == list(range(1, len(lines) + 1)), "each line belongs to one record"


def many(seed: int, proves: Callable[[Proof], None]) -> None:
    dice = random.Random(seed)
    for _ in range(FILES):
        _, data = export(dice)
        mutated = damaged(dice, data)
        check(data, mutated)
    proves(Proof(1, "exports damaged at random, line by line", FILES))


@pytest.mark.parametrize("seed", range(20))
def test_no_row_is_lost_swallowed_or_invented_by_damage(seed: int, proves: Callable[[Proof], None]) -> None:
    many(seed, proves)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 200))
def test_nor_in_nine_thousand_more(seed: int, proves: Callable[[Proof], None]) -> None:
    many(seed, proves)


@pytest.mark.parametrize("seed", range(5))
def test_an_undamaged_export_lands_whole(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(20):
        rows, data = export(dice)
        landed = read_csv("good.csv", data, Layout())
        assert landed.refused.height == 0
        assert [list(row[:-1]) for row in landed.rows.collect().rows()] == rows


@pytest.mark.parametrize("seed", range(5))
def test_the_size_of_the_blocks_changes_nothing(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(20):
        _, data = export(dice)
        data = damaged(dice, data)
        whole = read_csv("one.csv", data, Layout())
        for block_bytes in (1, 64, 1_000):
            cut = read_csv("cut.csv", data, Layout(), block_bytes=block_bytes)
            assert cut.rows.collect().equals(whole.rows.collect())
            assert cut.refused.equals(whole.refused)
            assert cut.account == whole.account


def laid_down(seed: int, folder: Path, proves: Callable[[Proof], None]) -> None:
    """Rows that are proven on their bytes and laid down as text, against rows that a parser read block by block."""
    dice = random.Random(seed)
    for number in range(FILES):
        _, data = export(dice)
        data = data if number % 5 == 0 else damaged(dice, data)
        held = read_csv("held.csv", data, Layout())
        laid = read_csv(
            "laid.csv", data, Layout(), staging=Staging(folder), block_bytes=dice.choice([64, 1_000, 1 << 20])
        )
        assert laid.rows.collect(engine="streaming").equals(held.rows.collect())
        assert laid.refused.equals(held.refused)
        assert laid.account == held.account
    proves(Proof(1, "the same, laid down as text", FILES))


@pytest.mark.parametrize("seed", range(1_000, 1_006))
def test_rows_laid_down_as_text_are_the_same(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proves: Callable[[Proof], None]
) -> None:
    monkeypatch.setattr(staged_rows, "TEXT_BYTES", 0)
    laid_down(seed, tmp_path, proves)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1_006, 1_060))
def test_so_they_are_in_thousands_more(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proves: Callable[[Proof], None]
) -> None:
    monkeypatch.setattr(staged_rows, "TEXT_BYTES", 0)
    laid_down(seed, tmp_path, proves)
