"""The whole run on third-party exports, with only TOML written: the published figures are those of their READMEs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import run_flows, third_party

HERE = Path(__file__).parent
HOUR_S = 3600
ONE_SECOND_H = 1 / HOUR_S
"""Durations are whole seconds: a mean may lie this much under one of fractions."""


def published(name: str, tmp_path: Path, *, raw: Path | None = None) -> Path:
    """The published tables of a deployment that was run on a third-party folder."""
    data = tmp_path / name
    shutil.copytree(HERE / name, data)
    done = run_flows("run", "--plain", data=data, BAROMETRE_RAW=str(raw or third_party(name)))
    assert done.returncode == 0, done.stdout + done.stderr
    return data / "published" / "current"


def account(run: Path) -> dict[str, int]:
    row = pl.read_parquet(run / "reports" / "meta_run.parquet").row(0, named=True)
    rows = {name.removeprefix("rows_"): row[name] for name in row if name.startswith("rows_")}
    assert rows.pop("erased") == 0, "nobody asked to be erased"
    return rows


def whole(run: Path, metric: str) -> dict[str, Any]:
    """Numerator and denominator of a metric over all years."""
    rows = pl.read_parquet(run / "metrics" / "metric_value_year.parquet").filter(
        pl.col("metric_id") == metric, pl.col("grouping_set") == "total"
    )
    return rows.select("numerator", "denominator", "n").sum().row(0, named=True)


def fact(run: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(run / "facts" / f"{name}.parquet")


def test_bestmarket_has_the_published_nps(tmp_path: Path) -> None:
    run = published("fr_bestmarket", tmp_path)
    assert account(run) == {"in": 3000, "accepted": 3000, "quarantined": 0, "duplicate": 0}
    nps = whole(run, "nps")
    assert (nps["numerator"], nps["denominator"]) == (929, 3000)
    assert pytest.approx(30.9667, abs=5e-5) == 100 * 929 / 3000
    answers = fact(run, "fact_survey_response").join(fact(run, "dim_channel"), on="channel_key")
    assert dict(answers["code"].value_counts().iter_rows()) == {"email": 1032, "social": 998, "phone": 970}


def test_itsm_has_the_times_and_the_satisfaction_of_its_authors(tmp_path: Path) -> None:
    run = published("itsm_helpdesk_synth", tmp_path)
    tickets = fact(run, "fact_ticket")
    response, resolution = whole(run, "first_response_time_calendar_mean"), whole(run, "resolution_time_calendar_mean")
    assert (tickets.height, response["denominator"], resolution["denominator"]) == (1886, 1656, 1656)
    assert response["numerator"] / 1656 / HOUR_S == pytest.approx(3.211520, abs=ONE_SECOND_H)
    assert resolution["numerator"] / 1656 / HOUR_S == pytest.approx(31.790569, abs=ONE_SECOND_H)
    assert tickets["first_response_calendar_s"].median() == pytest.approx(2.598800 * HOUR_S, abs=1)
    assert tickets["resolution_calendar_s"].median() == pytest.approx(25.668860 * HOUR_S, abs=1)
    assert tickets["is_resolved"].not_().sum() == 230
    index = whole(run, "csat_index")
    assert index["n"] == 207
    assert index["numerator"] / 207 / 900_000 == pytest.approx(0.753188, abs=5e-7)


def test_itsm_tells_no_share_of_contacts_it_does_not_know(tmp_path: Path) -> None:
    """The export counts neither contacts nor replies: a share over the few that are certain would be a guess."""
    run = published("itsm_helpdesk_synth", tmp_path)
    missing = set(pl.read_parquet(run / "reports" / "metric_missing.parquet")["metric_id"])
    assert {"fcr_rate", "one_touch_rate", "contacts_per_case"} <= missing
    reopened = whole(run, "no_reopen_rate")
    kept = fact(run, "fact_ticket").filter("is_fcr_eligible", "is_mature")
    assert (reopened["numerator"], reopened["denominator"]) == (kept["is_reopened"].not_().sum(), kept.height)


def test_helpdesk_has_one_row_a_ticket_and_its_times(tmp_path: Path) -> None:
    run = published("br_helpdesk_ifpr", tmp_path)
    tickets = fact(run, "fact_ticket")
    assert (tickets.height, tickets["is_resolved"].not_().sum()) == (1315, 124)
    assert tickets["resolution_calendar_s"].median() == pytest.approx(24.733 * HOUR_S, abs=2)
    mean = whole(run, "resolution_time_calendar_mean")
    assert mean["numerator"] / mean["denominator"] / HOUR_S == pytest.approx(146.246, abs=5e-4)
    assert whole(run, "csat")["denominator"] == 14


def test_two_encodings_of_one_export_give_the_same_facts(tmp_path: Path) -> None:
    source = third_party("br_helpdesk_ifpr")
    found = []
    for file in ("helpdesk.csv", "helpdesk4.csv"):
        raw = tmp_path / file.removesuffix(".csv") / "raw"
        raw.mkdir(parents=True)
        shutil.copy(source / file, raw / "helpdesk.csv")
        run = published("br_helpdesk_ifpr", raw.parent, raw=raw)
        found.append({path.name: path.read_bytes() for path in sorted((run / "facts").glob("*.parquet"))})
    assert found[0] == found[1]


def test_field_service_response_rate_is_the_published_one_less_the_rows_that_do_not_count(tmp_path: Path) -> None:
    """Published: 3,145 answers of 18,425. Two of them are off the scale (an 11), one repeats another's number."""
    run = published("be_field_service_nps", tmp_path)
    assert account(run) == {"in": 18_425 + 3_145, "accepted": 18_425 + 3_142, "quarantined": 2, "duplicate": 1}
    rate = whole(run, "survey_response_rate")
    assert (rate["numerator"], rate["denominator"]) == (3_142, 18_425)
    assert 100 * (rate["numerator"] + 2 + 1) / rate["denominator"] == pytest.approx(17.0692, abs=5e-5)
    assert whole(run, "nps")["denominator"] == 3_142
