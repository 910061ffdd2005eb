"""Percentiles by the integer formula, so that every engine agrees to the last digit."""

from __future__ import annotations

import polars as pl

from transforms.metrics.exact import quotient

PERCENTILES = {"p50": (1, 2), "p90": (9, 10)}


def percentile(ordered: pl.Expr, kind: str) -> pl.Expr:
    """The percentile of a list of whole numbers in ascending order; null where the list is empty."""
    above, below = PERCENTILES[kind]
    last = ordered.list.len().cast(pl.Int64) - 1
    position = last * above // below
    rest = last * above % below
    low = ordered.list.get(position, null_on_oob=True)
    high = ordered.list.get(pl.min_horizontal(position + 1, last), null_on_oob=True)
    return pl.when(last >= 0).then(quotient(low * (below - rest) + high * rest, below))
