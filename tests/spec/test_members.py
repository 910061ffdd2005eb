"""Cuts by survey, product, topic, tier, variant and category: where the facts know them, and in the column `member`."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from transforms.metrics import METRICS
from transforms.metrics.members import MOST_MEMBERS, OTHER, UNKNOWN


def test_a_metric_is_cut_by_what_its_facts_know(spec: Callable[..., None]) -> None:
    spec(
        "csat",
        as_of=dt.date(2026, 1, 31),
        fact_survey_response="""
        kind | survey | topic    | is_satisfied
        csat | post   | delivery | yes
        csat | post   | -        | no
        csat | chat   | delivery | yes
        """,
        expect="""
        grouping_set | member    | channel | numerator | denominator
        survey       | chat      | -       | 1         | 1
        survey       | post      | -       | 1         | 2
        topic        | (unknown) | -       | 0         | 1
        topic        | delivery  | -       | 2         | 2
        total        | -         | -       | 2         | 3
        """,
    )


def test_the_rest_beyond_the_most_frequent_members_are_one(values: Callable[..., pl.DataFrame]) -> None:
    rows = [f"2 | 2026-06-01 | p{number:03}" for number in range(MOST_MEMBERS)]
    rows += [f"1 | 2026-06-01 | rare{number}" for number in range(5)] + ["4 | 2026-06-01 | -"]
    found = values("ticket_volume", fact_ticket="\n".join(["rows | created_on | topic", *rows]))
    told = dict(found.filter(grouping_set="topic").select("member", "numerator").rows())
    assert len(told) == MOST_MEMBERS + 2
    assert (told["p000"], told[OTHER], told[UNKNOWN]) == (2, 5, 4)
    assert sum(told.values()) == found.filter(grouping_set="total")["numerator"].item()


def test_percentiles_are_cut_by_topic_too(values: Callable[..., pl.DataFrame]) -> None:
    found = values(
        "resolution_time_calendar_p50",
        fact_ticket="""
        resolved_on | topic    | resolution_calendar_s | is_counted | is_resolved
        2026-06-01  | delivery | 10                    | yes        | yes
        2026-06-01  | delivery | 30                    | yes        | yes
        2026-06-01  | bill     | 70                    | yes        | yes
        """,
    )
    assert dict(found.filter(grouping_set="topic").select("member", "value").rows()) == {"delivery": 20, "bill": 70}


@pytest.mark.parametrize(
    ("metric", "cuts"),
    [
        ("csat", {"survey", "product", "topic", "variant"}),
        ("ticket_volume", {"topic", "tier"}),
        ("backlog", set()),
        ("enps", set()),
    ],
)
def test_the_cuts_of_a_metric_follow_from_its_facts(metric: str, cuts: set[str]) -> None:
    always = {"total", "channel", "team", "channel_team", "segment"}
    assert set(METRICS[metric].grouping_sets) - always == cuts


def test_members_keep_their_prior_period_apart(values: Callable[..., pl.DataFrame]) -> None:
    rows = "created_on | topic\n2026-05-01 | a\n2026-06-01 | a\n2026-06-01 | b"
    found = values("ticket_volume", fact_ticket=rows).filter(grouping_set="topic", period_start=dt.date(2026, 6, 1))
    assert found.select("member", "prior_value").rows() == [("a", 1.0), ("b", None)]
