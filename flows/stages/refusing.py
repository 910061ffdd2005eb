"""The rows of an export that nobody took, and why: turned down at the door, in a cell, or by a rule of their contract.

Where a mapping is wrong, or a source changed overnight, that is every row of an export: they are gone through a stretch
of lines at a time, and lie on the disk while they are many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from expectations.schema import Table
from flows.io import durable, parquet
from flows.io.parquet import Written
from flows.io.staged_rows import Rows
from transforms import erasing
from transforms.cells import form_of_the_cell, without_the_cell
from transforms.erasing import Person

QUARANTINE = {"line": pl.Int64(), "stage": pl.String(), "reasons": pl.List(pl.String()), "raw": pl.String()}
"""`stage` says who refused the row: landing (not a row), reading (a cell), rules (the contract)."""
_LINES_AT_ONCE = 250_000


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    """What was written of the rows that were turned down."""

    written: Written
    erased: int
    """Rows that speak of erased persons: they are counted, and stored nowhere."""
    reasons: dict[str, int]
    """Rows by reason (`reasons_of`)."""
    forms: dict[str, str]
    """By reason, how most of its cells are written (`form_of_the_cell`): what they say may be of a person."""


def quarantine(
    turned_down: Sequence[pl.LazyFrame], persons: Sequence[Person], *, path: Path, key: bytes, staging: Path
) -> Quarantined:
    """All rows that were turned down, in the order of their lines, in one file; the caller removes `staging`."""
    staying, count = Rows(none=pl.DataFrame(schema=QUARANTINE), folder=staging), 0
    for first in _stretches(turned_down):
        is_here = pl.col("line").is_between(first, first + _LINES_AT_ONCE - 1)
        here = pl.concat([rows.filter(is_here) for rows in turned_down]).sort("line", maintain_order=True).collect()
        staying.add(here.filter(~erasing.mentions(pl.col("raw"), persons, key)))
        count += here.height
    rows = staying.frame()
    kinds = _kinds(rows)
    return Quarantined(
        written=parquet.write(rows, path),
        erased=count - staying.height,
        reasons=dict(kinds.select("reason", "rows").iter_rows()),
        forms=dict(kinds.filter(pl.col("reason") == pl.col("kind")).select("reason", "form").drop_nulls().iter_rows()),
    )


def _stretches(turned_down: Sequence[pl.LazyFrame]) -> range:
    """The first lines of the stretches in which there are rows."""
    line = pl.col("line")
    lines = pl.concat([rows.select(line) for rows in turned_down]).select(first=line.min(), last=line.max())
    first, last = lines.collect(engine="streaming").row(0)
    return range(0) if first is None else range(first, last + 1, _LINES_AT_ONCE)


def at_the_door(refused: pl.DataFrame) -> pl.LazyFrame:
    """Records that were no rows."""
    return _of_stage("landing", refused.lazy().with_columns(reasons=pl.concat_list("reason")))


def in_a_cell(refused: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """Rows with a cell that cannot be read; to say why is a pass of its own over them."""
    return laid_down(_of_stage("reading", refused), path)


def laid_down(rows: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """The same rows, found once: they are looked at several times, and are few among all of an export."""
    durable.folder(path.parent)
    with parquet.refusals_of_the_disk(path):
        rows.sink_parquet(path, compression="lz4")
    return pl.scan_parquet(path, glob=False)


def by_rules(broken: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """Rows that break their contract, as they were read: a person in them is already hidden."""
    read = [
        pl.when(pl.col(name).is_not_null()).then(pl.format("{} = {}", pl.lit(name), pl.col(name).cast(pl.String)))
        for name in table.columns
        if name not in {"slot", "line", "source"}
    ]
    words = pl.concat_list(read).list.drop_nulls().list.join(", ")
    return _of_stage("rules", broken.with_columns(raw=words))


def reasons_of(rows: pl.LazyFrame) -> dict[str, int]:
    """Quarantined rows by reason. Of cells that differ one reason is told, without the cell: there may be millions."""
    return dict(_kinds(rows).select("reason", "rows").iter_rows())


def _kinds(rows: pl.LazyFrame) -> pl.DataFrame:
    """One row is a reason that is told of many rows: how many, and how most of the cells are written."""
    reason = pl.col("reasons")
    told = rows.select(reason.explode(empty_as_null=True)).drop_nulls()
    by_form = told.group_by(kind=without_the_cell(reason), form=form_of_the_cell(reason)).agg(
        least=reason.min(), most=reason.max(), rows=pl.len()
    )
    kinds = by_form.group_by("kind").agg(
        pl.col("least").min(),
        pl.col("most").max(),
        pl.col("form").sort_by("rows", "form", descending=[True, False]).first(),
        pl.col("rows").sum(),
    )
    is_one = pl.col("least") == pl.col("most")
    named = kinds.with_columns(reason=pl.when(is_one).then("least").otherwise("kind"))
    return named.collect(engine="streaming").sort("reason")


def _of_stage(stage: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.select("line", pl.lit(stage).alias("stage"), "reasons", "raw").cast(pl.Schema(QUARANTINE))
