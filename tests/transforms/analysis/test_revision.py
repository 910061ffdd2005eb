"""Why a value moved: what came, what changed, what was reopened, which rule is another."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from expectations.tables import FEEDS
from expectations.tables.analysis import METRIC_REVISION
from expectations.tables.fact_ticket import FACT_TICKET
from expectations.tables.metric import METRIC_VALUES
from tests.transforms.analysis.drawn import frame
from transforms.analysis.revision import (
    CELL,
    News,
    changed_rows,
    explained,
    feeds_behind,
    first_published,
    in_codes,
    moves,
    periods_that_differ,
    reopened_since,
    revision_log,
)
from transforms.metrics import METRICS

FEBRUARY = dt.date(2026, 2, 1)
AS_OF = dt.date(2026, 3, 15)
END = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
FEED = FEEDS["feed_ticket"]
DIMENSIONS = {
    f"dim_{cut}": pl.LazyFrame(
        {f"{cut}_key": [-1, 0, 1], "code": ["(all)", "(unknown)", "email" if cut == "channel" else "x"]},
        schema={f"{cut}_key": pl.Int32, "code": pl.String},
    )
    for cut in ("channel", "team", "segment")
}


def at(day: int, month: int = 2) -> dt.datetime:
    return dt.datetime(2026, month, day, 9, tzinfo=dt.UTC)


def tickets(*rows: tuple[str, dt.datetime, str, dt.datetime]) -> pl.LazyFrame:
    """Rows of the ticket feed: number, creation, topic, last change."""
    names = ("ticket_id", "created_at", "topic", "updated_at")
    return frame(FEED, [dict(zip(names, row, strict=True)) for row in rows])


def news(**given: Any) -> News:
    rows = pl.LazyFrame(given.pop("rows", []), schema={"feed": pl.String, "day_on": pl.Date, "kind": pl.String})
    reopened = given.pop("reopened", [])
    cells = pl.LazyFrame(
        reopened, schema={"day_on": pl.Date} | dict.fromkeys(("channel", "team", "segment"), pl.String)
    )
    return News(rows=rows, reopened=cells, **({"has_other_rules": False, "is_earlier": False} | given))


def values(metric: str, value: float | None, **given: Any) -> pl.LazyFrame:
    row = {
        "metric_id": metric,
        "metric_version": 1,
        "period_start": FEBRUARY,
        "period_end": dt.date(2026, 2, 28),
        "grouping_set": "total",
        "channel_key": -1,
        "team_key": -1,
        "segment_key": -1,
        "value": value,
        "status": "ok",
        "is_complete": True,
        "is_mature": True,
        "first_published_value": value,
        "n": 9,
    }
    coded = in_codes(frame(METRIC_VALUES["month"], [row | given]), DIMENSIONS)
    return coded.with_columns(run_before=pl.lit(1), run_key_before=pl.lit("one"))


def cause(metric: str, what: News, **before: Any) -> str:
    moved = moves(values(metric, 10.0, **before), values(metric, 11.0), as_of=AS_OF)
    found = explained(moved, what, METRICS, grain="month").with_columns(run=pl.lit(2), run_key=pl.lit("two"))
    log = revision_log(METRIC_REVISION.empty(), [found]).collect()
    assert log.schema == METRIC_REVISION.schema
    return str(log["cause"].item())


def row(kind: str, day: dt.date, feed: str = "feed_ticket") -> dict[str, Any]:
    return {"feed": feed, "day_on": day, "kind": kind}


def test_rows_are_new_or_news_or_corrected() -> None:
    before = tickets(
        ("1", at(1), "a", at(2)), ("2", at(3), "a", at(4)), ("3", at(5), "a", at(6)), ("4", at(7), "a", at(7))
    )
    after = tickets(
        ("1", at(1), "a", at(2)),  # the same
        ("2", at(3), "b", at(4)),  # another content, without having changed since: a correction
        ("3", at(5), "b", at(9, 3)),  # changed after the run before: news
        ("5", at(8), "a", at(8)),  # new; and 4 is gone
    )
    found = changed_rows(before, after, FEED, zone="Europe/Paris", end_before=END).drop_nulls("day_on")
    told = {(day.day, kind) for _, day, kind in found.collect().iter_rows()}
    assert told == {(3, "correction"), (5, "late_rows"), (8, "late_rows"), (7, "correction")}


def test_a_cell_has_moved_when_its_sums_or_its_value_did() -> None:
    before, after = values("csat", 10.0, numerator=1, denominator=10), values("csat", 10.0, numerator=2, denominator=20)
    assert moves(before, after, as_of=AS_OF).collect().height == 1
    assert moves(before, before, as_of=AS_OF).collect().height == 0
    assert moves(values("csat", None), values("csat", 1.0), as_of=AS_OF).collect()["value_before"].to_list() == [None]
    running = values("csat", 10.0, is_complete=False)
    assert moves(running, values("csat", 11.0), as_of=AS_OF).collect().height == 0
    hidden = values("csat", None, status="too_few", n=None)
    assert moves(values("csat", 10.0), hidden, as_of=AS_OF).collect().height == 0
    assert moves(values("csat", 10.0), values("nps", 10.0), as_of=AS_OF).collect().height == 0


def test_periods_in_which_nothing_differs_need_not_be_compared() -> None:
    """The moves are the same among the rows of the others alone."""
    march = {"period_start": dt.date(2026, 3, 1), "period_end": dt.date(2026, 3, 10)}
    alike = [values("nps", 3.0), values("nps", 4.0, **march), values("ces_raw_mean", None, **march)]
    before = pl.concat([*alike, values("csat", 10.0), values("fcr_rate", 1.0), values("fcr_rate", 2.0, **march)])
    member = {"grouping_set": "channel", "channel_key": 1}
    after = pl.concat([*alike, values("csat", 10.0), values("csat", 9.0, **member), values("fcr_rate", 2.5, **march)])
    some = periods_that_differ(before, after, as_of=AS_OF)
    assert set(some.collect().iter_rows()) == {
        ("csat", FEBRUARY),  # a cell more
        ("fcr_rate", FEBRUARY),  # gone
        ("fcr_rate", dt.date(2026, 3, 1)),  # another value
    }
    rest = (lf.join(some, on=["metric_id", "period_start"], how="semi") for lf in (before, after))
    found = moves(*rest, as_of=AS_OF, computed=after.select("metric_id").unique()).collect()
    assert found.sort(CELL).equals(moves(before, after, as_of=AS_OF).collect().sort(CELL))
    assert found.height == 2


def test_a_count_of_nothing_whose_row_is_gone_has_not_moved() -> None:
    """Members of a cut are sparse by day and week: no row says 0."""
    elsewhere = values("ticket_volume", 3.0, grouping_set="channel", channel_key=1, numerator=3)
    for numerator, denominator, moved in ((0, None, 0), (1, None, 1), (0, 4, 1)):
        before = values("ticket_volume", 0.0, numerator=numerator, denominator=denominator)
        assert moves(before, elsewhere, as_of=AS_OF).collect().height == moved


def test_the_first_value_stays_while_the_value_moves() -> None:
    columns = list(METRIC_VALUES["month"].columns)
    before = values("csat", 10.0, first_published_value=8.0)
    after = values("csat", 11.0).select(columns)
    assert first_published(after, before, DIMENSIONS).collect()["first_published_value"].to_list() == [8.0]
    other = values("nps", 10.0)
    assert first_published(after, other, DIMENSIONS).collect()["first_published_value"].to_list() == [11.0]
    running = values("csat", 11.0, is_complete=False).select(columns)
    assert first_published(running, before, DIMENSIONS).collect()["first_published_value"].to_list() == [None]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"rows": [row("late_rows", FEBRUARY)]}, "late_rows"),
        ({"rows": [row("late_rows", FEBRUARY), row("correction", dt.date(2026, 2, 9))]}, "correction"),
        ({"rows": [row("late_rows", FEBRUARY)], "has_other_rules": True}, "late_rows"),
        ({"rows": [row("late_rows", AS_OF)], "has_other_rules": True}, "rule_change"),
        ({"rows": [row("correction", AS_OF)]}, "correction"),
        ({"rows": [row("correction", FEBRUARY, "feed_cost")]}, "as_of"),
        ({"rows": [row("correction", AS_OF)], "is_earlier": True}, "as_of"),
        ({}, "as_of"),
    ],
)
def test_the_cause_of_a_move(what: dict[str, Any], expected: str) -> None:
    assert cause("ticket_volume", news(**what)) == expected


def test_another_version_is_a_rule_change_whatever_came() -> None:
    assert cause("ticket_volume", news(rows=[row("late_rows", FEBRUARY)]), metric_version=2) == "rule_change"


def test_an_immature_value_moves_with_time() -> None:
    assert cause("ticket_volume", news(rows=[row("late_rows", AS_OF)]), is_mature=False) == "as_of"


def test_a_reopened_ticket_moves_what_is_dated_by_its_last_resolution() -> None:
    drawn = [
        {"ticket_id": "1", "resolved_on": FEBRUARY, "is_resolved": True, "reopen_count": 0, "channel": "email"},
        {"ticket_id": "2", "resolved_on": FEBRUARY, "is_resolved": True, "reopen_count": 0, "channel": "chat"},
    ]
    before = frame(FACT_TICKET, drawn).select(
        "source", "ticket_id", "resolved_on", "reopen_count", "is_resolved", *CUTS
    )
    again = {"resolved_on": dt.date(2026, 3, 9), "reopen_count": 1}
    after = frame(FACT_TICKET, [drawn[0] | again, drawn[1]])
    found = reopened_since(before, after).sort("day_on").collect()
    assert found.select("day_on", "channel").rows() == [(FEBRUARY, "email"), (dt.date(2026, 3, 9), "email")]
    what = news(reopened=found.to_dicts(), rows=[row("late_rows", FEBRUARY)])
    assert cause("resolution_time_calendar_mean", what) == "reopen"
    assert cause("ticket_volume", what) == "late_rows"


CUTS = ("channel", "team", "segment")


def test_a_metric_is_moved_by_every_feed_its_facts_are_made_of() -> None:
    assert set(feeds_behind(METRICS["ticket_volume"])) == {"feed_ticket", "feed_ticket_event"}
    assert "feed_survey" in feeds_behind(METRICS["csat"])
    assert set(CELL) <= {*METRIC_REVISION.columns}
