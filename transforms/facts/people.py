"""Who an agent was on a day: the team, the level and whether a person, from the spells of employment.

Of spells that overlap, the one that began last holds. Spells are few, and days of employment hundreds of times as many:
who asks for some days is told of these alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

KEY = ("agent_id", "day_on")
_IS_HUMAN = pl.col("is_human").fill_null(value=True)


@dataclass(frozen=True)
class People:
    """The spells of employment, each up to the as-of day."""

    employees: pl.LazyFrame
    """The feed."""
    as_of: dt.date

    def days(self) -> pl.LazyFrame:
        """One row is an agent on a day of employment."""
        return _on_days(self._spells())

    def machines(self) -> pl.LazyFrame:
        """One row is an agent who is no person, on a day of employment as such."""
        spells = self._spells()
        known = spells.filter(~_IS_HUMAN).select("agent_id")
        return _on_days(spells.join(known, on="agent_id", how="semi")).filter(~pl.col("is_human"))

    def asked(self, rows: pl.LazyFrame, *, agent: str, day: str) -> pl.LazyFrame:
        """One row is an agent on a day that some rows name, where it is one of employment."""
        days = rows.select(agent_id=agent, day_on=day).drop_nulls().unique()
        spells = days.join(self._spells(), on="agent_id")
        return _latest(spells.filter(pl.col("day_on").is_between("valid_from", "last_on")))

    def _spells(self) -> pl.LazyFrame:
        last_on = pl.min_horizontal(pl.col("valid_to").fill_null(self.as_of), pl.lit(self.as_of))
        return self.employees.with_columns(last_on=last_on).filter(pl.col("valid_from") <= pl.col("last_on"))


def _on_days(spells: pl.LazyFrame) -> pl.LazyFrame:
    """The days of some spells."""
    days = spells.with_columns(day_on=pl.date_ranges("valid_from", "last_on"))
    return _latest(days.explode("day_on", empty_as_null=True, keep_nulls=True))


def _latest(spells: pl.LazyFrame) -> pl.LazyFrame:
    """Of the spells of an agent on a day the one that holds."""
    return (
        spells.sort(*KEY, "valid_from", "source")
        .unique(KEY, keep="last", maintain_order=True)
        .select("source", *KEY, "team", "tier", is_human=_IS_HUMAN)
    )
