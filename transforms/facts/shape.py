"""What every fact does: settings that hold from a day on, and the columns of its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from expectations.schema import Table
from transforms.site import TeamTier, Threshold

ABSENT = pl.lit(None)


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


@dataclass(frozen=True)
class Share:
    """Some of the customers, so many times fewer than all: to sort the rows of millions at once takes a gigabyte."""

    number: int = 0
    of: int = 1

    def rows(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """Their rows."""
        return lf.filter(pl.col("customer_id").hash(seed=0) % self.of == self.number) if self.of > 1 else lf

    def nth(self, is_new: pl.Expr) -> pl.Expr:
        """The number of each customer, from whether a row is the first of one: no two have the same in all shares."""
        return (is_new.cum_sum().cast(pl.Int64) * self.of + self.number).alias("nth")


ALL_CUSTOMERS = Share()
