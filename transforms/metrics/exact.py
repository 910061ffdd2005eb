"""Division that rounds once."""

from __future__ import annotations

import polars as pl


def quotient(above: pl.Expr, below: int) -> pl.Expr:
    """A column divided by one number.

    By a literal, polars multiplies with the reciprocal and rounds twice: 19 / 10 is 1.9000000000000001. By a column,
    it divides.
    """
    return above / (above * 0 + below)
