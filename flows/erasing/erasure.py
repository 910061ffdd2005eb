"""`erase`: a person leaves everything that was written, and stays out of everything that will be.

The list comes first, durably; all that follows is what any run does: exports are read under keys that name who is left
out, rows whose export is gone are rewritten here, and runs from before are removed once the new one counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from expectations.schema import Table
from expectations.tables import FEEDS
from flows.io import ledger, parquet, stored
from flows.io.erased import erased_persons, erasures_sha256
from flows.io.ledger import Record
from flows.io.publish import Manifest
from flows.settings import Settings, digest
from transforms.erasing import Person, emptied, is_erased, mentions, persons_in


def is_due(parent: Manifest, settings: Settings) -> bool:
    """Whether rows that the run that counts rests on were read before somebody was erased."""
    persons = erased_persons(settings)
    return any(_is_stale(record, settings, persons) for _, record in _used(parent))


def renewed(parent: Manifest | None, told: Iterable[Record], settings: Settings) -> Manifest | None:
    """The run before as if its exports had been read without the persons who were erased since.

    It matters for the rows of exports that are gone, refused or held: these rows are taken from the store.
    """
    persons = erased_persons(settings)
    if parent is None or not persons:
        return parent
    read_anew = {(it["slot"], it["mapping"]) for it in told if it["state"] == "accepted"}
    exports = []
    for it in parent["exports"]:
        used = it["used"]
        if used is not None and _is_stale(used, settings, persons):
            try:
                used = _rewritten(used, settings, persons)
            except parquet.Damaged:
                if (it["slot"], it["mapping"]) not in read_anew:
                    raise
        exports.append(it | {"used": used})
    return parent | {"exports": exports}


def _used(parent: Manifest) -> Iterator[tuple[str, Record]]:
    return ((it["mapping"], it["used"]) for it in parent["exports"] if it["used"] is not None)


def _is_stale(told: Record, settings: Settings, persons: Sequence[Person]) -> bool:
    """Whether rows were stored before somebody whom they may speak of was erased."""
    mapping = settings.mappings.get(told["mapping"])
    return mapping is not None and told.get("erasures", "") != erasures_sha256(mapping.source, persons)


def _rewritten(told: Record, settings: Settings, everybody: Sequence[Person]) -> Record:
    """The stored rows of an export without the erased, under a key of their own."""
    from flows.stages.refusing import reasons_of  # noqa: PLC0415 -- whoever only asks whether it is due reads nothing

    source, table = settings.mappings[told["mapping"]].source, FEEDS[told["table"]]
    persons, erasures = persons_in(source, everybody), erasures_sha256(source, everybody)
    key = digest([told["key"], erasures])[:16]
    known = ledger.record(settings.store, key)
    if known is not None and stored.is_whole(settings.store, known):
        return known
    rows, refused = (_stored(told, part, settings.store) for part in ("good", "quarantine"))
    quarantine = settings.store / f"{key}.quarantine.parquet"
    left = parquet.write(refused.filter(~mentions(pl.col("raw"), persons, settings.key)), quarantine)
    good = parquet.write(_left(rows, table, persons, settings.key), settings.store / f"{key}.parquet", table)
    gone = told["rows_good"] - good["rows"] + told["rows_quarantined"] - left["rows"]
    made: Record = told | {
        "key": key,
        "erasures": erasures,
        "rows_good": good["rows"],
        "rows_quarantined": left["rows"],
        "rows_erased": told.get("rows_erased", 0) + gone,
        "reasons": reasons_of(pl.scan_parquet(quarantine, glob=False)),
        "good": good,
        "quarantine": left,
    }
    ledger.keep(settings.store, made)
    return made


def _left(rows: pl.LazyFrame, table: Table, persons: Sequence[Person], key: bytes) -> pl.LazyFrame:
    columns = rows.collect_schema().names()
    left = rows.filter(~is_erased(table, persons, columns, key=key))
    return left.with_columns(emptied(table, persons, columns, key=key))


def _stored(told: Record, part: str, store: Path) -> pl.LazyFrame:
    written = told["good"] if part == "good" else told["quarantine"]
    if written is None:
        raise parquet.Damaged(
            f"{told['slot']}: its rows were never stored, so nobody can be erased from them. "
            "Put the export back into the raw folder and give the command again."
        )
    suffix = "parquet" if part == "good" else "quarantine.parquet"
    return parquet.read(store / f"{told['key']}.{suffix}", sha256=written["sha256"])
