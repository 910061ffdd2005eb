"""The stages after reading: feeds, facts, dimensions, metrics, reports; plain functions of paths and small plain data.

Frames inside the house (codes, UTC) lie in the work folder; what readers see (keys, local time) in the staging folder.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

import polars as pl

from expectations.schema import Table
from expectations.tables import FACTS, FEEDS, TABLES
from flows.io import parquet
from flows.io.ledger import Entry, Record
from flows.stages.draft import BrokenTable, Draft, Output, feeds_of, require_contract, require_rows, write_output

_PART = "part"


class FeedMade(TypedDict):
    """A feed whose latest rows lie in the work folder."""

    feed: str
    parts: list[dict[str, Any]]
    """By export: slot, mapping, rows that gave way to a later version, first and last day."""


def latest_feed(feed: str, draft: Draft, taken: list[Entry]) -> FeedMade:
    """The latest version of each row of a feed, over all exports, in the work folder."""
    from transforms.facts.latest import latest  # noqa: PLC0415 -- stages import what they do when they do it

    table = FEEDS[feed]
    used = [(entry, entry.used) for entry in taken if entry.used is not None and entry.used["table"] == feed]
    parts = [_partition(draft, number, record, table) for number, (_, record) in enumerate(used)]
    # Rows of a wide table share their line: they keep the order they were read in.
    rows = latest(pl.concat(parts), table).sort("slot", "line", _PART, maintain_order=True)
    path = draft.work / f"{feed}.parquet"
    parquet.write(rows, path)
    days = _clock_days(table, draft.settings.site.zone)
    spans = (
        draft.inside(feed)
        .group_by(_PART)
        .agg(
            pl.len().alias("rows"),
            days.min().cast(pl.String).alias("first_on"),
            days.max().cast(pl.String).alias("last_on"),
        )
    )
    kept = {row[_PART]: row for row in spans.collect().iter_rows(named=True)}
    nothing = {"rows": 0, "first_on": None, "last_on": None}
    accounts = [_part_account(entry, record, kept.get(number, nothing)) for number, (entry, record) in enumerate(used)]
    return {"feed": feed, "parts": accounts}


def build_frame(step: str, draft: Draft) -> str:
    """One step of the facts in the work folder, a fact judged by its contract; its name."""
    from transforms.facts import build  # noqa: PLC0415

    settings, frames = draft.settings, {**feeds_of(draft), **draft.all_inside("told"), **draft.all_inside("fact")}
    rows = build(step, frames, settings.site, settings.as_of, scales=settings.scales)
    parquet.write(rows, draft.work / f"{step}.parquet")
    if step in FACTS:
        require_contract(step, FACTS[step], draft)
    return step


def steps_of(feeds: list[str]) -> list[str]:
    """What the feeds at hand allow to build: facts, and what several facts are made of, in order."""
    from transforms.facts import steps  # noqa: PLC0415

    return list(steps(feeds))


def build_dimensions(draft: Draft) -> list[Output]:
    """All dimensions, in the work folder and published."""
    from transforms.analysis.benchmark import benchmark_dimension  # noqa: PLC0415
    from transforms.facts import build_dimensions as dimensions  # noqa: PLC0415
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.catalogue import metric_dimension, target_dimension  # noqa: PLC0415

    settings = draft.settings
    facts, feeds = draft.all_inside("fact"), feeds_of(draft)
    frames = dimensions(facts, feeds, settings.site, settings.as_of, scales=settings.scales)
    frames |= {"dim_metric": metric_dimension(METRICS), "dim_target": target_dimension(settings.site, METRICS)}
    frames |= {"dim_benchmark": benchmark_dimension(settings.site, METRICS)}
    outputs = []
    for name, frame in frames.items():
        parquet.write(frame, draft.work / f"{name}.parquet")
        require_rows(name, TABLES[name], draft)
        outputs.append(write_output(draft.inside(name), TABLES[name], draft))
    return outputs


def publish_fact(fact: str, draft: Draft) -> Output:
    """One fact as readers see it: keys for codes, local time for UTC."""
    from transforms.facts import publishable  # noqa: PLC0415

    table = FACTS[fact]
    frame = publishable(draft.inside(fact), table, draft.all_inside("dim"), draft.settings.site.zone)
    return write_output(frame, table, draft)


def _partition(draft: Draft, number: int, record: Record, table: Table) -> pl.LazyFrame:
    """The rows of one export out of the store, in today's columns: those it was read without are null."""
    if record["good"] is None:
        return table.empty().with_columns(pl.lit(number, pl.Int32).alias(_PART))
    path = draft.settings.store / f"{record['key']}.parquet"
    rows = parquet.read(path, sha256=record["good"]["sha256"])
    stored = rows.collect_schema()
    if lost := [name for name in table.required if name not in stored]:
        raise BrokenTable(
            f"{record['slot']}: its rows were read before {', '.join(lost)} became required, and the file is no longer "
            f"in the raw folder {draft.settings.raw}. Deliver it again, or remove its [[export]] from pipeline.toml."
        )
    columns = [
        pl.col(name).cast(column.dtype) if name in stored else pl.lit(None, column.dtype).alias(name)
        for name, column in table.columns.items()
    ]
    return rows.select(*columns, pl.lit(number, pl.Int32).alias(_PART))


def _clock_days(table: Table, zone: str) -> pl.Expr:
    """The day each row tells of, in the site's zone; null for tables without a clock."""
    if not table.clock:
        return pl.lit(None, pl.Date)
    clock = pl.col(table.clock)
    return clock if table.columns[table.clock].dtype == pl.Date() else clock.dt.convert_time_zone(zone).dt.date()


def _part_account(entry: Entry, record: Record, kept: Mapping[str, Any]) -> dict[str, Any]:
    """What an export gave to its feed."""
    return {
        "slot": entry.slot,
        "mapping": entry.mapping,
        "duplicates": record["rows_good"] - kept["rows"],
        "first_on": kept["first_on"],
        "last_on": kept["last_on"],
    }
