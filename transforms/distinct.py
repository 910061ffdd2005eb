"""Work done once per distinct text of a column: labels and codes are few, their rows are many."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import polars as pl

_TEXT = "text"
_FEW = 4
"""So many rows a text at least, for the look-up to pay."""


def once_each(text: pl.Expr, read: Callable[[pl.Expr], pl.Expr], dtype: pl.DataType) -> pl.Expr:
    """What `read` makes of each text, without reading equal texts again where most are; `read` keeps null null.

    Folding case, accents and blanks of a label costs forty times the look-up of what it was folded to.
    """
    return text.map_batches(partial(_once_each, read=read, dtype=dtype), return_dtype=dtype, is_elementwise=True)


def _once_each(texts: pl.Series, *, read: Callable[[pl.Expr], pl.Expr], dtype: pl.DataType) -> pl.Series:
    distinct = texts.drop_nulls().unique()
    are_few = len(distinct) * _FEW < len(texts)
    values = (distinct if are_few else texts).to_frame(_TEXT).select(read(pl.col(_TEXT)).cast(dtype)).to_series()
    if not are_few:
        return values
    return texts.replace_strict(distinct, values, default=None, return_dtype=dtype)
