"""Whether the customer came back: another ticket on the same topic soon after the resolution."""

from __future__ import annotations

import datetime as dt

import polars as pl

_BY = ["customer_id", "topic_asked"]
_NEVER = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


def with_repeats(lf: pl.LazyFrame, *, window: dt.timedelta) -> pl.LazyFrame:
    """The same tickets with `is_repeated`; null where the ticket is open, not counted, or its customer unknown.

    Tickets without a topic are on one topic together. A ticket that is not counted is no repeat of another: the
    contacts of a merged one are already those of its survivor.
    """
    is_known = pl.col("customer_id").is_not_null() & pl.col("exclusion_reason").is_null()
    asked = lf.with_columns(topic_asked=pl.col("topic").fill_null(""))
    opened = asked.filter(is_known).select(*_BY, opened_again_at="created_at").sort("opened_again_at")
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
    can_be = is_known & pl.col("resolved_at").is_not_null()
    return found.with_columns(is_repeated=pl.when(can_be).then(is_repeated)).drop(
        "topic_asked", "looked_from_at", "opened_again_at"
    )
