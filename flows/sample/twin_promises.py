"""The slow twin of the promises made to customers, as reference/sla.toml of the sample says them."""

from __future__ import annotations

import datetime as dt

from flows.sample.figures import Figures, Span, share, there
from flows.sample.twin import DAY_S, END, Life, local_day, open_seconds

_HOUR_S = 3_600
_LATER = dt.date(2026, 1, 1)


def sla(lives: list[Life], span: Span) -> Figures:
    """Promises of the tickets created in a period, as far as it is known whether they were kept."""
    ours = [life for life in lives if life.counted and span.holds_at(life.row["created"])]
    answers = [kept for life in ours if (kept := _answered_in_time(life)) is not None]
    solutions = [kept for life in ours if (kept := _resolved_in_time(life)) is not None]
    return there({
        "sla_attainment_rate": share(answers + solutions),
        "sla_first_response_rate": share(answers),
        "sla_resolution_rate": share(solutions),
    })  # fmt: skip


def _answered_in_time(life: Life) -> bool | None:
    """Within two open hours for premium customers, else eight, six from 2026 on; None while it may still be kept."""
    hours = 6 if local_day(life.row["created"]) >= _LATER else 8
    target = (2 if life.row["segment"] == "premium" else hours) * _HOUR_S
    if life.waits_from is None:
        return None
    if life.answered is not None:
        return open_seconds(life.waits_from, life.answered) <= target
    waited = open_seconds(life.waits_from, END if life.resolved is None else life.resolved)
    return False if waited > target else None


def _resolved_in_time(life: Life) -> bool | None:
    """Urgent ones within a day, else within eighteen open hours (premium) or twenty-seven; None while undecided."""
    until = END if life.resolved is None else life.resolved
    if life.row["priority"] == "urgente":
        took, target = until - life.row["created"], DAY_S
    else:
        hours = 18 if life.row["segment"] == "premium" else 27
        took, target = open_seconds(life.row["created"], until), hours * _HOUR_S
    if took > target:
        return False
    return None if life.resolved is None else True
