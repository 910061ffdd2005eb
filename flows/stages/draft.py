"""A run in the making: where its frames lie, and how one of them becomes a published table.

Frames inside the house (codes, UTC) lie in the work folder; what readers see (keys, local time) in the staging folder.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import polars as pl

from expectations.schema import Layer, Table
from expectations.tables import FEEDS
from flows.errors import PlainError
from flows.io import durable, parquet
from flows.io.publish import Manifest
from flows.settings import Settings
from flows.stages.judging import judged

PLACES = {Layer.FACT: "facts", Layer.DIMENSION: "facts", Layer.METRIC: "metrics", Layer.REPORT: "reports"}
IN_METRICS = ("dim_metric", "dim_target", "dim_benchmark")
"""Dimensions that stand beside the values they describe."""


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

    def inside(self, name: str) -> pl.LazyFrame:
        """A frame of the work folder."""
        return pl.scan_parquet(self.work / f"{name}.parquet", glob=False)

    def all_inside(self, layer: str) -> dict[str, pl.LazyFrame]:
        """The frames of the work folder whose names begin so."""
        return {path.stem: self.inside(path.stem) for path in sorted(self.work.glob(f"{layer}_*.parquet"))}


def write_output(frame: pl.LazyFrame, table: Table, draft: Draft) -> Output:
    """One published file in the staging folder."""
    place = "metrics" if table.name in IN_METRICS else PLACES[table.layer]
    path = draft.staging / place / f"{table.name}.parquet"
    durable.folder(path.parent)
    about = {"name": f"{place}/{path.name}", "table": table.name, "layer": str(table.layer), "run_key": draft.run_key}
    return {**about, **parquet.write(frame, path, table)}  # type: ignore[typeddict-item]


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
        f"{name}: the table that was built breaks its contract: {why}. Nothing was published; it lies in "
        f"{draft.work / name}.parquet for inspection. This is a fault of the pipeline: report it."
    )


def require_contract(name: str, table: Table, draft: Draft) -> None:
    """Stop the run at a table of ours that breaks its contract: the fault is in a rule, not in an export."""
    verdict = judged(draft.inside(name), table, name=table.name, settings=draft.settings)
    if verdict.blocked_by:
        why = ", ".join(f"{code} ({verdict.counts.get(code, 0)} rows)" for code in verdict.blocked_by)
        raise _broken(name, draft, why)


def feeds_of(draft: Draft) -> dict[str, pl.LazyFrame]:
    """The feeds at hand, in the schema of their contracts."""
    return {name: frame.select(list(FEEDS[name].columns)) for name, frame in draft.all_inside("feed").items()}
