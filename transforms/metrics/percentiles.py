"""Percentiles by the integer formula, so that every engine agrees to the last digit.

Of n whole numbers v[0] <= v[1] <= ... and the percentile p/q: with a = (n - 1) p, the value is
(v[a // q] (q - a % q) + v[a // q + 1] (a % q)) / q. It is linear interpolation between the closest ranks, definition 7
of Hyndman and Fan (Sample Quantiles in Statistical Packages, The American Statistician 50, 1996), in whole numbers up
to a single division.

Bounds: a fits while n < 2**63 / 9, and the sum before the division is of 128 bits, so nothing overflows. Numbers up to
`EXACT_UP_TO` give the fraction rounded once; larger ones, which no duration in seconds is, may be rounded twice.
"""

from __future__ import annotations

import polars as pl

from transforms.metrics.exact import quotient

PERCENTILES = {"p50": (1, 2), "p90": (9, 10)}
EXACT_UP_TO = 2**53 // max(below for _, below in PERCENTILES.values())


def percentile(ordered: pl.Expr, kind: str) -> pl.Expr:
    """The percentile of a list of whole numbers in ascending order; null where the list is empty."""
    above, below = PERCENTILES[kind]
    last = ordered.list.len().cast(pl.Int64) - 1
    position = last * above // below
    rest = last * above % below
    low = ordered.list.get(position, null_on_oob=True).cast(pl.Int128)
    high = ordered.list.get(pl.min_horizontal(position + 1, last), null_on_oob=True).cast(pl.Int128)
    return pl.when(last >= 0).then(quotient(low * (below - rest) + high * rest, below))
