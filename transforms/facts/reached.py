"""When a known person turned to the people of the service: a ticket of the person's own, a call or a chat.

A ticket counts though it was merged or was a duplicate: the person did write. One that the person never wrote, a test
and spam do not count. What a bot settled alone (channel bot, no human reply) was no contact with the service.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import polars as pl

NOT_BY_THE_CUSTOMER = ("test", "deleted", "spam", "outbound")
BOT = "bot"
_NEVER = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
TURNED_TO_US, WAS_SERVED = "turned_to_us", "was_served"
"""A person contacted the service; a customer was in contact with it: a ticket, a call or chat answered, a message."""
_ARE_KNOWN = "are_contacts_known"
_MOMENT = {"customer_id": pl.String(), "reached_at": pl.Datetime("us", "UTC")}
_IS_BOT = (pl.col("channel") == BOT).fill_null(value=False)
_IS_KNOWN = pl.col("customer_id").is_not_null()


@dataclass(frozen=True)
class Contacted:
    """When known persons were in contact."""

    moments: pl.LazyFrame
    """Those within reach of the rows that ask, of all parts that these may look at."""
    are_known: pl.LazyFrame
    """One row: whether any are told of at all (`are_contacts_known`)."""

    @classmethod
    def told(
        cls,
        what: str,
        by_tickets: pl.LazyFrame | None,
        by_contacts: pl.LazyFrame | None,
        known: pl.LazyFrame | None,
    ) -> Self:
        """When it was (`TURNED_TO_US` or `WAS_SERVED`), as far as `known` (`known_moments`) tells of any."""
        if known is None:
            return cls(_moments(), pl.LazyFrame({_ARE_KNOWN: [False]}))
        is_told = (pl.col("what") == what).any().alias(_ARE_KNOWN)
        return cls(_WAYS[what](by_tickets, by_contacts), known.select(is_told))


def reached_by_tickets(tickets: pl.LazyFrame, told: pl.LazyFrame | None) -> pl.LazyFrame:
    """One row is a moment at which a known person turned to the service by a ticket, or wrote in one (`is_message`).

    `told`: the events of the tickets, where there are any. Messages count in tickets that count. In order of time.
    """
    is_own = ~pl.col("exclusion_reason").is_in(NOT_BY_THE_CUSTOMER).fill_null(value=False)
    with_people = ~_IS_BOT | pl.col("first_response_at").is_not_null()
    opened = tickets.filter(is_own & with_people, _IS_KNOWN)
    parts = [opened.select("customer_id", reached_at="created_at", is_message=pl.lit(value=False))]
    if told is not None:
        messages = told.filter("is_customer").select("source", "ticket_id", reached_at="occurred_at")
        written = messages.join(tickets.filter("is_counted", _IS_KNOWN), on=["source", "ticket_id"])
        parts.append(written.select("customer_id", "reached_at", is_message=pl.lit(value=True)))
    return pl.concat(parts).sort("reached_at", "customer_id", "is_message")


def reached_by_contacts(contacts: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a call or chat of a known person, `is_answered` unless it is known not to be; in order of time."""
    with_people = ~_IS_BOT | pl.col("is_handled").fill_null(value=False)
    found = contacts.filter(pl.col("is_counted") & with_people, _IS_KNOWN).select(
        "customer_id", reached_at="started_at", is_answered=pl.col("is_handled").fill_null(value=True)
    )
    return found.sort("reached_at", "customer_id", "is_answered")


def known_moments(by_tickets: pl.LazyFrame | None, by_contacts: pl.LazyFrame | None) -> pl.LazyFrame:
    """One row is what any moment is told of: that a known person turned to the service, or was served."""
    return pl.concat(
        moments(by_tickets, by_contacts).head(1).with_columns(what=pl.lit(what)).select("what")
        for what, moments in _WAYS.items()
    )


def _turned_to_us(by_tickets: pl.LazyFrame | None, by_contacts: pl.LazyFrame | None) -> pl.LazyFrame:
    opened = None if by_tickets is None else by_tickets.filter(~pl.col("is_message"))
    return _moments(opened, by_contacts)


def _was_served(by_tickets: pl.LazyFrame | None, by_contacts: pl.LazyFrame | None) -> pl.LazyFrame:
    return _moments(by_tickets, None if by_contacts is None else by_contacts.filter("is_answered"))


def _moments(*parts: pl.LazyFrame | None) -> pl.LazyFrame:
    return pl.concat([pl.LazyFrame(schema=_MOMENT), *(it.select(*_MOMENT) for it in parts if it is not None)])


_WAYS = {TURNED_TO_US: _turned_to_us, WAS_SERVED: _was_served}


def moment_days(moments: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a day, in UTC, with a moment at which somebody was in contact."""
    return moments.select(on=pl.col("reached_at").dt.date()).unique().sort("on")


def span_of(rows: pl.LazyFrame, clocks: Iterable[str]) -> pl.LazyFrame:
    """One row: the first and the last day, in UTC, that some rows tell of."""
    days = [pl.col(name).dt.date() for name in clocks]
    return rows.select(
        first_on=pl.min_horizontal(day.min() for day in days), last_on=pl.max_horizontal(day.max() for day in days)
    )


def near_days(spans: pl.LazyFrame, days: pl.LazyFrame, *, before: dt.timedelta, after: dt.timedelta) -> pl.LazyFrame:
    """One row is a part whose rows may look at a moment of another (`reached`), so long before them or after.

    Both are told by `part`: the `span_of` those that look, the `moment_days` of those that are looked at.
    """
    looked = spans.select("part", from_on=pl.col("first_on") - before, until_on=pl.col("last_on") + after)
    there = days.select("on", reached="part")
    found = looked.join_where(there, pl.col("on") >= pl.col("from_on"), pl.col("on") <= pl.col("until_on"))
    return found.select("part", "reached").unique().sort("part", "reached")


def of_persons(moments: pl.LazyFrame, lf: pl.LazyFrame) -> pl.LazyFrame:
    """The moments of the persons whom some rows name, in order of time."""
    persons = lf.select("customer_id").drop_nulls().unique()
    return moments.join(persons, on="customer_id", how="semi").sort("reached_at")


def with_next_contact(lf: pl.LazyFrame, contacted: Contacted, *, after: str, counts_same_instant: bool) -> pl.LazyFrame:
    """The same rows with `reached_at`, the person's next contact after an instant, null where there is none.

    `are_contacts_known` is false where no contact of any known person is told: nothing can be said of one then.
    """
    return (
        # A row without the instant looks behind the end of time, and finds nothing.
        lf.with_columns(looked_from_at=pl.col(after).fill_null(_NEVER))
        .sort("looked_from_at")
        .join_asof(
            of_persons(contacted.moments, lf),
            left_on="looked_from_at",
            right_on="reached_at",
            by="customer_id",
            strategy="forward",
            coalesce=False,
            allow_exact_matches=counts_same_instant,
            check_sortedness=False,
        )
        .join(contacted.are_known, how="cross")
        .drop("looked_from_at")
    )
