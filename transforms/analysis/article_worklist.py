"""`article_worklist`: which articles of the help centre to work on first."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.analysis import ARTICLE_WORKLIST
from transforms.facts.shape import in_shape
from transforms.metrics.intervals import wilson

WINDOW_DAYS = 90


def article_worklist(views: pl.LazyFrame, *, as_of: dt.date, window_days: int | None = WINDOW_DAYS) -> pl.LazyFrame:
    """One row is an article seen or voted on within the window (None: ever), the one to work on first ahead.

    An article stands high when many read it and its votes do not prove that it helps: its views times one less the
    lower end of the Wilson interval of its share of votes 'helpful'. Without votes nothing is proved: that end is 0.
    """
    counted = views.filter(pl.col("is_counted") & pl.col("article_id").is_not_null() & (pl.col("viewed_on") <= as_of))
    if window_days is not None:
        counted = counted.filter(pl.col("viewed_on") > as_of - dt.timedelta(days=window_days))
    votes = pl.col("up_count") + pl.col("down_count")
    proved, _ = wilson(pl.col("up_count"), votes)
    # Where no vote is 'helpful' the lower end is 0 but for the last bit of a double.
    helpful_low = pl.when(votes > 0).then(proved.clip(0, 1)).otherwise(0.0)
    articles = counted.group_by("article_id").agg(
        pl.col("view_count", "up_count", "down_count").sum(),
        first_on=pl.col("viewed_on").min(),
        last_on=pl.col("viewed_on").max(),
    )
    judged = articles.with_columns(
        helpful_low=100 * helpful_low,
        unproved_views=pl.col("view_count") * (1 - helpful_low),
    ).sort("unproved_views", "view_count", "article_id", descending=[True, True, False])
    return in_shape(judged.with_columns(rank=pl.int_range(1, pl.len() + 1)), ARTICLE_WORKLIST)
