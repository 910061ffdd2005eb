"""What sources tell of at all stays the same frame while they tell the same: every part of the tickets is made of it."""

from __future__ import annotations

import polars as pl

from expectations.schema import INSTANT
from transforms.facts.tells import answering_sources, told_by_source

NAMES = [f"source {number}" for number in (7, 3, 9, 1, 8, 2, 6, 4, 5)]


def test_the_sources_stand_in_one_order_whatever_that_of_their_rows() -> None:
    about = {"told_has_messages": pl.Boolean, "told_team": pl.String, "told_first_resolved_at": INSTANT}
    lives = pl.LazyFrame({"source": NAMES * 3}).with_columns(pl.lit(None, it).alias(name) for name, it in about.items())
    timed = pl.LazyFrame({"source": NAMES * 3, "first_response_at": None, "human_reply_count": 1})
    for told in (told_by_source(lives), answering_sources(timed)):
        assert told.collect()["source"].to_list() == sorted(NAMES)
