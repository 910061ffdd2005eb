"""What a metric should reach, at the end of each period."""

from __future__ import annotations

import polars as pl

from transforms.metrics.exact import quotient
from transforms.metrics.metric import Metric
from transforms.site import Site, Target


def target_value(metric: Metric, site: Site) -> pl.Expr:
    """The most specific target that holds on the last day of the period; null without one.

    A target for a team goes before one for a channel, and both before one for all; of equals the latest holds.
    """
    mine = [target for target in site.targets if target.metric_id == metric.name]
    mine.sort(key=lambda t: (t.team is not None, t.channel is not None, t.valid_from), reverse=True)
    return pl.coalesce(*(pl.when(_holds(t)).then(_number(t)) for t in mine), pl.lit(None, pl.Float64))


def is_target_met(metric: Metric, target: pl.Expr) -> pl.Expr:
    """Whether the value lies on the good side of a target; null where no side is better."""
    value = pl.col("value")
    sides = {"higher": value >= target, "lower": value <= target, "neutral": pl.lit(None, pl.Boolean)}
    return sides[metric.better]


def _holds(target: Target) -> pl.Expr:
    """Whether a target is meant for the row."""
    holds = pl.col("period_end") >= target.valid_from
    for cut, wanted in (("channel", target.channel), ("team", target.team)):
        if wanted is not None:
            holds &= pl.col(cut).eq_missing(pl.lit(wanted))
    return holds


def _number(target: Target) -> pl.Expr:
    """A target as a value of the metric: of 78 %, "+2 %" is 80.0 in points and 79.56 in percent."""
    before = pl.col("prior_year_value")
    kinds = {
        "absolute": pl.lit(target.target, pl.Float64),
        "delta_points": before + target.target,
        "delta_percent": quotient(before * (100 + target.target), 100),
    }
    return kinds[target.target_kind]
