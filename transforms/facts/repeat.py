"""Whether the customer came back: another ticket on the same topic soon after the resolution."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.schema import INSTANT

_BY = ["customer_id", "topic_asked"]
_NEVER = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
_IS_KNOWN = pl.col("customer_id").is_not_null() & pl.col("exclusion_reason").is_null()


def openings_of(tickets: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a moment at which a known customer came with a topic, by a ticket that counts.

    Tickets without a topic are on one topic together. A ticket that is not counted is no repeat of another: the
    contacts of a merged one are already those of its survivor.
    """
    return _asked(tickets).filter(_IS_KNOWN).select(*_BY, opened_again_at="created_at").sort("opened_again_at", *_BY)


def reaches(tickets: pl.LazyFrame, openings: pl.LazyFrame, *, window: dt.timedelta) -> pl.LazyFrame:
    """One row is a part of tickets and a part of openings (`reached`) in which one may follow a resolution in time.

    Both name the `part` in which a row lies. Resolutions are taken by the day: few days tell all that a part reaches.
    """
    day = dt.timedelta(days=1)
    resolved = tickets.drop_nulls("resolved_at").select("part", on=pl.col("resolved_at").dt.date()).unique()
    looked = resolved.select(
        "part", from_at=pl.col("on").cast(INSTANT), until_at=(pl.col("on") + day + window).cast(INSTANT)
    )
    at = pl.col("opened_again_at")
    spans = openings.group_by(reached="part").agg(first_at=at.min(), last_at=at.max())
    found = looked.join_where(spans, pl.col("first_at") <= pl.col("until_at"), pl.col("last_at") >= pl.col("from_at"))
    return found.select("part", "reached").unique().sort("part", "reached")


def with_repeats(lf: pl.LazyFrame, openings: pl.LazyFrame, *, window: dt.timedelta) -> pl.LazyFrame:
    """The same tickets with `is_repeated`; null where the ticket is open, not counted, or its customer unknown."""
    asked, opened = _asked(lf), openings.sort("opened_again_at")
    found = (
        # An open ticket has no resolution to look behind: it looks behind the end of time, and finds nothing.
        asked.with_columns(looked_from_at=pl.col("resolved_at").fill_null(_NEVER))
        .sort("looked_from_at")
        .join_asof(
            opened,
            left_on="looked_from_at",
            right_on="opened_again_at",
            by=_BY,
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
    )
    is_repeated = (pl.col("opened_again_at") <= pl.col("resolved_at") + window).fill_null(value=False)
    can_be = _IS_KNOWN & pl.col("resolved_at").is_not_null()
    return found.with_columns(is_repeated=pl.when(can_be).then(is_repeated)).drop(
        "topic_asked", "looked_from_at", "opened_again_at"
    )


def _asked(tickets: pl.LazyFrame) -> pl.LazyFrame:
    return tickets.with_columns(topic_asked=pl.col("topic").fill_null(""))
