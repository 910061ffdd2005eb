"""When a known person turned to the people of the service: a ticket of the person's own, a call or a chat.

A ticket counts though it was merged or was a duplicate: the person did write. One that the person never wrote, a test
and spam do not count. What a bot settled alone (channel bot, no human reply) was no contact with the service.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

NOT_BY_THE_CUSTOMER = ("test", "deleted", "spam", "outbound")
BOT = "bot"
_NEVER = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


def reached(tickets: pl.LazyFrame | None, contacts: pl.LazyFrame | None) -> pl.LazyFrame:
    """One row is a moment at which a known person contacted the service; without such feeds there are none."""
    is_bot = (pl.col("channel") == BOT).fill_null(value=False)
    parts = [pl.LazyFrame(schema={"customer_id": pl.String(), "reached_at": pl.Datetime("us", "UTC")})]
    if tickets is not None:
        is_own = ~pl.col("exclusion_reason").is_in(NOT_BY_THE_CUSTOMER).fill_null(value=False)
        with_people = ~is_bot | pl.col("first_response_at").is_not_null()
        parts.append(tickets.filter(is_own & with_people).select("customer_id", reached_at="created_at"))
    if contacts is not None:
        with_people = ~is_bot | pl.col("is_handled").fill_null(value=False)
        parts.append(contacts.filter(pl.col("is_counted") & with_people).select("customer_id", reached_at="started_at"))
    return pl.concat(parts).filter(pl.col("customer_id").is_not_null())


def with_next_contact(
    lf: pl.LazyFrame, moments: pl.LazyFrame, *, after: str, counts_same_instant: bool
) -> pl.LazyFrame:
    """The same rows with `reached_at`, the person's next contact after an instant, null where there is none.

    `are_contacts_known` is false where no contact of any known person is told: nothing can be said of one then.
    """
    are_known = moments.select(are_contacts_known=pl.len() > 0)
    return (
        # A row without the instant looks behind the end of time, and finds nothing.
        lf.with_columns(looked_from_at=pl.col(after).fill_null(_NEVER))
        .sort("looked_from_at")
        .join_asof(
            moments.sort("reached_at"),
            left_on="looked_from_at",
            right_on="reached_at",
            by="customer_id",
            strategy="forward",
            coalesce=False,
            allow_exact_matches=counts_same_instant,
            check_sortedness=False,
        )
        .join(are_known, how="cross")
        .drop("looked_from_at")
    )
