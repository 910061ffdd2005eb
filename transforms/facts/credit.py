"""Who gets the credit for what is told of a ticket from outside: the team, agent and channel at that instant."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_FROM_TICKET = ["channel", "team", "segment", "agent_id", "customer_id", "topic"]
_IN_CHARGE = {"team": "team_now", "agent_id": "agent_now"}


@dataclass(frozen=True)
class Tickets:
    """The tickets, and their events where there are any."""

    rows: pl.LazyFrame
    told: pl.LazyFrame | None


def credited(lf: pl.LazyFrame, tickets: Tickets | None, *, at: str) -> pl.LazyFrame:
    """The same rows; what they do not name themselves is that of their ticket at an instant."""
    if tickets is None:
        return lf
    rows = lf.cache()  # looked at for the tickets they name, and for the events of these: made once
    found = _with_ticket(rows, tickets.rows)
    if tickets.told is not None:
        # Of several events at one instant the last counts: they stay in their order.
        told = tickets.told.join(_named(rows), on="ticket_id", how="semi", maintain_order="left")
        found = _with_charge(found, told, at=at)
    return found.with_columns(pl.coalesce(name, f"{name}_of_ticket") for name in _FROM_TICKET)


def _with_ticket(lf: pl.LazyFrame, rows: pl.LazyFrame) -> pl.LazyFrame:
    """What the ticket knows, beside: the ticket of the same source, else the only one of that number."""
    mentioned = rows.join(_named(lf), on="ticket_id", how="semi").select(
        "ticket_id", ticket_source="source", **{f"{name}_of_ticket": name for name in _FROM_TICKET}
    )
    same = mentioned.with_columns(source="ticket_source")
    alone = mentioned.filter(pl.len().over("ticket_id") == 1)
    told = ["ticket_source", *(f"{name}_of_ticket" for name in _FROM_TICKET)]
    return (
        lf.join(same, on=["source", "ticket_id"], how="left")
        .join(alone, on="ticket_id", how="left", suffix="_alone")
        .with_columns(pl.coalesce(name, f"{name}_alone") for name in told)
        .drop(f"{name}_alone" for name in told)
    )


def _named(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The tickets that some rows name, each once: where these are few, tickets and events pass by and are not held."""
    return lf.select("ticket_id").drop_nulls().unique()


def _with_charge(lf: pl.LazyFrame, told: pl.LazyFrame, *, at: str) -> pl.LazyFrame:
    """Team and agent in charge at the instant, as the events of their tickets tell, before those of today."""
    changes = (
        told.filter(pl.any_horizontal(pl.col(*_IN_CHARGE.values()).is_not_null()))
        .select("occurred_at", *_IN_CHARGE.values(), ticket_source="source", ticket_id="ticket_id")
        .sort("occurred_at", maintain_order=True)
    )
    return (
        lf.sort(at)
        .join_asof(
            changes, left_on=at, right_on="occurred_at", by=["ticket_source", "ticket_id"], check_sortedness=False
        )
        .with_columns(
            pl.coalesce(now, f"{name}_of_ticket").alias(f"{name}_of_ticket") for name, now in _IN_CHARGE.items()
        )
        .drop("occurred_at", *_IN_CHARGE.values())
    )
