"""The bench itself: which cases it runs, what it keeps of an earlier run, and that it notices other numbers."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from expectations.tables import FEEDS
from tests.benchmarks import cases, core, generate, gx, more_feeds, more_world, table, targets, world
from tests.benchmarks.homes import Place, clear, copy, making, renew
from tests.benchmarks.measure import Case, Taken, alternated

SCALE = 0.002
ONE_ROUND = {"wall_s": 1.0, "cpu_s": 2.0, "peak_mb": 500.0}


def test_a_night_brings_the_backfill_that_it_follows() -> None:
    assert cases.chosen("late,gx", 1.0) == (["backfill", "late", "gx"], {})


def test_all_cases_run_unless_some_are_asked_for() -> None:
    assert cases.chosen("", 1.0)[0] == [*cases.KEYS, *cases.APART]


def test_what_does_not_fit_the_machine_is_left_out_and_told() -> None:
    keys, left_out = cases.chosen("duckdb,pandas,all", 10.0)
    assert keys == ["duckdb", "all"]
    assert left_out == {"pandas": "above scale 3"}


def test_a_case_that_does_not_exist_ends_the_bench() -> None:
    with pytest.raises(SystemExit, match="no case dux"):
        cases.chosen("dux", 1.0)


def test_every_case_of_the_list_has_a_short_name(tmp_path: Path) -> None:
    listed = cases.cases(Place(tmp_path), list(cases.KEYS))
    assert sorted(case.name for case in listed) == sorted(cases.KEYS.values())


def _made(home: Path, **asked: object) -> bool:
    with making(home, **asked) as is_asked:
        if is_asked:
            home.mkdir(exist_ok=True)
            (home / "export.csv").write_text(str(asked), "utf-8")
    return is_asked


def test_a_deployment_is_made_once_and_again_where_other_things_are_asked(tmp_path: Path) -> None:
    home = tmp_path / "base"
    assert [_made(home, scale=1.0), _made(home, scale=1.0), _made(home, scale=10.0)] == [True, False, True]


def test_a_deployment_that_was_not_made_to_its_end_is_made_again(tmp_path: Path) -> None:
    home = tmp_path / "base"
    with pytest.raises(OSError, match="full"), making(home, scale=1.0):
        raise OSError("the disk is full")
    assert _made(home, scale=1.0)


def _deployment(home: Path) -> bytes:
    export = home / "raw" / "tickets.csv"
    for folder in (export.parent, home / "store", home / "published", home / "quarantine"):
        folder.mkdir(parents=True)
    export.write_bytes(b"x" * (1 << 17))
    (home / "store" / "rows.parquet").write_bytes(b"rows")
    (home / ".fingerprints.json").write_text("known", "utf-8")
    return export.read_bytes()


def test_large_exports_are_linked_and_what_a_run_made_stays_behind(tmp_path: Path) -> None:
    base, other = tmp_path / "base", tmp_path / "other"
    exports = _deployment(base)
    copy(base, other)
    assert (other / "raw/tickets.csv").samefile(base / "raw/tickets.csv")
    assert not (other / "store").exists()
    assert not (other / ".fingerprints.json").exists()
    clear(other)
    copy(base, other)
    assert (base / "raw/tickets.csv").read_bytes() == exports


def test_a_night_begins_with_what_the_backfill_left(tmp_path: Path) -> None:
    base, day = tmp_path / "base", tmp_path / "day"
    _deployment(base)
    copy(base, day)
    (day / "store").mkdir()
    (day / "store" / "of the night before").touch()
    renew(base, day)
    assert [path.name for path in (day / "store").iterdir()] == ["rows.parquet"]
    assert (day / ".fingerprints.json").read_text("utf-8") == "known"
    clear(day)
    assert sorted(path.name for path in day.iterdir()) == ["raw"]


def _figures(scale: float, night_s: float) -> dict[str, object]:
    rounds = {cases.BACKFILL: [ONE_ROUND], cases.NIGHT: [ONE_ROUND | {"cpu_s": night_s}]}
    used = {"plain polars": [(1.0, 90.0)], "great expectations": [(1.25, 300.0)]}
    return {"scale": scale, "rounds": rounds, "costs": {}, "guard": {}, "gx": {"0 rows": used, "5 rows": used}}


def test_a_line_says_what_was_found_beside_its_target() -> None:
    lines = targets.target_table(_figures(10, 0.08)).splitlines()
    assert "| nightly / backfill | 0.040 | <= 0.05 at scale 10 | one round |" in lines
    assert "| Great Expectations / plain polars: 5 rows | 1.250 | <= 1.3 | one round |" in lines
    assert not any("duckdb" in line for line in lines)


def test_the_same_day_is_measured_on_two_histories() -> None:
    told = targets.scale_table(_figures(1, 0.08), _figures(10, 0.1))
    assert "| CPU seconds, nightly, one day | 1.250 | <= 1.2 | one round |" in told
    assert "| peak memory, backfill, every metric | 1.000 | <= 2 | one round |" in told


def _cells(numerator: int) -> pl.DataFrame:
    key = dict.fromkeys(core.KEY, "a")
    return pl.DataFrame([{**key, "numerator": numerator, "denominator": 4, "value": 0.5}])


def test_a_cell_that_differs_ends_the_bench() -> None:
    assert core.require_equal("peers", "day", _cells(1), _cells(1)) == 1
    with pytest.raises(SystemExit, match="1 of 1 cells differ"):
        core.require_equal("peers", "day", _cells(1), _cells(2))


def test_the_plain_pass_and_the_suite_count_the_same_rows(tmp_path: Path) -> None:
    gx.write_rows(tmp_path, SCALE)
    rows = pl.scan_parquet(sorted(tmp_path.glob("*.parquet")), glob=False)
    mine, judged = gx.plain(rows), gx.judged(rows, tmp_path / "results")
    assert {name: mine[name] for name in judged} == judged
    assert mine["status: one of new, open, pending, hold, solved, closed, deleted"] > 0
    assert mine["bad"] >= max(count for name, count in mine.items() if name not in {"bad", "rows"})


@pytest.fixture(scope="module")
def other_feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("all-feeds")
    (home / "sources").mkdir()
    (home / "raw").mkdir()
    more_feeds.write_more(home, SCALE)
    return home


def test_every_other_feed_has_an_export_a_mapping_and_a_contract_that_fit(other_feeds: Path) -> None:
    declared = tomllib.loads((other_feeds / "pipeline.toml").read_text("utf-8"))["export"]
    assert {it["mapping"] for it in declared} == {path.name for path in (other_feeds / "raw").iterdir()}
    for export in declared:
        mapping = tomllib.loads((other_feeds / "sources" / f"{export['mapping']}.toml").read_text("utf-8"))
        contract = FEEDS[mapping["table"]].columns
        needed = {name for name, column in contract.items() if column.required} - {"source", "slot", "line"}
        assert needed <= mapping["columns"].keys() <= contract.keys(), export["mapping"]


def test_a_month_of_the_other_feeds_is_the_same_however_often_it_is_drawn() -> None:
    first, again = more_world.month(3, 10 * SCALE), more_world.month(3, 10 * SCALE)
    assert all(first[name].equals(again[name]) and first[name].height for name in first)


def test_calls_belong_to_tickets_of_their_month() -> None:
    months = world.month(3, SCALE), more_world.month(3, SCALE)
    assert np.isin(months[1]["contacts"]["ticket_id"], months[0].tickets["ticket_id"]).all()


def test_what_takes_long_is_done_in_the_first_round_only() -> None:
    quick = Case("quick", [sys.executable, "-c", ""])
    found = alternated([quick, replace(quick, name="long", is_once=True)], 2)
    assert {name: len(rounds) for name, rounds in found.items()} == {"quick": 2, "long": 1}


def test_a_file_of_a_year_has_the_rows_of_its_months(tmp_path: Path) -> None:
    generate.write_history(tmp_path / "months", SCALE, "csv")
    generate.write_history(tmp_path / "years", SCALE, "csv", months_a_file=12)
    for feed, files in (("tickets", 3), ("events", 3), ("surveys", 3)):
        by_month, by_year = (sorted((tmp_path / it / "raw" / feed).iterdir()) for it in ("months", "years"))
        assert len(by_year) == files
        wanted, found = (
            pl.concat(pl.read_csv(it, infer_schema=False) for it in paths) for paths in (by_month, by_year)
        )
        assert found.equals(wanted)


def test_a_wrapping_is_measured_by_its_rows_not_by_what_every_reading_takes() -> None:
    seconds = {"csv": 27.0, "gz": 47.0, "xlsx": 18.0, cases.FEW: 8.0}
    told = table.form_table({f"reading {form}": [Taken(cpu_s, cpu_s, 100.0)] for form, cpu_s in seconds.items()})
    assert "| reading csv | 27.00 | 1.00 | 100 | one round |" in told
    assert "| reading gz | 47.00 | 2.00 | 100 | one round |" in told
    assert "| reading xlsx | 18.00 | 11.00 | 100 | one round |" in told
