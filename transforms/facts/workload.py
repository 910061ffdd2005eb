"""`fact_required_staff`: how many people the calls and chats of each half hour needed, by Erlang C.

Needed is who answers the share that the settings name within the threshold of the channel, had the contacts offered
come at random to one queue of each channel and team. Handle time is the mean of the channel and team over the month,
in whole seconds, or of the channel where the team handled none; where nothing tells it, the half hour is left out. So
are channels without a threshold, where nobody waits in a queue, and counts of whole days.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from expectations.tables.fact_service import FACT_REQUIRED_STAFF
from transforms.calendar import local_day
from transforms.facts.erlang import staffed
from transforms.facts.shape import in_shape
from transforms.site import Site

HALF_HOUR_S = 1800
_QUEUE = ["month_on", "channel", "team"]
_NEED = ["contacts", "handle_mean_s", "threshold_s"]
_ANSWER = pl.Struct({"positions": pl.Int64(), "answered_within": pl.Float64(), "occupancy": pl.Float64()})


def fact_required_staff(contacts: pl.LazyFrame, agent_days: pl.LazyFrame | None, site: Site) -> pl.LazyFrame:
    """One row is a half hour, channel and team in which contacts were offered."""
    queued = in_queue(contacts)
    handled = (pl.col("handle_s").sum(), pl.col("contacts").filter(pl.col("handle_s").is_not_null()).sum())
    pace, pace_of_channel = (
        queued.group_by(by).agg((2 * handled[0] + handled[1]).floordiv(2 * handled[1]).alias(name))
        for by, name in ((_QUEUE, "pace"), (_QUEUE[:2], "pace_of_channel"))
    )
    halves = (
        queued.filter("is_offered")
        .group_by(*_QUEUE, pl.col("started_at").dt.truncate("30m").alias("starts_at"))
        .agg(pl.col("contacts").sum(), pl.col("threshold_s").first())
        .join(pace, on=_QUEUE, how="left", nulls_equal=True)
        .join(pace_of_channel, on=_QUEUE[:2], how="left", nulls_equal=True)
        .with_columns(handle_mean_s=pl.coalesce("pace", "pace_of_channel"), day_on=local_day("starts_at", site.zone))
        .filter(pl.col("handle_mean_s") > 0)
    )
    told = _with_rosters(_answered(halves, goal=site.staffing_percent / 100), agent_days)
    on_hand = 100 - site.shrinkage_percent
    return in_shape(
        told.with_columns(
            required_staff=(pl.col("positions") * 100 + on_hand - 1) // on_hand,
            required_s=pl.col("positions") * HALF_HOUR_S * 100 // on_hand,
        ),
        FACT_REQUIRED_STAFF,
    )


def in_queue(contacts: pl.LazyFrame) -> pl.LazyFrame:
    """The contacts that waited one by one in a queue with a threshold, and their month."""
    is_queued = pl.col("is_counted") & ~pl.col("is_tally") & pl.col("threshold_s").is_not_null()
    return contacts.filter(is_queued).with_columns(month_on=pl.col("started_on").dt.month_start())


def _answered(halves: pl.LazyFrame, *, goal: float) -> pl.LazyFrame:
    """Positions, and what they reach; equal half hours are worked out once."""

    def kernel(needs: pl.Series) -> pl.Series:
        need = needs.struct.unnest()
        calls, handle_s, threshold_s = (need[name].to_numpy().astype(np.float64) for name in _NEED)
        found = staffed(calls * handle_s / HALF_HOUR_S, patience=threshold_s / handle_s, goal=goal)
        columns = (found.positions, found.answered_within, found.occupancy)
        return pl.DataFrame(dict(zip(_ANSWER.to_schema(), columns, strict=True))).to_struct(needs.name)

    distinct = halves.select(_NEED).unique()
    # A few thousand different half hours make up years: the recurrence runs over numpy arrays of those.
    answers = distinct.with_columns(
        pl.struct(_NEED).map_batches(kernel, return_dtype=_ANSWER, is_elementwise=True).alias("answer")
    ).unnest("answer")
    return halves.join(answers, on=_NEED, how="left")


def _with_rosters(halves: pl.LazyFrame, agent_days: pl.LazyFrame | None) -> pl.LazyFrame:
    """Whether the paid time of the day is known, so that the need can be set against it."""
    if agent_days is None:
        return halves.with_columns(is_rostered=pl.lit(value=False))
    told = agent_days.filter("is_on_queue", pl.col("paid_s").is_not_null()).select(day_on="work_on").unique()
    return halves.join(told.with_columns(is_rostered=pl.lit(value=True)), on="day_on", how="left").with_columns(
        pl.col("is_rostered").fill_null(value=False)
    )
