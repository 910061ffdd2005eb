"""What is generated from the declarations is complete, and not stale."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from expectations.tables import FACTS
from expectations.tables.dimensions import DIM_METRIC, DIM_TARGET
from tests.metric_tables import metric_values
from transforms.metrics import METRICS
from transforms.metrics.behind import rows_behind
from transforms.metrics.catalogue import catalogue, metric_dimension, target_dimension
from transforms.metrics.compute import missing_metrics
from transforms.site import Site, Target

PAGE = Path(__file__).parents[3] / "transforms" / "metrics" / "README.md"


def test_the_catalogue_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == catalogue(METRICS), "run `make catalogue`"


def test_dim_metric_follows_its_contract() -> None:
    frame = metric_dimension(METRICS).collect()
    assert frame.schema == DIM_METRIC.schema
    assert frame["metric_id"].to_list() == sorted(METRICS)
    assert frame.select(DIM_METRIC.required).null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize("language", ["title", "title_fr"])
def test_titles_are_told_apart(language: str) -> None:
    titles = [getattr(metric, language) for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)


def test_a_target_of_an_unknown_metric_is_left_out() -> None:
    site = Site(targets=(Target(metric_id="csat", target=80.0), Target(metric_id="cast", target=80.0)))
    frame = target_dimension(site, METRICS).collect()
    assert frame.schema == DIM_TARGET.schema
    assert frame["metric_id"].to_list() == ["csat"]


@pytest.mark.parametrize(
    ("metric", "dax", "tableau"),
    [
        (
            "csat",
            "DIVIDE ( SUM ( metric_value_month[numerator] ) * 100, SUM ( metric_value_month[denominator] ) )",
            "* 100 /",
        ),
        ("csat_index", "SUM ( metric_value_month[denominator] ) * 9000 )", "* 9000"),
        ("service_cost", "DIVIDE ( SUM ( metric_value_month[numerator] ), 100 )", "END) / 100"),
        ("ticket_volume", "CALCULATE ( SUM ( metric_value_month[numerator] ),", "SUM(IF"),
        ("backlog", "[period_start] = LastPeriod", "COUNTD"),
        ("retention_rate", "IF ( DISTINCTCOUNT ( metric_value_month[period_start] ) = 1, DIVIDE", "COUNTD"),
        ("occupancy", '[grouping_set] = "team"', '[grouping_set] = "team"'),
        ("resolution_time_calendar_p90", '[duration] = "resolution_calendar"', "= 1 THEN"),
        ("enps", "COUNTROWS ( metric_value_month ) = 1", "= 1 THEN"),
        ("resolution_time_censored_p50", "COUNTROWS ( metric_value_month ) = 1", "= 1 THEN"),
    ],
)
def test_a_formula_is_right_for_its_additivity(metric: str, dax: str, tableau: str) -> None:
    row = metric_dimension(METRICS).filter(metric_id=metric).collect().row(0, named=True)
    assert dax in row["dax"]
    assert tableau in row["tableau"]


def test_a_metric_without_its_fact_is_missing_and_says_what_it_needs() -> None:
    missing = missing_metrics(["fact_ticket", "fact_backlog_daily"], METRICS, computed=set(METRICS) - {"fcr_rate"})
    needs = dict(missing.rows())
    assert needs["service_level"] == "feed_contact (for fact_contact)"
    assert needs["fcr_rate"].startswith("feed_ticket, feed_ticket_event (for fact_ticket.")
    assert needs["ltv"] == "feed_order (for fact_customer_value); [ltv] lifetime_years of pipeline.toml"
    assert "ticket_volume" not in needs


def test_the_rows_behind_a_number_add_up_to_it() -> None:
    day, later = dt.date(2026, 3, 2), dt.date(2026, 4, 1)
    drawn = [
        ("nps", "email", day, True, False),
        ("nps", "email", day, False, True),
        ("nps", "email", later, True, False),
    ]
    drawn += [("nps", "phone", day, True, False), ("csat", "email", day, None, None)]
    names = ["kind", "channel", "answered_on", "is_promoter", "is_detractor"]
    rows = pl.LazyFrame(drawn, schema=names, orient="row").with_columns(is_counted=True)
    schema = FACTS["fact_survey_response"].schema
    facts = {
        "fact_survey_response": rows.with_columns(
            pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in {*names, "is_counted"}
        ).select(schema.names())
    }
    as_of, march = dt.date(2026, 4, 30), dt.date(2026, 3, 1)
    behind = rows_behind(
        facts, METRICS["nps"], grain="month", period_start=march, as_of=as_of, members={"channel": "email"}
    )["fact_survey_response.answered_on"].collect()
    assert behind.select("above", "below").rows() == [(1, 1), (-1, 1)]
    value = metric_values(facts, METRICS, grain="month", as_of=as_of, site=Site()).filter(
        metric_id="nps", period_start=march, channel="email", grouping_set="channel"
    )
    assert value.select("numerator", "denominator").collect().row(0) == (0, 2)
