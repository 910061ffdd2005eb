"""Third-party exports of every layout, read with only TOML written: figures as in the README of each data set."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import tomllib
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from flows.io.landing import read_rows
from tests.conftest import third_party
from tests.golden.test_third_party import account, fact, published, whole
from transforms.canonical import canonical
from transforms.mapping import parse_mapping
from transforms.scales import SCALES

HERE = Path(__file__).parent
KEY = b"a key for tests only"
DAY_S = 86_400


class Read:
    """An export of a deployment as a feed, and what was left aside."""

    def __init__(self, folder: str, file: str, source: str) -> None:
        home = HERE / folder
        path = third_party(folder) / file
        zone = tomllib.loads((home / "pipeline.toml").read_text("utf-8"))["site"]["zone"]
        mapping = parse_mapping(source, tomllib.loads((home / "sources" / f"{source}.toml").read_text("utf-8")), SCALES)
        landed = read_rows(path, mapping.layout)
        split = canonical(landed.rows, mapping, slot=file, header=landed.header, zone=zone, scales=SCALES, key=KEY)
        self.good, self.refused, not_ours = pl.collect_all([split.good, split.refused, split.not_ours])
        self.not_ours = not_ours.height
        self.landed, self.unknown = landed, split.unknown_headers
        assert landed.refused.is_empty()
        assert self.good.height + self.refused.height + self.not_ours == landed.rows_in * split.rows_per_record
        assert self.good.schema == mapping.table.schema


def seconds(frame: pl.DataFrame, start: str, end: str) -> pl.Series:
    return frame.select((pl.col(end) - pl.col(start)).dt.total_seconds()).to_series().drop_nulls()


def test_italian_events_have_the_published_counts() -> None:
    read = Read("italian_helpdesk", "helpdesk_full.csv", "events")
    assert read.landed.header.count("Variant") == 1
    assert "Variant#2" in read.landed.header
    assert (read.good.height, read.good["ticket_id"].n_unique(), read.refused.height) == (21_348, 4_580, 0)
    assert read.good["event_id"].n_unique() == 21_348
    assert read.landed.rows.collect()["Activity"].n_unique() == 14
    by_ticket = read.good.group_by("ticket_id").agg(
        days=(pl.col("occurred_at").max() - pl.col("occurred_at").min()).dt.total_seconds() / DAY_S,
        waited=(pl.col("status") == "pending").any(),
        solved=(pl.col("status") == "solved").sum(),
        closed=(pl.col("status") == "closed").sum(),
    )
    assert by_ticket["days"].median() == pytest.approx(39.859, abs=5e-3)
    assert by_ticket["days"].mean() == pytest.approx(40.858, abs=5e-3)
    assert 100 * by_ticket["waited"].mean() == pytest.approx(26.99, abs=5e-3)
    assert (by_ticket["closed"] == 0).sum() == 21
    assert (by_ticket["closed"] == 2).sum() == 15


def test_baltimore_requests_are_the_same_in_both_formats() -> None:
    text, sheet = (Read("baltimore_311", f"311_sample.{form}", "requests") for form in ("csv", "xlsx"))
    assert text.good.drop("slot").equals(sheet.good.drop("slot"))
    times = seconds(text.good, "created_at", "closed_at")
    assert (text.good.height, times.len()) == (10_000, 9_792)
    assert times.median() / 3600 == pytest.approx(32.404, abs=5e-3)
    assert times.mean() / 3600 == pytest.approx(296.552, abs=5e-2)
    assert dict(text.good["channel"].value_counts().iter_rows())["phone"] == 4_995


def test_kaggle_tickets_are_not_given_a_response_time() -> None:
    read = Read("kaggle_support_tickets_synth", "customer_support_tickets.csv", "tickets")
    assert (read.good.height, read.not_ours) == (8_469 - 2_819, 2_819)
    assert read.good["first_response_at"].null_count() == read.good.height
    times = seconds(read.good, "created_at", "resolved_at")
    assert (times.len(), (times < 0).sum()) == (2_769, 1_365)
    assert dict(read.good["status"].value_counts().iter_rows()) == {"pending": 2_881, "solved": 2_769}


def test_kaggle_ratings_have_the_mean_of_the_file() -> None:
    read = Read("kaggle_support_tickets_synth", "customer_support_tickets.csv", "surveys")
    assert (read.good.height, read.not_ours) == (2_769, 5_700)
    assert read.good["score_milli"].mean() / 1000 == pytest.approx(2.99133, abs=5e-6)


def test_reviews_are_told_apart_by_company_and_number() -> None:
    read = Read("trustpilot_replies", "reviews_atm_companies.json", "reviews")
    assert (read.good.height, read.good["response_id"].n_unique()) == (4_000, 4_000)
    assert read.good["score_milli"].mean() / 1000 == pytest.approx(4.126, abs=5e-4)
    assert 100 * (read.good["score_milli"] >= 4_000).mean() == pytest.approx(77.45, abs=5e-3)


def test_replies_to_reviews_have_the_published_delay() -> None:
    read = Read("trustpilot_replies", "reviews_atm_companies.json", "replies")
    delay = seconds(read.good, "created_at", "first_response_at") / DAY_S
    assert 100 * delay.len() / 4_000 == pytest.approx(98.025, abs=5e-4)
    assert (delay < 0).sum() == 34
    assert (delay.median(), delay.mean()) == (0, pytest.approx(7.0097, abs=5e-5))


def test_months_of_complaints_have_the_published_change_and_rolling_mean() -> None:
    sheet = Read("cfpb_monthly", "CFPB_Tableau_Source.xlsx", "operations").good.sort("day_on")
    text = Read("cfpb_monthly", "monthly_volume.csv", "volume").good.sort("day_on")
    assert sheet["answered"].to_list() == text["answered"].to_list()
    assert (sheet.height, sheet["answered"].sum()) == (36, 9_363_711)
    march = sheet.select(
        "day_on",
        change=100 * (pl.col("answered") / pl.col("answered").shift(1) - 1),
        rolling=pl.col("answered").rolling_mean(3),
    ).row(2)
    assert march == (dt.date(2023, 3, 1), pytest.approx(-58.1038, abs=5e-5), pytest.approx(72_243.333, abs=5e-4))
    by_year = sheet.group_by(pl.col("day_on").dt.year()).agg(pl.col("answered_within", "answered").sum())
    rates = {year: round(100 * within / asked, 2) for year, within, asked in by_year.iter_rows()}
    assert rates == {2023: 99.57, 2024: 99.72, 2025: 99.55}


def test_french_accounts_are_read_over_their_lines() -> None:
    read = Read("fr_services_publics", "experiences.csv", "verbatims")
    assert (read.good.height, read.refused.height) == (7_229, 0)
    assert read.good["response_id"].n_unique() == 7_229
    assert read.good["dated_at"].null_count() == 908
    assert read.good["verbatim"].str.contains("\n").any()


def test_french_annotations_are_a_row_a_question() -> None:
    read = Read("fr_services_publics", "experiences.csv", "annotations")
    assert read.good.height + read.refused.height + read.not_ours == 4 * 7_229
    assert (read.not_ours, read.refused.height) == (3 * 1_705 + 1_707, 1)
    assert '"0 et 1" is not yes or no' in read.refused["reasons"][0][0]
    yes = read.good.filter("is_error")["category"].value_counts()
    assert dict(yes.iter_rows()) == {"injustice": 2_895, "compensation": 449, "anger": 3_030, "retaliation": 123}


@pytest.mark.parametrize("file", ["data_services-test.csv", "test_features_fixtures_services-test.csv"])
def test_each_quarter_of_a_service_costs_its_volume_times_its_price(file: str) -> None:
    volumes, costs = (Read("govuk_transaction_costs", file, source) for source in ("volumes", "costs"))
    with (third_party("govuk_transaction_costs") / file).open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines))
    quarters = [name.removesuffix(" Vol.") for name in table[0] if name.endswith(" Vol.")]
    pairs = [
        (row[f"{quarter} Vol."].replace(",", ""), row[f"{quarter} CPT (£)"]) for row in table for quarter in quarters
    ]
    assert volumes.good["answered"].sum() == sum(int(volume) for volume, _ in pairs if volume)
    priced = [100 * Decimal(volume) * Decimal(price.replace(",", "")) for volume, price in pairs if volume and price]
    assert (costs.good.height, costs.good["amount_cents"].sum()) == (len(priced), sum(priced))
    assert costs.good["booked_on"].dt.month().unique().is_in([1, 4, 7, 10]).all()


def test_items_of_an_employee_survey_have_the_means_of_the_book() -> None:
    read = Read("starbuck_people_analytics_synth", "survey_responses.csv", "engagement")
    assert (read.good.height + read.not_ours, read.refused.height) == (12 * 400, 0)
    assert read.good["invitation_id"].n_unique() == 400
    means = dict(read.good.group_by("question").agg(pl.col("score_milli").mean() / 1000).iter_rows())
    assert [means[f"eng_{n}"] for n in (1, 2, 3)] == [pytest.approx(mean, abs=5e-4) for mean in (4.145, 4.345, 4.15)]
    safety = read.good.filter(pl.col("question") == "psafety")
    assert safety["scale_high_milli"].unique().to_list() == [7_000]


@pytest.mark.slow
def test_an_event_log_alone_makes_tickets(tmp_path: Path) -> None:
    """78 tickets begin with neither of the two activities that open one: their creation is not known."""
    run = published("italian_helpdesk", tmp_path)
    assert account(run) == {"in": 21_348, "accepted": 21_348, "quarantined": 0, "duplicate": 0}
    assert fact(run, "fact_ticket_event").height == 21_348
    assert fact(run, "fact_ticket").height == 4_580 - 78


@pytest.mark.slow
def test_two_formats_of_one_export_give_the_same_facts(tmp_path: Path) -> None:
    found = []
    for form in ("csv", "xlsx"):
        raw = tmp_path / form / "raw"
        raw.mkdir(parents=True)
        shutil.copy(third_party("baltimore_311") / f"311_sample.{form}", raw)
        run = published("baltimore_311", raw.parent, raw=raw)
        found.append({path.name: path.read_bytes() for path in sorted((run / "facts").glob("*.parquet"))})
        assert (fact(run, "fact_ticket").height, whole(run, "resolution_time_calendar_mean")["denominator"]) == (
            10_000,
            9_792,
        )
    assert found[0] == found[1]


@pytest.mark.slow
def test_resolutions_before_the_first_reply_go_to_quarantine_and_into_no_mean(tmp_path: Path) -> None:
    run = published("kaggle_support_tickets_synth", tmp_path)
    not_ours = 2_819 + 5_700
    assert account(run) == {
        "in": 2 * 8_469,
        "accepted": 2 * 8_469 - not_ours - 1_365,
        "quarantined": 1_365,
        "duplicate": 0,
    }
    assert whole(run, "resolution_time_calendar_mean")["denominator"] == 2_769 - 1_365
    assert whole(run, "first_response_time_calendar_mean")["n"] == 0
    index = whole(run, "csat_index")
    assert 1 + 4 * index["numerator"] / index["n"] / 900_000 == pytest.approx(2.99133, abs=5e-6)


@pytest.mark.slow
def test_late_and_impossible_replies_are_told_apart(tmp_path: Path) -> None:
    run = published("trustpilot_replies", tmp_path)
    assert account(run) == {"in": 8_000, "accepted": 7_966, "quarantined": 34, "duplicate": 0}
    csat, response = whole(run, "csat"), whole(run, "first_response_time_calendar_mean")
    assert (csat["numerator"], csat["denominator"]) == (3_098, 4_000)
    assert response["denominator"] == 3_921 - 34


@pytest.mark.slow
def test_months_of_complaints_add_up(tmp_path: Path) -> None:
    run = published("cfpb_monthly", tmp_path)
    assert whole(run, "contact_volume")["numerator"] == 9_363_711
    by_year = pl.read_parquet(run / "metrics" / "metric_value_year.parquet").filter(
        pl.col("metric_id") == "service_level", pl.col("grouping_set") == "total"
    )
    assert by_year.sort("period_start")["value"].round(2).to_list() == [99.57, 99.72, 99.55]


@pytest.mark.slow
def test_texts_without_a_day_go_to_quarantine(tmp_path: Path) -> None:
    """908 texts have no day, two of them with annotations; of those that have, one cell says both yes and no."""
    run = published("fr_services_publics", tmp_path)
    not_annotated = 3 * 1_705 + 1_707
    told = account(run)
    assert (told["in"], told["quarantined"]) == (7_229 + 4 * 7_229, 917)
    assert told["accepted"] == told["in"] - told["quarantined"] - not_annotated


@pytest.mark.slow
def test_a_transaction_costs_what_its_quarters_say(tmp_path: Path) -> None:
    run = published("govuk_transaction_costs", tmp_path)
    cost = whole(run, "cost_per_contact")
    assert (cost["numerator"], cost["denominator"]) == (17_530_293_750, 36_903_771)


@pytest.mark.slow
def test_employees_are_asked_twelve_questions(tmp_path: Path) -> None:
    run = published("starbuck_people_analytics_synth", tmp_path)
    assert account(run)["in"] == 12 * 400
    assert whole(run, "engagement_index")["n"] == 400
