"""One more day: the tickets opened on it and those that changed, their events, and the surveys sent."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from tests.benchmarks import world

DAY = world.LAST_DAY + dt.timedelta(days=1)
NEW, CHANGED = 13_000, 3_500
"""Of a desk of ten million tickets, and of every smaller one down to a million: the same day on histories of any size.

Under a million tickets the day shrinks with the history.
"""
_REACH_DAYS = {"day": 14, "late": 365}


def write_delivery(home: Path, scale: float, *, is_late: bool) -> None:
    """The exports of the day after the history: `late` ones correct tickets of the last twelve months."""
    from tests.benchmarks.generate import write_export  # noqa: PLC0415 -- it starts this

    share = min(1.0, scale)
    dice = np.random.default_rng((world.SEED, 777, int(is_late)))
    n = round(NEW * share)
    start, end = world.start_s(DAY), world.start_s(DAY + dt.timedelta(days=1))
    first_id = 1_000_000 + round(world.TICKETS * scale)
    customers = max(1000, round(world.TICKETS * scale * 0.45))
    new = world.made(dice, 0, np.full(n, start), first_id, customers=customers, end_s=end)
    rows, events = _changes(home, round(CHANGED * share), dice, is_late=is_late)
    name = f"{DAY}"
    write_export(home, "tickets", name, pl.concat([new.tickets, rows], how="vertical_relaxed"), "csv")
    told = pl.concat([new.events, events.select(new.events.columns)], how="vertical_relaxed")
    write_export(home, "events", name, told.sort("sort_at", maintain_order=True).drop("sort_at"), "csv")
    write_export(home, "surveys", name, new.surveys, "csv")


def _changes(home: Path, n: int, dice: np.random.Generator, *, is_late: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tickets opened before, reopened and solved again on the day, and the events that say so."""
    reach = dt.timedelta(days=_REACH_DAYS["late" if is_late else "day"])
    since = f"{DAY - reach}T"
    files = [p for p in sorted((home / "raw/tickets").glob("*.csv")) if p.stem[-7:] >= f"{DAY - reach:%Y-%m}"]
    known = pl.concat(pl.read_csv(path, infer_schema=False) for path in files if path.stem[-10:] != f"{DAY}")
    known = known.filter(pl.col("created_at") >= since, pl.col("solved_at").is_not_null()).unique(
        "ticket_id", keep="first", maintain_order=True
    )
    chosen = known[np.sort(dice.choice(known.height, min(n, known.height), replace=False)).tolist()]
    at = world.start_s(DAY) + 7 * 3600 + dice.integers(0, 9 * 3600, chosen.height)
    seconds = [
        pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ").dt.epoch("s").alias(name)
        for name in ("created_at", "first_reply_at")
    ]
    rows = chosen.with_columns(
        *seconds,
        pl.col("ticket_id", "reopen_count").cast(pl.Int64),
        pl.col("agent_id").str.slice(2).cast(pl.Int64),
        pl.col("customer_id").str.slice(1).cast(pl.Int64),
        solved_at=pl.Series(at + 3600),
        updated_at=pl.Series(at + 3600),
    ).with_columns(pl.col("reopen_count") + 1)
    numbers = 9_000_000_000 + np.arange(chosen.height)
    parts = [
        rows.select(
            pl.Series("event_id", numbers * 10 + offset),
            "ticket_id",
            pl.Series("at", at + delay),
            pl.lit(actor).alias("actor_type"),
            pl.lit(event).alias("event"),
            pl.lit(None, pl.String).alias("team"),
            pl.Series("sort_at", at + delay),
        )
        for offset, (delay, actor, event) in enumerate(
            (
                (0, "customer", "reopened"),
                (0, "customer", "message"),
                (1800, "agent", "reply"),
                (3600, "agent", "solved"),
            )
        )
    ]
    return rows, pl.concat(parts)
