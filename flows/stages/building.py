"""The stages after reading: feeds, facts, dimensions; plain functions of paths and small plain data."""

from typing import Any, TypedDict

import polars as pl

from expectations.tables import FACTS, TABLES
from flows.io import durable
from flows.io.ledger import Entry
from flows.stages.draft import Draft, Output, feeds_of, require_contract, require_rows, write_output

_PART = "part"


class FeedMade(TypedDict):
    """A feed whose latest rows lie in the work folder."""

    feed: str
    parts: list[dict[str, Any]]
    """By export: slot, mapping, rows that gave way to a later version, first and last day."""


def latest_feed(feed: str, draft: Draft, taken: list[Entry]) -> FeedMade:
    """The latest version of each row of a feed, over all exports, kept."""
    from flows.stages.parting import accounts_of, lay_feed  # noqa: PLC0415 -- stages import what they do when they do it

    lay_feed(feed, draft, taken)
    return {"feed": feed, "parts": accounts_of(feed, draft, taken)}


def build_frame(step: str, draft: Draft) -> str:
    """One step of the facts, kept, a fact judged by its contract; its name."""
    from flows.stages.stepping import makings_of  # noqa: PLC0415

    def judge(rows: pl.LazyFrame) -> None:
        require_contract(step, FACTS[step], draft, draft.on_the_day(step, rows))

    draft.note_parts(step, draft.keeper.kept(makings_of(step, draft), judge if step in FACTS else None))
    return step


def steps_of(feeds: list[str]) -> list[str]:
    """What the feeds at hand allow to build: facts, and what several facts are made of, in order."""
    from transforms.facts import steps  # noqa: PLC0415

    return list(steps(feeds))


def build_dimensions(draft: Draft) -> list[Output]:
    """All dimensions, published, and in the work folder."""
    from flows.stages import coding  # noqa: PLC0415
    from transforms.analysis.benchmark import benchmark_dimension  # noqa: PLC0415
    from transforms.facts.dimensions import FEEDS_TOLD, dimensions_of  # noqa: PLC0415
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.catalogue import metric_dimension, target_dimension  # noqa: PLC0415

    settings = draft.settings
    coding.tell_codes(draft)
    frames = dimensions_of(
        draft.inside(coding.CODES),
        coding.customers_with_segments(draft),
        feeds_of(draft, *FEEDS_TOLD),
        settings.site,
        settings.as_of,
        scales=settings.scales,
    )
    frames |= {"dim_metric": metric_dimension(METRICS), "dim_target": target_dimension(settings.site, METRICS)}
    frames |= {"dim_benchmark": benchmark_dimension(settings.site, METRICS)}
    outputs = [_dimension(name, frame, draft) for name, frame in frames.items()]
    coding.note_numbers(draft)
    return outputs


def _dimension(name: str, frame: pl.LazyFrame, draft: Draft) -> Output:
    """One dimension, published, and by a second name in the work folder."""
    output = write_output(frame, TABLES[name], draft)
    durable.copy(draft.staging / output["name"], draft.work / f"{name}.parquet")
    require_rows(name, TABLES[name], draft)
    return output
