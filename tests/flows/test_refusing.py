"""The quarantine of an export: in the order of its lines, on the disk where it is long, and its reasons few."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.io import durable, staged_rows
from flows.io.ledger import forget_half_read
from flows.stages import refusing
from flows.stages.refusing import QUARANTINE, at_the_door, in_a_cell, quarantine, reasons_of
from transforms.cells import form_of_the_cell, without_the_cell
from transforms.erasing import person_of

KEY = b"a key for the tests"
ERASED = person_of("C-1000042", role="customer", source="", key=KEY)


def turned_down(lines: list[int], stage: str, raw: str = "raw") -> pl.LazyFrame:
    of_lines = [{"line": line, "stage": stage, "reasons": [f"{stage} {line}"], "raw": raw} for line in lines]
    return pl.LazyFrame(of_lines, QUARANTINE)


@given(st.lists(st.integers(1, 40), max_size=30), st.lists(st.integers(1, 40), max_size=30))
def test_a_long_quarantine_is_the_same_as_a_short_one(
    tmp_path_factory: pytest.TempPathFactory, cells: list[int], rules: list[int]
) -> None:
    home = tmp_path_factory.mktemp("quarantine")
    parts = [turned_down(sorted(cells), "reading"), turned_down(sorted(rules), "rules")]
    short = quarantine(parts, (), path=home / "short.parquet", key=KEY, staging=home / "short")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refusing, "_LINES_AT_ONCE", 7)
        patch.setattr(staged_rows, "HELD_BYTES", 0)
        long = quarantine(parts, (), path=home / "long.parquet", key=KEY, staging=home / "long")
    assert (long.written, long.erased, long.reasons) == (short.written, 0, short.reasons)
    rows = pl.read_parquet(home / "long.parquet")
    expected = sorted([(it, "reading") for it in cells] + [(it, "rules") for it in rules])
    assert rows.select("line", "stage").rows() == expected
    assert not home.joinpath("short").exists()
    assert home.joinpath("long").exists() == bool(expected)


def test_rows_that_speak_of_an_erased_person_are_counted_and_not_stored(tmp_path: Path) -> None:
    parts = [turned_down([2, 3], "reading", raw="12;C-1000042;?"), turned_down([4], "rules", raw="13;C-7;?")]
    found = quarantine(parts, (ERASED,), path=tmp_path / "a.parquet", key=KEY, staging=tmp_path / "rows")
    assert (found.erased, found.written["rows"], found.reasons) == (2, 1, {"rules 4": 1})


REASONS = """
created_at: "31/02/2026" is not dd/mm/yyyy    | created_at is not dd/mm/yyyy       | 99/99/9999
note: "a "quoted" 6" is not one of 1, 2       | note is not one of 1, 2            | a "a" 9
verbatim: "Très\\ndéçue" is not a text        | verbatim is not a text             | a a
resolved_at: not before created_at            | resolved_at: not before created_at |
3 cells where the header has 4                | 3 cells where the header has 4     |
"""


@pytest.mark.parametrize("line", REASONS.strip().splitlines())
def test_a_reason_without_its_cell_and_how_the_cell_is_written(line: str) -> None:
    reason, kind, form = (it.strip().replace("\\n", "\n") for it in line.split("|"))
    told = pl.select(pl.lit(reason).alias("reason")).select(
        without_the_cell(pl.col("reason")), form=form_of_the_cell(pl.col("reason"))
    )
    assert told.row(0) == (kind, form or None)


def test_cells_that_differ_are_one_reason_and_their_form_is_told(tmp_path: Path) -> None:
    dates = [f'created_at: "{day}/13/2026" is not dd/mm/yyyy' for day in range(1, 29)]
    state = 'status: "clos" is not one of open, closed'
    reasons = [[date, state] for date in dates] + [["3 cells where the header has 4"]]
    of_lines = [{"line": line, "stage": "reading", "reasons": it, "raw": ""} for line, it in enumerate(reasons)]
    rows = pl.LazyFrame(of_lines, QUARANTINE)
    found = quarantine([rows], (), path=tmp_path / "a.parquet", key=KEY, staging=tmp_path / "rows")
    assert (
        found.reasons
        == reasons_of(rows)
        == {
            "3 cells where the header has 4": 1,
            "created_at is not dd/mm/yyyy": 28,
            'status: "clos" is not one of open, closed': 28,
        }
    )
    assert found.forms == {"created_at is not dd/mm/yyyy": "99/99/9999"}, "and not 9/99/9999, of which there are nine"


def test_each_stage_lays_its_rows_down_alike(tmp_path: Path) -> None:
    door = at_the_door(pl.DataFrame({"line": [7], "reason": ["3 cells where the header has 4"], "raw": ["a;b;c"]}))
    cell = in_a_cell(pl.LazyFrame({"raw": ["x"], "reasons": [["y"]], "line": [5]}), tmp_path / "cells.parquet")
    assert door.collect_schema() == cell.collect_schema() == pl.Schema(QUARANTINE)
    assert pl.concat([door, cell]).select("stage").collect()["stage"].to_list() == ["landing", "reading"]


def test_what_a_dead_run_was_reading_is_removed(tmp_path: Path) -> None:
    cells = durable.folder(tmp_path / "k.turned_down") / "cells.parquet"
    for path in (cells, tmp_path / "k.staged.parquet", tmp_path / "k.texts", tmp_path / "k.parquet"):
        path.touch()
    forget_half_read(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["k.parquet"]
