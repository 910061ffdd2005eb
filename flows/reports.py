"""The account of a run: what was read, what was published, which identities hold, which metrics are missing."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from expectations.schema import Table
from expectations.tables.metric import META_EXPORT, META_RUN, META_TABLE, METRIC_MISSING, RECONCILIATION
from flows.errors import PlainError
from flows.io.ledger import Entry

BACKLOG_IN = ("opening", "created", "reopened")
BACKLOG_OUT = ("resolved", "excluded")


class BrokenIdentity(PlainError):  # noqa: N818 -- read aloud where it is caught
    """Two ways to the same number disagree: nothing of this run is published."""


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
            "first_on": self.first_on,
            "last_on": self.last_on,
        }


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
    """One row for each published table."""
    rows = [
        {
            "table": it["table"],
            "layer": it["layer"],
            **{name: it[name] for name in ("rows", "bytes", "sha256", "run_key")},
        }
        for it in outputs.values()
    ]
    return frame_of(META_TABLE, rows)


def metric_missing(missing: Mapping[str, Iterable[str]]) -> pl.LazyFrame:
    """One row for each metric that could not be computed."""
    return frame_of(METRIC_MISSING, [{"metric_id": it, "needs": ", ".join(needs)} for it, needs in missing.items()])


def reconciliation(
    accounts: Iterable[Account],
    facts: Mapping[str, pl.LazyFrame],
    feeds: Mapping[str, pl.LazyFrame],
    *,
    as_of: dt.date,
) -> pl.DataFrame:
    """One row for each identity of the run, with both of its sides."""
    rows = [_rows_balance(account.row) for account in accounts]
    if "fact_ticket" in facts:
        rows.append(_all_rows("exclusions + counted = rows", "fact_ticket", facts["fact_ticket"], _is_counted_or_not()))
    if "fact_backlog_daily" in facts:
        moves = pl.sum_horizontal(BACKLOG_IN) - pl.sum_horizontal(BACKLOG_OUT)
        rule = "closing = opening + created + reopened - resolved - excluded"
        rows.append(_all_rows(rule, "fact_backlog_daily", facts["fact_backlog_daily"], pl.col("closing") == moves))
    if "fact_survey_response" in facts:
        nps = facts["fact_survey_response"].filter((pl.col("kind") == "nps") & pl.col("is_counted"))
        parts = pl.sum_horizontal(pl.col("is_promoter", "is_passive", "is_detractor").cast(pl.Int64)) == 1
        rows.append(_all_rows("promoters + passives + detractors = n", "fact_survey_response", nps, parts))
    if "fact_cost_allocation" in facts and "feed_cost" in feeds:
        rows += _cost_is_ledger(facts["fact_cost_allocation"], feeds["feed_cost"], as_of)
    found = frame_of(RECONCILIATION, [row | {"is_balanced": row["left"] == row["right"]} for row in rows])
    return found.collect()


def require_balance(found: pl.DataFrame) -> None:
    """Stop the run at an identity that does not hold."""
    broken = found.filter(~pl.col("is_balanced"))
    if broken.height:
        it = broken.row(0, named=True)
        raise BrokenIdentity(
            f"{it['subject']}: {it['identity']} does not hold: {it['left']} against {it['right']} "
            f"({broken.height} identities are broken). Nothing was published: it is a fault of the pipeline, report it."
        )


def _rows_balance(row: Mapping[str, Any]) -> dict[str, Any]:
    parts = ("rows_accepted", "rows_quarantined", "rows_duplicate", "rows_not_ours")
    return {
        "identity": "rows in = accepted + quarantined + duplicates + not ours",
        "subject": f"{row['slot']} ({row['mapping']})",
        "left": row["rows_in"],
        "right": sum(row[part] for part in parts),
    }


def _all_rows(identity: str, subject: str, frame: pl.LazyFrame, holds: pl.Expr) -> dict[str, Any]:
    """All rows on the left, those for which the identity holds on the right."""
    rows, good = frame.select(pl.len().alias("rows"), holds.sum().alias("good")).collect().row(0)
    return {"identity": identity, "subject": subject, "left": rows, "right": good or 0}


def _is_counted_or_not() -> pl.Expr:
    return pl.col("is_counted") != pl.col("exclusion_reason").is_not_null()


def _cost_is_ledger(fact: pl.LazyFrame, feed: pl.LazyFrame, as_of: dt.date) -> list[dict[str, Any]]:
    """Month by month, what was allocated against what was booked, to the cent."""
    allocated = fact.group_by("month_on").agg(pl.col("allocated_cents").sum().alias("left"))
    known = feed.filter(pl.col("booked_on") <= as_of)
    booked = known.group_by(month_on=pl.col("booked_on").dt.month_start()).agg(right=pl.col("amount_cents").sum())
    both = booked.join(allocated, on="month_on", how="full", coalesce=True).fill_null(0).sort("month_on").collect()
    return [
        {"identity": "allocated cost = ledger", "subject": f"{month:%Y-%m}", "left": left, "right": right}
        for month, right, left in both.select("month_on", "right", "left").iter_rows()
    ]
