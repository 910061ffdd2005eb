"""What a transform needs to know of the site: its zone, its opening hours, its thresholds.

`flows.settings` builds a `Site` from `data/pipeline.toml` and `data/reference/`; transforms only read it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

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
class SlaPolicy:
    """A promise to the customer: a first response, or the resolution, within so many seconds; from a day on."""

    what: Literal["first_response", "resolution"]
    seconds: int
    clock: Literal["business", "calendar"] = "business"
    channel: str | None = None
    """None here and below: any."""
    priority: str | None = None
    segment: str | None = None
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
class Benchmark:
    """What other companies reach, by one way of measuring it."""

    metric_id: str
    value: float
    method: str
    source: str
    year: int | None = None
    """It holds from this year on; None here and below: not told, so it always holds."""
    country: str | None = None
    industry: str | None = None


@dataclass(frozen=True, kw_only=True)
class TeamTier:
    """The level of support of a team, from a day on."""

    team: str
    tier: int
    valid_from: dt.date = FIRST_DAY


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """How long a customer stays, what is earned on a sale, and what money of later years is worth today."""

    years: Fraction
    margin_percent: Fraction = Fraction(100)
    discount_percent: Fraction = Fraction(0)
    """A year; each year's margin counts as if earned at its end."""

    @property
    def value_years(self) -> Fraction:
        """By how much a year's revenue is multiplied: margin, discounted year by year; part of a year in proportion."""
        rate = 1 + self.discount_percent / 100
        whole = int(self.years)
        years = sum((1 / rate**year for year in range(1, whole + 1)), Fraction(0))
        return (years + (self.years - whole) / rate ** (whole + 1)) * self.margin_percent / 100


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
    sla: tuple[SlaPolicy, ...] = ()
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
    staffing_percent: int = 80
    """Share of the contacts that the required staff answers within the threshold of the channel."""
    shrinkage_percent: int = 30
    """Share of the paid time that is not spent ready for contacts: leave, training, breaks."""
    service_coupons: tuple[str, ...] = ()
    """Vouchers the service hands out: an order with one is its sale; a * at the end stands for any rest."""
    lifetime: Lifetime | None = None
    """None: the lifetime value of customers is not computed."""
    targets: tuple[Target, ...] = ()
    country: str = "FR"
    industry: str = ""
    """By which it is compared with others."""
    benchmarks: tuple[Benchmark, ...] = ()
    labels: tuple[Label, ...] = ()
    fiscal_year_starts_in: int = 1
    """Month, 1 to 12."""
