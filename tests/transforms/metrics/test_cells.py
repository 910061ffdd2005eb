"""The table of sums has one row per period and member, of whatever parts it is made."""

from __future__ import annotations

import polars as pl

from tests.transforms.metrics.test_statistics import AS_OF, TICKET, frame
from transforms.metrics import METRICS
from transforms.metrics.cells import MEMBER, Cut, table_of_sums
from transforms.metrics.days import Days, members_told
from transforms.metrics.statistics import by_clock_of, statistics_of


def test_statistics_of_several_samples_share_the_row_of_their_cell() -> None:
    """Calendar and business time come as two rows of a cell: side by side with another date they are one."""
    rows = frame([TICKET])
    members = members_told({"fact_ticket": rows})
    clocks = {"fact_ticket.first_response_on", "fact_ticket.resolved_on"}
    wanted = {clock: found for clock, found in by_clock_of(METRICS.values()).items() if clock in clocks}
    statistics = {
        clock: statistics_of(rows, found, members, grains=["day"], as_of=AS_OF).collect().lazy()
        for clock, found in wanted.items()
    }
    metrics = [metric for found in wanted.values() for metric in found if metric.kind in {"p50", "p90"}]
    days = Days(sums={}, members={}, statistics=statistics)
    cells = table_of_sums(metrics, Cut(grain="day", as_of=AS_OF), days).collect()
    assert cells.select(*MEMBER, "period_start").is_unique().all()
    told = cells.filter(grouping_set="total").select(pl.col(f"{it.name}:n" for it in metrics))
    assert set(told.row(0)) == {1}
