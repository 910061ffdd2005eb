"""What each source tells of at all: where it never fills a column, an empty cell of it tells nothing.

A source is known by all of its rows, wherever they lie: what is found here is found before a part of them is judged.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

TOLD_BY_SOURCE = ("tells_messages", "tells_team", "tells_resolutions")
"""Of events: messages, the team in charge, resolutions."""
ANSWERING = ("tells_answers",)
"""Of tickets: who answered them, or how often."""


def told_by_source(lives: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a source of events, with what they tell of (`TOLD_BY_SOURCE`)."""
    return (
        lives.group_by("source")
        .agg(
            tells_messages=pl.col("told_has_messages").fill_null(value=False).any(),
            tells_team=pl.col("told_team").is_not_null().any(),
            tells_resolutions=pl.col("told_first_resolved_at").is_not_null().any(),
        )
        .sort("source")
    )


def answering_sources(timed: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a source of tickets, with whether some of these tell of answers (`ANSWERING`)."""
    is_told = pl.any_horizontal(pl.col("first_response_at", "human_reply_count").is_not_null())
    return timed.group_by("source").agg(tells_answers=is_told.any()).sort("source")


def filled_by(rows: pl.LazyFrame, columns: Iterable[str]) -> pl.LazyFrame:
    """One row is a source, with whether some of its rows fill each column: `tells_` and its name."""
    fills = (pl.col(name).is_not_null().any().alias(f"tells_{name}") for name in columns)
    return rows.group_by("source").agg(*fills).sort("source")


def of_all_parts(some: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a source, with what any part of its rows tells, of what each part does."""
    return some.group_by("source").agg(pl.all().any()).sort("source")


def with_tells(lf: pl.LazyFrame, tells: pl.LazyFrame | None, names: Iterable[str]) -> pl.LazyFrame:
    """The same rows with what their source tells of; a source nobody knows tells of nothing."""
    if tells is None:
        return lf.with_columns(pl.lit(value=False).alias(name) for name in names)
    found = lf.join(tells.select("source", *names), on="source", how="left", maintain_order="left")
    return found.with_columns(pl.col(*names).fill_null(value=False))
