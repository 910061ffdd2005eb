"""The identities of a run: two ways to the same number, from the exports to the published tables.

A broken one is a fault of ours, never of an export: the run stops and publishes nothing.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from expectations.tables.fact_self_service import BOT_OUTCOMES
from expectations.tables.metric import GROUPING_SETS, MEMBER_CUTS, METRIC_VALUES, RECONCILIATION
from flows.errors import PlainError
from flows.stages.draft import Draft, Output
from flows.stages.reports import Account, frame_of
from transforms.analysis.coverage import DAYS

SUMS = ("numerator", "denominator")
Line = dict[str, Any]


class BrokenIdentity(PlainError):  # noqa: N818 -- read aloud where it is caught
    """Two ways to the same number disagree: nothing of this run is published."""


class EachRow(NamedTuple):
    """An identity that every row of a fact fulfils."""

    fact: str
    words: str
    holds: pl.Expr
    among: pl.Expr = pl.lit(True)


def _sum(*names: str) -> pl.Expr:
    return pl.sum_horizontal(pl.col(names).cast(pl.Int64))


_IS_COUNTED = pl.col("is_counted")
_KIND = pl.col("kind")
EACH_ROW = (
    EachRow(
        "fact_ticket",
        "exclusions + counted = rows",
        pl.col("exclusion_reason").is_not_null() != _IS_COUNTED,
    ),
    EachRow(
        "fact_order",
        "exclusions + counted = rows",
        pl.col("exclusion_reason").is_not_null() != _IS_COUNTED,
    ),
    EachRow(
        "fact_backlog_daily",
        "closing = opening + created + reopened - resolved - excluded",
        pl.col("closing") == _sum("opening", "created", "reopened") - _sum("resolved", "excluded"),
    ),
    EachRow(
        "fact_survey_response",
        "promoters + passives + detractors = n",
        _sum("is_promoter", "is_passive", "is_detractor") == 1,
        among=_KIND.is_in(["nps", "enps"]) & _IS_COUNTED,
    ),
    EachRow(
        "fact_bot_session",
        "contained + handed off + abandoned + recontacted = counted sessions",
        pl.col("outcome").is_in(BOT_OUTCOMES).fill_null(value=False),
        among=_IS_COUNTED,
    ),
    EachRow("fact_customer_period", "active at start = kept + lost", pl.col("active_at_start") == _sum("kept", "lost")),
    EachRow(
        "fact_customer_period",
        "active at end = kept + gained + returned",
        pl.col("active_at_end") == _sum("kept", "gained", "returned"),
    ),
    EachRow(
        "fact_quality_review",
        "counted reviews = reviews with a score",
        pl.col("score_ppm").is_not_null() & (_KIND == "review"),
        among=_IS_COUNTED,
    ),
)
ROW_BY_ROW = {
    "fact_contact": "feed_contact",
    "fact_ticket_event": "feed_ticket_event",
    "fact_cart": "feed_cart",
    "fact_article_view": "feed_article_view",
    "fact_bot_session": "feed_bot_session",
}
"""Facts that have a row for each row of a feed that was known at the end of the as-of day."""


def reconciliation(accounts: Iterable[Account], draft: Draft, outputs: Iterable[Output]) -> pl.DataFrame:
    """One row for each identity of the run, with both of its sides."""
    there = set(draft.names_inside("fact") + draft.names_inside("feed"))
    lines = [_rows_balance(account.row) for account in accounts]
    lines += [_each_row(number, it, draft) for number, it in enumerate(EACH_ROW) if it.fact in there]
    lines += _same_rows(there, draft)
    lines += _money(there, draft)
    lines += _categories(there, draft)
    lines += _published(draft, outputs)
    for grain, table in METRIC_VALUES.items():
        long, wide = draft.inside(table.name), draft.staging / "metrics" / f"kpi_{grain}_wide.parquet"
        lines.append(_wide_is_long(long, pl.scan_parquet(wide, glob=False), grain))
        lines += _members_add_up(long, grain)
    return frame_of(RECONCILIATION, [it | {"is_balanced": it["left"] == it["right"]} for it in lines]).collect()


def require_balance(found: pl.DataFrame) -> None:
    """Stop the run at an identity that does not hold."""
    broken = found.filter(~pl.col("is_balanced"))
    if broken.height:
        it = broken.row(0, named=True)
        raise BrokenIdentity(
            f"{it['subject']}: {it['identity']} does not hold: {it['left']} against {it['right']} "
            f"({broken.height} identities are broken). Nothing was published: it is a fault of the pipeline, report it."
        )


def _rows_balance(row: Mapping[str, Any]) -> Line:
    parts = ("rows_accepted", "rows_quarantined", "rows_duplicate", "rows_not_ours", "rows_erased")
    return {
        "identity": "rows in = accepted + quarantined + duplicates + not ours + erased",
        "subject": f"{row['slot']} ({row['mapping']})",
        "left": row["rows_in"],
        "right": sum(row[part] for part in parts),
    }


def _each_row(number: int, identity: EachRow, draft: Draft) -> Line:
    """All rows on the left, those for which the identity holds on the right; counted part by part."""

    def count(rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.filter(identity.among).select(left=pl.len(), right=identity.holds.sum())

    told = draft.told_of_each(f"identity_{number}", identity.fact, count)
    return _line(identity.words, identity.fact, told.sum())


def _line(identity: str, subject: str, sides: pl.LazyFrame) -> Line:
    left, right = sides.select("left", "right").collect().row(0)
    return {"identity": identity, "subject": subject, "left": left or 0, "right": right or 0}


def _same_rows(there: Container[str], draft: Draft) -> Iterator[Line]:
    """A fact made of a feed row by row has as many."""
    for fact, feed in ROW_BY_ROW.items():
        if fact in there and feed in there:
            known = draft.inside(f"{DAYS}{feed}").filter(pl.col("day_on") <= draft.settings.as_of)
            sides = known.select(left=pl.lit(draft.rows_of(fact)), right=pl.col("rows").sum())
            yield _line("rows of the fact = rows of the feed", fact, sides)


def _money(there: Container[str], draft: Draft) -> Iterator[Line]:
    """What was allocated is what was booked, and what cohorts brought is what their orders brought: to the cent."""
    if "fact_cost_allocation" in there and "feed_cost" in there:
        allocated = draft.inside("fact_cost_allocation").group_by("month_on").agg(left=pl.col("allocated_cents").sum())
        known = draft.inside("feed_cost").filter(pl.col("booked_on") <= draft.settings.as_of)
        booked = known.group_by(month_on=pl.col("booked_on").dt.month_start()).agg(right=pl.col("amount_cents").sum())
        both = booked.join(allocated, on="month_on", how="full", coalesce=True).fill_null(0).sort("month_on").collect()
        for month, left, right in both.select("month_on", "left", "right").iter_rows():
            subject = f"{month:%Y-%m}"
            yield {"identity": "allocated cost = ledger", "subject": subject, "left": left, "right": right}
    if "fact_customer_cohort" in there and "fact_order" in there:
        is_of_customer = (_IS_COUNTED | (pl.col("exclusion_reason") == "no_value")) & pl.col(
            "customer_id"
        ).is_not_null()
        cents = pl.col("net_cents").sum()
        cohorts = draft.inside("fact_customer_cohort").select(left=cents)
        orders = draft.inside("fact_order").filter(is_of_customer).select(right=cents)
        sides = pl.concat([cohorts, orders], how="horizontal")
        yield _line("revenue of cohorts = revenue of the orders of customers", "fact_customer_cohort", sides)


def _categories(there: Container[str], draft: Draft) -> Iterator[Line]:
    """The categories rated in reviews that count are the rows of their fact."""
    if "fact_quality_review" in there and "fact_quality_category" in there:
        reviews, rows = (draft.inside(f"fact_quality_{name}").filter("is_counted") for name in ("review", "category"))
        sides = [reviews.select(left=pl.col("rated_categories").sum()), rows.select(right=pl.len())]
        both = pl.concat(sides, how="horizontal")
        yield _line("categories rated in reviews = rows of categories", "fact_quality_category", both)


def _published(draft: Draft, outputs: Iterable[Output]) -> Iterator[Line]:
    """Keys for codes lose no row and double none, over all files of a fact."""
    rows: dict[str, int] = {}
    for it in (it for it in outputs if it["layer"] == "fact"):
        rows[it["table"]] = rows.get(it["table"], 0) + it["rows"]
    for fact, published in rows.items():
        yield {
            "identity": "rows built = rows published",
            "subject": fact,
            "left": draft.rows_of(fact),
            "right": published,
        }


def _wide_is_long(long: pl.LazyFrame, wide: pl.LazyFrame, grain: str) -> Line:
    """The values in the wide table are those of the long one, cell by cell; a year at a time, for they are many."""
    year = pl.col("period_start").dt.year()
    years = pl.concat([lf.select(year).unique() for lf in (long, wide)]).unique().sort("period_start").collect()
    sides = [
        _cells_alike(long.filter(year.eq_missing(it)), wide.filter(year.eq_missing(it)), grain)
        for it in years["period_start"]
    ]
    left, right = (sum(side) for side in zip(*sides, strict=True)) if sides else (0, 0)
    return {"identity": "wide = long", "subject": f"kpi_{grain}_wide", "left": left, "right": right}


def _cells_alike(long: pl.LazyFrame, wide: pl.LazyFrame, grain: str) -> tuple[int, int]:
    """How many cells either table has, and in how many of them both have the same value.

    A metric or a row that the wide table does not have is like nothing.
    """
    from transforms.metrics.wide import SHOWN  # noqa: PLC0415 -- stages import what they do when they do it

    names = wide.collect_schema().names()
    key = [name for name in names if name in METRIC_VALUES[grain].key]
    metrics = [name for name in names if name not in METRIC_VALUES[grain].columns]
    rows = wide.with_row_index("row").collect()
    told = (
        long.filter(pl.col("value").is_not_null() & pl.col("grouping_set").is_in(SHOWN))
        .join(rows.lazy().select(*key, "row"), on=key, how="left")
        .select("row", pl.col("metric_id").cast(pl.Enum(metrics), strict=False).to_physical(), "value")
        .collect(engine="streaming")
    )
    known = told.drop_nulls()
    # A cell is looked up by its place: to join millions of cells to as many costs several times as much.
    shown = rows.select(metrics).to_numpy()
    here = shown[known["row"].to_numpy(), known["metric_id"].to_numpy()]
    unlike = told.height - int(np.count_nonzero(~np.isnan(here)))
    return unlike + int(np.count_nonzero(~np.isnan(shown))), int(np.count_nonzero(here == known["value"].to_numpy()))


def _members_add_up(long: pl.LazyFrame, grain: str) -> Iterator[Line]:
    """In every period, the two sums of all members of a cut are those of the total: in how many cells they are.

    Metrics of which anything is hidden are left out: what is told of them does not add up, and must not.
    """
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.metric import Ratio  # noqa: PLC0415

    adds = [m for m in METRICS.values() if isinstance(m, Ratio) and not m.suppress_below and m.additivity != "distinct"]
    cell = ["metric_id", "period_start"]
    sums = long.group_by(*cell, "grouping_set").agg(pl.col(SUMS).fill_null(0).sum()).collect()
    total = sums.filter(pl.col("grouping_set") == "total")
    for name in GROUPING_SETS:
        known = [m.name for m in adds if name in m.grouping_sets]
        members = sums.filter(pl.col("grouping_set") == name)
        if name in MEMBER_CUTS and members.is_empty():
            continue  # no row of any fact tells a member
        cells = total.join(members, on=cell, how="full", suffix="_of_members", coalesce=True)
        differs = pl.any_horizontal(pl.col(it).fill_null(0) != pl.col(f"{it}_of_members").fill_null(0) for it in SUMS)
        known_cells = cells.filter(pl.col("metric_id").is_in(known)).with_columns(differs=differs).sort(cell)
        yield _cells_line(f"{grain} by {name}", known_cells)


def _cells_line(subject: str, cells: pl.DataFrame) -> Line:
    """All cells on the left, those that add up on the right; the first that does not is named."""
    wrong = cells.filter("differs")
    named = f", {wrong['metric_id'][0]} of {wrong['period_start'][0]}" if wrong.height else ""
    left, right = cells.height, cells.height - wrong.height
    return {"identity": "members of a cut = total", "subject": subject + named, "left": left, "right": right}
