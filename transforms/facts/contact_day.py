"""Contacts of which a source only tells how many there were on a day, as weighted rows of `fact_contact`.

The contacts of a tally that ended alike are one row: answered within the threshold, answered later (or answered, where
nothing tells how soon), given up, given up too early to be served, and neither answered nor given up. Waiting and
handle time of those answered are shared out over their rows by number: who waited longer is not told. A share answered
in time becomes whole contacts by largest remainder, so that the tallies of a month add up to their share of the month.
"""

from __future__ import annotations

import polars as pl

from expectations.tables.fact_service import FACT_CONTACT
from transforms.facts.shape import ABSENT, in_shape, threshold
from transforms.site import Site

_WHOLE = 10_000
_ANSWERED = ("within", "late", "answered")
_KINDS = (*_ANSWERED, "abandoned", "short", "lost")


def tallied_contacts(tallies: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    """One row is all contacts of a day and tally that ended alike."""
    counted = _with_times(_with_counts(_with_within(_with_ends(tallies))))
    rows = pl.concat([_rows(counted, kind) for kind in _KINDS]).filter(pl.col("contacts") > 0)
    starts = pl.col("day_on").cast(pl.Datetime("us"))
    # Some zones have skipped midnight itself: the day then begins an hour later.
    local = pl.coalesce(
        starts.dt.offset_by(by).dt.replace_time_zone(site.zone, ambiguous="earliest", non_existent="null")
        for by in ("0h", "1h")
    )
    stamped = rows.with_columns(
        contact_id=pl.concat_str("day_on", "channel", "tally_id", "kind", separator=":"),
        is_tally=pl.lit(value=True),
        direction=pl.lit("inbound"),
        started_at=local.dt.convert_time_zone("UTC"),
        started_on="day_on",
        threshold_s=threshold(site.service_level_thresholds, pl.col("channel"), pl.col("day_on")),
        short_abandon_s=pl.lit(site.short_abandon_s),
        is_counted=pl.lit(value=True),
        **dict.fromkeys(("agent_id", "customer_id", "ticket_id"), ABSENT),
    )
    return in_shape(stamped, FACT_CONTACT)


def _with_ends(lf: pl.LazyFrame) -> pl.LazyFrame:
    """How many were given up, early or not, and how many did neither."""
    abandoned = pl.coalesce("abandoned", pl.col("offered") - pl.col("answered"), 0)
    return lf.with_columns(
        n_short=pl.col("short_abandoned").fill_null(0),
        n_abandoned=abandoned - pl.col("short_abandoned").fill_null(0),
        n_lost=(pl.col("offered") - pl.col("answered") - abandoned).fill_null(0),
    )


def _with_within(lf: pl.LazyFrame) -> pl.LazyFrame:
    """How many were answered in time: as counted, else by the share told; null where nothing tells."""
    month = ["source", "channel", pl.col("day_on").dt.month_start()]
    judged = pl.sum_horizontal("answered", "n_abandoned", "n_lost")
    parts = judged * pl.col("answered_within_bp")
    whole = pl.when(parts.is_not_null()).then(pl.min_horizontal(parts // _WHOLE, "answered"))
    # A tally all of whose answers were in time already has no room for one more.
    remainder = pl.when(whole < pl.col("answered")).then(parts % _WHOLE).otherwise(-1)
    missing = (parts.sum().over(month) + _WHOLE // 2) // _WHOLE - whole.sum().over(month)
    return (
        lf.with_columns(whole=whole, remainder=remainder, missing=missing)
        .sort("source", "channel", "day_on", "tally_id")
        .with_columns(rank=pl.col("remainder").rank("ordinal", descending=True).over(month))
        .with_columns(is_raised=(pl.col("rank") <= pl.col("missing")) & (pl.col("remainder") > 0))
        .with_columns(n_within=pl.coalesce("answered_within", pl.col("whole") + pl.col("is_raised").cast(pl.Int64)))
    )


def _with_counts(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The answered, parted by whether in time, where that is told."""
    return lf.with_columns(
        n_late=pl.col("answered") - pl.col("n_within"),
        n_answered=pl.when(pl.col("n_within").is_null()).then("answered"),
    )


def _with_times(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Waiting and handle time of all answered together."""
    return lf.with_columns(
        wait_s=pl.coalesce("answer_wait_s", pl.col("answer_wait_mean_s") * pl.col("answered")),
        handle_s=pl.coalesce("handle_s", pl.col("handle_mean_s") * pl.col("answered")),
    )


def _rows(lf: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    """The contacts that ended in one way."""
    is_answered = kind in _ANSWERED
    has_within = pl.col("n_within").is_not_null()
    in_time = {"within": pl.lit(value=True), "answered": ABSENT}.get(
        kind, pl.when(has_within | (pl.col("answered") == 0)).then(pl.lit(value=False))
    )
    times = {name: _share(name, kind) if is_answered else ABSENT.cast(pl.Int64) for name in ("wait_s", "handle_s")}
    return lf.select(
        "source",
        "day_on",
        "channel",
        "tally_id",
        "team",
        "segment",
        "topic",
        kind=pl.lit(kind),
        contacts=pl.col(f"n_{kind}"),
        is_offered=pl.lit(value=kind != "short"),
        is_handled=pl.lit(value=is_answered),
        is_abandoned=pl.lit(value=kind == "abandoned"),
        is_answered_within=in_time.cast(pl.Boolean),
        **times,
    )


def _share(name: str, kind: str) -> pl.Expr:
    """The part of the time that goes to those answered in this way; both parts add up to the whole."""
    early = pl.col(name) * pl.col("n_within") // pl.col("answered")
    return {"within": early, "late": pl.col(name) - early}.get(kind, pl.col(name))
