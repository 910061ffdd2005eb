"""`metric_revision`: published values of complete periods that moved, and why.

Cells are compared by codes: a late row may bring an older code and renumber the keys of its dimension.

The cause of a move is the first of these that is known to hold for its cell:

1. rule_change: the metric has another version.
2. reopen: the metric is dated by the last resolution, and a ticket of the cell resolved in its period was reopened.
3. correction, else late_rows: a feed that the metric's facts are made of brought rows of the period with other
   content, or took rows away; or brought rows that were not there (see `changed_rows`).
4. rule_change: code or settings changed and no row of the period did.
5. as_of: the value was not mature yet and time passed, or the run was told an earlier day.
6. correction, else late_rows: such rows came, but of days outside the period (a row of one day may count on another,
   as an event does for the day its ticket was created); else as_of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from expectations.schema import Table
from expectations.tables.analysis import METRIC_REVISION
from expectations.tables.metric import GROUPING_SETS
from transforms.analysis.coverage import clock_day
from transforms.facts import STEPS
from transforms.facts.shape import in_shape
from transforms.metrics.metric import CUTS, Metric
from transforms.metrics.periods import start_of

MEMBER = (*CUTS, "member")
PERIOD = ("metric_id", "period_start")
CELL = ("metric_id", "period_start", "grouping_set", *MEMBER)
SUMS = ("numerator", "denominator", "value")
RESOLVED = "fact_ticket.resolved_on"
UNKNOWN = "(unknown)"
_IS_TOLD = pl.col("status") != "too_few"
_ABOUT_BEFORE = ["period_end", "is_mature", "first_published_value", "run_before", "run_key_before"]
_AT, _ANYWHERE = "in the period", "anywhere"


@dataclass(frozen=True, kw_only=True)
class News:
    """What is known of the difference between two runs."""

    rows: pl.LazyFrame
    """feed, day_on, kind: the days of which rows came or changed (`changed_rows`)."""
    reopened: pl.LazyFrame
    """day_on, channel, team, segment: tickets reopened since (`reopened_since`)."""
    has_other_rules: bool
    is_earlier: bool
    """The as-of date was turned back."""


def in_codes(values: pl.LazyFrame, dimensions: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The rows of a published metric table with a code beside each key: null for all, (unknown) for none."""
    there = values.collect_schema().names()
    coded = values if "member" in there else values.with_columns(pl.lit(None, pl.String).alias("member"))
    for cut in CUTS:
        codes = dimensions[f"dim_{cut}"].select(f"{cut}_key", pl.col("code").alias(cut)).filter(pl.col(cut) != "(all)")
        coded = coded.join(codes, on=f"{cut}_key", how="left", maintain_order="left")
    return coded


def unremembered(metrics: Mapping[str, Metric]) -> list[str]:
    """Metrics that hide few answers: one value less an earlier one would be the answer of one person."""
    return [metric.name for metric in metrics.values() if metric.suppress_below]


def first_published(values: pl.LazyFrame, before: pl.LazyFrame, dimensions: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The same rows with the value each complete cell had when it was first published; `before` is in codes.

    What may not be told now is not told from memory either.
    """
    columns = values.collect_schema().names()
    known = before.filter(pl.col("is_complete") & _IS_TOLD).select(
        *CELL, is_known=True, was_first="first_published_value"
    )
    first = pl.when("is_known").then("was_first").otherwise("value")
    return (
        in_codes(values, dimensions)
        .join(known, on=CELL, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(pl.when(pl.col("is_complete") & _IS_TOLD).then(first).alias("first_published_value"))
        .select(columns)
    )


def periods_that_differ(before: pl.LazyFrame, after: pl.LazyFrame, *, as_of: dt.date) -> pl.LazyFrame:
    """One row is a metric in a period, over before, that does not have the same sums and values in the same cells now.

    Both are as published, and a key stands for one code in both. Rows are told apart by 64 bits of hash; whatever
    joins and names all cells need then only look at these.
    """
    row = pl.struct("grouping_set", *(f"{cut}_key" for cut in CUTS), "member", *SUMS).hash()
    then, now = (
        lf.group_by(PERIOD).agg(rows=pl.len(), content=row.sum())
        for lf in (before.filter(pl.col("period_end") <= as_of), after)
    )
    both = then.join(now, on=PERIOD, how="left", suffix="_now")
    differs = (pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in ("rows", "content"))
    return both.filter(pl.any_horizontal(differs)).select(PERIOD)


def moves(
    before: pl.LazyFrame, after: pl.LazyFrame, *, as_of: dt.date, computed: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """One row is a cell of a complete period, published before, that has other sums or another value now.

    `computed` holds every metric that has a value now, where `after` may be without some of them.

    A metric that is no longer computed at all has not moved: `metric_missing` names it. A cell that was or is hidden
    for its few answers has not moved either. Nor has a count of 0 whose row is gone: by day and week, a member without
    a row had none.
    """
    then, now = ([*CELL, "metric_version", *SUMS, *more] for more in (_ABOUT_BEFORE, []))
    was_none = (pl.col("numerator") == 0) & pl.col("denominator").is_null()
    return (
        before.filter(pl.col("is_complete") & _IS_TOLD & (pl.col("period_end") <= as_of))
        .select(then)
        .join(after.select("metric_id").unique() if computed is None else computed, on="metric_id", how="semi")
        .join(after.select(*now, "status"), on=CELL, how="left", nulls_equal=True, suffix="_after")
        .filter(pl.col("status").ne_missing(pl.lit("too_few")))
        .filter(~(pl.col("status").is_null() & was_none.fill_null(value=False)))
        .filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in SUMS))
        .rename({name: f"{name}_before" for name in SUMS} | {"is_mature": "was_mature"})
    )


def explained(moved: pl.LazyFrame, news: News, metrics: Mapping[str, Metric], *, grain: str) -> pl.LazyFrame:
    """The moves of a grain with their cause."""
    touched = _touched_cells(news.reopened, grain)
    by_period = _by_metric(news.rows, metrics).with_columns(period_start=start_of(pl.col("day_on"), grain))
    has_other_version = pl.col("metric_version") != pl.col("metric_version_after")
    is_dated_by_resolution = pl.col("metric_id").is_in([m.name for m in metrics.values() if RESOLVED in m.dates])
    only_time = pl.lit(news.is_earlier) | ~pl.col("was_mature")
    cause = (
        pl.when(has_other_version)
        .then(pl.lit("rule_change"))
        .when(is_dated_by_resolution & pl.col("is_touched"))
        .then(pl.lit("reopen"))
        .when(pl.col(_AT).is_not_null())
        .then(_AT)
        .when(pl.lit(news.has_other_rules))
        .then(pl.lit("rule_change"))
        .when(only_time)
        .then(pl.lit("as_of"))
        .otherwise(pl.coalesce(_ANYWHERE, pl.lit("as_of")))
    )
    return (
        moved.join(touched, on=["period_start", "grouping_set", *CUTS], how="left", nulls_equal=True)
        .join(_strongest(by_period, ["metric_id", "period_start"], _AT), on=["metric_id", "period_start"], how="left")
        .join(_strongest(by_period, ["metric_id"], _ANYWHERE), on="metric_id", how="left")
        .with_columns(cause=cause, grain=pl.lit(grain))
    )


def revision_log(earlier: pl.LazyFrame, parts: Iterable[pl.LazyFrame]) -> pl.LazyFrame:
    """All moves ever published: the log of the run before, and the moves of this one."""
    return pl.concat([earlier, *(in_shape(part, METRIC_REVISION) for part in parts)]).sort(METRIC_REVISION.key)


def changed_rows(
    before: pl.LazyFrame, after: pl.LazyFrame, feed: Table, *, zone: str, end_before: dt.datetime
) -> pl.LazyFrame:
    """One row is a day of a feed on which rows are new (late_rows), or have other content or are gone (correction).

    The day is null for a feed without a clock.
    `before` and `after` hold the latest versions of the rows that exports brought then and now. A row whose source says
    it changed after the run before (its version lies after `end_before`) tells news, it corrects nothing: late_rows.
    """
    there = [set(lf.collect_schema().names()) for lf in (before, after)]
    content = [c for c in feed.columns if c not in {"slot", "line", feed.version} and all(c in it for it in there)]
    version = pl.col(feed.version).cast(pl.Datetime("us", "UTC")) if feed.version else pl.lit(None, pl.Datetime("us"))
    said = {"day_on": clock_day(feed, zone), "content": pl.struct(content).hash()}
    then = before.select(*feed.key, **said)
    now = after.select(*feed.key, **said, is_news=(version >= end_before) if feed.version else pl.lit(value=False))
    both = then.join(now, on=feed.key, how="full", suffix="_now", nulls_equal=True)
    is_new = pl.col("content").is_null()
    kind = pl.when(is_new | pl.col("is_news")).then(pl.lit("late_rows")).otherwise(pl.lit("correction"))
    return (
        both.filter(pl.col("content").ne_missing(pl.col("content_now")))
        .select(pl.lit(feed.name).alias("feed"), pl.concat_list("day_on", "day_on_now").alias("day_on"), kind=kind)
        .explode("day_on", empty_as_null=True)
        .unique()
    )


def reopened_since(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a day on which a ticket counted as resolved, then or now, that left its resolution since.

    `before` is `fact_ticket` as it was published, in codes; `after` as it is inside the house.
    """
    rose = pl.col("reopen_count_now").fill_null(0) > pl.col("reopen_count").fill_null(0)
    left = pl.col("is_resolved") & ~pl.col("is_resolved_now")
    both = before.join(not_at_rest(after), on=["source", "ticket_id"], suffix="_now").filter(
        pl.col("resolved_on").is_not_null() & (rose | left)
    )
    cuts = {"": list(CUTS), "_now": [f"{cut}_now" for cut in CUTS]}
    sides = [
        both.select(f"resolved_on{side}", *(pl.col(name).fill_null(UNKNOWN) for name in names)).rename(
            dict(zip([f"resolved_on{side}", *names], ["day_on", *CUTS], strict=True))
        )
        for side, names in cuts.items()
    ]
    return pl.concat(sides).filter(pl.col("day_on").is_not_null()).unique()


def not_at_rest(tickets: pl.LazyFrame) -> pl.LazyFrame:
    """Those of `fact_ticket` that may have left a resolution: most were never reopened, and are resolved."""
    return tickets.filter((pl.col("reopen_count").fill_null(0) > 0) | ~pl.col("is_resolved")).select(
        "source", "ticket_id", "resolved_on", "reopen_count", "is_resolved", *CUTS
    )


def feeds_behind(metric: Metric) -> tuple[str, ...]:
    """Every feed that any of the metric's facts is made of, whether it must be there or not."""
    found, open_ = set(metric.feeds), list(metric.facts)
    while open_:
        name = open_.pop()
        if name in STEPS:
            open_ += STEPS[name].needs
        else:
            found.add(name)
    return tuple(sorted(found))


def _touched_cells(reopened: pl.LazyFrame, grain: str) -> pl.LazyFrame:
    """The cells, whatever the metric, in which a reopened ticket counted."""
    dated = reopened.with_columns(period_start=start_of(pl.col("day_on"), grain))
    parts = [
        dated.select(
            "period_start",
            pl.lit(name).alias("grouping_set"),
            *(pl.col(cut) if cut in cuts else pl.lit(None, pl.String).alias(cut) for cut in CUTS),
            is_touched=pl.lit(value=True),
        )
        for name, cuts in GROUPING_SETS.items()
    ]
    return pl.concat(parts).unique()


def _by_metric(rows: pl.LazyFrame, metrics: Mapping[str, Metric]) -> pl.LazyFrame:
    """The news of the feeds as news of the metrics made of them."""
    pairs = [{"metric_id": m.name, "feed": feed} for m in metrics.values() for feed in feeds_behind(m)]
    return pl.LazyFrame(pairs, schema={"metric_id": pl.String, "feed": pl.String}).join(rows, on="feed")


def _strongest(rows: pl.LazyFrame, by: list[str], name: str) -> pl.LazyFrame:
    """One row is a metric (in a period): correction where any row was corrected, else late_rows."""
    return rows.group_by(by).agg(pl.col("kind").min().alias(name))  # "correction" comes before "late_rows"
