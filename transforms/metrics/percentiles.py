"""Percentiles by the integer formula, so that every engine agrees to the last digit.

Of n whole numbers v[0] <= v[1] <= ... and the percentile p/q: with a = (n - 1) p, the value is
(v[a // q] (q - a % q) + v[a // q + 1] (a % q)) / q. It is linear interpolation between the closest ranks, definition 7
of Hyndman and Fan (Sample Quantiles in Statistical Packages, The American Statistician 50, 1996), in whole numbers up
to a single division.

Bounds: a fits while n < 2**63 / 9, and the sum before the division is of 128 bits, so nothing overflows. Numbers up to
`EXACT_UP_TO` give the fraction rounded once; larger ones, which no duration in seconds is, may be rounded twice.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.metrics.exact import quotient
from transforms.metrics.packed import InOrder

PERCENTILES = {"p50": (1, 2), "p90": (9, 10)}
EXACT_UP_TO = 2**53 // max(below for _, below in PERCENTILES.values())


def percentile(ordered: InOrder, kind: str) -> pl.Series:
    """The percentile of each group, in the order of the groups."""
    above, below = PERCENTILES[kind]
    last = ordered.counts - 1
    position, rest = np.divmod(last * above, below)
    ends = {"low": ordered.at(position), "high": ordered.at(np.minimum(position + 1, last)), "rest": rest}
    low, high, part = (pl.col(name).cast(pl.Int128) for name in ends)
    return pl.DataFrame(ends).select(quotient(low * (below - part) + high * part, below)).to_series()
