"""A whole run on a small deployment: what is published, what is kept, what is held."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.__main__ import main
from flows.io import publish
from flows.io.publish import Shelf
from tests.flows.conftest import FEBRUARY, HEADER, MARCH, deliver
from transforms.facts import dimensions


def run(data: Path, *words: str) -> int:
    return main(["run", "--plain", "--data", str(data), *words])


def manifest(data: Path) -> dict[str, Any]:
    found = publish.current(Shelf(data / "published"))
    assert found is not None
    return found


def csat(data: Path) -> dict[str, float]:
    values = pl.read_parquet(data / "published/current/metrics/metric_value_month.parquet")
    mine = values.filter((pl.col("metric_id") == "csat") & (pl.col("grouping_set") == "total"))
    return {f"{row['period_start']:%Y-%m}": row["value"] for row in mine.iter_rows(named=True)}


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def state_of(data: Path, slot: str) -> tuple[str, str]:
    return next((it["state"], it["reason"]) for it in manifest(data)["exports"] if it["slot"] == slot)


def test_a_run_publishes_facts_metrics_reports_and_a_page(published: Path) -> None:
    assert csat(published) == {"2026-02": pytest.approx(200 / 3), "2026-03": pytest.approx(200 / 3)}
    current = published / "published" / "current"
    assert (current / "reports" / "scorecard.html").is_file()
    account = pl.read_parquet(current / "reports" / "meta_run.parquet").row(0, named=True)
    assert [account[f"rows_{it}"] for it in ("in", "accepted", "quarantined", "duplicate")] == [7, 6, 1, 0]
    report = (published / "quarantine/run-000001/avis_2026-03.csv.avis.csv").read_text("utf-8-sig")
    assert report.splitlines()[1].startswith("5;")
    assert "scale" in report


def test_the_same_again_touches_no_file(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """But for the journal, which tells when a run last came to its end."""

    def files() -> dict[Path, tuple[int, int]]:
        found = [path for path in published.rglob("*") if "journal" not in path.parts]
        return {path: (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in found}

    before = files()
    assert run(published) == 0
    assert files() == before
    assert "Nothing changed since run 1" in capsys.readouterr().out


def test_a_correction_replaces_its_file_and_leaves_the_others(published: Path) -> None:
    deliver(published, "avis_2026-03.csv", *MARCH[:3], "7;05/03/2026 09:00;5;chat")
    assert run(published) == 0
    assert csat(published) == {"2026-02": pytest.approx(200 / 3), "2026-03": 75.0}
    runs = published / "published" / "runs"
    unchanged = [(runs / it / "facts" / "dim_scale.parquet").stat().st_ino for it in ("000001", "000002")]
    assert unchanged[0] == unchanged[1]


def test_a_file_gone_from_the_raw_folder_keeps_its_rows(published: Path) -> None:
    (published / "raw" / "avis_2026-02.csv").unlink()
    assert run(published, "--as-of", "2026-04-30") == 0
    assert csat(published)["2026-02"] == pytest.approx(200 / 3)


def test_a_wrong_file_is_refused_and_its_last_good_rows_stay(published: Path) -> None:
    (published / "raw" / "avis_2026-02.csv").write_text("<!DOCTYPE html><title>Connexion</title>", "utf-8")
    deliver(published, "avis_2026-03.csv", *MARCH[:3])
    assert run(published) == 2
    state, reason = state_of(published, "avis_2026-02.csv")
    assert state == "refused"
    assert reason.startswith("avis_2026-02.csv: looked for")
    assert reason.endswith("last good delivery stay.")
    assert csat(published)["2026-02"] == pytest.approx(200 / 3)
    assert run(published) == 2, "still red while nothing changes"
    assert manifest(published)["run"] == 2


def test_an_export_that_lost_over_half_of_its_rows_is_held_until_confirmed(published: Path) -> None:
    deliver(published, "avis_2026-02.csv", FEBRUARY[0])
    assert run(published) == 2
    assert state_of(published, "avis_2026-02.csv")[1].startswith("avis_2026-02.csv: 3 good rows became 1.")
    assert csat(published)["2026-02"] == pytest.approx(200 / 3)
    assert run(published, "--accept-shrink") == 0
    assert csat(published)["2026-02"] == 100.0


def test_an_export_of_other_dates_is_held_and_says_how_they_are_written(published: Path) -> None:
    deliver(published, "avis_2026-02.csv", *(f"{n};2026-02-0{n} 09:00;5;email" for n in (1, 2, 3)))
    assert run(published) == 2
    told = state_of(published, "avis_2026-02.csv")[1]
    assert "0 of 3 rows are good" in told
    assert "answered_at is not dd/mm/yyyy hh:mm (3 rows, written like 9999-99-99 99:99)" in told
    assert "`python -m flows check avis_2026-02.csv` shows such rows." in told


def test_a_missing_column_names_both_sides(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "raw" / "avis_2026-02.csv").write_text(HEADER.replace("Note", "Score") + "\n" + FEBRUARY[0] + "\n", "utf-8")
    assert main(["check", "--data", str(site)]) == 2
    told = " ".join(capsys.readouterr().out.split())
    assert "avis_2026-02.csv: no column found for score_milli. Looked for ['Note']." in told
    assert "'Score'" in told


def test_no_row_at_all_is_a_failure_that_status_tells(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (site / "raw").iterdir():
        path.unlink()
    assert run(site) == 1
    assert "no file fits avis_*.csv" in capsys.readouterr().err
    assert main(["status", "--data", str(site)]) == 2
    assert "The last run failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "broken",
    [
        lambda rows: rows.with_columns(label_fr=pl.lit(None, pl.String())),
        lambda rows: pl.concat([rows, rows]),
    ],
    ids=["an empty cell", "a key twice"],
)
def test_a_dimension_that_breaks_its_contract_stops_the_run(
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: Callable[[pl.LazyFrame], pl.LazyFrame],
) -> None:
    right = dimensions.dimensions_of
    monkeypatch.setattr(
        dimensions,
        "dimensions_of",
        lambda *told, **scales: {
            name: broken(rows) if name == "dim_channel" else rows for name, rows in right(*told, **scales).items()
        },
    )
    assert main(["run", "--plain", "--data", str(site)]) == 1
    said = capsys.readouterr().err
    assert "dim_channel: the table that was built breaks its contract" in said
    assert "Nothing was published" in said
    assert publish.current(Shelf(site / "published")) is None


def test_a_damaged_published_file_is_written_anew(published: Path) -> None:
    path = published / "published/current/metrics/metric_value_month.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"?" + whole[101:])
    assert main(["status", "--data", str(published)]) == 2
    assert run(published) == 0
    assert (published / "published/current/metrics/metric_value_month.parquet").read_bytes() == whole
    assert manifest(published)["run"] == 2


def test_two_deployments_with_the_same_files_have_the_same_bytes(published: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(published / "raw", again / "raw")
    for name in ("pipeline.toml", "sources", "reference"):
        origin = published / name
        shutil.copytree(origin, again / name) if origin.is_dir() else shutil.copy(origin, again / name)
    assert run(again) == 0
    assert tree(again / "published") == tree(published / "published")


def test_a_backfill_publishes_what_the_nightly_run_of_its_last_day_would(published: Path) -> None:
    words = ["backfill", "--plain", "--from", "2026-02", "--to", "2026-02", "--data", str(published)]
    assert main(words) == 0
    assert csat(published) == {"2026-02": pytest.approx(200 / 3)}
    assert manifest(published)["as_of"] == "2026-02-28"


def test_a_check_says_what_would_happen_and_publishes_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "raw" / "avis_2026-02.csv").write_bytes(b"")
    assert main(["check", "--data", str(site)]) == 2
    told = " ".join(capsys.readouterr().out.split())
    assert "refused" in told
    assert "an empty file" in told
    assert not (site / "published").exists()


def test_explain_adds_up_to_the_published_number(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "csat", "2026-03", "--channel", "chat", "--data", str(published)]) == 0
    told = capsys.readouterr().out
    row = next(line for line in told.splitlines() if line.strip().startswith("numerator"))
    assert row.split()[1] == "1"
    assert "adds 1 = 1" in told
    assert "adds 2 = 2" in told
    assert "fact_survey_response by answered_on: 2 rows" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("csta", "2026-03"), "Did you mean 'csat'?"),
        (("csat", "2026-13"), "is not a period"),
        (("csat", "2030-01"), "There are months from 2026-02-01 to 2026-03-01"),
        (("csat", "2026-03", "--channel", "fax"), "There is no channel 'fax'"),
    ],
)
def test_explain_says_what_there_is(
    published: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert main(["explain", *words, "--data", str(published)]) == 1
    assert message in capsys.readouterr().err


def test_the_manifest_accounts_for_every_row(published: Path) -> None:
    kept = json.loads((published / "published/current/manifest.json").read_bytes())
    for row in kept["accounts"]:
        parts = ("accepted", "quarantined", "duplicate", "not_ours")
        assert row["rows_in"] == sum(row[f"rows_{part}"] for part in parts)


def test_a_mirror_follows_the_run_that_counts(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = site / "pipeline.toml"
    pipeline.write_text(pipeline.read_text("utf-8") + '\n[paths]\nmirror = "share"\n', "utf-8")
    assert main(["run", "--plain", "--data", str(site)]) == 0
    published = site / "published" / "current"
    tables = {path.relative_to(published) for path in published.rglob("*.parquet")}
    assert tables
    assert all((site / "share" / name).read_bytes() == (published / name).read_bytes() for name in tables)
    assert "mirror" in capsys.readouterr().out
