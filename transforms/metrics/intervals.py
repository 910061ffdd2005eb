"""95 % intervals: Wilson for a share, adjusted Wald for NPS, Student's t for a mean.

Wilson: Probable Inference, the Law of Succession, and Statistical Inference (JASA 22, 1927): the shares p for which
the observed one lies within z standard errors of p. Adjusted Wald for NPS: Rocks, Interval Estimation for the Net
Promoter Score (The American Statistician 70, 2016). The quantile of Student's t is in `transforms.metrics.student`.
"""

from __future__ import annotations

import polars as pl

from transforms.metrics.student import Z, quantiles

_NPS_N, _NPS_SHARE = 3.0, 0.75
Bounds = tuple[pl.Expr, pl.Expr]


def wilson(positive: pl.Expr, n: pl.Expr) -> Bounds:
    """Interval of a share, from 0 to 1."""
    share = positive / n
    width = Z * (share * (1 - share) / n + Z**2 / (4 * n * n)).sqrt()
    middle, norm = share + Z**2 / (2 * n), 1 + Z**2 / n
    return (middle - width) / norm, (middle + width) / norm


def adjusted_wald(promoters: pl.Expr, detractors: pl.Expr, n: pl.Expr) -> Bounds:
    """Interval of promoters less detractors as a share: 3 answers are added, 3/4 at each end.

    A single answer pulls the interval away from itself; it is widened to hold what was observed.
    """
    for_, against = ((x + _NPS_SHARE) / (n + _NPS_N) for x in (promoters, detractors))
    net = for_ - against
    width = Z * ((for_ + against - net * net) / (n + _NPS_N)).sqrt()
    observed = (promoters - detractors) / n
    return pl.min_horizontal(net - width, observed), pl.max_horizontal(net + width, observed)


def variance(total: pl.Expr, sum_sq: pl.Expr, n: pl.Expr) -> pl.Expr:
    """Variance of a sample from its whole-number sums, exact until the division; null below two rows."""
    wide = {name: column.cast(pl.Int128) for name, column in (("total", total), ("n", n))}
    spread = wide["n"] * sum_sq.cast(pl.Int128) - wide["total"] * wide["total"]
    return pl.when(n > 1).then(spread.cast(pl.Float64) / (n * (n - 1)))


def student_t(total: pl.Expr, sum_sq: pl.Expr, n: pl.Expr) -> Bounds:
    """Interval of a mean; null below two rows."""
    mean = total / n
    width = quantiles(n - 1) * (variance(total, sum_sq, n) / n).sqrt()
    return mean - width, mean + width
