"""Merged tickets: the survivor inherits the earliest message of the customer and the sum of contacts."""

from __future__ import annotations

import polars as pl

from expectations.schema import INSTANT

_TICKET = ["source", "ticket_id"]
_LONGEST_CHAIN = 64
_INHERITED = pl.Schema(
    {
        "source": pl.String(),
        "ticket_id": pl.String(),
        "inherited_at": INSTANT,
        "inherited_contacts": pl.Int64(),
    }
)


def merged(lf: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a ticket that was merged into another."""
    return (
        lf.filter(pl.col("merged_into_id") != pl.col("ticket_id"))
        .select(*_TICKET, "merged_into_id", "first_customer_message_at", "customer_contact_count")
        .sort(_TICKET)
    )


def inherited(tickets: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a survivor with what all of `merged` leave to it, however far apart they lie."""
    # The few merged tickets are followed eagerly: how long their chains are is only known from the data.
    return tickets.map_batches(_inherited, schema=_INHERITED, validate_output_schema=True)


def with_inheritance(lf: pl.LazyFrame, inherited: pl.LazyFrame | None) -> pl.LazyFrame:
    """The same tickets, the survivors of merges with what they inherit."""
    if inherited is None:
        return lf
    contacts = pl.col("customer_contact_count")
    return (
        lf.join(inherited, on=_TICKET, how="left")
        .with_columns(
            first_customer_message_at=pl.min_horizontal("first_customer_message_at", "inherited_at"),
            customer_contact_count=pl.when(pl.col("inherited_contacts") > 0)
            .then(contacts.fill_null(0) + pl.col("inherited_contacts"))
            .otherwise(contacts),
        )
        .drop("inherited_at", "inherited_contacts")
    )


def _inherited(merged: pl.DataFrame) -> pl.DataFrame:
    """One row is a survivor: what all the tickets merged into it, directly or through others, leave to it."""
    chain = merged.rename({"merged_into_id": "survivor_id"})
    step = merged.select("source", survivor_id="ticket_id", next_id="merged_into_id")
    for _ in range(_LONGEST_CHAIN):
        further = chain.join(step, on=["source", "survivor_id"], how="left", maintain_order="left")
        if further["next_id"].null_count() == further.height:
            break
        chain = further.with_columns(survivor_id=pl.coalesce("next_id", "survivor_id")).drop("next_id")
    return (
        chain.group_by("source", ticket_id="survivor_id", maintain_order=True)
        .agg(
            inherited_at=pl.col("first_customer_message_at").min(),
            inherited_contacts=pl.col("customer_contact_count").sum(),
        )
        .cast(_INHERITED)
    )
