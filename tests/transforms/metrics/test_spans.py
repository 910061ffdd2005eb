"""Values worked out some months at a time are those worked out at once."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from expectations.tables import FACTS
from tests.metric_tables import metric_values
from tests.transforms.metrics.test_fact_with_grains import facts as facts_with_grains
from transforms.metrics import METRICS
from transforms.metrics.cell_prints import CellPrints, periods_of
from transforms.metrics.compute import metric_cells, values_of, wanted
from transforms.metrics.days import days_of
from transforms.metrics.periods import ALWAYS, Span, spans
from transforms.metrics.values import beginnings_of, looked_at
from transforms.site import Site

AS_OF = dt.date(2026, 3, 10)


def backlog() -> dict[str, pl.LazyFrame]:
    """Open tickets of two teams, the second of which begins a year and a half later than the first."""
    days = pl.date_range(dt.date(2024, 1, 15), AS_OF, eager=True)
    told = [
        {"day_on": day, "team": team, "opening": n % 7, "closing": n % 11, "created": n % 5, "resolved": n % 3}
        for n, day in enumerate(days)
        for team in ("billing", "desk")
        if team == "billing" or day > dt.date(2025, 6, 1)
    ]
    table = FACTS["fact_backlog_daily"]
    rows = pl.DataFrame(told)
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in table.schema.items() if name not in rows.columns]
    counts = [pl.col(name).fill_null(0) for name, dtype in table.schema.items() if dtype == pl.Int64()]
    return {
        table.name: rows.with_columns(empty).select(table.schema.names()).cast(table.schema).with_columns(counts).lazy()
    }


@pytest.mark.parametrize("grain", ["day", "week", "month", "year"])
@pytest.mark.parametrize("made", [backlog, facts_with_grains])
def test_spans_are_the_whole(grain: str, made: Callable[[], dict[str, pl.LazyFrame]]) -> None:
    """Comparisons with the period and the year before reach over the seams; members keep what they had before."""
    facts = made()
    at_once = metric_values(facts, METRICS, grain=grain, as_of=AS_OF, site=Site()).collect()
    cells = metric_cells(facts, METRICS, days_of(facts, METRICS.values()), grain=grain, as_of=AS_OF).collect()
    first = cells["period_start"].min()
    cut = spans(first, AS_OF, cells=150_000) if cells.height else [ALWAYS]
    parts = [
        values_of(cells.lazy(), facts, METRICS, grain=grain, as_of=AS_OF, site=Site(), span=span).collect()
        for span in cut
    ]
    found = pl.concat(parts).sort("period_start", "metric_id", "grouping_set", "channel", "team", "segment", "member")
    assert_frame_equal(found, at_once, check_exact=True)


@pytest.mark.parametrize("cells", [0, 5_000, 5_001, 100_000, 10**6, 10**9])
def test_every_period_lies_in_one_span(cells: int) -> None:
    cut = spans(dt.date(2023, 8, 5), AS_OF, cells=cells)
    assert cut[0].first <= dt.date(2023, 8, 5)
    assert cut[-1].last >= AS_OF
    assert all(one.last + dt.timedelta(days=1) == two.first for one, two in itertools.pairwise(cut))
    assert (len(cut) > 1) == (cells > 5_000)


def test_a_span_looks_at_no_more_than_it_is_compared_with() -> None:
    """Neither ten years of cells nor the year between are laid out for two months; members keep what they had."""
    cells, there = _cells_by_day(), wanted(backlog(), METRICS, "day")
    span = Span(first=dt.date(2026, 2, 1), last=dt.date(2026, 3, 31))
    rows = looked_at(cells, beginnings_of(cells, there), span, "day").collect()
    a_year_ago, now = pl.col("period_start") < dt.date(2026, 1, 1), pl.col("period_start") > dt.date(2026, 1, 1)
    assert rows.filter(a_year_ago)["period_start"].min() == dt.date(2025, 1, 26)
    assert rows.filter(a_year_ago)["period_start"].max() == dt.date(2025, 4, 1)
    assert rows.filter(now)["period_start"].min() == dt.date(2026, 1, 31)
    assert rows.filter(now)["period_start"].max() == AS_OF
    began = rows.filter(team="desk")["backlog:began"].unique().to_list()
    assert began == [dt.date(2025, 6, 2)], "the second team begins between the two"


MOVED = """
a day in the middle of a month | 2025-03-10 | 2025-03 2026-03
the last day of a month        | 2025-03-31 | 2025-03 2025-04 2026-03
a day of more than a year ago   | 2024-11-20 | 2024-11 2025-11
a day of this year             | 2026-02-03 | 2026-02
"""


@pytest.mark.parametrize("row", MOVED.strip().splitlines())
def test_a_cell_that_changes_moves_what_is_compared_with_it(row: str) -> None:
    """364 days on, a day is compared with it; the months between are as they were."""
    day, months = (it.strip() for it in row.split("|")[1:])
    cells = _cells_by_day()
    there = pl.col("period_start") == dt.date.fromisoformat(day)
    measure = next(name for name in cells.collect_schema().names() if name.startswith("fact_backlog_daily."))
    changed = cells.with_columns(pl.when(there).then(pl.col(measure) + 1).otherwise(measure).alias(measure))
    cut = spans(dt.date(2024, 1, 15), AS_OF, cells=10**6)
    before, after = ([_prints(it).of(span, as_of=AS_OF) for span in cut] for it in (cells, changed))
    moved = [str(span.first)[:7] for span, one, other in zip(cut, before, after, strict=True) if one != other]
    assert moved == months.split()


def _prints(cells: pl.LazyFrame) -> CellPrints:
    periods, beginnings = periods_of(cells, grain="day"), beginnings_of(cells, wanted(backlog(), METRICS, "day"))
    return CellPrints(grain="day", periods=periods.collect(), beginnings=beginnings.collect(), maturities=[0])


def _cells_by_day() -> pl.LazyFrame:
    facts = backlog()
    return metric_cells(facts, METRICS, days_of(facts, METRICS.values()), grain="day", as_of=AS_OF)
