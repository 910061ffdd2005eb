"""Calls, counts of calls and people of third parties, with only TOML written: the figures are those of their READMEs.

The facts and the metrics of the exports are built in this process; the whole runs are in `make test-all`.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.tables import FACTS, FEEDS
from flows.io.toml import Part
from flows.reference import site
from tests.golden.test_third_party import published, whole
from tests.golden.test_third_party_canonical import typed
from tests.metric_tables import metric_values
from transforms.facts import build, latest, steps
from transforms.metrics import METRICS

HERE = Path(__file__).parent
LEAVERS = {2014: 13, 2015: 23, 2016: 22}


def built(folder: str, **exports: str) -> dict[str, pl.DataFrame]:
    """Facts, and the yearly metrics, of the exports of a deployment: the mapping of each and its file."""
    pipeline = Part.of(HERE / folder / "pipeline.toml")
    here = site(HERE / folder / "reference", pipeline)
    as_of = pipeline.part("site").need("as_of", dt.date)
    feeds: dict[str, list[pl.DataFrame]] = {}
    for mapping, file in exports.items():
        table = tomllib.loads((HERE / folder / "sources" / f"{mapping}.toml").read_text("utf-8"))["table"]
        feeds.setdefault(table, []).append(typed(folder, file, mapping)["good"])
    frames = {name: latest(pl.concat(parts).lazy(), FEEDS[name]) for name, parts in feeds.items()}
    for name, frame in frames.items():
        for rule in FEEDS[name].rules.values():
            assert frame.select(rule.holds.fill_null(value=True).all()).collect().item()
    done = {}
    for step in steps(frames):
        done[step] = build(step, frames, here, as_of).collect()
        frames[step] = done[step].lazy()
    facts = {step: frame.lazy() for step, frame in done.items() if step in FACTS}
    done["metrics"] = metric_values(facts, METRICS, grain="year", as_of=as_of, site=here).collect()
    return done


def total(of: Mapping[str, pl.DataFrame], metric: str, year: int | None = None) -> dict[str, Any]:
    """A metric in total, of a year or of the only one."""
    rows = of["metrics"].filter(pl.col("metric_id") == metric, pl.col("grouping_set") == "total")
    return rows.filter(True if year is None else pl.col("period_start").dt.year() == year).row(0, named=True)


def test_counts_of_days_give_the_ratio_of_sums_and_not_the_mean_of_ratios() -> None:
    feed = typed("call_centre_daily", "calls_indexed.csv", "days")["good"]
    calls = feed.select(pl.col("offered", "answered", "abandoned").sum()).row(0)
    assert (feed.height, *calls) == (1251, 248_373, 221_234, 27_139)
    run = built("call_centre_daily", days="calls_indexed.csv")
    assert total(run, "contact_volume")["value"] == 248_373
    given_up = total(run, "abandonment_rate")
    assert (given_up["numerator"], given_up["denominator"]) == (27_139, 248_373)
    assert 100 - given_up["value"] == pytest.approx(89.0733, abs=5e-5)
    service = total(run, "service_level")
    assert service["denominator"] == 248_373
    assert service["value"] == pytest.approx(63.786, abs=5e-4)
    told = feed.select((pl.col("offered") * pl.col("answered_within_bp")).sum() / (100 * pl.col("offered").sum()))
    assert told.item() == pytest.approx(63.786, abs=5e-4)
    assert feed["answered_within_bp"].mean() / 100 == pytest.approx(70.873, abs=5e-4)
    talked = total(run, "average_handle_time")
    assert (talked["n"], talked["ci_low"]) == (221_234, None)


def test_a_simulated_queue_has_the_service_level_of_its_own_standard() -> None:
    run = built("sim_call_centre_synth", calls="simulated_call_centre.csv")
    calls, service = run["fact_contact"], total(run, "service_level")
    assert (service["numerator"], service["denominator"]) == (47_481, 51_708)
    assert service["value"] == pytest.approx(91.825, abs=5e-4)
    assert calls["wait_s"].mean() == pytest.approx(17.0349, abs=5e-5)
    assert total(run, "average_speed_of_answer")["value"] == pytest.approx(17.0349, abs=5e-5)
    assert total(run, "average_handle_time")["value"] == pytest.approx(299.103, abs=5e-4)
    assert calls["started_on"].max() == dt.date(2021, 12, 31)
    needed = run["fact_required_staff"]
    assert needed["contacts"].sum() == 51_708
    assert (needed["answered_within"] >= 0.8).all()


PWC = dict.fromkeys(("calls", "resolved", "unresolved", "ratings"), "call_center.csv")


def test_calls_without_an_answer_have_no_wait_and_no_rating() -> None:
    run = built("pwc_call_centre_synth", **PWC)
    calls, tickets = run["fact_contact"], run["fact_ticket"]
    assert dict(calls["is_handled"].value_counts().iter_rows()) == {True: 4054, False: 946}
    assert calls.filter(~pl.col("is_handled")).select("wait_s", "handle_s").null_count().row(0) == (946, 946)
    assert total(run, "average_speed_of_answer")["value"] == pytest.approx(67.521, abs=5e-4)
    assert total(run, "average_handle_time")["value"] == pytest.approx(224.92, abs=5e-3)
    given_up = total(run, "abandonment_rate")
    assert (given_up["numerator"], given_up["denominator"]) == (946, 5000)
    assert (total(run, "resolved_volume")["value"], tickets.height) == (3646, 5000)
    answered = calls.filter("is_handled").join(tickets, on="ticket_id", validate="1:1")
    assert 100 * answered["is_resolved"].mean() == pytest.approx(89.936, abs=5e-4)
    ratings = typed("pwc_call_centre_synth", "call_center.csv", "ratings")["good"]
    assert ratings.height == 4054
    assert ratings["score_milli"].mean() / 1000 == pytest.approx(3.40355, abs=5e-6)
    index = total(run, "csat_index")
    assert (index["n"], 1 + index["value"] / 25) == (4054, pytest.approx(3.40355, abs=5e-6))


def test_one_in_six_left_of_those_employed_at_the_start() -> None:
    run = built("ibm_attrition_synth", employees="WA_Fn-UseC_-HR-Employee-Attrition.csv")
    days = run["fact_agent_day"]
    start = days.filter(pl.col("work_on") == dt.date(2015, 1, 1))["headcount_days"].sum()
    assert (days["leavers"].sum(), days["voluntary_leavers"].sum(), start) == (237, 237, 1470)
    assert 100 * 237 / start == pytest.approx(16.122, abs=5e-4)
    turnover = total(run, "turnover_rate")
    assert turnover["numerator"] == 237 * 365
    assert turnover["denominator"] == 1470 * 365 - 237
    assert total(run, "headcount")["value"] == 1470 - 237


def by_hand(people: pl.DataFrame, day: dt.date) -> int:
    """Who was employed on a day, counted from the spells and not from the days."""
    has_begun, has_ended = pl.col("valid_from") <= day, (pl.col("valid_to") < day).fill_null(value=False)
    return people.filter(has_begun & ~has_ended).height


def test_leavers_over_the_mean_of_both_ends_of_the_year_follow_from_the_published_metrics() -> None:
    people = typed("hr_dataset_v14_synth", "HRDataset_v14.csv", "employees")["good"]
    run = built("hr_dataset_v14_synth", employees="HRDataset_v14.csv")
    left = dict(people["leave_kind"].drop_nulls().value_counts().iter_rows())
    assert left == {"voluntary": 88, "involuntary": 16}
    for year, rate in ((2014, 6.753), (2015, 10.337), (2016, 9.778)):
        turnover, heads = total(run, "turnover_rate", year), total(run, "headcount", year)
        assert turnover["numerator"] == LEAVERS[year] * 365
        ends = (heads["prior_value"], heads["value"])
        assert ends == (by_hand(people, dt.date(year - 1, 12, 31)), by_hand(people, dt.date(year, 12, 31)))
        assert 100 * LEAVERS[year] / (sum(ends) / 2) == pytest.approx(rate, abs=5e-4)
        days = pl.date_range(dt.date(year, 1, 1), dt.date(year, 12, 31), eager=True)
        assert turnover["denominator"] == sum(by_hand(people, day) for day in days)


@pytest.mark.slow
def test_the_whole_run_counts_the_calls_of_all_days(tmp_path: Path) -> None:
    run = published("call_centre_daily", tmp_path)
    service, volume = whole(run, "service_level"), whole(run, "contact_volume")
    assert volume["numerator"] == service["denominator"] == 248_373
    assert 100 * service["numerator"] / 248_373 == pytest.approx(63.786, abs=5e-4)


@pytest.mark.slow
def test_the_whole_run_reads_a_twelve_hour_clock(tmp_path: Path) -> None:
    run = published("sim_call_centre_synth", tmp_path)
    service = whole(run, "service_level")
    assert (service["numerator"], service["denominator"]) == (47_481, 51_708)


@pytest.mark.slow
def test_the_whole_run_leaves_nulls_null(tmp_path: Path) -> None:
    run = published("pwc_call_centre_synth", tmp_path)
    calls = pl.read_parquet(run / "facts" / "fact_contact.parquet")
    assert (calls.height, calls["wait_s"].null_count()) == (5000, 946)
    assert whole(run, "csat_index")["n"] == 4054
    missing = pl.read_parquet(run / "reports" / "metric_missing.parquet")["metric_id"]
    assert {"occupancy", "turnover_rate", "staffing_coverage_rate", "sla_attainment_rate"} <= set(missing)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "leavers"), [("ibm_attrition_synth", 237), ("hr_dataset_v14_synth", 104)])
def test_the_whole_run_counts_who_left(tmp_path: Path, name: str, leavers: int) -> None:
    assert whole(published(name, tmp_path), "turnover_rate")["numerator"] == leavers * 365
