"""Sessions with the bot: some are handed to an agent, some left, some followed by a contact all the same."""

from __future__ import annotations

import numpy as np
import polars as pl

from flows.sample import clock, company
from flows.sample.customers import Customers
from flows.sample.demand import Draw, chance, segment_of
from flows.sample.service import Span
from flows.sample.tables import coded

_HANDED_OFF = {"chat": 0.30, "form": 0.05}
_TRIED_FIRST, _OTHERS_PER_TICKET = 0.06, 0.22
_KNOWN_SHARE, _ABANDONED, _SILENT, _HANDED_WITHOUT_TICKET, _TEST = 0.8, 0.18, 0.05, 0.06, 0.004
_TOPIC_SHARE = (0.32, 0.14, 0.16, 0.10, 0.28)
_HOUR_S = 3_600
_COLUMNS = ["start", "end", "customer", "segment", "topic", "messages", "handed_off", "handed", "left", "ticket"]


def bot_sessions_of(
    draw: Draw, tickets: pl.DataFrame, customers: Customers, span: Span, *, first_id: int
) -> pl.DataFrame:
    """A row a session of the month, or before one of its tickets."""
    asked = tickets.filter(pl.col("excluded").is_null() & (pl.col("customer") >= 0))
    frame = pl.concat([_handed(draw, asked), _tried(draw, asked), _others(draw, tickets.height, customers, span)])
    frame = frame.filter((pl.col("start") >= clock.START) & (pl.col("end") < clock.END)).sort("start", "customer")
    n = frame.height
    return frame.with_columns(session=pl.int_range(first_id, first_id + n), test=chance(draw, n, _TEST))


def _handed(draw: Draw, asked: pl.DataFrame) -> pl.DataFrame:
    """The bot passes the person on: a ticket begins at that instant, and most sessions name it."""
    share = asked["channel"].replace_strict(_HANDED_OFF, default=0.0, return_dtype=pl.Float64).to_numpy()
    given = asked.filter(pl.Series(draw.random(asked.height) < share))
    n = given.height
    start = given["created"].to_numpy() - draw.integers(60, 600, n)
    return given.with_columns(
        start=pl.Series(start), end="created", messages=pl.Series(draw.integers(1, 7, n)), handed="created",
        handed_off=pl.lit(value=True), left=pl.lit(value=False),
        ticket=pl.when(pl.Series(chance(draw, n, 0.85))).then("ticket"),
    ).select(_COLUMNS)  # fmt: skip


def _tried(draw: Draw, asked: pl.DataFrame) -> pl.DataFrame:
    """The bot seems to have helped, and the person writes or calls within three days."""
    tried = asked.filter((pl.col("channel") != "chat") & pl.Series(chance(draw, asked.height, _TRIED_FIRST)))
    n = tried.height
    start = tried["created"].to_numpy() - draw.integers(_HOUR_S, 70 * _HOUR_S, n)
    return tried.with_columns(
        start=pl.Series(start), end=pl.Series(start + draw.integers(40, 900, n)), left=pl.lit(value=False),
        messages=pl.Series(draw.integers(1, 6, n)), handed_off=pl.lit(value=False), handed=pl.lit(None, pl.Int64),
        ticket=pl.lit(None, pl.Int64),
    ).select(_COLUMNS)  # fmt: skip


def _others(draw: Draw, tickets: int, customers: Customers, span: Span) -> pl.DataFrame:
    """Everybody else: helped, or gone while the bot waited; some open the window and write nothing."""
    n = round(tickets * _OTHERS_PER_TICKET)
    start = clock.awake(span.start + draw.integers(0, span.until - span.start, n))
    customer = np.where(chance(draw, n, _KNOWN_SHARE), customers.some(draw, start), -1)
    silent, fate = chance(draw, n, _SILENT), draw.random(n)
    handed = ~silent & (fate < _HANDED_WITHOUT_TICKET)
    end = start + draw.integers(30, 900, n)
    return pl.DataFrame({
        "start": start, "end": end, "customer": customer,
        "segment": coded(company.SEGMENTS, np.where(customer >= 0, segment_of(np.maximum(customer, 0)), -1)),
        "topic": coded(company.TOPICS, np.where(silent, -1, draw.choice(5, n, p=_TOPIC_SHARE))),
        "messages": np.where(silent, 0, draw.integers(1, 9, n)), "handed_off": handed,
        "handed": end, "left": ~silent & ~handed & (fate > 1 - _ABANDONED),
        "ticket": pl.Series([None] * n, dtype=pl.Int64),
    }).with_columns(handed=pl.when("handed_off").then("handed")).select(_COLUMNS)  # fmt: skip
