"""What an analysis works with, and how one is declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from transforms.analysis.coverage import DAYS
from transforms.site import Site


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a run knows: its frames by name, in the form they have inside the house (codes, UTC).

    `feed_*` (latest versions), the `days_feed_*` they tell of, `fact_*`, `dim_*` and `metric_value_<grain>` (as
    published, with keys).
    """

    frames: Mapping[str, pl.LazyFrame]
    site: Site
    as_of: dt.date

    def __getitem__(self, name: str) -> pl.LazyFrame:
        """A frame that must be there."""
        return self.frames[name]

    def get(self, name: str) -> pl.LazyFrame | None:
        """A frame that may be there."""
        return self.frames.get(name)

    @property
    def days(self) -> dict[str, pl.LazyFrame]:
        """By feed that was delivered, the days it tells of (`coverage.told_days`)."""
        names = [name for name in self.frames if name.startswith(DAYS)]
        return {name.removeprefix(DAYS): self.frames[name] for name in names}


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A table to build, or an alarm to raise."""

    needs: tuple[str, ...] = ()
    """Frames that must all be there; without one of them the table is absent. Others are used where they are."""
    build: Callable[[Evidence], pl.LazyFrame]

    def can_be_built(self, there: Mapping[str, object]) -> bool:
        """Whether all that it needs is there."""
        return set(self.needs) <= set(there)
