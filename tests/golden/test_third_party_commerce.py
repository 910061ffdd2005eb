"""Third-party orders, carts and customers, read with only TOML written: figures as in the README of each data set."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import tomllib
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.io.landing import read_rows
from tests.conftest import run_flows, third_party
from tests.metric_tables import metric_values
from transforms.canonical import canonical
from transforms.facts import build, latest, steps
from transforms.mapping import parse_mapping
from transforms.metrics import METRICS
from transforms.scales import SCALES
from transforms.site import Lifetime, Site

HERE = Path(__file__).parent
KEY = b"a key for tests only"
LIFETIME = Lifetime(years=Fraction(3), margin_percent=Fraction(40), discount_percent=Fraction(10))


def facts_of(name: str, file: str, mapping_name: str) -> tuple[dict[str, pl.LazyFrame], dt.date]:
    """The facts of one export, landed and read in this process."""
    path, home = third_party(name) / file, HERE / name
    settings = tomllib.loads((home / "pipeline.toml").read_text("utf-8"))
    zone, as_of = settings["site"]["zone"], settings["site"]["as_of"]
    document = tomllib.loads((home / "sources" / f"{mapping_name}.toml").read_text("utf-8"))
    mapping = parse_mapping(mapping_name, document, SCALES)
    landed = read_rows(path, mapping.layout)
    split = canonical(landed.rows, mapping, slot=file, header=landed.header, zone=zone, scales=SCALES, key=KEY)
    good, refused = pl.collect_all([split.good, split.refused])
    assert refused.is_empty()
    assert good.height == landed.rows_in
    frames = {mapping.table.name: latest(good.lazy(), mapping.table)}
    for step in steps(frames):
        frames[step] = build(step, frames, Site(zone=zone, lifetime=LIFETIME), as_of).collect().lazy()
    return {step: frame for step, frame in frames.items() if step.startswith("fact_")}, as_of


def totals(facts: dict[str, pl.LazyFrame], as_of: dt.date, *names: str, grain: str) -> dict[str, list[dict[str, Any]]]:
    wanted = {name: METRICS[name] for name in names}
    values = metric_values(facts, wanted, grain=grain, as_of=as_of, site=Site()).filter(grouping_set="total").collect()
    return {name: values.filter(metric_id=name).sort("period_start").to_dicts() for name in names}


def published(name: str, tmp_path: Path) -> Path:
    """The published tables of a deployment that was run on a third-party folder."""
    data = tmp_path / name
    shutil.copytree(HERE / name, data)
    done = run_flows("run", "--plain", data=data, BAROMETRE_RAW=str(third_party(name)))
    assert done.returncode == 0, done.stdout + done.stderr
    return data / "published" / "current"


def published_sums(run: Path, metric: str, grain: str = "year") -> dict[str, Any]:
    rows = pl.read_parquet(run / "metrics" / f"metric_value_{grain}.parquet").filter(
        metric_id=metric, grouping_set="total"
    )
    return rows.select("numerator", "denominator", "n").sum().row(0, named=True)


def missing(run: Path) -> dict[str, str]:
    return dict(pl.read_parquet(run / "reports" / "metric_missing.parquet").select("metric_id", "needs").iter_rows())


def test_carts_are_abandoned_as_published_and_their_value_is_right_to_the_cent() -> None:
    facts, as_of = facts_of("carts_15k_synth", "cart_events.csv", "carts")
    names = ("cart_abandonment_rate", "cart_value_converted", "cart_customer_abandonment_rate")
    found = totals(facts, as_of, *names, grain="year")
    rate, value, by_customer = (found[name][0] for name in names)
    assert (rate["numerator"], rate["denominator"]) == (7_600, 15_000)
    assert rate["value"] == pytest.approx(50.67, abs=5e-3)
    assert rate["is_mature"]
    assert value["numerator"] == 452_749_957
    rows = pl.read_csv(third_party("carts_15k_synth") / "cart_events.csv")
    bought = rows.group_by("customer_id").agg(pl.col("abandoned").min())["abandoned"]
    assert (by_customer["numerator"], by_customer["denominator"]) == (bought.sum(), bought.len())


def test_telco_churn_is_the_published_share_in_month_quarter_and_year() -> None:
    facts, as_of = facts_of("telco_churn_synth", "telco_churn.csv", "customers")
    for grain in ("month", "quarter", "year"):
        found = totals(facts, as_of, "churn_rate", "retention_rate", "retention_rate_balance", grain=grain)
        churn, kept, balance = (rows[-1] for rows in found.values())
        assert (churn["numerator"], churn["denominator"]) == (1_869, 7_043)
        assert churn["value"] == pytest.approx(26.54, abs=5e-3)
        assert (kept["numerator"], balance["numerator"]) == (5_174, 5_174)


@pytest.fixture(scope="module")
def cdnow() -> tuple[dict[str, pl.LazyFrame], dt.date]:
    return facts_of("cdnow", "CDNOW_master.txt", "purchases")


def purchases() -> list[tuple[str, dt.date, int, int]]:
    """Customer, day, CDs and cents of each line, read without anything of ours."""
    lines = (third_party("cdnow") / "CDNOW_master.txt").read_text("ascii").splitlines()[1:]
    rows = [line.split() for line in lines if line.strip()]
    return [
        (who, dt.datetime.strptime(day, "%Y%m%d").date(), int(cds), round(float(dollars) * 100))  # noqa: DTZ007
        for who, day, cds, dollars in rows
    ]


def test_cdnow_has_its_customers_orders_and_revenue(cdnow: tuple[dict[str, pl.LazyFrame], dt.date]) -> None:
    orders = cdnow[0]["fact_order"].collect()
    assert orders["customer_id"].n_unique() == 23_570
    assert orders["is_counted"].sum() == 67_511
    assert (orders["net_cents"].sum(), orders["item_count"].sum()) == (250_031_563, 167_881)
    assert set(orders["exclusion_reason"].drop_nulls()) == {"no_value"}
    found = totals(*cdnow, "average_basket", "revenue", grain="year")
    assert sum(row["numerator"] for row in found["revenue"]) == 250_031_563
    assert sum(row["denominator"] for row in found["average_basket"]) == 67_511


def test_cdnow_cohorts_are_those_of_its_readme(cdnow: tuple[dict[str, pl.LazyFrame], dt.date]) -> None:
    rows = totals(*cdnow, "cohort_retention_month_1", grain="month")["cohort_retention_month_1"]
    cohorts = {row["period_start"].month: (row["denominator"], row["numerator"]) for row in rows if row["denominator"]}
    assert cohorts == {1: (7_846, 1_157), 2: (8_476, 1_312), 3: (7_248, 1_032)}
    assert rows[0]["value"] == pytest.approx(14.746, abs=5e-4)
    repeat = totals(*cdnow, "repeat_purchase_rate", grain="year")["repeat_purchase_rate"][0]
    assert (repeat["numerator"], repeat["denominator"]) == (11_516, 23_570)
    assert repeat["value"] == pytest.approx(48.859, abs=5e-4)


def test_cdnow_cohorts_agree_with_counting_in_plain_python(cdnow: tuple[dict[str, pl.LazyFrame], dt.date]) -> None:
    days: dict[str, dict[dt.date, int]] = defaultdict(lambda: defaultdict(int))
    for who, day, _, cents in purchases():
        days[who][day] += cents
    wanted: dict[tuple[dt.date, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for bought in days.values():
        in_order = sorted(bought)
        first = in_order[0].replace(day=1)
        for month, of_month in itertools.groupby(in_order, key=lambda day: day.replace(day=1)):
            cell = wanted[first, (month.year - first.year) * 12 + month.month - first.month]
            on = list(of_month)
            is_second = len(in_order) > 1 and in_order[1] in on
            for place, more in enumerate((1, int(is_second), len(on), sum(bought[day] for day in on))):
                cell[place] += more
    told = ("active_customers", "second_orders", "order_count", "net_cents")
    fact = cdnow[0]["fact_customer_cohort"].collect()
    found = {(row["cohort_on"], row["months_since"]): [row[c] for c in told] for row in fact.to_dicts()}
    assert found == {key: [0, 0, 0, 0] for key in found} | wanted


def test_cdnow_lifetime_value_agrees_with_plain_python(cdnow: tuple[dict[str, pl.LazyFrame], dt.date]) -> None:
    """Of the twelve months to June 1998: revenue per customer x 3 years, at 40 % margin and 10 % discount."""
    year = [(who, cents) for who, day, _, cents in purchases() if day >= dt.date(1997, 7, 1) and cents]
    customers = len({who for who, _ in year})
    per_year = sum(cents for _, cents in year) / customers / 100
    found = totals(*cdnow, "ltv", "ltv_revenue", grain="year")
    ltv, revenue = (found[name][-1] for name in ("ltv", "ltv_revenue"))
    assert (ltv["n"], revenue["n"]) == (customers, customers)
    assert revenue["value"] == pytest.approx(per_year * 3, rel=1e-7)
    assert ltv["value"] == pytest.approx(per_year * 0.4 * (1 / 1.1 + 1 / 1.21 + 1 / 1.331), rel=1e-7)


@pytest.mark.slow
def test_a_run_on_the_carts_publishes_the_same(tmp_path: Path) -> None:
    run = published("carts_15k_synth", tmp_path)
    rate = published_sums(run, "cart_abandonment_rate")
    assert (rate["numerator"], rate["denominator"]) == (7_600, 15_000)
    assert published_sums(run, "cart_value_converted", "month")["numerator"] == 452_749_957
    assert missing(run)["service_revenue"] == "feed_order (for fact_order)"


@pytest.mark.slow
def test_a_run_on_the_customers_publishes_the_same(tmp_path: Path) -> None:
    run = published("telco_churn_synth", tmp_path)
    month = pl.read_parquet(run / "metrics" / "metric_value_month.parquet")
    churn = month.filter(metric_id="churn_rate", grouping_set="total", period_start=dt.date(2019, 12, 1))
    assert churn.select("numerator", "denominator").row(0) == (1_869, 7_043)


@pytest.mark.slow
def test_a_run_on_the_purchases_publishes_the_same_and_no_revenue_of_the_service(tmp_path: Path) -> None:
    run = published("cdnow", tmp_path)
    account = pl.read_parquet(run / "reports" / "meta_run.parquet").row(0, named=True)
    told = ("rows_in", "rows_accepted", "rows_quarantined", "rows_duplicate")
    assert [account[name] for name in told] == [69_659, 69_659, 0, 0]
    assert published_sums(run, "revenue")["numerator"] == 250_031_563
    assert published_sums(run, "order_count")["numerator"] == 67_511
    assert published_sums(run, "cohort_retention_month_1")["numerator"] == 1_157 + 1_312 + 1_032
    assert {"service_revenue", "revenue_influenced", "revenue_per_contact", "retention_rate"} <= set(missing(run))
    assert "ltv" not in missing(run)
