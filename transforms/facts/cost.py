"""`fact_cost_allocation`: the ledger by channel and month, labour and overhead shared out to the cent.

What the ledger books on a channel is direct, whatever its kind. Labour and overhead without a channel are the pool of
the month. Each channel takes part in it by the handle time of the contacts it handled; a channel without handle time by
its declared weight, seconds per contact, times the contacts. Cents that do not divide go to the largest remainders.
Where no channel has either, the pool stays on the unknown channel: the channels always add up to the ledger.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_service import FACT_COST_ALLOCATION
from transforms.facts.shape import in_shape
from transforms.site import Site

_CELL = ["month_on", "channel"]
_COUNTS = ["handle_s", "handled_contacts", "resolved_tickets", "direct_cents"]


def fact_cost_allocation(
    costs: pl.LazyFrame,
    contacts: pl.LazyFrame | None,
    work: pl.LazyFrame | None,
    site: Site,
    *,
    as_of: dt.date,
) -> pl.LazyFrame:
    """One row is a channel in a month that the ledger tells of; later entries than the as-of day are left out.

    `work`: what the tickets added to it (`work_of_months`), of some of them or of all.
    """
    ledger = costs.filter(pl.col("booked_on") <= as_of).with_columns(month_on=pl.col("booked_on").dt.month_start())
    is_pooled = pl.col("channel").is_null() & (pl.col("kind") != "direct")
    months = ledger.group_by("month_on").agg(
        ledger_pool_cents=pl.col("amount_cents").filter(is_pooled).sum(),
    )
    parts = [
        ledger.filter(~is_pooled).select(*_CELL, direct_cents="amount_cents"),
        # The pool needs a row to stand on when no channel can take it.
        ledger.filter(is_pooled).select(*_CELL, direct_cents=pl.lit(0, pl.Int64())).unique(),
        *_activity(contacts, work),
    ]
    empty = FACT_COST_ALLOCATION.empty().select(*_CELL, *_COUNTS)
    cells = pl.concat([empty, *parts], how="diagonal").group_by(_CELL).agg(pl.col(_COUNTS).sum())
    return in_shape(_shared(cells.join(months, on="month_on"), site), FACT_COST_ALLOCATION)


def work_of_months(tickets: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a channel in a month, with its tickets that count: those first answered in it, those resolved."""
    counted = tickets.filter("is_counted")
    answered = _monthly(counted, "first_response_on", "answered_tickets")
    resolved = _monthly(counted.filter("is_resolved"), "resolved_on", "resolved_tickets")
    return pl.concat([answered, resolved], how="diagonal").sort("month_on", "channel", "resolved_tickets")


def _activity(contacts: pl.LazyFrame | None, work: pl.LazyFrame | None) -> list[pl.LazyFrame]:
    """What the channels did: contacts handled, their handle time, tickets answered where no contacts are told of."""
    parts = []
    if contacts is not None:
        handled = contacts.filter("is_counted", "is_handled")
        month = pl.col("started_on").dt.month_start()
        parts.append(handled.select("channel", "handle_s", month_on=month, handled_contacts="contacts"))
    if work is not None:
        answered = work
        if contacts is not None:
            told = contacts.select("channel").unique()
            answered = answered.join(told, on="channel", how="anti", nulls_equal=True)
        parts += [
            answered.select(*_CELL, handled_contacts="answered_tickets"),
            work.select(*_CELL, "resolved_tickets"),
        ]
    return parts


def _monthly(tickets: pl.LazyFrame, day: str, name: str) -> pl.LazyFrame:
    dated = tickets.filter(pl.col(day).is_not_null())
    return dated.group_by("channel", month_on=pl.col(day).dt.month_start()).agg(pl.len().cast(pl.Int64).alias(name))


def _shared(lf: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    """The pool of each month, shared out; exact however large, for the products are 128 bits wide."""
    weight = pl.col("channel").replace_strict(
        list(site.channel_weights), list(site.channel_weights.values()), default=0, return_dtype=pl.Int64()
    )
    by_time = pl.col("handle_s") > 0
    lf = lf.with_columns(
        handle_s=pl.when(by_time).then("handle_s").otherwise(weight.fill_null(0) * pl.col("handled_contacts")),
        allocation=pl.when(by_time).then(pl.lit("handle_seconds")).otherwise(pl.lit("weights")),
    ).with_columns(total_s=pl.col("handle_s").sum().over("month_on"))
    product = pl.col("ledger_pool_cents").cast(pl.Int128) * pl.col("handle_s").cast(pl.Int128)
    total = pl.when(pl.col("total_s") > 0).then("total_s").cast(pl.Int128)
    share = (product // total).cast(pl.Int64)
    left_over = pl.col("ledger_pool_cents") - pl.col("share_cents").sum().over("month_on")
    nobody = pl.when(pl.col("channel").is_null()).then("ledger_pool_cents").otherwise(0)
    return (
        lf.with_columns(share_cents=share, remainder=product % total)
        .sort("month_on", pl.col("remainder"), "channel", descending=[False, True, False], nulls_last=True)
        .with_columns(extra=(pl.int_range(pl.len()).over("month_on") < left_over).cast(pl.Int64))
        .with_columns(
            pool_cents=pl.when(pl.col("total_s") > 0).then(pl.col("share_cents") + pl.col("extra")).otherwise(nobody),
            allocation=pl.when(pl.col("handle_s") > 0).then("allocation").otherwise(pl.lit("none")),
        )
        .with_columns(allocated_cents=pl.col("direct_cents") + pl.col("pool_cents"))
    )
