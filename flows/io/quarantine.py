"""What was not accepted, for a person: one CSV per export, with the line, the reason and what the line said."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from flows.io import durable, parquet, stored
from flows.io.ledger import Entry, Record

_FORMULA = r"^[=+\-@\t\r]"
"""A cell that begins so is computed by a spreadsheet that opens the report."""


def file_name(slot: str, mapping: str) -> str:
    """The report of an export: its path in one name."""
    return f"{slot.replace('/', '__')}.{mapping}.csv"


def write_reports(folder: Path, store: Path, taken: Iterable[Entry]) -> list[Path]:
    """Reports of the exports with quarantined rows, and of those refused or held; the folder is made anew."""
    found = list(taken)
    durable.remove(folder)
    written = [
        _put(folder / file_name(entry.slot, entry.mapping), _readable(store, entry.used))
        for entry in found
        if entry.used is not None and entry.used["rows_quarantined"]
    ]
    troubled = [(it.slot, it.mapping, it.state, it.reason) for it in found if it.state != "accepted"]
    if troubled:
        frame = pl.DataFrame(troubled, schema=["file", "mapping", "state", "reason"], orient="row")
        written.append(_put(folder / "_held.csv", frame.lazy().with_columns(_escaped(pl.all()))))
    return written


def forget(home: Path, kept: Iterable[int]) -> None:
    """Remove the reports of runs that are gone."""
    names = {f"run-{run:06d}" for run in kept}
    for path in sorted(home.glob("run-*")):
        if path.name not in names:
            durable.remove(path)


def _readable(store: Path, record: Record) -> pl.LazyFrame:
    """The quarantined rows of an export, as text that no spreadsheet computes."""
    rows = stored.rows(store, record, "quarantine")
    return rows.with_columns(pl.col("reasons").list.join("; "), _escaped(pl.col("raw")))


def _escaped(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep()


def _put(path: Path, rows: pl.LazyFrame) -> Path:
    durable.folder(path.parent)

    def sink(draft: Path) -> None:
        with parquet.refusals_of_the_disk(path):
            rows.sink_csv(draft, separator=";", include_bom=True)

    durable.put(path, sink)
    return path
