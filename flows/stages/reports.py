"""The account of a run: what was read, what was published, which metrics are missing."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from expectations.schema import Table
from expectations.tables.metric import META_EXPORT, META_RUN, META_TABLE, METRIC_MISSING
from flows.io.ledger import Entry


@dataclass(frozen=True, kw_only=True)
class Account:
    """One export in rows: all of those delivered, by what became of them."""

    entry: Entry
    duplicates: int
    first_on: dt.date | None
    last_on: dt.date | None

    @property
    def row(self) -> dict[str, Any]:
        """The line of `meta_export`."""
        entry, used = self.entry, self.entry.used
        return {
            "slot": entry.slot,
            "mapping": entry.mapping,
            "table": used["table"] if used else "",
            "state": entry.state,
            "reason": entry.reason or None,
            "sha256": used["sha256"] if used else None,
            "bytes": used["bytes"] if used else None,
            "rows_in": used["rows_in"] if used else 0,
            "rows_accepted": used["rows_good"] - self.duplicates if used else 0,
            "rows_quarantined": used["rows_quarantined"] if used else 0,
            "rows_duplicate": self.duplicates,
            "rows_not_ours": used["rows_not_ours"] if used else 0,
            "rows_erased": used.get("rows_erased", 0) if used else 0,
            "warnings": self._warnings,
            "first_on": self.first_on,
            "last_on": self.last_on,
        }

    @property
    def _warnings(self) -> str | None:
        told = self.entry.used["warnings"] if self.entry.used else {}
        return "; ".join(f"{oddity} ({rows})" for oddity, rows in told.items()) or None


def frame_of(table: Table, rows: Iterable[Mapping[str, Any]]) -> pl.LazyFrame:
    """Rows of a small table in its schema, sorted by its key."""
    return pl.DataFrame(list(rows), schema=table.schema, orient="row").lazy().sort(table.key)


def meta_export(accounts: Iterable[Account]) -> pl.LazyFrame:
    """One row for each export and mapping."""
    return frame_of(META_EXPORT, [account.row for account in accounts])


def meta_run(accounts: Iterable[Account], about: Mapping[str, Any]) -> pl.LazyFrame:
    """One row: the run."""
    rows = [account.row for account in accounts]
    sums = {name: sum(row[name] for row in rows) for name in META_RUN.columns if name.startswith("rows_")}
    held = sum(row["state"] != "accepted" for row in rows)
    return frame_of(META_RUN, [{**about, **sums, "files": len(rows), "files_held": held}])


def meta_table(outputs: Mapping[str, Mapping[str, Any]]) -> pl.LazyFrame:
    """One row for each published file."""
    rows = [
        {
            "table": it["table"],
            "file": it["name"],
            "layer": it["layer"],
            **{name: it[name] for name in ("rows", "bytes", "sha256", "run_key")},
        }
        for it in outputs.values()
    ]
    return frame_of(META_TABLE, rows)


def metric_missing(missing: Mapping[str, Iterable[str]]) -> pl.LazyFrame:
    """One row for each metric that could not be computed."""
    return frame_of(METRIC_MISSING, [{"metric_id": it, "needs": ", ".join(needs)} for it, needs in missing.items()])
