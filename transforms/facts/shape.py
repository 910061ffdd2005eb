"""What every fact does: settings that hold from a day on, and the columns of its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import polars as pl

from expectations.schema import Table
from transforms.site import TeamTier, Threshold

ABSENT = pl.lit(None)
_OF_FEW_VALUES = ("source", "channel", "team", "segment")


def in_shape(lf: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """The columns of the contract, in its order and types; `publishable` sorts."""
    return lf.select(pl.col(name).cast(column.dtype) for name, column in table.columns.items())


def until(lf: pl.LazyFrame, clock: str, end: dt.datetime) -> pl.LazyFrame:
    """The rows that lie before an instant: what is later than the as-of day counts nowhere."""
    return lf.filter(pl.col(clock) < end)


def threshold(thresholds: Iterable[Threshold], channel: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The seconds that hold for a channel on a day: its own line before the line of every channel, the latest first."""
    found: pl.Expr = ABSENT.cast(pl.Int64)
    for line in sorted(thresholds, key=lambda line: (line.channel is not None, line.valid_from)):
        holds = day >= line.valid_from
        if line.channel is not None:
            holds &= channel == line.channel
        found = pl.when(holds).then(line.seconds).otherwise(found)
    return found.cast(pl.Int64)


def tier(tiers: Iterable[TeamTier], team: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The level of support of a team on a day; null where none is declared."""
    found: pl.Expr = ABSENT.cast(pl.Int64)
    for line in sorted(tiers, key=lambda line: line.valid_from):
        found = pl.when((team == line.team) & (day >= line.valid_from)).then(line.tier).otherwise(found)
    return found.cast(pl.Int64)


def is_told(column: str) -> pl.Expr:
    """Whether a source ever fills a column: where it never does, an empty cell tells nothing."""
    return pl.col(column).is_not_null().any().over("source")


def by_customer(lf: pl.LazyFrame, order: Sequence[str], *told: str) -> pl.LazyFrame:
    """Some columns of the rows of all customers, sorted: words of few values as codes, a quarter less memory."""
    few = [name for name in _OF_FEW_VALUES if name in {*order, *told}]
    codes = lf.select(*dict.fromkeys([*order, *told])).with_columns(pl.col(few).cast(pl.Categorical()))
    return codes.sort(order).with_columns(pl.col(few).cast(pl.String()))
