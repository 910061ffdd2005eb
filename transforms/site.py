"""What a transform needs to know of the site: its zone, its opening hours, its thresholds.

`flows.settings` builds a `Site` from `data/pipeline.toml` and `data/reference/`; transforms only read it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST_DAY = dt.date(1990, 1, 1)
Hours = tuple[tuple[int, int], ...]
"""Opening intervals of a day: seconds after local midnight; beyond 86,400 the shift ends on the next day."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Opening hours that hold from one day to another."""

    week: Mapping[int, Hours]
    """Weekday (Monday is 0) to opening intervals."""
    valid_from: dt.date = FIRST_DAY
    valid_to: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A number of seconds that holds for a channel from a day on."""

    channel: str | None
    """None: every channel without a line of its own."""
    seconds: int
    valid_from: dt.date = FIRST_DAY


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a metric should reach, from a day on."""

    metric_id: str
    target: float
    target_kind: str = "absolute"
    """absolute, delta_points (on last year's value) or delta_percent (of last year's value)."""
    channel: str | None = None
    team: str | None = None
    valid_from: dt.date = FIRST_DAY


@dataclass(frozen=True, kw_only=True)
class TeamTier:
    """The level of support of a team, from a day on."""

    team: str
    tier: int
    valid_from: dt.date = FIRST_DAY


@dataclass(frozen=True, kw_only=True)
class Label:
    """French and English label of a code."""

    dimension: str
    code: str
    fr: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Site:
    """One deployment, as far as the rules of `metrics.md` depend on it."""

    zone: str = "Europe/Paris"
    schedules: tuple[Schedule, ...] = ()
    holidays: Mapping[dt.date, str] = field(default_factory=dict)
    """Days the site is closed, with their French names."""
    tiers: tuple[TeamTier, ...] = ()
    first_response_targets: tuple[Threshold, ...] = ()
    """In business seconds."""
    service_level_thresholds: tuple[Threshold, ...] = (
        Threshold(channel="phone", seconds=20),
        Threshold(channel="chat", seconds=60),
    )
    short_abandon_s: int = 5
    fcr_window_days: int = 7
    survey_window_days: int = 14
    unanswered_after_days: int = 7
    channel_weights: Mapping[str, int] = field(default_factory=dict)
    """By which costs are shared where there are no handle seconds."""
    targets: tuple[Target, ...] = ()
    labels: tuple[Label, ...] = ()
    fiscal_year_starts_in: int = 1
    """Month, 1 to 12."""
