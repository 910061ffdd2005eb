"""A run in the making: where its frames lie, and how one of them becomes a published table.

Frames inside the house (codes, UTC) lie in the work folder; what readers see (keys, local time) in the staging folder.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict

import polars as pl

from expectations.schema import Layer, Table
from expectations.tables import FACTS, FEEDS
from flows.errors import PlainError
from flows.io import durable, parquet
from flows.io.kept import Keeper, Kept, Making, Parts, frames_of, premises_of
from flows.io.publish import Manifest, as_json
from flows.settings import Settings
from flows.stages.judging import judged
from transforms.calendar import day_ends_at

PLACES = {Layer.FACT: "facts", Layer.DIMENSION: "facts", Layer.METRIC: "metrics", Layer.REPORT: "reports"}
IN_METRICS = ("dim_metric", "dim_target", "dim_benchmark")
"""Dimensions that stand beside the values they describe."""

_PARTS = ".parts.json"


class BrokenTable(PlainError):  # noqa: N818 -- read aloud where it is caught
    """A table that was built does not keep its contract: nothing of this run is published."""


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
    premises: str
    """Fingerprint of what every frame depends on: code, libraries and settings."""
    parent: Manifest | None = None
    """The run that counts until this one is committed."""

    @property
    def staging(self) -> Path:
        """What will be published."""
        return self.settings.shelf.staging(self.run)

    @property
    def work(self) -> Path:
        """Frames in the form they have inside the house."""
        return self.settings.store / ".work"

    @property
    def end(self) -> dt.datetime:
        """The first instant after the as-of day."""
        return day_ends_at(self.settings.as_of, self.settings.site.zone)

    @property
    def keeper(self) -> Keeper:
        """The frames that stay from night to night."""
        return Keeper(home=self.settings.kept, premises=self.premises, end=self.end)

    def inside(self, name: str) -> pl.LazyFrame:
        """A frame of the run: of the work folder, or kept, in one piece or in parts."""
        if (self.work / f"{name}{_PARTS}").is_file():
            return self.on_the_day(name, self.keeper.sound(self.parts_of(name)))
        return pl.scan_parquet(self.work / f"{name}.parquet", glob=False)

    def part_inside(self, name: str, part: str) -> pl.LazyFrame:
        """One part of a kept frame."""
        return self.on_the_day(name, self.keeper.sound({part: self.parts_of(name)[part]}))

    def parts_of(self, name: str) -> dict[str, Kept]:
        """The parts of a kept frame, by name; none where there is no such frame."""
        path = self.work / f"{name}{_PARTS}"
        found: dict[str, Kept] = json.loads(path.read_bytes()) if path.is_file() else {}
        return found

    def rows_of(self, name: str) -> int:
        """How many rows a kept frame has, as they were counted when each of its parts was read back."""
        return sum(it["rows"] for it in self.parts_of(name).values())

    def all_parts(self) -> dict[str, dict[str, Kept]]:
        """The parts of all kept frames."""
        names = sorted(path.name.removesuffix(_PARTS) for path in self.work.glob(f"*{_PARTS}"))
        return {name: self.parts_of(name) for name in names}

    def kept_before(self, name: str) -> dict[str, Kept]:
        """The parts of a kept frame of the run before, made by today's code and settings; they may be damaged since."""
        parent = self.parent or {}
        then = premises_of(parent.get("rules_sha256", ""), parent.get("documents_sha256", ""))
        return frames_of(parent).get(name, {}) if then == self.premises else {}

    def note_parts(self, name: str, parts: Parts) -> None:
        """Say where a kept frame is."""
        durable.put_bytes(self.work / f"{name}{_PARTS}", as_json(parts), is_lasting=False)

    def keep_of_each(self, name: str, of: str, tell: Callable[[pl.LazyFrame], pl.LazyFrame]) -> None:
        """Keep what each part of a kept frame tells, as parts of a frame of its own."""

        def told(kept: Kept) -> pl.LazyFrame:
            return tell(self.keeper.frame({name: kept}))

        makings = {
            part: Making(name=name, made_of=[kept], make=partial(told, kept))
            for part, kept in self.parts_of(of).items()
        }
        self.note_parts(name, self.keeper.kept(makings))

    def told_of_each(self, name: str, of: str, tell: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.LazyFrame:
        """Keep what each part tells, where that is little; its rows, each with the `part` that tells it."""
        self.keep_of_each(name, of, tell)
        told = self.parts_of(name)
        parts = [part for part in sorted(told) for _ in range(told[part]["rows"])]
        # One scan of a hundred files: a scan for each takes longer to plan than to read.
        return pl.concat(
            [self.keeper.sound(told), pl.LazyFrame({"part": parts}, {"part": pl.String()})], how="horizontal"
        )

    def put_inside(self, rows: pl.LazyFrame, name: str) -> None:
        """A frame of the work folder, for this run alone."""
        parquet.write(rows, self.work / f"{name}.parquet", is_lasting=False)

    def all_inside(self, layer: str) -> dict[str, pl.LazyFrame]:
        """The frames of the run whose names begin so."""
        return {name: self.inside(name) for name in self.names_inside(layer)}

    def names_inside(self, layer: str) -> list[str]:
        """The names of the frames of the run that begin so."""
        paths = [path for end in (_PARTS, ".parquet") for path in self.work.glob(f"{layer}*{end}")]
        return sorted({path.name.removesuffix(_PARTS).removesuffix(".parquet") for path in paths})

    def on_the_day(self, name: str, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with what the day itself decides, in the columns of their contract."""
        from transforms.facts import STEPS  # noqa: PLC0415 -- stages import what they do when they do it

        daily = STEPS[name].daily if name in STEPS else None
        return rows if daily is None else daily.told(rows, self.end).select(FACTS[name].schema.names())


def write_output(frame: pl.LazyFrame, table: Table, draft: Draft) -> Output:
    """One published file in the staging folder."""
    place = "metrics" if table.name in IN_METRICS else PLACES[table.layer]
    path = draft.staging / place / f"{table.name}.parquet"
    durable.folder(path.parent)
    try:
        written = parquet.write(frame, path, table)
    except pl.exceptions.SchemaError as problem:  # nothing where the contract wants something
        raise _broken(table.name, draft, str(problem)) from problem
    return output_of(f"{place}/{path.name}", table, written, draft)


def output_of(name: str, table: Table, written: parquet.Written, draft: Draft) -> Output:
    """A file of the staging folder, as the manifest has it."""
    return {
        "name": name,
        "table": table.name,
        "layer": str(table.layer),
        "rows": written["rows"],
        "bytes": written["bytes"],
        "sha256": written["sha256"],
        "run_key": draft.run_key,
    }


def require_rows(name: str, table: Table, draft: Draft) -> None:
    """Stop the run at a dimension that breaks its contract, by the expressions alone: its facts were judged."""
    from expectations.gate import split  # noqa: PLC0415

    _, bad = split(draft.inside(name), table)
    repeated = draft.inside(name).group_by(table.key).len().filter(pl.col("len") > 1)
    broken, twice = (it.height for it in pl.collect_all([bad, repeated]))
    if broken or twice:
        raise _broken(name, draft, f"{broken} rows break a rule, {twice} keys are there more than once")


def _broken(name: str, draft: Draft, why: str) -> BrokenTable:
    return BrokenTable(
        f"{name}: the table that was built breaks its contract: {why}. Nothing was published; what was built lies in "
        f"{draft.settings.store} for inspection. This is a fault of the pipeline: report it."
    )


def require_contract(name: str, table: Table, draft: Draft, rows: pl.LazyFrame | None = None) -> None:
    """Stop the run at a table of ours that breaks its contract: the fault is in a rule, not in an export.

    `rows`: those of it that were made; the others were judged when they were.
    """
    found = draft.inside(name) if rows is None else rows
    verdict = judged(found, table, name=table.name, settings=draft.settings)
    if verdict.blocked_by:
        why = ", ".join(f"{code} ({verdict.counts.get(code, 0)} rows)" for code in verdict.blocked_by)
        raise _broken(name, draft, why)


def feeds_of(draft: Draft, *names: str) -> dict[str, pl.LazyFrame]:
    """Of some feeds those at hand, in the schema of their contracts."""
    there = set(draft.names_inside("feed")).intersection(names)
    return {name: draft.inside(name).select(list(FEEDS[name].columns)) for name in sorted(there)}
