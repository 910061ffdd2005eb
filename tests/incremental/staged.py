"""The stages from exports in the store to facts, without the reading before and the publishing after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from expectations.tables import FACTS, FEEDS
from flows.io import durable, parquet
from flows.io.ledger import Entry
from flows.settings import Settings
from flows.stages import building, routing
from flows.stages.draft import Draft


@dataclass(frozen=True)
class Export:
    """The typed rows of one file."""

    feed: str
    rows: pl.DataFrame

    @property
    def slot(self) -> str:
        return str(self.rows["slot"][0])


def split_finely(patch: pytest.MonkeyPatch, *, rows_a_part: int = 1) -> None:
    """Let even a short history lie in parts, and in a file a month."""
    patch.setattr("transforms.facts.parts.ROWS_UNSPLIT", 0)
    patch.setattr("transforms.facts.parts.ROWS_A_PART", rows_a_part)
    patch.setattr("flows.stages.publishing.CELLS_A_FILE", 0)
    patch.setattr("flows.stages.adding._ROWS_AT_ONCE", 20)
    patch.setattr("flows.stages.stepping.ROWS_A_SHARE", 10)


def stored(exports: Iterable[Export], settings: Settings) -> list[Entry]:
    """The exports as a run takes them, their rows in the store."""
    durable.folder(settings.store)
    return sorted(_entry(export, settings) for export in exports if export.rows.height)


def staged(taken: list[Entry], settings: Settings) -> Draft:
    """A run in the making, with all its frames."""
    draft = Draft(settings=settings, run=1, run_key="k", premises="p")
    durable.remove(draft.work)
    durable.folder(draft.work)
    routing.lay_out(draft, taken)
    feeds = sorted({entry.used["table"] for entry in taken if entry.used})
    for feed in feeds:
        building.latest_feed(feed, draft, taken)
    for step in building.steps_of(feeds):
        building.build_frame(step, draft)
    return draft


def facts_of(draft: Draft) -> dict[str, pl.DataFrame]:
    """All columns of all facts, in an order of their own."""
    found = {name: draft.inside(name).collect() for name in draft.names_inside("fact_")}
    return {name: rows.select(sorted(rows.columns)).sort(FACTS[name].key) for name, rows in found.items()}


def feeds_of(draft: Draft) -> dict[str, pl.DataFrame]:
    """The latest rows of all feeds."""
    found = {name: draft.inside(name).collect() for name in draft.names_inside("feed_")}
    return {name: rows.sort(FEEDS[name].key) for name, rows in found.items()}


def elsewhere(settings: Settings, data: Path, as_of: dt.date) -> Settings:
    """The same settings with another store, and another last day."""
    return replace(settings, data=data, as_of=as_of)


def differing(left: Mapping[str, pl.DataFrame], right: Mapping[str, pl.DataFrame]) -> list[str]:
    """Where two sets of tables are not the same to the last cell; empty where they are."""
    told = [f"{name} is there once" for name in sorted(left.keys() ^ right.keys())]
    for name in sorted(left.keys() & right.keys()):
        told += _unequal(name, left[name], right[name])
    return told


def _unequal(name: str, left: pl.DataFrame, right: pl.DataFrame) -> list[str]:
    if left.schema != right.schema or left.height != right.height:
        return [f"{name}: {left.height} rows against {right.height}, {left.schema} against {right.schema}"]
    columns = [it for it in left.columns if not left[it].equals(right[it], null_equal=True)]
    where = pl.Series([False] * left.height, dtype=pl.Boolean)
    for it in columns:
        where |= left[it].ne_missing(right[it])
    rows = [
        list(zip(columns, *pair, strict=True))
        for pair in zip(
            left.filter(where).select(columns).head(3).rows(),
            right.filter(where).select(columns).head(3).rows(),
            strict=True,
        )
    ]
    keys = left.filter(where).head(3).rows()
    return [f"{name}: {where.sum()} rows differ: {rows} in {keys}"] if columns else []


def _entry(export: Export, settings: Settings) -> Entry:
    table, key = FEEDS[export.feed], export.slot.replace(".", "-")
    good = parquet.write(export.rows.lazy(), settings.store / f"{key}.parquet", table)
    used = {
        "slot": export.slot,
        "mapping": "m",
        "table": export.feed,
        "key": key,
        "state": "accepted",
        "rows_good": good["rows"],
        "good": good,
        "quarantine": None,
    }
    return Entry(export.slot, "m", key, "accepted", "", used)  # type: ignore[arg-type]
