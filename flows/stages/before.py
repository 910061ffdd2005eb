"""The run before: what it published and what that was made of, as far as it is still as it was written."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from expectations.schema import Table
from expectations.tables.fact_ticket import FACT_TICKET
from expectations.tables.metric import METRIC_VALUES
from flows.io import publish
from flows.io.kept import Kept, frames_of
from flows.io.publish import Manifest
from flows.io.sound import is_sound
from flows.stages.draft import Draft

CUTS = ("channel", "team", "segment")
_DIMENSIONS = tuple(f"facts/dim_{cut}.parquet" for cut in CUTS)


def of_a_sound_run(draft: Draft, *names: str) -> tuple[Manifest, list[Path]] | None:
    """The latest earlier run whose tables of these names are as they were written, and their files."""
    if draft.parent is None:
        return None
    shelf, latest = draft.settings.shelf, draft.parent["run"]
    kept = (publish.manifest_of(shelf, run) for run in range(latest, max(latest - publish.KEPT_RUNS, 0), -1))
    for manifest in kept:
        if manifest is None or not all(files := [publish.files_of(manifest, name) for name in names]):
            continue
        there = [it for found in files for it in found]
        paths = [shelf.folder_of(manifest["run"]) / name for name in there]
        wanted = [manifest["outputs"][name]["sha256"] for name in there]
        if all(is_sound(path, it, draft.end) for path, it in zip(paths, wanted, strict=True)):
            return manifest, paths
    return None


def published_before(grain: str, draft: Draft) -> tuple[pl.LazyFrame, dict[str, pl.LazyFrame]] | None:
    """The values that were published before, with the run that did, and the dimensions of their keys."""
    from transforms.analysis.revision import unremembered  # noqa: PLC0415
    from transforms.metrics import METRICS  # noqa: PLC0415

    table = METRIC_VALUES[grain]
    found = of_a_sound_run(draft, f"metrics/{table.name}.parquet", *_DIMENSIONS)
    if found is None:
        return None
    manifest, (path, *dimensions) = found
    values = in_todays_columns(pl.scan_parquet(path, glob=False), table)
    values = values.filter(~pl.col("metric_id").is_in(unremembered(METRICS)))
    run = {"run_before": pl.lit(manifest["run"]), "run_key_before": pl.lit(manifest["run_key"])}
    return values.with_columns(**run), _by_stem(dimensions)


def values_before(grain: str, draft: Draft) -> pl.LazyFrame | None:
    """The values that were published before, in codes, with the run that did; None where no sound table is left."""
    from transforms.analysis.revision import in_codes  # noqa: PLC0415

    found = published_before(grain, draft)
    return None if found is None else in_codes(*found)


def told_before(grain: str, draft: Draft) -> tuple[pl.LazyFrame, dict[str, Kept]] | None:
    """The values as they were published before, and what was kept of them, by span; None where nothing sound is left.

    Where a span is made of the same values as then, it is published as it was then: what was first published of its
    cells is there as well, and no other run has come between.
    """
    table = METRIC_VALUES[grain]
    found = of_a_sound_run(draft, f"metrics/{table.name}.parquet", *_DIMENSIONS)
    if found is None:
        return None
    manifest, (path, *_) = found
    return in_todays_columns(pl.scan_parquet(path, glob=False), table), frames_of(manifest).get(f"values_{grain}", {})


def differing(draft: Draft, name: str) -> tuple[list[pl.LazyFrame], list[pl.LazyFrame]] | None:
    """The parts of a kept frame as they were for the run before, and as they are; those that stayed are left out.

    A row that changed lies in a part that changed, one that moved to another part in two of them. None where what
    the run before was made of is no longer there.
    """
    then, now = frames_of(draft.parent or {}).get(name), draft.parts_of(name)
    if not then or not now:
        return None
    stayed = {it["sha256"] for it in then.values()} & {it["sha256"] for it in now.values()}
    sides = [{part: it for part, it in side.items() if it["sha256"] not in stayed} for side in (then, now)]
    if not all(draft.keeper.is_sound(it) for it in sides[0].values()):
        return None
    nothing = draft.keeper.frame(now).clear()
    before, after = ([draft.keeper.frame({part: it}) for part, it in side.items()] or [nothing] for side in sides)
    return before, after


def tickets_of_both(draft: Draft) -> tuple[list[pl.LazyFrame], list[pl.LazyFrame]] | None:
    """`fact_ticket` as it was for the run before and as it is, in codes: the parts that differ, where they are kept."""
    name = FACT_TICKET.name
    if name not in draft.names_inside("fact"):
        return None
    if (sides := differing(draft, name)) is not None:
        return sides
    published = _tickets_before(draft)
    return None if published is None else ([published], [draft.inside(name)])


def _tickets_before(draft: Draft) -> pl.LazyFrame | None:
    """`fact_ticket` as it was published before, in codes."""
    found = of_a_sound_run(draft, f"facts/{FACT_TICKET.name}.parquet", *_DIMENSIONS)
    if found is None:
        return None
    paths, dimensions = found[1][: -len(_DIMENSIONS)], found[1][-len(_DIMENSIONS) :]
    tickets = pl.scan_parquet(paths, glob=False)
    for cut, dimension in zip(CUTS, dimensions, strict=True):
        codes = pl.scan_parquet(dimension, glob=False).select(f"{cut}_key", pl.col("code").alias(cut))
        tickets = tickets.join(codes, on=f"{cut}_key", how="left")
    return tickets.select("source", "ticket_id", "resolved_on", "reopen_count", "is_resolved", *CUTS)


def in_todays_columns(rows: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """The columns of the contract: one that was not there yet is null, one that is no more is left out."""
    there = rows.collect_schema()
    return rows.select(
        pl.col(name).cast(dtype) if name in there else pl.lit(None, dtype).alias(name)
        for name, dtype in table.schema.items()
    )


def _by_stem(paths: Iterable[Path]) -> dict[str, pl.LazyFrame]:
    return {path.stem: pl.scan_parquet(path, glob=False) for path in paths}
