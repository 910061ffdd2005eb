"""Which numbers the codes of a dimension have, in a few rows: what a published file of keys depends on beside its rows.

Codes are numbered in the order of the days on which they were first seen, and a row tells of no code that was seen
later than the row itself. So the keys of a file follow from the numbers of the codes up to its last day: days to come
add numbers behind these, and what comes late moves only those after it.
"""

from __future__ import annotations

import polars as pl

from transforms.facts.dimensions import UNKNOWN

_PRINTS = ("print_0", "print_1")


def numbering(dimension: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """One row is a day on which codes were first seen: how many, and a fingerprint of them and of their numbers."""
    known = dimension.filter(pl.col(key) > UNKNOWN)
    pair = pl.struct("code", key)
    prints = {name: pair.hash(seed=seed).bitwise_xor() for seed, name in enumerate(_PRINTS)}
    return known.group_by("first_seen_on").agg(codes=pl.len(), **prints).sort("first_seen_on")


def together() -> list[pl.Expr]:
    """How many codes there are on some days of a `numbering`, and their fingerprint."""
    return [pl.col("codes").sum(), pl.col(_PRINTS).bitwise_xor().fill_null(0)]
