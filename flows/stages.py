"""The stages after reading: feeds, facts, dimensions, metrics, reports; plain functions of paths and small plain data.

Frames inside the house (codes, UTC) lie in the work folder; what readers see (keys, local time) in the staging folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import polars as pl

from expectations.schema import Layer, Table
from expectations.tables import FACTS, FEEDS, TABLES
from expectations.tables.metric import GRAINS, METRIC_VALUES
from flows.errors import PlainError
from flows.io import durable, parquet
from flows.io.ledger import Entry, Record
from flows.judging import judged
from flows.settings import Settings

PLACES = {Layer.FACT: "facts", Layer.DIMENSION: "facts", Layer.METRIC: "metrics", Layer.REPORT: "reports"}
IN_METRICS = ("dim_metric", "dim_target")
"""Dimensions that stand beside the values they describe."""
_PART = "part"
__all__ = ["GRAINS", "Draft", "FeedMade", "Output"]


class BrokenTable(PlainError):  # noqa: N818 -- read aloud where it is caught
    """A table that was built does not keep its contract: nothing of this run is published."""


class FeedMade(TypedDict):
    """A feed whose latest rows lie in the work folder."""

    feed: str
    parts: list[dict[str, Any]]
    """By export: slot, mapping, rows that gave way to a later version, first and last day."""


class Output(TypedDict):
    """A published file, as the manifest has it."""

    name: str
    table: str
    layer: str
    rows: int
    bytes: int
    sha256: str
    run_key: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A run in the making."""

    settings: Settings
    run: int
    run_key: str

    @property
    def staging(self) -> Path:
        """What will be published."""
        return self.settings.shelf.staging(self.run)

    @property
    def work(self) -> Path:
        """Frames in the form they have inside the house."""
        return self.settings.store / ".work"

    def inside(self, name: str) -> pl.LazyFrame:
        """A frame of the work folder."""
        return pl.scan_parquet(self.work / f"{name}.parquet", glob=False)

    def all_inside(self, layer: str) -> dict[str, pl.LazyFrame]:
        """The frames of the work folder whose names begin so."""
        return {path.stem: self.inside(path.stem) for path in sorted(self.work.glob(f"{layer}_*.parquet"))}


def latest_feed(feed: str, draft: Draft, taken: list[Entry]) -> FeedMade:
    """The latest version of each row of a feed, over all exports, in the work folder."""
    from transforms.facts.latest import latest  # noqa: PLC0415 -- stages import what they do when they do it

    table = FEEDS[feed]
    used = [(entry, entry.used) for entry in taken if entry.used is not None and entry.used["table"] == feed]
    parts = [_partition(draft, number, record, table) for number, (_, record) in enumerate(used)]
    rows = latest(pl.concat(parts), table).sort("slot", "line", _PART)
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

    settings, frames = draft.settings, {**_feeds(draft), **draft.all_inside("told"), **draft.all_inside("fact")}
    rows = build(step, frames, settings.site, settings.as_of, scales=settings.scales)
    parquet.write(rows, draft.work / f"{step}.parquet")
    if step in FACTS:
        _require_contract(step, FACTS[step], draft)
    return step


def steps_of(feeds: list[str]) -> list[str]:
    """What the feeds at hand allow to build: facts, and what several facts are made of, in order."""
    from transforms.facts import steps  # noqa: PLC0415

    return list(steps(feeds))


def build_dimensions(draft: Draft) -> list[Output]:
    """All dimensions, in the work folder and published."""
    from transforms.facts import build_dimensions as dimensions  # noqa: PLC0415
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.catalogue import metric_dimension, target_dimension  # noqa: PLC0415

    settings = draft.settings
    facts, feeds = draft.all_inside("fact"), _feeds(draft)
    frames = dimensions(facts, feeds, settings.site, settings.as_of, scales=settings.scales)
    frames |= {"dim_metric": metric_dimension(METRICS), "dim_target": target_dimension(settings.site, METRICS)}
    outputs = []
    for name, frame in frames.items():
        parquet.write(frame, draft.work / f"{name}.parquet")
        _require_rows(name, TABLES[name], draft)
        outputs.append(write_output(draft.inside(name), TABLES[name], draft))
    return outputs


def publish_fact(fact: str, draft: Draft) -> Output:
    """One fact as readers see it: keys for codes, local time for UTC."""
    from transforms.facts import publishable  # noqa: PLC0415

    table = FACTS[fact]
    frame = publishable(draft.inside(fact), table, draft.all_inside("dim"), draft.settings.site.zone)
    return write_output(frame, table, draft)


def build_metrics(grain: str, draft: Draft) -> list[Output]:
    """The long and the wide table of a grain."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.compute import metric_values, published_values  # noqa: PLC0415
    from transforms.metrics.wide import kpi_wide, wide_table  # noqa: PLC0415

    settings, table = draft.settings, METRIC_VALUES[grain]
    values = metric_values(draft.all_inside("fact"), METRICS, grain=grain, as_of=settings.as_of, site=settings.site)
    long = published_values(values, draft.all_inside("dim"), draft.run_key)
    parquet.write(long, draft.work / f"{table.name}.parquet")
    _require_contract(table.name, table, draft)
    wide = kpi_wide(draft.inside(table.name), METRICS, grain=grain)
    return [
        write_output(draft.inside(table.name), table, draft),
        write_output(wide, wide_table(METRICS, grain), draft),
    ]


def write_output(frame: pl.LazyFrame, table: Table, draft: Draft) -> Output:
    """One published file in the staging folder."""
    place = "metrics" if table.name in IN_METRICS else PLACES[table.layer]
    path = draft.staging / place / f"{table.name}.parquet"
    durable.folder(path.parent)
    about = {"name": f"{place}/{path.name}", "table": table.name, "layer": str(table.layer), "run_key": draft.run_key}
    return {**about, **parquet.write(frame, path, table)}  # type: ignore[typeddict-item]


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


def _require_rows(name: str, table: Table, draft: Draft) -> None:
    """The same of a dimension, by the expressions alone: its rows are codes of facts that were judged."""
    from expectations.gate import split  # noqa: PLC0415

    _, bad = split(draft.inside(name), table)
    repeated = draft.inside(name).group_by(table.key).len().filter(pl.col("len") > 1)
    broken, twice = (it.height for it in pl.collect_all([bad, repeated]))
    if broken or twice:
        raise _broken(name, draft, f"{broken} rows break a rule, {twice} keys are there more than once")


def _broken(name: str, draft: Draft, why: str) -> BrokenTable:
    return BrokenTable(
        f"{name}: the table that was built breaks its contract: {why}. Nothing was published; it lies in "
        f"{draft.work / name}.parquet for inspection. This is a fault of the pipeline: report it."
    )


def _require_contract(name: str, table: Table, draft: Draft) -> None:
    """Stop the run at a table of ours that breaks its contract: the fault is in a rule, not in an export."""
    verdict = judged(draft.inside(name), table, name=table.name, settings=draft.settings)
    if verdict.blocked_by:
        why = ", ".join(f"{code} ({verdict.counts.get(code, 0)} rows)" for code in verdict.blocked_by)
        raise _broken(name, draft, why)


def _feeds(draft: Draft) -> dict[str, pl.LazyFrame]:
    """The feeds at hand, in the schema of their contracts."""
    return {name: frame.select(list(FEEDS[name].columns)) for name, frame in draft.all_inside("feed").items()}
