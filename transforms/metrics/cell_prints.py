"""What the values of a span of periods depend on, as a fingerprint: equal ones make equal values.

They are made of the cells of the span, of the period before and of the same periods a year ago, of which metrics each
member had before either, and of how far the as-of date has come: which periods are over, and which of them are mature.
How cells are numbered is nothing to them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.metrics.cells import MEMBER
from transforms.metrics.periods import Span, end_of

_NUMBERING = ("cell", "series")
_HALF = 2**32


@dataclass(frozen=True)
class CellPrints:
    """The fingerprints of the cells of a grain."""

    grain: str
    periods: pl.DataFrame
    """One row per period, as `periods_of` has it."""
    beginnings: pl.DataFrame
    """One row per member, as `values.beginnings_of` has it."""
    maturities: Sequence[int]
    """After how many days metrics are mature."""

    def of(self, span: Span, *, as_of: dt.date) -> list[Any]:
        """Plain data that says what the values of a span are made of."""
        start, end = pl.col("period_start"), pl.col("period_end")
        looked_at = span.looked_at(self.grain)
        read = self.periods.filter(pl.any_horizontal(it.has(start) for it in looked_at))
        # What is not over is told apart of a year ago as well; what is not mature, in the span alone.
        shown = {0: read} | {days: read.filter(start >= span.first) for days in self.maturities if days}
        over = [rows.filter(end <= as_of - dt.timedelta(days=days))["period_end"].max() for days, rows in shown.items()]
        cells = read.select(start.cast(pl.String), "rows", "high", "low").rows()
        return [cells, [str(it) for it in over], [self._had_before(it.first) for it in looked_at]]

    def _had_before(self, day: dt.date) -> list[Any]:
        """Which members had which metrics before a day."""
        if self.beginnings.is_empty():
            return []
        begun = (pl.exclude(*MEMBER, *_NUMBERING) < day).fill_null(value=False)
        had = self.beginnings.select(*MEMBER, begun)
        known = had.filter(pl.any_horizontal(pl.exclude(*MEMBER)))
        return list(known.select(_print(known.columns)).row(0))


def periods_of(cells: pl.LazyFrame, *, grain: str) -> pl.LazyFrame:
    """One row per period of the table of sums: its last day, and what the hashes of its cells add up to."""
    start, columns = pl.col("period_start"), cells.collect_schema().names()
    content = _print([name for name in columns if name not in _NUMBERING])
    return cells.group_by(start).agg(content).with_columns(period_end=end_of(start, grain)).sort(start)


def _print(columns: Sequence[str]) -> list[pl.Expr]:
    """How many rows there are, and what their hashes add up to, in halves that do not overflow."""
    row = pl.struct(columns).hash(seed=0)
    return [pl.len().alias("rows"), (row // _HALF).sum().alias("high"), (row % _HALF).sum().alias("low")]
