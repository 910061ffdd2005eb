"""What an analysis works with, and how one is declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from transforms.site import Site


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a run knows: its frames by name, in the form they have inside the house (codes, UTC).

    `feed_*` (latest versions), `fact_*`, `dim_*` and `metric_value_<grain>` (as published, with keys).
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
    def feeds(self) -> dict[str, pl.LazyFrame]:
        """The feeds that were delivered."""
        return {name: frame for name, frame in self.frames.items() if name.startswith("feed_")}


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A table to build, or an alarm to raise."""

    needs: tuple[str, ...] = ()
    """Frames that must all be there; without one of them the table is absent. Others are used where they are."""
    build: Callable[[Evidence], pl.LazyFrame]

    def can_be_built(self, there: Mapping[str, object]) -> bool:
        """Whether all that it needs is there."""
        return set(self.needs) <= set(there)
