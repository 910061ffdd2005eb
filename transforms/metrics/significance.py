"""Is a change beyond chance? A p-value per metric, corrected over the metrics of a period (Benjamini-Hochberg)."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from transforms.metrics.intervals import student_tail, variance

Pair = tuple[pl.Expr, pl.Expr]
"""A number now, and in the period before."""
FEWEST = 5
"""Rows on either side below which nothing is tested."""
FALSE_DISCOVERIES = 0.05


def two_proportions(positive: Pair, n: Pair) -> pl.Expr:
    """Two-sided p-value of the difference of two shares, with the pooled share."""
    pooled = (positive[0] + positive[1]) / (n[0] + n[1])
    error = (pooled * (1 - pooled) * (1 / n[0] + 1 / n[1])).sqrt()
    return _normal(positive[0] / n[0] - positive[1] / n[1], error, n)


def two_nps(promoters: Pair, detractors: Pair, n: Pair) -> pl.Expr:
    """Two-sided p-value of the difference of two NPS, with the variance of three classes."""
    net = [(p - d) / m for p, d, m in zip(promoters, detractors, n, strict=True)]
    spread = [((p + d) / m - s * s) / m for p, d, m, s in zip(promoters, detractors, n, net, strict=True)]
    return _normal(net[0] - net[1], (spread[0] + spread[1]).sqrt(), n)


def two_means(total: Pair, sum_sq: Pair, n: Pair) -> pl.Expr:
    """Two-sided p-value of the difference of two means whose variances differ (Welch)."""
    share = [variance(s, q, m) / m for s, q, m in zip(total, sum_sq, n, strict=True)]
    freedom = (share[0] + share[1]) ** 2 / (share[0] ** 2 / (n[0] - 1) + share[1] ** 2 / (n[1] - 1))
    t = (total[0] / n[0] - total[1] / n[1]) / (share[0] + share[1]).sqrt()
    is_testable = _is_testable(n) & (share[0] + share[1] > 0)
    both = pl.struct(t=pl.when(is_testable).then(t.abs()), freedom=pl.when(is_testable).then(freedom))
    return both.map_batches(_student_two_sided, return_dtype=pl.Float64, is_elementwise=True)


def beyond_chance(p: pl.Expr, cell: str) -> pl.Expr:
    """Whether each p-value of a cell holds when 5 % of the changes announced may be false; null where untested."""
    rank, tests = p.rank("max").over(cell), p.count().over(cell)
    largest = pl.when(p * tests <= FALSE_DISCOVERIES * rank).then(p).max().over(cell)
    return pl.when(p.is_not_null()).then(pl.coalesce(p <= largest, pl.lit(False)))


def _is_testable(n: Pair) -> pl.Expr:
    return (n[0] >= FEWEST) & (n[1] >= FEWEST)


def _normal(difference: pl.Expr, error: pl.Expr, n: Pair) -> pl.Expr:
    """Two-sided normal p-value; without any spread, 1 for no difference and untested for one."""
    z = pl.when(_is_testable(n) & (error > 0)).then((difference / error).abs())
    p = z.map_batches(_normal_two_sided, return_dtype=pl.Float64, is_elementwise=True)
    return pl.when(_is_testable(n) & (error == 0) & (difference == 0)).then(pl.lit(1.0)).otherwise(p)


def _normal_two_sided(z: pl.Series) -> pl.Series:
    """The standard library's erfc: numpy has none, and a tenth of a microsecond a row is no burden."""
    known = z.is_not_null().to_numpy()
    found = np.full(len(z), np.nan)
    found[known] = np.fromiter(map(math.erfc, z.drop_nulls().to_numpy() / math.sqrt(2)), np.float64)
    return pl.Series(z.name, found).fill_nan(None)


def _student_two_sided(both: pl.Series) -> pl.Series:
    """Twice the tail of Student's t."""
    t, freedom = (both.struct.field(name).to_numpy().astype(np.float64) for name in ("t", "freedom"))
    known = ~np.isnan(t)
    found = np.full(len(both), np.nan)
    if known.any():
        found[known] = 2 * student_tail(t[known], freedom[known])
    return pl.Series(both.name, found).fill_nan(None)
