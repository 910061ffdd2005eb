"""Until when what is known of tickets holds, should nothing new be told: the first instant that time alone changes it.

A fact made for the end of one day serves every later day before that instant. An instant may be given too early, and
the fact is then made again for nothing, but never too late.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from expectations.schema import INSTANT
from transforms.facts.ticket import DONE, INSTANTS
from transforms.site import Site


def next_row(rows: pl.LazyFrame | None, clocks: Iterable[str], end: dt.datetime) -> pl.LazyFrame:
    """The first instant behind the end that rows of a feed tell of, where there are any."""
    if rows is None:
        return pl.LazyFrame({"at": [None]}, schema={"at": INSTANT})
    return _first(rows, *map(pl.col, clocks), end=end)


def next_answer(surveys: pl.LazyFrame, end: dt.datetime) -> pl.LazyFrame:
    """The first instant behind the end that rows of `feed_survey` tell of."""
    return next_row(surveys, ("sent_at", "dated_at", "started_at", "answered_at"), end)


def next_instant(tickets: pl.LazyFrame, end: dt.datetime) -> pl.LazyFrame:
    """The first instant behind the end that rows of `feed_ticket` tell of."""
    return next_row(tickets, INSTANTS, end)


def next_verdict(tickets: pl.LazyFrame, site: Site, end: dt.datetime) -> pl.LazyFrame:
    """When the next verdict on a ticket of `fact_ticket` falls: unanswered, mature, or late for what was promised."""
    clock_starts = pl.coalesce("handed_off_at", "first_customer_message_at")
    unanswered_at = clock_starts + dt.timedelta(days=site.unanswered_after_days)
    is_done = pl.col("status").is_in(DONE).fill_null(value=False)
    # Once the waiting time is over, it is not known to be unanswered where its source tells of no answers.
    may_be_unanswered = (unanswered_at > end) | pl.col("is_unanswered").is_not_null()
    has_hidden_reply = (pl.col("human_reply_count") > 0).fill_null(value=False)
    waits = {
        "first_response": pl.col("first_response_at").is_null() & ~has_hidden_reply & may_be_unanswered,
        "resolution": ~is_done,
    }
    is_unjudged = pl.any_horizontal(
        pl.col(f"sla_{what}_s").is_not_null() & pl.col(f"is_sla_{what}_met").is_null() & still
        for what, still in waits.items()
    )
    return _first(
        tickets,
        unanswered_at,
        pl.col("resolved_at") + dt.timedelta(days=site.fcr_window_days),
        # When open hours run out is not looked up: a promise that is not judged yet is looked at every day.
        pl.when(pl.col("resolved_at").is_null() & is_unjudged).then(pl.lit(end)),
        end=end,
    )


def _first(lf: pl.LazyFrame, *instants: pl.Expr, end: dt.datetime) -> pl.LazyFrame:
    return lf.select(pl.min_horizontal(at.filter(at >= end).min() for at in instants).alias("at"))
