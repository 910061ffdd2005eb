"""What the values of a span of periods depend on, as a fingerprint: equal ones make equal values.

They are made of the cells of the span and of the year before it, of which metrics each member had before that year,
and of how far the as-of date has come: which periods are over, and which of them are mature. How cells are numbered
is nothing to them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.metrics.cells import MEMBER
from transforms.metrics.metric import Metric
from transforms.metrics.periods import Span

_NUMBERING = ("cell", "series")
_HALF = 2**32


@dataclass(frozen=True)
class CellPrints:
    """The fingerprints of the cells of a grain."""

    periods: pl.DataFrame
    """One row per period, with its last day and what the hashes of its cells add up to."""
    beginnings: pl.DataFrame
    """One row per member, with the first period in which it had each metric."""
    maturities: Sequence[int]
    """After how many days metrics are mature."""

    @classmethod
    def of_cells(cls, cells: pl.LazyFrame, metrics: Sequence[Metric], *, grain: str) -> CellPrints: ...
    def of(self, span: Span, *, as_of: dt.date) -> list[Any]:
        """Plain data that says what the values of a span are made of."""
        start, end = pl.col("period_start"), pl.col("period_end")
        read = self.periods.filter(start.is_between(span.looks_back_to, span.last))
        # What is not over is told apart in the year before as well; what is not mature, in the span alone.
        shown = {0: read} | {days: read.filter(start >= span.first) for days in self.maturities if days}
        over = [rows.filter(end <= as_of - dt.timedelta(days=days))["period_end"].max() for days, rows in shown.items()]
        had = self.beginnings.select(*MEMBER, (pl.exclude(*MEMBER) < span.looks_back_to).fill_null(value=False))
        known = had.filter(pl.any_horizontal(pl.exclude(*MEMBER)))
        cells = read.select(start.cast(pl.String), "rows", "high", "low").rows()
        return [cells, [str(it) for it in over], known.select(_print(known.columns)).row(0)]
