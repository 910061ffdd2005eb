"""Tickets and events of a batch as frames."""

from __future__ import annotations

import numpy as np
import polars as pl

from flows.sample import clock, company
from flows.sample.clock import Seconds
from flows.sample.conversation import ACTORS, KINDS, NEVER, STATUSES, Tickets

Codes = tuple[str, ...]


def coded(codes: Codes, index: Seconds) -> pl.Series:
    """Numbers as the codes they stand for; a negative number or an empty code is null."""
    words = pl.Series([None, *(code or None for code in codes)], dtype=pl.String)
    return words.gather(pl.Series(np.maximum(index, -1) + 1))


def known(at: Seconds) -> pl.Series:
    """Seconds, null where it never happened or is not known yet."""
    frame = pl.DataFrame({"at": at})
    return frame.select(pl.when(pl.col("at") < clock.END).then("at")).to_series()


def ticket_frame(t: Tickets, survivor: Seconds, into_kind: Seconds, first_id: int) -> tuple[pl.DataFrame, Seconds]:
    """A row a ticket, numbered by creation; and the number of each position of the batch, second messages last."""
    n, m = len(t.asked), len(survivor)
    second = t.asked.created[survivor] + 1_800 + survivor % 3_600

    def both(values: Seconds, of_second: Seconds | int) -> Seconds:
        return np.concatenate([values, np.broadcast_to(np.asarray(of_second, dtype=np.int64), (m,))])

    created = both(t.asked.created, second)
    rank = np.argsort(np.argsort(created, kind="stable"), kind="stable") + first_id
    solved = [np.where(at < clock.END, at, NEVER) for at in t.solved]
    frame = pl.DataFrame({
        "ticket": rank,
        "created": created,
        "channel": coded(company.CHANNELS, both(t.asked.channel, t.asked.channel[survivor])),
        "topic": coded(company.TOPICS, both(t.asked.topic, t.asked.topic[survivor])),
        "segment": coded(company.SEGMENTS, both(t.asked.segment, t.asked.segment[survivor])),
        "customer": both(t.asked.customer, t.asked.customer[survivor]),
        "priority": coded(company.PRIORITIES, both(t.asked.priority, t.asked.priority[survivor])),
        "excluded": coded(company.EXCLUSIONS, both(t.excluded, into_kind)),
        "first_team": coded(company.TEAMS, both(t.first_team, t.first_team[survivor])),
        "team": coded(company.TEAMS, both(np.where(t.moved < clock.END, t.team, t.first_team), t.first_team[survivor])),
        "agent": both(t.agent, -1),
        "moved": known(both(t.moved, NEVER)),
        "replied": known(both(t.replied, NEVER)),
        **{f"solved_{i}": known(both(at, NEVER)) for i, at in enumerate(solved)},
        **{f"reopened_{i}": known(both(at, NEVER)) for i, at in enumerate(t.reopened)},
        "silent": known(both(t.silent, NEVER)),
        "into": pl.Series(both(np.full(n, -1), rank[survivor])),
    })  # fmt: skip
    return frame.sort("ticket"), rank


def event_frame(t: Tickets, rank: Seconds, tickets: pl.DataFrame) -> pl.DataFrame:
    """A row an event: the lives of the tickets, and the second messages that were merged or marked."""
    columns = t.log.columns()
    told = pl.DataFrame({
        "ticket": rank[columns["ticket"]],
        "at": columns["at"],
        "kind": coded(KINDS, columns["kind"]),
        "actor": coded(ACTORS, columns["actor"]),
        "agent": columns["agent"],
        "status": coded(STATUSES, columns["status"]),
        "team": coded(company.TEAMS, columns["team"]),
        "public": columns["public"] == 1,
        "into": pl.Series(np.full(len(columns["at"]), -1)),
        "step": columns["step"],
    })  # fmt: skip
    seconds = rank[len(t.asked) :]
    merged = tickets.filter(pl.col("ticket").is_in(pl.Series(seconds).implode()))
    return pl.concat([told, *(_second(merged, kind, step) for step, kind in enumerate(("created", "merge")))])


def _second(merged: pl.DataFrame, kind: str, step: int) -> pl.DataFrame:
    """One event of each second message; only a merge names the ticket that took it over."""
    is_merge = kind == "merge"
    rows = merged.filter(pl.col("excluded") == "merged") if is_merge else merged
    return rows.select(
        "ticket",
        at=pl.col("created") + (600 if is_merge else 0),
        kind=pl.lit(kind),
        actor=pl.lit("system" if is_merge else "customer"),
        agent=pl.lit(-1, pl.Int64),
        status=pl.lit(None, pl.String),
        team=pl.col("first_team") if kind == "created" else pl.lit(None, pl.String),
        public=pl.lit(True),
        into=pl.col("into") if is_merge else pl.lit(-1, pl.Int64),
        step=pl.lit(step, pl.Int64),
    )
