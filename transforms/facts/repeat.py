"""Whether the customer came back: another ticket on the same topic soon after the resolution."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.schema import INSTANT

_TICKET, _BY = ["source", "ticket_id"], ["customer_id", "topic_asked"]
_IS_KNOWN = pl.col("customer_id").is_not_null() & pl.col("exclusion_reason").is_null()


def openings_of(tickets: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a moment at which a known customer came with a topic, by a ticket that counts.

    Tickets without a topic are on one topic together. A ticket that is not counted is no repeat of another: the
    contacts of a merged one are already those of its survivor.
    """
    return _asked(tickets).filter(_IS_KNOWN).select(*_BY, opened_again_at="created_at").sort("opened_again_at", *_BY)


def resolved_days(tickets: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a day, in UTC, on which tickets were resolved."""
    return tickets.drop_nulls("resolved_at").select(on=pl.col("resolved_at").dt.date()).unique().sort("on")


def span_of_openings(openings: pl.LazyFrame) -> pl.LazyFrame:
    """One row says when the first and the last of some openings are."""
    at = pl.col("opened_again_at")
    return openings.select(first_at=at.min(), last_at=at.max())


def reaches(resolved: pl.LazyFrame, spans: pl.LazyFrame, *, window: dt.timedelta) -> pl.LazyFrame:
    """One row is a part of tickets and a part of openings (`reached`) in which one may follow a resolution in time.

    Both are told by `part`: the `resolved_days` of tickets, the `span_of_openings`.
    """
    day = dt.timedelta(days=1)
    looked = resolved.select(
        "part", from_at=pl.col("on").cast(INSTANT), until_at=(pl.col("on") + day + window).cast(INSTANT)
    )
    there = spans.select("first_at", "last_at", reached="part")
    found = looked.join_where(there, pl.col("first_at") <= pl.col("until_at"), pl.col("last_at") >= pl.col("from_at"))
    return found.select("part", "reached").unique().sort("part", "reached")


def repeated(tickets: pl.LazyFrame, openings: pl.LazyFrame, *, window: dt.timedelta) -> pl.LazyFrame:
    """One row is a resolved ticket after which its known customer came back in time, by source and number."""
    resolved = _asked(tickets).filter(_IS_KNOWN, pl.col("resolved_at").is_not_null())
    # Of all who came in months only those who were here need be sorted.
    back = openings.join(resolved.select(_BY).unique(), on=_BY, how="semi")
    found = (
        resolved.select(*_TICKET, *_BY, "resolved_at")
        .sort("resolved_at")
        .join_asof(
            back.sort("opened_again_at"),
            left_on="resolved_at",
            right_on="opened_again_at",
            by=_BY,
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
    )
    return found.filter(pl.col("opened_again_at") <= pl.col("resolved_at") + window).select(_TICKET).sort(_TICKET)


def with_repeats(lf: pl.LazyFrame, again: pl.LazyFrame) -> pl.LazyFrame:
    """The same tickets with `is_repeated`; null where the ticket is open, not counted, or its customer unknown.

    `again`: those after which the customer came back (`repeated`).
    """
    found = lf.join(again.with_columns(is_repeated=pl.lit(value=True)), on=_TICKET, how="left")
    can_be = _IS_KNOWN & pl.col("resolved_at").is_not_null()
    return found.with_columns(is_repeated=pl.when(can_be).then(pl.col("is_repeated").fill_null(value=False)))


def _asked(tickets: pl.LazyFrame) -> pl.LazyFrame:
    return tickets.with_columns(topic_asked=pl.col("topic").fill_null(""))
