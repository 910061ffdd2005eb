"""The rows that exports brought, out of the store."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from expectations.schema import Table
from flows.io import stored
from flows.io.ledger import Entry, Record
from flows.stages.draft import BrokenTable, Draft

MAPPING = "mapping"
"""By which mapping a row was read: two may read one line of one file."""


@dataclass(frozen=True)
class Export:
    """The rows that an export has of a feed."""

    slot: str
    mapping: str
    record: Record

    @classmethod
    def of(cls, feed: str, taken: Iterable[Entry]) -> "list[Export]":
        """Those of a feed, in the order of their names."""
        used = [(it, it.used) for it in taken if it.used is not None and it.used["table"] == feed]
        return [cls(entry.slot, entry.mapping, record) for entry, record in used]

    @classmethod
    def of_the_run_before(cls, feed: str, draft: Draft) -> "list[Export]":
        """Those that a feed had for the run before."""
        then = [(it["slot"], it["mapping"], it["used"]) for it in (draft.parent or {}).get("exports", ())]
        return [cls(slot, mapping, used) for slot, mapping, used in then if used is not None and used["table"] == feed]

    @property
    def name(self) -> str:
        """What tells it from others."""
        return self.record["key"]

    @property
    def content(self) -> list[str]:
        """What decides its rows."""
        return [self.slot, self.mapping, self.record["good"]["sha256"] if self.record["good"] else ""]

    def require_sound(self, draft: Draft) -> None:
        """Stop where its rows are no longer the bytes that were written, though nothing is made of them tonight."""
        stored.require_sound(draft.settings.store, self.record, draft.end)

    def rows(self, draft: Draft, table: Table) -> pl.LazyFrame:
        """Its rows out of the store, in today's columns: those it was read without are null."""
        if self.record["good"] is None:
            return table.empty().with_columns(pl.lit(self.mapping).alias(MAPPING))
        rows = stored.rows(draft.settings.store, self.record)
        there = rows.collect_schema()
        if lost := [name for name in table.required if name not in there]:
            raise BrokenTable(
                f"{self.slot}: its rows were read before {', '.join(lost)} became required, and the file is no longer "
                f"in the raw folder {draft.settings.raw}. Deliver it again, or remove its [[export]] from "
                "pipeline.toml."
            )
        columns = [
            pl.col(name).cast(column.dtype) if name in there else pl.lit(None, column.dtype).alias(name)
            for name, column in table.columns.items()
        ]
        return rows.select(*columns, pl.lit(self.mapping).alias(MAPPING))
