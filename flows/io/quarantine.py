"""What was not accepted, for a person: one CSV per export, with the line, the reason and what the line said."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from flows.io import durable, stored
from flows.io.ledger import Entry, Record

_FORMULA = r"^[=+\-@\t\r]"
"""A cell that begins so is computed by a spreadsheet that opens the report."""
BOM = "\ufeff"


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
        written.append(_put(folder / "_held.csv", frame.with_columns(_escaped(pl.all()))))
    return written


def forget(home: Path, kept: Iterable[int]) -> None:
    """Remove the reports of runs that are gone."""
    names = {f"run-{run:06d}" for run in kept}
    for path in sorted(home.glob("run-*")):
        if path.name not in names:
            durable.remove(path)


def _readable(store: Path, record: Record) -> pl.DataFrame:
    """The quarantined rows of an export, as text that no spreadsheet computes."""
    if record["quarantine"] is None:
        return pl.DataFrame(schema={"line": pl.Int64, "stage": pl.String, "reasons": pl.String, "raw": pl.String})
    rows = stored.rows(store, record, "quarantine")
    return rows.with_columns(pl.col("reasons").list.join("; "), _escaped(pl.col("raw"))).collect()


def _escaped(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep()


def _put(path: Path, frame: pl.DataFrame) -> Path:
    durable.folder(path.parent)
    durable.put_bytes(path, (BOM + frame.write_csv(separator=";")).encode())
    return path
