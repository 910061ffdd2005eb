"""Is a change beyond chance? A p-value per metric, corrected over the metrics of a period.

Means: Welch, The Generalization of Student's Problem when Several Different Population Variances are Involved
(Biometrika 34, 1947). Correction: Benjamini and Hochberg, Controlling the False Discovery Rate (Journal of the Royal
Statistical Society B 57, 1995). Shares and NPS: the difference over its standard error, taken for normal.
"""

from __future__ import annotations

import polars as pl

from transforms.metrics import student, tails
from transforms.metrics.intervals import variance

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
    return student.two_sided(pl.when(is_testable).then(t.abs()), pl.when(is_testable).then(freedom))


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
    p = tails.normal_two_sided(z)
    return pl.when(_is_testable(n) & (error == 0) & (difference == 0)).then(pl.lit(1.0)).otherwise(p)
