"""A table as a Parquet file: described, sorted by its maker, the same bytes for the same rows."""

from pathlib import Path
from typing import TypedDict

import polars as pl
import pyarrow as pa

from expectations.schema import Table
from flows.errors import PlainError
from flows.io import durable

ROWS_PER_GROUP = 122_880
"""DuckDB's and Power BI's vector size; both skip whole groups by their statistics."""


class Written(TypedDict):
    """What the manifest says of a file."""

    rows: int
    bytes: int
    sha256: str


class Damaged(PlainError):  # noqa: N818 -- read aloud where it is caught
    """A file does not read back as it was written."""


def described(schema: pl.Schema, table: Table | None) -> pa.Schema:
    """The Arrow schema of a file: what each column means, in which unit, and whether it is ever null."""
    plain = pl.DataFrame(schema=schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    if table is None:
        return plain
    fields = []
    for field in plain:
        column = table.columns.get(field.name) or table.columns.get(_code(field.name, table))
        if column is None:
            fields.append(field)
            continue
        is_key = field.name not in table.columns
        about = f"Key in dim_{field.name.removesuffix('_key')}. {column.about}" if is_key else column.about
        # Instants are UTC inside the house and naive local time in what readers see.
        unit = "local time" if column.unit == "UTC" and field.type == pa.timestamp("us") else column.unit
        words = {"description": about} | ({"unit": unit} if unit else {})
        fields.append(pa.field(field.name, field.type, nullable=not (column.required or is_key), metadata=words))
    return pa.schema(fields, metadata={"table": table.name, "one_row_is": table.grain})


def write(frame: pl.LazyFrame, path: Path, table: Table | None = None) -> Written:
    """The frame in one file, whole or absent, read back before anybody relies on it."""
    schema = described(frame.collect_schema(), table)

    def sink(draft: Path) -> None:
        frame.sink_parquet(
            draft, compression="zstd", statistics="full", row_group_size=ROWS_PER_GROUP, arrow_schema=schema
        )

    durable.put(path, sink)
    back = pl.scan_parquet(path, glob=False)
    if back.collect_schema() != frame.collect_schema():
        raise Damaged(f"{path}: read back with other columns than were written; is the disk sound? Run again.")
    rows = back.select(pl.len()).collect().item()
    return {"rows": rows, "bytes": path.stat().st_size, "sha256": durable.fingerprint(path)}


def read(path: Path, *, sha256: str) -> pl.LazyFrame:
    """The rows of a file whose bytes are still those that were written."""
    if not path.is_file():
        raise Damaged(f"{path}: the file is gone. Put it back from a copy, or deliver its export again and run.")
    found = durable.fingerprint(path)
    if found != sha256:
        raise Damaged(
            f"{path}: the file is damaged. Looked for sha256 {sha256[:12]}, found {found[:12]}. "
            "Remove it and run again; if its export is no longer in the raw folder, deliver it again first."
        )
    return pl.scan_parquet(path, glob=False)


def _code(name: str, table: Table) -> str:
    """The column whose code a published key stands for."""
    dimension = name.removesuffix("_key")
    return next((column for column, it in table.columns.items() if it.dimension == dimension), name)
