"""The facts, built from the feeds.

Inside the house a fact carries codes and instants in UTC; `publishable` turns it into what BI opens. Nothing later
than the end of the as-of day, in the site's zone, enters a fact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import polars as pl

from expectations.tables import FACTS
from transforms.facts.bench import Bench, Frames, Lies, Near, Step
from transforms.facts.dimensions import build_dimensions
from transforms.facts.latest import duplicates, latest
from transforms.facts.publishable import publishable, published_names
from transforms.facts.steps_beside import STEPS_BESIDE
from transforms.facts.steps_of_desk import STEPS_OF_DESK
from transforms.scales import SCALES, Scale
from transforms.site import Site

__all__ = ["STEPS", "build", "build_dimensions", "build_facts", "duplicates", "latest", "publishable"]
__all__ += ["Bench", "Lies", "Near", "Step", "published_names", "steps"]

STEPS: dict[str, Step] = STEPS_OF_DESK | STEPS_BESIDE
"""Every frame made from the feeds, each after those it is made of."""


def build_facts(
    feeds: Frames, site: Site, as_of: dt.date, *, scales: Mapping[str, Scale] = SCALES
) -> dict[str, pl.LazyFrame]:
    """The facts whose feeds are there, by name, each in the columns and types of its contract; not sorted.

    The feeds hold the latest version of each row (`latest`). Rows later than the as-of day count nowhere. Here each
    fact is one plan from the feeds: where there is much to do, write each of `steps` before the next one reads it.
    """
    frames = dict(feeds)
    for step in steps(feeds):
        frames[step] = build(step, frames, site, as_of, scales=scales)
    return {step: frames[step] for step in steps(feeds) if step in FACTS}


def steps(feeds: Collection[str]) -> tuple[str, ...]:
    """What the feeds allow to build: facts, and the frames that several facts need, in order."""
    there = set(feeds)
    for name, step in STEPS.items():
        if there.intersection(step.needs) and (not step.where or there.intersection(step.where)):
            there.add(name)
    return tuple(name for name in STEPS if name in there)


def build(
    step: str, frames: Frames, site: Site, as_of: dt.date, *, scales: Mapping[str, Scale] = SCALES
) -> pl.LazyFrame:
    """The rows of one of `steps`, from the feeds and the steps before it."""
    return STEPS[step].build(Bench(frames=frames, site=site, as_of=as_of, scales=scales))
