"""Every metric that the specification's headings name is declared, in each of the readings it asks for."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from expectations.tables import TABLES
from transforms.analysis import ANALYSES
from transforms.metrics import METRICS

SPEC = Path(__file__).parents[3] / "shared" / "spec" / "metrics.md"
HEADINGS = {
    "CSAT": ("csat", "csat_index"),
    "NPS": ("nps",),
    "CES": ("ces_ease_index", "ces_easy_rate", "ces_raw_mean"),
    "Surveys themselves": ("survey_response_rate", "survey_completion_rate", "survey_skip_rate", "survey_experiment"),
    "Internal quality": ("iqs", "critical_error_rate", "error_rate"),
    "First response time": (
        "first_response_time", "first_response_within_target_rate", "unanswered_rate", "auto_response_time",
    ),
    "Resolution time": ("resolution_time", "first_resolution_time", "net_resolution_time"),
    "First contact resolution": ("fcr_rate", "one_touch_rate", "no_reopen_rate", "reopen_rate", "contacts_per_case"),
    "Escalation and transfer": ("escalation_rate", "escalations_per_ticket", "transfer_rate"),
    "Volume and backlog": ("ticket_volume", "contact_volume", "resolved_volume", "backlog", "backlog_age"),
    "SLA": ("sla_attainment_rate", "service_level", "abandonment_rate", "average_handle_time"),
    "Staffing": (
        "occupancy", "utilisation", "turnover_rate", "enps", "engagement_index", "engagement_participation_rate",
        "required_staff",
    ),
    "Self-service and bots": (
        "article_helpful_rate", "article_bounce_rate", "article_views", "no_result_search_rate", "deflection_rate",
        "self_service_score", "bot_containment_rate",
    ),
    "Cost": ("cost_per_contact", "cost_per_resolution"),
    "Revenue": ("service_revenue", "revenue_per_contact", "revenue_influenced"),
    "Customers": ("retention_rate", "retention_rate_balance", "churn_rate", "ltv", "ltv_realised"),
    "Carts": ("cart_abandonment_rate", "cart_customer_abandonment_rate"),
}  # fmt: skip
"""The headings of sections 2 to 4, and the names each of them states."""
CLOCKS = ("calendar", "business")
READINGS = {
    "first_response_time": [f"{clock}_{kind}" for clock, kind in product(CLOCKS, ("mean", "p50", "p90"))],
    "auto_response_time": ["mean"],
    "resolution_time": [
        *(f"{clock}_{kind}" for clock, kind in product(CLOCKS, ("mean", "p50", "p90"))),
        "censored_p50",
    ],
    "first_resolution_time": [f"{clock}_mean" for clock in CLOCKS],
    "net_resolution_time": [f"{clock}_mean" for clock in CLOCKS],
    "backlog_age": ["0_1_d", "1_3_d", "3_7_d", "7_30_d", "30_d_up"],
}
"""Names that stand for several metrics: each is declared once, under the name with this ending."""
ANALYSIS_TABLES = {"survey_experiment"}
NAMES = [name for names in HEADINGS.values() for name in names]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ANALYSIS_TABLES])
def test_every_metric_of_the_headings_is_declared(name: str) -> None:
    wanted = [f"{name}_{ending}" for ending in READINGS[name]] if name in READINGS else [name]
    assert [metric for metric in wanted if metric not in METRICS] == []


def test_every_table_of_the_headings_is_built() -> None:
    assert set(ANALYSES) >= ANALYSIS_TABLES
    assert set(ANALYSES) <= set(TABLES)


def test_the_list_above_is_the_one_of_the_specification() -> None:
    if not SPEC.is_file():
        pytest.skip("the specification is not here")
    sections = re.split(r"^## (\d)\. .*$", SPEC.read_text("utf-8"), flags=re.MULTILINE)
    told = {number: body for number, body in zip(sections[1::2], sections[2::2], strict=True) if number in "234"}
    lines = [line for body in told.values() for line in body.splitlines() if line.startswith("### ")]
    assert [tuple(re.findall(r"`([a-z][a-z0-9_]*)`", line)) for line in lines] == list(HEADINGS.values())
