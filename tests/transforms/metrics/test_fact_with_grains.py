"""A fact that is already cut into periods: each grain reads its own rows and no others."""

import datetime as dt

import polars as pl
import pytest

from expectations.tables import FACTS
from tests.metric_tables import metric_values
from transforms.metrics.behind import rows_behind
from transforms.metrics.metric import Ratio, Unit, total
from transforms.site import Site

_FACT, _DATE, _ALL = "fact_customer_period", "period_end_on", pl.lit(value=True)
KEPT = Ratio(
    name="kept_rate",
    title="Kept",
    title_fr="Gardés",
    asks="What share stayed?",
    asks_fr="Quelle part est restée ?",
    family="customers",
    numerator=total("customers kept", _FACT, _DATE, pl.col("kept"), _ALL),
    denominator=total("customers at the start", _FACT, _DATE, pl.col("active_at_start"), _ALL),
    unit=Unit.PERCENT,
    better="higher",
    interval="wilson",
)
AS_OF = dt.date(2026, 3, 31)
ROWS = [
    ("month", dt.date(2026, 1, 31), 100, 90),
    ("month", dt.date(2026, 2, 28), 90, 45),
    ("month", dt.date(2026, 3, 31), 50, 50),
    ("quarter", dt.date(2026, 3, 31), 100, 40),
    ("year", dt.date(2026, 12, 31), 100, 10),
]


def facts() -> dict[str, pl.LazyFrame]:
    schema = FACTS[_FACT].schema
    drawn = pl.LazyFrame(ROWS, schema=["grain", _DATE, "active_at_start", "kept"], orient="row")
    return {_FACT: pl.concat([pl.LazyFrame(schema=schema), drawn], how="diagonal_relaxed")}


@pytest.mark.parametrize(
    ("grain", "expected"),
    [("month", [90, 45, 50]), ("quarter", [40]), ("day", []), ("year", [])],
)
def test_each_grain_reads_its_own_rows(grain: str, expected: list[int]) -> None:
    found = metric_values(facts(), {"kept_rate": KEPT}, grain=grain, as_of=AS_OF, site=Site())
    assert found.filter(grouping_set="total").collect()["numerator"].to_list() == expected


def test_the_rows_behind_a_quarter_are_the_quarter_s() -> None:
    start = dt.date(2026, 1, 1)
    found = rows_behind(facts(), KEPT, grain="quarter", period_start=start, as_of=AS_OF, members={})
    assert found[f"{_FACT}.{_DATE}"].select("above", "below").collect().rows() == [(40, 100)]
