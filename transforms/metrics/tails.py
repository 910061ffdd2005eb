"""Tails of the normal and the chi-square distribution, which polars does not know, by the standard library.

Two-sided normal: erfc(z / sqrt 2). Chi-square of whole degrees of freedom f: Q(f / 2, x / 2) is a finite sum of Poisson
terms, in whole steps from exp where f is even and in half steps from erfc where it is odd (Abramowitz and Stegun,
Handbook of Mathematical Functions, 1964, 26.4.4 and 26.4.5).
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl


def normal_two_sided(z: pl.Expr) -> pl.Expr:
    """The probability of a normal variable as far from 0 as z >= 0; null where z is."""
    return z.map_batches(_normal_two_sided, return_dtype=pl.Float64, is_elementwise=True)


def chi_square(x: pl.Expr, freedom: pl.Expr) -> pl.Expr:
    """The probability of a chi-square variable above x; null below one degree of freedom."""
    both = pl.struct(x=x, freedom=freedom)
    return both.map_batches(_chi_square_tails, return_dtype=pl.Float64, is_elementwise=True)


def _normal_two_sided(z: pl.Series) -> pl.Series:
    """The standard library's erfc: numpy has none, and a tenth of a microsecond a row is no burden."""
    known = z.is_not_null().to_numpy()
    found = np.full(len(z), np.nan)
    found[known] = np.fromiter(map(math.erfc, z.drop_nulls().to_numpy() / math.sqrt(2)), np.float64)
    return pl.Series(z.name, found).fill_nan(None)


def _chi_square_tails(both: pl.Series) -> pl.Series:
    x, freedom = (both.struct.field(name).to_list() for name in ("x", "freedom"))
    return pl.Series(both.name, map(_chi_square_tail, x, freedom), dtype=pl.Float64)


def _chi_square_tail(x: float, freedom: int) -> float | None:
    """One of them, summed without loss."""
    if freedom < 1:
        return None
    half = max(x, 0.0) / 2
    if half == 0:
        return 1.0
    first = 0.5 if freedom % 2 else 0.0
    steps = (first + i for i in range(freedom // 2))
    terms = [math.exp(step * math.log(half) - half - math.lgamma(step + 1)) for step in steps]
    return math.fsum([*terms, math.erfc(math.sqrt(half)) if freedom % 2 else 0.0])
