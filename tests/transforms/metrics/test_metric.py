"""A definition that cannot be right is refused at import, with the value and the nearest right one."""

import polars as pl
import pytest

from expectations.errors import DefinitionError
from transforms.metrics.metric import Measure, Ratio, Statistic, Unit, count, registry, total

ROWS = count("tickets", "fact_ticket", "created_on", pl.col("is_counted"))
SECONDS = total("observed_s", "fact_ticket", "created_on", pl.col("observed_s"), pl.col("is_counted"))
WORDS = {"title": "T", "title_fr": "T", "asks": "What?", "asks_fr": "Quoi ?", "family": "f", "better": "lower"}


def ratio(**changes: object) -> Ratio:
    declared = {"name": "m", "numerator": ROWS, "denominator": ROWS, "unit": Unit.PERCENT, **WORDS}
    return Ratio(**(declared | changes))


@pytest.mark.parametrize(
    ("measure", "says"),
    [
        ({"fact": "fact_tickets"}, "did you mean 'fact_ticket'"),
        ({"date": "created"}, "did you mean 'created_on'"),
        ({"date": "created_at"}, "name a Date column"),
        ({"where": pl.col("is_count")}, "did you mean 'is_counted'"),
        ({"value": pl.col("observed")}, "did you mean 'observed_s'"),
    ],
)
def test_a_measure_reads_columns_that_exist(measure: dict[str, object], says: str) -> None:
    right = {"name": "x", "fact": "fact_ticket", "date": "created_on", "where": pl.col("is_counted")}
    with pytest.raises(DefinitionError, match=says):
        Measure(**(right | measure))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title_fr": " "}, "has no title_fr"),
        ({"name": "Mean Time"}, "'Mean Time' is not a name"),
        ({"grains": ("months",)}, "did you mean 'month'"),
        ({"needs": ("feed_tickets",)}, "did you mean 'feed_ticket'"),
        ({"cut_by": ("chanel",)}, "did you mean 'channel'"),
        ({"additivity": "ratios"}, "did you mean 'ratio'"),
        ({"denominator": None}, "does not go with"),
        ({"interval": "adjusted_wald"}, "use wilson"),
        ({"interval": "student_t", "denominator": SECONDS}, "use another interval"),
        ({"version": 0}, "version 0"),
    ],
)
def test_a_ratio_says_what_is_wrong_with_it(changes: dict[str, object], says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        ratio(**changes)


def test_a_statistic_needs_a_number_of_each_row() -> None:
    with pytest.raises(DefinitionError, match="counts rows"):
        Statistic(name="m", unit=Unit.SECONDS, sample=ROWS, kind="p50", **WORDS)


def test_a_name_is_used_once() -> None:
    with pytest.raises(DefinitionError, match="'m' is declared twice"):
        registry([ratio()], [ratio()])


def test_a_measure_means_one_thing() -> None:
    other = count("tickets", "fact_ticket", "created_on", pl.col("is_resolved"))
    with pytest.raises(DefinitionError, match="already names another measure"):
        registry([ratio(), ratio(name="n", numerator=other, denominator=other)])


def test_cuts_are_those_all_facts_know() -> None:
    cost = total("cents", "fact_cost_allocation", "month_on", pl.col("allocated_cents"), pl.lit(value=True))
    assert ratio(numerator=cost).grouping_sets == ("total", "channel")
    assert ratio(numerator=cost).feeds == ("feed_cost", "feed_ticket")


def test_a_metric_may_know_fewer_cuts_than_its_facts() -> None:
    assert ratio(cut_by=("team",)).grouping_sets == ("total", "team")
    assert ratio(cut_by=()).grouping_sets == ("total",)
