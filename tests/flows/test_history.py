"""What a run remembers of the runs before, what it refuses to publish, and feeds that come and go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.__main__ import main
from flows.stages import revising
from tests.flows.conftest import MARCH, deliver
from transforms.facts import STEPS

CALLS = """
table = "feed_contact"
source = "standard"
follows = "Made up for the tests."

[read]
separator = ";"
datetimes = ["%d/%m/%Y %H:%M:%S"]

[columns]
contact_id = ["Appel"]
started_at = ["Entrée"]
answered_at = ["Décroché"]

[constants]
channel = "phone"
"""
CALLS_EXPORT = '\n[[export]]\nfiles = "appels*.csv"\nmapping = "appels"\n'


def run(data: Path, *words: str) -> int:
    return main(["run", "--plain", "--data", str(data), *words])


def table(data: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(data / f"published/current/{name}.parquet")


def csat(data: Path, month: int, channel: str | None = None) -> dict[str, Any]:
    """The row of a month: of the total, or of a channel by its code."""
    codes = table(data, "facts/dim_channel").select("channel_key", channel="code")
    values = table(data, "metrics/metric_value_month").join(codes, on="channel_key")
    of_month = values.filter((pl.col("metric_id") == "csat") & (pl.col("period_start").dt.month() == month))
    cut = pl.col("grouping_set") == ("channel" if channel else "total")
    return of_month.filter(cut & (pl.col("channel") == (channel or "(all)"))).row(0, named=True)


def moved(data: Path) -> list[tuple[Any, ...]]:
    """The moves of monthly CSAT: run, month, channel, value before and after, cause."""
    log = table(data, "reports/metric_revision").filter(metric_id="csat", grain="month")
    shown = log.filter(pl.col("grouping_set").is_in(["total", "channel"]))
    rows = shown.select("run", pl.col("period_start").dt.month(), "channel", "value_before", "value_after", "cause")
    return [tuple(round(v, 2) if isinstance(v, float) else v for v in row) for row in rows.iter_rows()]


@pytest.mark.parametrize("periods_at_once", [revising.PERIODS_AT_ONCE, 3])
def test_what_moved_is_told_with_its_cause_and_carried_on(
    published: Path,
    periods_at_once: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(revising, "PERIODS_AT_ONCE", periods_at_once)
    assert moved(published) == []
    assert csat(published, 2)["first_published_value"] == pytest.approx(200 / 3)
    keys = {code: csat(published, 2, code)["channel_key"] for code in ("email", "chat")}

    deliver(published, "avis_2026-02_suite.csv", "20;01/02/2026 08:00;5;accueil")
    assert run(published) == 0
    assert csat(published, 2, "email")["channel_key"] != keys["email"], "the late row brought an older code"
    late = (2, 2, None, 66.67, 75.0, "late_rows")
    assert moved(published) == [late]
    assert "moved: " in capsys.readouterr().out
    assert csat(published, 2)["first_published_value"] == pytest.approx(200 / 3)
    assert csat(published, 2, "accueil")["first_published_value"] == 100.0

    deliver(published, "avis_2026-03.csv", MARCH[0], "5;03/03/2026 11:00;5;chat", MARCH[2])
    assert run(published) == 0
    corrected = [(3, 3, "chat", 50.0, 100.0, "correction"), (3, 3, None, 66.67, 100.0, "correction")]
    assert moved(published) == [late, *corrected]
    assert csat(published, 3)["first_published_value"] == pytest.approx(200 / 3)

    before = {path: path.lstat().st_mtime_ns for path in (published / "published").rglob("*")}
    assert run(published) == 0
    assert {path: path.lstat().st_mtime_ns for path in (published / "published").rglob("*")} == before


def test_a_broken_identity_publishes_nothing(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = site / "sources" / "avis.toml"
    mapping.write_text(mapping.read_text("utf-8").replace("csat", "nps").replace('"1-5"', '"0-10"'), "utf-8")
    step = STEPS["fact_survey_response"]
    both = {"is_passive": pl.lit(value=True), "is_detractor": pl.lit(value=True)}
    broken = replace(step, build=lambda bench: step.build(bench).with_columns(**both))
    monkeypatch.setitem(STEPS, "fact_survey_response", broken)
    assert run(site) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "promoters + passives + detractors = n does not hold: 7 against 0" in told
    assert not (site / "published" / "CURRENT").exists()


def test_a_feed_can_go_and_another_come(published: Path) -> None:
    settings = published / "pipeline.toml"
    surveys = settings.read_text("utf-8")
    (published / "sources" / "appels.toml").write_text(CALLS, "utf-8")
    calls = "Appel;Entrée;Décroché\n1;02/03/2026 10:00:00;02/03/2026 10:00:15\n2;02/03/2026 11:00:00;\n"
    (published / "raw" / "appels.csv").write_text(calls, "utf-8")
    settings.write_text(surveys.split("[[export]]")[0] + CALLS_EXPORT, "utf-8")
    assert run(published) == 0
    current = published / "published" / "current"
    assert not (current / "facts" / "fact_survey_response.parquet").exists()
    assert not (current / "reports" / "survey_experiment.parquet").exists()
    assert table(published, "facts/fact_contact").height == 2
    values = table(published, "metrics/metric_value_month")
    assert "csat" not in values["metric_id"]
    missing = dict(table(published, "reports/metric_missing").iter_rows())
    assert missing["csat"].startswith("feed_survey")
    assert "service_level" not in missing
    coverage = table(published, "reports/coverage")
    assert coverage.rows() == [("feed_contact", "standard", coverage["day_on"][0], 2)]
    listed = set(table(published, "reports/meta_table")["table"])
    there = {path.stem for path in current.rglob("*.parquet")}
    assert there - {"meta_table"} == listed

    settings.write_text(surveys + CALLS_EXPORT, "utf-8")
    assert run(published) == 0
    assert csat(published, 2)["value"] == pytest.approx(200 / 3)
    assert table(published, "facts/fact_contact").height == 2
