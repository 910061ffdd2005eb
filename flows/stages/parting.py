"""The feeds, each row in its latest version: whole, or in parts by the tickets that its rows tell of.

What lies where is told by `transforms.facts.parts`. A part of a feed is made of the rows that each export has of its
tickets, and is made again only where these changed; then the exports are cut up, once, for all parts to be made.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.io.partition import FileProviderArgs

from expectations.schema import Table
from expectations.tables import FEEDS
from flows.io import durable, parquet
from flows.io.kept import Kept, Making
from flows.io.ledger import Entry, Record
from flows.stages.draft import BrokenTable, Draft
from transforms.calendar import local_day
from transforms.facts import FED_IN_PARTS, latest
from transforms.facts.parts import DAY_BITS, ROWS_UNSPLIT, UNSPLIT, Routing, apart, hashed, packed

MAPPING = "mapping"
"""By which mapping a row was read: two may read one line of one file."""
_ROUTING, _TICKETS = "routing", "tickets_of_exports"
_PART = "part"
_UNROUTED = Routing(np.empty(0, np.uint64), np.empty(0, np.uint64), UNSPLIT)


@dataclass(frozen=True)
class Export:
    """The rows that an export has of a feed."""

    slot: str
    mapping: str
    record: Record

    @classmethod
    def of(cls, feed: str, taken: Iterable[Entry]) -> "list[Export]":
        """Those of a feed, in the order of their names."""
        used = [(it, it.used) for it in taken if it.used is not None and it.used["table"] == feed]
        return [cls(entry.slot, entry.mapping, record) for entry, record in used]

    @property
    def content(self) -> list[str]:
        """What decides its rows."""
        return [self.slot, self.mapping, self.record["good"]["sha256"] if self.record["good"] else ""]

    def rows(self, draft: Draft, table: Table) -> pl.LazyFrame:
        """Its rows out of the store, in today's columns: those it was read without are null."""
        if self.record["good"] is None:
            return table.empty().with_columns(pl.lit(self.mapping).alias(MAPPING))
        path = draft.settings.store / f"{self.record['key']}.parquet"
        rows = parquet.read(path, sha256=self.record["good"]["sha256"])
        stored = rows.collect_schema()
        if lost := [name for name in table.required if name not in stored]:
            raise BrokenTable(
                f"{self.slot}: its rows were read before {', '.join(lost)} became required, and the file is no longer "
                f"in the raw folder {draft.settings.raw}. Deliver it again, or remove its [[export]] from "
                "pipeline.toml."
            )
        columns = [
            pl.col(name).cast(column.dtype) if name in stored else pl.lit(None, column.dtype).alias(name)
            for name, column in table.columns.items()
        ]
        return rows.select(*columns, pl.lit(self.mapping).alias(MAPPING))


def lay_out(draft: Draft, taken: list[Entry]) -> None:
    """Say in which part the rows of each ticket lie, in the work folder: all in one, while they are few."""
    exports = {feed: Export.of(feed, taken) for feed in FED_IN_PARTS}
    rows = sum(it.record["rows_good"] for found in exports.values() for it in found)
    if rows <= ROWS_UNSPLIT:
        return
    told = {it.record["key"]: _tickets_of(it, FEEDS[feed], draft) for feed, found in exports.items() for it in found}
    draft.note_parts(_TICKETS, told)
    words = draft.inside(_TICKETS).collect()["packed"].to_numpy()
    routing = Routing.of(words, rows=rows)
    about = pl.LazyFrame({"number": routing.numbers, "day": routing.days, "grain": routing.grain})
    parquet.write(about, draft.work / f"{_ROUTING}.parquet")


def routing_of(draft: Draft) -> Routing:
    """In which part the rows of each ticket lie."""
    path = draft.work / f"{_ROUTING}.parquet"
    if not path.is_file():
        return _UNROUTED
    about = pl.read_parquet(path, glob=False)
    return Routing(about["number"].to_numpy(), about["day"].to_numpy(), about["grain"][0])


def lay_feed(feed: str, draft: Draft, taken: list[Entry]) -> None:
    """The latest version of each row of a feed, over all exports, kept."""
    cut = _Cut(FEEDS[feed], draft, Export.of(feed, taken), routing_of(draft) if feed in FED_IN_PARTS else _UNROUTED)
    makings = {part: cut.making(part) for part in cut.parts}
    cut.cut_up([part for part, making in makings.items() if draft.keeper.there(making) is None])
    parts = draft.keeper.kept(makings)
    draft.note_parts(feed, parts if len(parts) == 1 else _each_once(parts, FEEDS[feed], draft))


@dataclass(frozen=True)
class _Cut:
    """A feed to be laid into parts."""

    table: Table
    draft: Draft
    exports: list[Export]
    routing: Routing

    @cached_property
    def parts(self) -> dict[str, list[tuple[Export, str]]]:
        """By part, the exports with rows of its tickets, and a fingerprint of which tickets these are."""
        if self.routing.grain == UNSPLIT:
            return {UNSPLIT: [(export, "") for export in self.exports]}
        found: dict[str, list[tuple[Export, str]]] = {}
        names = np.array(self.routing.names, dtype=object)
        for export in self.exports:
            tickets = self.draft.part_inside(_TICKETS, export.record["key"]).collect()["packed"].to_numpy()
            part_of = names[self.routing.days_of(tickets)]
            for part in np.unique(part_of):
                here = hashlib.sha256((tickets[part_of == part] >> DAY_BITS).tobytes()).hexdigest()
                found.setdefault(str(part), []).append((export, here))
        return found

    def making(self, part: str) -> Making:
        """How a part is made: each row in its latest version, over all exports that have it."""
        told = self.parts[part]

        def rows() -> pl.LazyFrame:
            pieces = [self._piece(export, part) for export, _ in told]
            # Rows of a wide table share their line: they keep the order they were read in.
            return latest(pl.concat(pieces), self.table).sort("slot", "line", MAPPING, maintain_order=True)

        return Making(
            name=self.table.name, made_of=[], and_of=[[*export.content, tickets] for export, tickets in told], make=rows
        )

    def cut_up(self, parts: list[str]) -> None:
        """Lay down the rows of some parts, of each export that has rows of several, in one pass over it."""
        for export in self.exports:
            wanted = [part for part in parts if any(export is it for it, _ in self.parts[part])]
            if not wanted or self._is_of_one_part(export):
                continue
            home = durable.folder(self._home(export))
            rows = export.rows(self.draft, self.table).with_columns(self.routing.part_of().alias(_PART))
            with parquet.refusals_of_the_disk(home):
                rows.filter(pl.col(_PART).is_in(wanted)).sink_parquet(
                    pl.PartitionBy(home, key=_PART, include_key=False, file_path_provider=_named_by_part),
                    compression="lz4",
                )

    def _piece(self, export: Export, part: str) -> pl.LazyFrame:
        """The rows that an export has of a part."""
        if self._is_of_one_part(export):
            return export.rows(self.draft, self.table)
        return pl.scan_parquet(sorted(self._home(export).glob(f"{part}_*.parquet")), glob=False)

    def _is_of_one_part(self, export: Export) -> bool:
        return sum(any(export is it for it, _ in told) for told in self.parts.values()) == 1

    def _home(self, export: Export) -> Path:
        return self.draft.work / "pieces" / self.table.name / export.record["key"]


def accounts_of(feed: str, draft: Draft, taken: list[Entry]) -> list[dict[str, Any]]:
    """What each export gave to its feed: slot, mapping, rows that gave way to a later version, first and last day."""
    days = _clock_days(FEEDS[feed], draft.settings.site.zone).cast(pl.String)
    spans = draft.inside(feed).group_by("slot", MAPPING).agg(pl.len(), days.min(), last=days.max()).collect()
    kept = {(slot, mapping): tuple(told) for slot, mapping, *told in spans.iter_rows()}
    found = []
    for export in Export.of(feed, taken):
        rows, first_on, last_on = kept.get((export.slot, export.mapping), (0, None, None))
        gone = {"duplicates": export.record["rows_good"] - rows, "first_on": first_on, "last_on": last_on}
        found.append({"slot": export.slot, "mapping": export.mapping, **gone})
    return found


def _tickets_of(export: Export, table: Table, draft: Draft) -> Kept:
    """The ticket numbers that an export speaks of, and what it tells of the day of their opening."""
    zone = draft.settings.site.zone
    opened_on = local_day("created_at", zone) if table.name == "feed_ticket" else _day_of_creation(zone)
    making = Making(
        name=f"tickets of an export of {table.name}",
        made_of=[],
        and_of=export.content,
        make=lambda: packed(export.rows(draft, table), opened_on),
    )
    return draft.keeper.kept({"": making})[""]


def _day_of_creation(zone: str) -> pl.Expr:
    return pl.when(pl.col("kind") == "created").then(local_day("occurred_at", zone))


def _each_once(parts: dict[str, Kept], table: Table, draft: Draft) -> dict[str, Kept]:
    """The parts without the rows that have a later version in another: their ticket is another there."""
    if "ticket_id" in table.key:
        return parts  # what tells a row from others tells its part
    keeper, row = draft.keeper, hashed(pl.struct(table.key))
    keys = {part: _keys(kept, table, draft) for part, kept in parts.items()}
    draft.note_parts(f"keys_{table.name}", keeper.kept(keys))
    told = {part: draft.part_inside(f"keys_{table.name}", part).collect()["row"] for part in parts}
    suspects = pl.Series(apart(it.to_numpy() for it in told.values()))
    if suspects.is_empty():
        return parts
    concerned = [part for part, it in told.items() if it.is_in(suspects.implode()).any()]
    found = pl.concat(
        keeper.frame({part: parts[part]}).filter(row.is_in(suspects.implode())).with_columns(pl.lit(part).alias(_PART))
        for part in concerned
    ).collect()
    staying = latest(found.lazy(), table).select(*table.key, _PART)
    leaving = found.lazy().join(staying, on=[*table.key, _PART], how="anti").select(*table.key, _PART).collect()
    makings = {
        str(part): _without(parts[str(part)], rows.drop(_PART), table, draft)
        for (part,), rows in leaving.group_by(_PART)
    }
    return parts | keeper.kept(makings)


def _keys(kept: Kept, table: Table, draft: Draft) -> Making:
    """The hashes of what tells the rows of a part from others, in order."""
    frame, row = draft.keeper.frame({"": kept}), hashed(pl.struct(table.key)).alias("row")
    return Making(name=f"keys of {table.name}", made_of=[kept], make=lambda: frame.select(row).sort("row"))


def _without(kept: Kept, rows: pl.DataFrame, table: Table, draft: Draft) -> Making:
    """A part less some rows."""
    frame = draft.keeper.frame({"": kept})
    gone = rows.sort(table.key)
    return Making(
        name=f"{table.name}, each row once",
        made_of=[kept],
        and_of=gone.rows(),
        make=lambda: frame.join(gone.lazy(), on=list(table.key), how="anti", nulls_equal=True, maintain_order="left"),
    )


def _named_by_part(about: FileProviderArgs) -> str:
    return f"{about.partition_keys[_PART][0]}_{about.index_in_partition}.parquet"


def _clock_days(table: Table, zone: str) -> pl.Expr:
    """The day each row tells of, in the site's zone; null for tables without a clock."""
    if not table.clock:
        return pl.lit(None, pl.Date)
    clock = pl.col(table.clock)
    return clock if table.columns[table.clock].dtype == pl.Date() else clock.dt.convert_time_zone(zone).dt.date()
