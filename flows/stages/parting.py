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

import numpy as np
import polars as pl
from polars.io.partition import FileProviderArgs

from expectations.schema import Table
from expectations.tables import FEEDS
from flows.io import durable, parquet
from flows.io.kept import Kept, Making, Parts
from flows.io.ledger import Entry
from flows.stages.delivered import MAPPING, Export
from flows.stages.draft import Draft
from flows.stages.routing import routing_of, spread_before, spread_of
from transforms.analysis.coverage import DAYS, told_days
from transforms.facts import latest
from transforms.facts.families import LAID
from transforms.facts.parts import UNSPLIT, WITHOUT_A_DAY, Routing, several

_PART, _ROW, _PLACE = "part", "row", "place"
_ROWS_CUT_AT_ONCE = 500_000
_RANGES = 4
"""In which hashes of rows are looked through."""


def lay_feed(feed: str, draft: Draft, taken: list[Entry]) -> None:
    """The latest version of each row of a feed, over all exports, kept."""
    cut = _Cut(FEEDS[feed], draft, Export.of(feed, taken), routing_of(feed, draft))
    makings = {part: cut.making(part) for part in cut.parts}
    cut.cut_up([part for part, making in makings.items() if draft.keeper.there(making) is None])
    parts = draft.keeper.kept(makings)
    draft.note_parts(feed, parts if len(parts) == 1 else _each_once(parts, FEEDS[feed], draft))


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
        kept = draft.kept_before(name) | draft.kept_before(_parted(self.table))
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
    hashes = rows.select(_row_of(table)).collect(engine="streaming")[_ROW]
    again = pl.Series(several(hashes.to_numpy(writable=True)))
    if again.is_empty():
        return rows
    placed = rows.with_row_index(_PLACE)
    versions = placed.filter(_row_of(table).is_in(again.implode())).collect(engine="streaming").lazy()
    gone = versions.join(latest(versions, table), on=_PLACE, how="anti").select(_PLACE).collect().to_series()
    return placed.filter(~pl.col(_PLACE).is_in(gone.implode())).drop(_PLACE)


def _each_once(parts: dict[str, Kept], table: Table, draft: Draft) -> dict[str, Kept]:
    """The parts without the rows that have a later version in another: their ticket is another there."""
    if set(LAID[table.name].by.meta.root_names()) <= set(table.key):
        return parts  # what tells a row from others tells its part
    keeper = draft.keeper
    keys = keeper.kept({part: _keys(kept, table, draft) for part, kept in parts.items()})
    draft.note_parts(_keys_of(table), keys)
    draft.note_parts(_shared(table), keeper.kept({UNSPLIT: _in_several(keys, table, draft)}))
    suspects = draft.inside(_shared(table)).collect()[_ROW]
    if suspects.is_empty():
        return parts
    is_suspect = pl.col(_ROW).is_in(suspects.implode())
    concerned = [part for part, kept in keys.items() if keeper.frame({part: kept}).filter(is_suspect).collect().height]
    if not concerned:
        return parts
    found = pl.concat(
        keeper.sound({part: parts[part]}).with_columns(_row_of(table), pl.lit(part).alias(_PART)).filter(is_suspect)
        for part in concerned
    ).collect()
    staying = latest(found.lazy(), table).select(*table.key, _PART)
    leaving = found.lazy().join(staying, on=[*table.key, _PART], how="anti").select(*table.key, _PART).collect()
    makings = {
        str(part): _without(parts[str(part)], rows.drop(_PART), table, draft)
        for (part,), rows in leaving.group_by(_PART)
    }
    # What these parts are made of stays, or it were cut out of the exports every night.
    draft.note_parts(_parted(table), {part: parts[part] for part in makings})
    return parts | keeper.kept(makings)


def _in_several(keys: dict[str, Kept], table: Table, draft: Draft) -> Making:
    """The hashes of row keys that several parts have, in order; a night asks for those that are new in a part."""

    def rows() -> pl.LazyFrame:
        asked = _asked(keys, table, draft)
        found = _in_several_of_all(keys, draft) if asked is None else _in_several_of(asked, keys, draft)
        return pl.LazyFrame({_ROW: found}, {_ROW: pl.UInt64()})

    return Making(name=_shared(table), made_of=[], and_of=[it["sha256"] for it in keys.values()], make=rows)


def _asked(keys: dict[str, Kept], table: Table, draft: Draft) -> pl.Series | None:
    """Keys that may be in several parts: those that were for the run before, and new ones; None where all may be."""
    keeper, shared = draft.keeper, draft.kept_before(_shared(table))
    then = draft.kept_before(_keys_of(table))
    others = {part: it for part, it in keys.items() if it != then.get(part)}
    were = {part: it for part, it in then.items() if part in others}
    if not shared or not all(keeper.is_sound(it) for it in (*shared.values(), *were.values())):
        return None
    found = [keeper.frame(shared).collect()]
    for part, it in others.items():
        now = keeper.sound({part: it})
        new = now.join(keeper.frame({part: were[part]}), on=_ROW, how="anti") if part in were else now
        found.append(new.collect(engine="streaming"))
    return pl.concat(found)[_ROW].unique()


def _in_several_of(asked: pl.Series, keys: dict[str, Kept], draft: Draft) -> pl.Series:
    """Of some keys those that several parts have: each part has a key once."""
    found = draft.keeper.sound(keys).filter(pl.col(_ROW).is_in(asked.implode())).group_by(_ROW).len()
    return found.filter(pl.col("len") > 1).collect(engine="streaming")[_ROW].sort()


def _in_several_of_all(keys: dict[str, Kept], draft: Draft) -> pl.Series:
    """Of all keys those that several parts have, looked for a range of hashes at a time: all take gigabytes."""
    found, step = [], 2**64 // _RANGES
    for first in range(0, 2**64, step):
        is_here = pl.col(_ROW).is_between(pl.lit(first, pl.UInt64), pl.lit(first + step - 1, pl.UInt64))
        here = draft.keeper.sound(keys).filter(is_here).collect()[_ROW]
        found.append(several(here.to_numpy(writable=True)))
    return pl.Series(np.concatenate(found))


def _keys_of(table: Table) -> str:
    return f"keys_{table.name}"


def _parted(table: Table) -> str:
    return f"parted_{table.name}"


def _shared(table: Table) -> str:
    return f"shared_{table.name}"


def _keys(kept: Kept, table: Table, draft: Draft) -> Making:
    """The hashes of what tells the rows of a part from others, each once and in order."""
    frame, name = draft.keeper.frame({"": kept}), f"rows of {table.name}"
    return Making(name=name, made_of=[kept], make=lambda: frame.select(_row_of(table)).unique().sort(_ROW))


def _row_of(table: Table) -> pl.Expr:
    return pl.struct(table.key).hash(seed=0).alias(_ROW)


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
