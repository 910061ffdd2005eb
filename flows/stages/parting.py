"""The feeds, each row in its latest version: whole, or in parts by the tickets (calls, orders...) its rows tell of.

A part of a feed is made of the rows that each export has of its tickets, and is made again only where these changed;
then the exports are cut up, once, for all parts to be made. What lies where: `flows.stages.routing`.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.partition import FileProviderArgs

from expectations.schema import Table
from expectations.tables import FEEDS
from flows.io import durable, parquet
from flows.io.kept import Kept, Making, Parts
from flows.io.ledger import Entry
from flows.stages.delivered import MAPPING, Export
from flows.stages.draft import Draft
from flows.stages.once import ROW, each_once, parted, row_of
from flows.stages.routing import routing_of, spread_before, spread_of
from transforms.analysis.coverage import DAYS, told_days
from transforms.facts import latest
from transforms.facts.families import LAID
from transforms.facts.parts import UNSPLIT, WITHOUT_A_DAY, Routing, several

_PART, _PLACE = "part", "place"
_ROWS_CUT_AT_ONCE = 500_000


def lay_feed(feed: str, draft: Draft, taken: list[Entry]) -> None:
    """The latest version of each row of a feed, over all exports, kept."""
    cut = _Cut(FEEDS[feed], draft, Export.of(feed, taken), routing_of(feed, draft))
    makings = {part: cut.making(part) for part in cut.parts}
    cut.cut_up([part for part, making in makings.items() if draft.keeper.there(making) is None])
    parts = draft.keeper.kept(makings)
    draft.note_parts(feed, parts if len(parts) == 1 else each_once(parts, FEEDS[feed], draft))


def accounts_of(feed: str, draft: Draft, taken: list[Entry]) -> list[dict[str, Any]]:
    """What each export gave to its feed: slot, mapping, rows that gave way to a later version, first and last day."""
    tell = partial(told_days, feed=FEEDS[feed], zone=draft.settings.site.zone)
    day, told = pl.col("day_on"), draft.told_of_each(f"{DAYS}{feed}", feed, tell)
    spans = told.group_by("slot", MAPPING).agg(pl.col("rows").sum(), first=day.min(), last=day.max())
    spans = spans.with_columns(pl.col("first", "last").cast(pl.String))
    kept = {(slot, mapping): tuple(told) for slot, mapping, *told in spans.collect().iter_rows()}
    found = []
    for export in Export.of(feed, taken):
        rows, first_on, last_on = kept.get((export.slot, export.mapping), (0, None, None))
        gone = {"duplicates": export.record["rows_good"] - rows, "first_on": first_on, "last_on": last_on}
        found.append({"slot": export.slot, "mapping": export.mapping, **gone})
    return found


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
        found: dict[str, list[tuple[Export, str]]] = defaultdict(list)
        spread = spread_of(self.table.name, self.draft)
        for export in self.exports:
            for part, numbers in spread.get(export.name, ()):
                found[part].append((export, numbers))
        # A feed without a row is one part, or there would be no file to read.
        return dict(found) or {WITHOUT_A_DAY: [(export, "") for export in self.exports]}

    @cached_property
    def spread(self) -> dict[str, list[str]]:
        """By export, the parts in which it has rows."""
        found: dict[str, list[str]] = defaultdict(list)
        for part, told in self.parts.items():
            for export, _ in told:
                found[export.name].append(part)
        return found

    @cached_property
    def before(self) -> dict[str, tuple[Kept, set[tuple[str, str]]]]:
        """By part of the run before, its rows, sound or not, and the exports and tickets that they were made of."""
        name, draft = self.table.name, self.draft
        told: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for export, parts in spread_before(name, draft).items():
            for part, numbers in parts:
                told[part].add((export, numbers))
        told[UNSPLIT] = {(export.name, "") for export in Export.of_the_run_before(name, draft)}
        kept = draft.kept_before(name) | draft.kept_before(parted(self.table))
        return {part: (it, told[part]) for part, it in kept.items()}

    @cached_property
    def _asked(self) -> dict[str, tuple[Parts, list[Export]]]:
        """What was said of parts: a base that rots while the exports are cut up is missed, not passed over."""
        return {}

    def asked(self, part: str) -> tuple[Parts, list[Export]]:
        """What the run before made of a part, where that still counts, and the exports that have more to say of it."""
        if part not in self._asked:
            self._asked[part] = self._asked_anew(part)
        return self._asked[part]

    def _asked_anew(self, part: str) -> tuple[Parts, list[Export]]:
        told = self.parts[part]
        base, known = self.before.get(part, (None, set()))
        is_more = bool(known) and known <= {(export.name, tickets) for export, tickets in told}
        if base is None or not is_more or not self.draft.keeper.is_sound(base):
            return {}, [export for export, _ in told]
        return {part: base}, [export for export, tickets in told if (export.name, tickets) not in known]

    def making(self, part: str) -> Making:
        """How a part is made: each row in its latest version, over all exports that have it."""
        made_of = [[*export.content, tickets] for export, tickets in self.parts[part]]

        def rows() -> pl.LazyFrame:
            base, new = self.asked(part)
            if not base:
                return _in_latest_version(self._pieces(part, new), self.table)
            for export, _ in self.parts[part]:
                export.require_sound(self.draft)
            # What gave way to another row does so still: an export more takes nothing back.
            all_rows = pl.concat([self.draft.keeper.sound(base), *([self._pieces(part, new)] if new else [])])
            return _in_latest_version(all_rows.sort("slot", MAPPING, maintain_order=True), self.table)

        return Making(name=self.table.name, made_of=[], and_of=made_of, make=rows)

    def cut_up(self, parts: list[str]) -> None:
        """Lay down the rows of some parts, of each export that has rows of several, in one pass over it."""
        asked = {part: self.asked(part)[1] for part in parts}
        for export in self.exports:
            wanted = sorted(part for part, exports in asked.items() if export in exports)
            if wanted and self._is_cut(export):
                for first in range(0, export.record["rows_good"], _ROWS_CUT_AT_ONCE):
                    self._cut(export, first, wanted)

    def _cut(self, export: Export, first: int, wanted: list[str]) -> None:
        """Some rows of an export, in files by part: all rows of a month take half a gigabyte."""
        home = durable.folder(self._home(export))

        def path(about: FileProviderArgs) -> str:
            return f"{about.partition_keys[_PART][0]}_{first:012}_{about.index_in_partition}.parquet"

        rows = export.rows(self.draft, self.table).slice(first, _ROWS_CUT_AT_ONCE)
        part = self.routing.part_of(LAID[self.table.name].by).alias(_PART)
        with parquet.refusals_of_the_disk(home):
            rows.with_columns(part).filter(pl.col(_PART).is_in(wanted)).sink_parquet(
                pl.PartitionBy(home, key=_PART, include_key=False, file_path_provider=path), compression="lz4"
            )

    def _pieces(self, part: str, asked: list[Export]) -> pl.LazyFrame:
        """The rows that exports have of a part: one export after the other, in the order in which they were read."""
        found: list[pl.LazyFrame] = []
        for is_cut, exports in groupby(asked, self._is_cut):
            if is_cut:
                files = chain.from_iterable(sorted(self._home(it).glob(f"{part}_*.parquet")) for it in exports)
                found.append(pl.scan_parquet(list(files), glob=False))
            else:
                found += [export.rows(self.draft, self.table) for export in exports]
        return pl.concat(found)

    def _is_cut(self, export: Export) -> bool:
        """Whether it has rows of several parts."""
        return len(self.spread[export.name]) > 1

    def _home(self, export: Export) -> Path:
        return self.draft.work / "pieces" / self.table.name / export.name


def _in_latest_version(rows: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """Of the rows of each key the one that counts, in the order in which they come.

    Most keys come once. Which do not, their hashes tell: only rows of these few are compared, and held.
    """
    hashes = rows.select(row_of(table)).collect(engine="streaming")[ROW]
    again = pl.Series(several(hashes.to_numpy(writable=True)))
    if again.is_empty():
        return rows
    placed = rows.with_row_index(_PLACE)
    versions = placed.filter(row_of(table).is_in(again.implode())).collect(engine="streaming").lazy()
    gone = versions.join(latest(versions, table), on=_PLACE, how="anti").select(_PLACE).collect().to_series()
    return placed.filter(~pl.col(_PLACE).is_in(gone.implode())).drop(_PLACE)
