"""A table as a Parquet file: described, sorted by its maker, the same bytes for the same rows."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import polars as pl

from expectations.schema import Table
from flows.errors import PlainError
from flows.io import durable

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 122_880
"""DuckDB's and Power BI's vector size; both skip whole groups by their statistics."""
_LEVEL = 1
"""A tenth more bytes than the usual level, for a fifth less work."""
_HARDLY_ANYTHING = 1 << 20
_UNFINISHED = "transport error"
"""What polars says, without a number, where the disk refuses the last bytes of a file."""


class Written(TypedDict):
    """What the manifest says of a file."""

    rows: int
    bytes: int
    sha256: str


class Damaged(PlainError):  # noqa: N818 -- read aloud where it is caught
    """A file does not read back as it was written."""


def described(schema: pl.Schema, table: Table) -> "pa.Schema":
    """The Arrow schema of a file: what each column means, in which unit, and whether it is ever null."""
    import pyarrow as pa  # noqa: PLC0415 -- a run that writes nothing need not load it

    plain = pl.DataFrame(schema=schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
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


def write(frame: pl.LazyFrame, path: Path, table: Table | None = None, *, is_lasting: bool = True) -> Written:
    """The frame in one file, whole or absent (`durable.put`), read back before anybody relies on it."""
    schema = frame.collect_schema()
    about = described(schema, table) if table else None

    def sink(draft: Path) -> None:
        with refusals_of_the_disk(path):
            frame.sink_parquet(
                draft,
                compression="zstd",
                compression_level=_LEVEL,
                statistics="full",
                row_group_size=ROWS_PER_GROUP,
                arrow_schema=about,
            )

    durable.put(path, sink, is_lasting=is_lasting)
    back = pl.scan_parquet(path, glob=False)
    if back.collect_schema() != schema:
        raise Damaged(f"{path}: read back with other columns than were written; is the disk sound? Run again.")
    rows = back.select(pl.len()).collect().item()
    return {"rows": rows, "bytes": path.stat().st_size, "sha256": durable.fingerprint(path)}


@contextmanager
def refusals_of_the_disk(path: Path) -> Iterator[None]:
    """A write that the disk refused is an error of the disk, though to polars it is one of the computation."""
    try:
        yield
    except pl.exceptions.ComputeError as problem:
        number = durable.error_number(problem) or (_why_unfinished(path) if _UNFINISHED in str(problem) else 0)
        if number:
            raise OSError(number, os.strerror(number), str(path)) from problem
        raise


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


def _why_unfinished(path: Path) -> int:
    """The number that an error came without."""
    return errno.ENOSPC if shutil.disk_usage(path.parent).free < _HARDLY_ANYTHING else errno.EIO


def _code(name: str, table: Table) -> str:
    """The column whose code a published key stands for."""
    dimension = name.removesuffix("_key")
    return next((column for column, it in table.columns.items() if it.dimension == dimension), name)
