"""What of a run is told: two runs in small, of one metric each, one after the other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from flows.alerts import events
from flows.io import durable, publish
from flows.io.publish import Manifest, as_json
from flows.settings import Settings, load
from tests.flows.conftest import PIPELINE

JANUARY, FEBRUARY = dt.date(2026, 1, 1), dt.date(2026, 2, 1)


def lay(settings: Settings, number: int, as_of: str, *rows: dict[str, Any], without: str = "") -> Manifest:
    """A run with these values of the metric `csat`, and all columns but one."""
    folder = durable.folder(settings.shelf.folder_of(number) / "metrics")
    nothing = {
        "metric_id": "csat", "grouping_set": "total", "value": 70.0, "prior_value": 80.0, "target_value": 75.0,
        "is_target_met": None, "is_significant_vs_prior": False, "is_mature": True, "is_complete": True,
    }  # fmt: skip
    schema = {"is_target_met": pl.Boolean(), "is_significant_vs_prior": pl.Boolean()}
    values = pl.DataFrame([nothing | row for row in rows], schema_overrides=schema).drop(without or [])
    values.write_parquet(folder / "metric_value_month.parquet")
    pl.DataFrame(
        [{"metric_id": "csat", "label_fr": "Satisfaction", "label_en": "CSAT", "unit": "percent", "is_headline": True}]
    ).write_parquet(folder / "dim_metric.parquet")
    manifest: Manifest = dict.fromkeys(publish.NEEDED) | {"format": publish.FORMAT, "exports": [], "alarms": []}
    written = {"sha256": durable.fingerprint(folder / "metric_value_month.parquet")}
    manifest |= {"run": number, "parent": number - 1 or None, "as_of": as_of}
    manifest |= {"outputs": {"metrics/metric_value_month.parquet": written}}
    (folder.parent / "manifest.json").write_bytes(as_json(manifest))
    return manifest


def told(settings: Settings, manifest: Manifest) -> list[tuple[str, str]]:
    plain = str.maketrans("\u00a0\u202f", "  ")
    return [(it.event, it.text.translate(plain)) for it in events.events_of(settings, manifest)]


def test_a_target_that_is_crossed_is_told_once_either_way(site: Path) -> None:
    settings = load(str(site))
    lay(settings, 1, "2026-02-01", {"period_start": JANUARY, "is_target_met": True})
    missed = lay(
        settings,
        2,
        "2026-03-01",
        {"period_start": JANUARY, "is_target_met": True},
        {"period_start": FEBRUARY, "is_target_met": False, "is_mature": False},
        {"period_start": FEBRUARY, "is_target_met": True, "grouping_set": "channel"},
    )
    text = "Objectif manqué : Satisfaction, février 2026 : 70,0 % (objectif 75 %), peut encore bouger"
    assert told(settings, missed) == [("target", text)]
    still = lay(settings, 3, "2026-03-02", {"period_start": FEBRUARY, "is_target_met": False})
    assert told(settings, still) == []
    met = lay(settings, 4, "2026-03-03", {"period_start": FEBRUARY, "is_target_met": True, "value": 75.0})
    text = "Objectif de nouveau atteint : Satisfaction, février 2026 : 75,0 % (objectif 75 %)"
    assert told(settings, met) == [("target", text)]


def test_a_jump_is_told_once_a_period(site: Path) -> None:
    settings = load(str(site))
    lay(settings, 1, "2026-02-01", {"period_start": JANUARY, "is_significant_vs_prior": True})
    again = lay(settings, 2, "2026-02-02", {"period_start": JANUARY, "is_significant_vs_prior": True})
    assert told(settings, again) == []
    new = lay(settings, 3, "2026-03-01", {"period_start": FEBRUARY, "is_significant_vs_prior": True})
    text = "Variation hors du hasard : Satisfaction, février 2026 : 70,0 % (−10,0 pt sur la période précédente)"
    assert told(settings, new) == [("spike", text)]


def test_a_backfill_that_looks_back_tells_of_no_target(site: Path) -> None:
    settings = load(str(site))
    lay(settings, 1, "2026-03-01", {"period_start": FEBRUARY, "is_target_met": True})
    back = lay(settings, 2, "2026-02-01", {"period_start": JANUARY, "is_target_met": False})
    assert told(settings, back) == []


def test_a_run_before_with_other_columns_is_no_baseline(site: Path) -> None:
    settings = load(str(site))
    lay(settings, 1, "2026-02-01", {"period_start": JANUARY, "is_target_met": True}, without="is_target_met")
    new = lay(settings, 2, "2026-03-01", {"period_start": FEBRUARY, "is_target_met": False})
    assert told(settings, new) == []


def test_a_damaged_run_before_is_no_baseline(site: Path) -> None:
    settings = load(str(site))
    lay(settings, 1, "2026-02-01", {"period_start": JANUARY, "is_target_met": True})
    path = settings.shelf.folder_of(1) / "metrics" / "metric_value_month.parquet"
    path.write_bytes(path.read_bytes()[:-8] + b"12345678")
    new = lay(settings, 2, "2026-03-01", {"period_start": FEBRUARY, "is_target_met": False})
    assert told(settings, new) == []


def test_an_alarm_and_an_export_are_told_when_they_are_new(site: Path) -> None:
    settings = load(str(site))
    lay(settings, 1, "2026-02-01", {"period_start": JANUARY})
    second = lay(settings, 2, "2026-02-02", {"period_start": JANUARY})
    second["alarms"] = [{"alarm_id": "coverage_gap", "subject": "tickets", "detail": "No day of tickets."}]
    second["exports"] = [{"slot": "a.csv", "mapping": "avis", "state": "held", "reason": "a.csv: half of its rows."}]
    expected = [("held", "Export retenu : a.csv: half of its rows."), ("alarm", "À regarder : No day of tickets.")]
    assert told(settings, second) == expected
    (settings.shelf.folder_of(2) / "manifest.json").write_bytes(as_json(second))
    third = lay(settings, 3, "2026-02-03", {"period_start": JANUARY})
    assert told(settings, third | {"alarms": second["alarms"], "exports": second["exports"]}) == []


def test_only_what_is_asked_for_is_told(site: Path) -> None:
    (site / "pipeline.toml").write_text(PIPELINE + '[alerts]\non = ["failed"]\n', "utf-8")
    settings = load(str(site))
    lay(settings, 1, "2026-02-01", {"period_start": JANUARY, "is_target_met": True})
    crossed = lay(settings, 2, "2026-03-01", {"period_start": FEBRUARY, "is_target_met": False})
    assert told(settings, crossed) == []
