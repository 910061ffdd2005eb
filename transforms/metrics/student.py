"""Student's t, which polars does not know: the 97.5 % quantile and the tail, in plain numpy.

The tail is half the regularised incomplete beta function I_x(f / 2, 1 / 2) at x = f / (f + t^2) (Abramowitz and Stegun,
Handbook of Mathematical Functions, 1964, 26.5.27), by its continued fraction (26.5.8) in the forward form of Lentz as
Thompson and Barnett keep it from dividing by zero (Coulomb and Bessel Functions of Complex Arguments and Order,
Journal of Computational Physics 64, 1986). The logarithm of the gamma function is Stirling's series (6.1.41).
The quantile is found by bisection of that tail up to 200 degrees of freedom, by the expansion 26.7.5 beyond.
Every element is worked out for itself, so that its value does not depend on how the rows were shared out.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""
_TAIL = 0.025
_MANY = 200
_FAR = 10
_ULP = 1e-15


def quantiles(freedom: pl.Expr) -> pl.Expr:
    """The 97.5 % quantile for each number of degrees of freedom; null below 1."""
    return freedom.cast(pl.Float64).map_batches(_quantiles, return_dtype=pl.Float64, is_elementwise=True)


def two_sided(t: pl.Expr, freedom: pl.Expr) -> pl.Expr:
    """The probability of a Student variable as far from 0 as t >= 0; null where t is."""
    both = pl.struct(t=t, freedom=freedom)
    return both.map_batches(_two_sided, return_dtype=pl.Float64, is_elementwise=True)


def _quantiles(freedom: pl.Series) -> pl.Series:
    """The 97.5 % quantile of Student's t for each number of degrees of freedom; null below 1."""
    wanted = freedom.to_numpy().astype(np.float64)
    has_spread = wanted >= 1
    found = np.where(has_spread, student_quantile(np.where(has_spread, wanted, 1.0)), np.nan)
    return pl.Series(freedom.name, found, dtype=pl.Float64).fill_nan(None)


def _two_sided(both: pl.Series) -> pl.Series:
    """Twice the tail."""
    t, freedom = (both.struct.field(name).to_numpy().astype(np.float64) for name in ("t", "freedom"))
    known = ~np.isnan(t)
    found = np.full(len(both), np.nan)
    if known.any():
        found[known] = 2 * student_tail(t[known], freedom[known])
    return pl.Series(both.name, found).fill_nan(None)


def student_quantile(freedom: Floats) -> Floats:
    """The t above which 2.5 % lie, of whole degrees of freedom: a computed table up to 200, a series beyond."""
    few = _quantile_table()[np.minimum(freedom, _MANY).astype(np.int64) - 1]
    return np.where(freedom <= _MANY, few, _quantile_series(freedom))


@cache
def _quantile_table() -> Floats:
    """The quantile for 1 to 200, by bisection of the tail: 60 halvings of [1.9, 13] exhaust a double."""
    freedom = np.arange(1.0, _MANY + 1)
    low, high = np.full_like(freedom, 1.9), np.full_like(freedom, 13.0)
    for _ in range(60):
        middle = (low + high) / 2
        is_below = student_tail(middle, freedom) > _TAIL
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2


def _quantile_series(freedom: Floats) -> Floats:
    """Expansion around the normal quantile (Abramowitz and Stegun 26.7.5); beyond 200 exact to 1e-10."""
    terms = (
        (Z**3 + Z) / 4,
        (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
        (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92160,
    )
    return Z + sum((term / freedom**power for power, term in enumerate(terms, 1)), np.zeros_like(freedom))


def student_tail(t: Floats, freedom: Floats) -> Floats:
    """The probability of a Student variable above t >= 0: half the regularised incomplete beta function."""
    x, rest = freedom / (freedom + t * t), t * t / (freedom + t * t)
    tail: Floats = 0.5 * _incomplete_beta(freedom / 2, np.full_like(freedom, 0.5), x, rest)
    return tail


def _incomplete_beta(a: Floats, b: Floats, x: Floats, rest: Floats) -> Floats:
    """I_x(a, b), by the continued fraction on the side where it converges fast.

    `rest` is 1 - x as the caller knows it: near 1 the difference would have lost its digits.
    """
    is_left = x < (a + 1) / (a + b + 2)
    p, q = np.where(is_left, a, b), np.where(is_left, b, a)
    y = np.where(is_left, x, rest)
    with np.errstate(divide="ignore"):
        log_x = np.where(rest < x, np.log1p(-rest), np.log(x))
        front = np.exp(_log_gamma_step(a, b) - _log_gamma(b) + a * log_x + b * np.log(rest)) / p
    part: Floats = front * _continued_fraction(p, q, y)
    whole: Floats = np.where(is_left, part, 1 - part)
    return whole


def _continued_fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """The fraction of the incomplete beta function, evaluated forwards (modified Lentz).

    Each element stops for itself, so that its value does not depend on how the rows were shared out.
    """
    c, d = np.ones_like(x), 1 / (1 - (a + b) * x / (a + 1))
    value, is_open = d.copy(), np.ones_like(x, dtype=bool)
    for m in range(1, 200):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            c, d = 1 + term / c, 1 / (1 + term * d)
            value = np.where(is_open, value * c * d, value)
        is_open &= np.abs(c * d - 1) >= _ULP
        if not is_open.any():
            break
    return value


def _log_gamma_step(x: Floats, more: Floats) -> Floats:
    """The logarithm of Γ(x + more) / Γ(x): far out by the difference of two series of Stirling, taken term by term.

    Of a million degrees of freedom the logarithms are millions, and their difference would keep eight digits.
    """
    end = x + more
    far: Floats = (x - 0.5) * np.log1p(more / x) + more * np.log(end) - more + _stirling(end) - _stirling(x)
    near: Floats = _log_gamma(end) - _log_gamma(x)
    return np.where(x < _FAR, near, far)


def _stirling(x: Floats) -> Floats:
    """What follows the great terms of Stirling's series."""
    inverse = 1 / x
    square = inverse * inverse
    series: Floats = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))
    return series


def _log_gamma(x: Floats) -> Floats:
    """The logarithm of Γ(x) for x > 0: Stirling's series after shifting x to where its next term is under 1e-16."""
    shift = np.zeros_like(x)
    far = x.copy()
    while np.any(far < _FAR):
        is_near = far < _FAR
        shift = np.where(is_near, shift + np.log(far), shift)
        far = np.where(is_near, far + 1, far)
    logarithm: Floats = (far - 0.5) * np.log(far) - far + 0.5 * np.log(2 * np.pi) + _stirling(far) - shift
    return logarithm
