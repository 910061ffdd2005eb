"""What was promised for a ticket when it was opened, and whether it was kept.

A promise is kept or broken by the clock of its policy: opening hours, or around the clock. What is still open counts
as broken once the time is over, and is not judged before. A ticket resolved without a human reply within the time of
the first response owed nobody one: that promise is not judged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from transforms.calendar import elapsed_seconds
from transforms.facts.shape import ABSENT
from transforms.open_clock import OpenClock
from transforms.site import Site, SlaPolicy

_DONE = ("solved", "closed")
_JUDGED_AT = "judged_at"


def with_promises(lf: pl.LazyFrame, site: Site, *, end: dt.datetime, clock: OpenClock) -> pl.LazyFrame:
    """The same tickets with the targets that hold for them and whether each was met; null where nothing is promised."""
    stamped = lf.with_columns(**_stamped("first_response", site.sla), **_stamped("resolution", site.sla))
    if not site.sla:
        return stamped.with_columns(_unjudged("first_response"), _unjudged("resolution"))
    return _resolved_in_time(_answered_in_time(stamped, end, clock), end, clock)


def _unjudged(what: str) -> pl.Expr:
    return ABSENT.cast(pl.Boolean).alias(f"is_sla_{what}_met")


def _stamped(what: str, policies: Iterable[SlaPolicy]) -> dict[str, pl.Expr]:
    """Seconds and clock of the policy that names most of the ticket; of equals, the latest on its first day."""
    seconds, clock = ABSENT.cast(pl.Int64), ABSENT.cast(pl.String)
    for policy in sorted((it for it in policies if it.what == what), key=_precedence):
        holds = _holds(policy)
        seconds = pl.when(holds).then(pl.lit(policy.seconds, pl.Int64)).otherwise(seconds)
        clock = pl.when(holds).then(pl.lit(policy.clock)).otherwise(clock)
    return {f"sla_{what}_s": seconds, f"sla_{what}_clock": clock}


def _precedence(policy: SlaPolicy) -> tuple[int, bool, bool, dt.date]:
    named = [policy.priority is not None, policy.channel is not None, policy.segment is not None]
    return sum(named), named[0], named[1], policy.valid_from


def _holds(policy: SlaPolicy) -> pl.Expr:
    holds = pl.col("created_on") >= policy.valid_from
    for column in ("channel", "priority", "segment"):
        if (wanted := getattr(policy, column)) is not None:
            holds &= pl.col(column).eq_missing(pl.lit(wanted))
    return holds


def _answered_in_time(lf: pl.LazyFrame, end: dt.datetime, clock: OpenClock) -> pl.LazyFrame:
    """Nobody waits for an answer beyond the resolution."""
    has_hidden_reply = (pl.col("human_reply_count") > 0).fill_null(value=False)
    return _judged(
        lf,
        "first_response",
        start="response_clock_at",
        until=pl.coalesce("resolved_at", pl.lit(end)),
        is_open=pl.col("first_response_at").is_null() & pl.col("tells_answers") & ~has_hidden_reply,
        clock=clock,
    )


def _resolved_in_time(lf: pl.LazyFrame, end: dt.datetime, clock: OpenClock) -> pl.LazyFrame:
    """A ticket that its source calls solved, at an instant it does not tell, is not open."""
    is_done = pl.col("status").is_in(_DONE).fill_null(value=False)
    return _judged(
        lf,
        "resolution",
        start="created_at",
        until=pl.lit(end),
        is_open=pl.col("resolved_at").is_null() & ~is_done,
        clock=clock,
    )


def _judged(
    lf: pl.LazyFrame, what: str, *, start: str, until: pl.Expr, is_open: pl.Expr, clock: OpenClock
) -> pl.LazyFrame:
    """Whether the promise was kept, broken, or neither yet (null)."""
    target = pl.col(f"sla_{what}_s")
    is_business = pl.col(f"sla_{what}_clock") == "business"
    # Only open tickets with a target are looked up on the clock.
    waits = lf.with_columns(pl.when(target.is_not_null() & is_open).then(until).alias(_JUDGED_AT))
    took = pl.when(is_business).then(f"{what}_business_s").otherwise(f"{what}_calendar_s")
    waited = (
        pl.when(is_business)
        .then(clock.open_seconds_between(start, _JUDGED_AT))
        .otherwise(elapsed_seconds(start, _JUDGED_AT))
    )
    broken = pl.when(waited > target).then(pl.lit(value=False))
    return waits.with_columns(pl.coalesce(took <= target, broken).alias(f"is_sla_{what}_met")).drop(_JUDGED_AT)
