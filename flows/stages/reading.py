"""One export, from its bytes to rows in the store: good ones, quarantined ones, and the account of both."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from expectations.checks import quarantining
from expectations.schema import Table
from flows.errors import PlainError
from flows.io import durable, ledger, parquet, prints, stored
from flows.io.erased import erasures_sha256
from flows.io.landed import Landed, Refused
from flows.io.landing import read_rows
from flows.io.ledger import Job, Record
from flows.settings import Settings
from flows.stages import refusing
from flows.stages.judging import judged
from transforms import erasing
from transforms.canonical import FATE, GOOD, NOT_OURS, REFUSED, Typed, canonical
from transforms.double_hour import extent, in_double_hours, wall_columns
from transforms.erasing import Person
from transforms.mapping import Mapping, MappingMismatchError

_CELLS_HELD = 4_000_000
"""How many typed cells are held at most: some 100 MB with what is made of them."""


class RowsLost(PlainError):  # noqa: N818 -- read aloud where it is caught
    """The rows of an export do not add up: a fault of ours, and nothing of it may be published."""


def read_export(job: Job, settings: Settings) -> Record:
    """What came of reading one export: out of the store where these bytes were read by these rules before.

    Stored rows are hashed where something is made of them (`stored.rows`), not here: most nights need few of them.
    """
    known = ledger.record(settings.store, job["key"])
    if known is not None and stored.is_there(settings.store, known):
        return known
    mapping = settings.mappings[job["mapping"]]
    durable.folder(settings.store)
    try:
        told = _read(job, settings, mapping)
    except (Refused, MappingMismatchError) as problem:
        told = _blank(job, mapping) | {"state": "refused", "reason": _named(job, str(problem))}
    ledger.keep(settings.store, told)
    return told


def _read(job: Job, settings: Settings, mapping: Mapping) -> Record:
    """Land, type, judge and part the rows of one export."""
    staged, texts = settings.store / f"{job['key']}.staged.parquet", settings.store / f"{job['key']}.texts"
    try:
        durable.remove(texts)
        landed = read_rows(Path(job["path"]), mapping.layout, staging=texts)
        if landed.sha256 != job["sha256"]:
            prints.forget(settings)
            raise Refused(job["slot"], looked_for="the bytes seen a moment ago", found="others", to_do="Run again.")
        rows = typed(job, settings, mapping, landed)
        read = _at_hand(rows, landed.rows_in, staged)
        staying, gone = _without(read.filter(pl.col(FATE) == GOOD).drop(FATE), job, settings, mapping.table)
        with durable.naming(staged), parquet.refusals_of_the_disk(staged):
            not_ours, lines, erased = pl.collect_all(
                [
                    read.filter(pl.col(FATE) == NOT_OURS).select(pl.len()),
                    read.filter(pl.col(FATE) == REFUSED).select("line"),
                    gone,
                ]
            )
        told = _blank(job, mapping) | {
            "rows_in": landed.refused.height + (landed.rows_in - landed.refused.height) * rows.rows_per_record,
            "rows_not_ours": not_ours.item(),
            "rows_erased": erased.item(),
            "unknown_headers": list(rows.unknown_headers),
            "encoding": landed.encoding,
            "warnings": _double_hours(staying, mapping, settings.site.zone),
        }
        refused = [refusing.at_the_door(landed.refused), *_refused_in_a_cell(lines, job, settings, mapping, landed)]
        return _judged(told, settings, staying, refused, job["erased"])
    finally:
        for path in (staged, texts, _turned_down(settings, job["key"])):
            durable.remove(path)


def _at_hand(rows: Typed, records: int, staged: Path) -> pl.LazyFrame:
    """The typed rows, which are looked at several times: held where they are few, else laid down."""
    if records * rows.rows_per_record * len(rows.told.collect_schema()) <= _CELLS_HELD:
        return rows.told.collect(engine="streaming").lazy()
    with parquet.refusals_of_the_disk(staged):
        rows.told.sink_parquet(staged, compression="lz4")
    return pl.scan_parquet(staged, glob=False)


def _without(rows: pl.LazyFrame, job: Job, settings: Settings, table: Table) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The rows without anything of erased persons, and how many rows went."""
    if not (persons := job["erased"]):
        return rows, pl.LazyFrame({"len": [0]})
    is_gone = erasing.is_erased(table, persons, table.columns, key=settings.key)
    cells = erasing.emptied(table, persons, table.columns, key=settings.key)
    return rows.filter(~is_gone).with_columns(cells), rows.filter(is_gone).select(pl.len())


def _turned_down(settings: Settings, key: str) -> Path:
    """Where the rows that were turned down lie on the way."""
    return settings.store / f"{key}.turned_down"


def _refused_in_a_cell(
    lines: pl.DataFrame, job: Job, settings: Settings, mapping: Mapping, landed: Landed
) -> list[pl.LazyFrame]:
    """Rows with a cell that cannot be read: read once more by themselves, so that only they are given reasons."""
    if lines.is_empty():
        return []
    rows = landed.rows.join(lines.lazy(), on="line", how="semi", maintain_order="left")
    again = typed(job, settings, mapping, replace(landed, rows=rows))
    return [refusing.in_a_cell(again.refused, _turned_down(settings, job["key"]) / "cells.parquet")]


def _judged(
    told: Record,
    settings: Settings,
    staged: pl.LazyFrame,
    refused: Sequence[pl.LazyFrame],
    persons: tuple[Person, ...],
) -> Record:
    """The typed rows parted into good and bad by their contract, and both stored."""
    from expectations.gate import check_counts, split  # noqa: PLC0415 -- three seconds of import

    store, key, table = settings.store, told["key"], settings.mappings[told["mapping"]].table
    verdict = judged(staged, table, name=f"{told['slot']} {told['mapping']}", settings=settings)
    good, bad = split(staged, table)
    # Where none was counted none is looked for: one that came since would be missing from the balance.
    is_any_broken = any(verdict.counts[code] for code in quarantining(table))
    home = _turned_down(settings, key)
    broken = refusing.laid_down(bad, home / "rules.parquet") if is_any_broken else bad.clear()
    check_counts(verdict, broken, table)
    found = refusing.quarantine(
        [*refused, refusing.by_rules(broken, table)],
        persons,
        path=store / f"{key}.quarantine.parquet",
        key=settings.key,
        staging=home,
    )
    written = parquet.write(good, store / f"{key}.parquet", table)
    told |= {
        "rows_good": written["rows"],
        "rows_quarantined": found.written["rows"],
        "rows_erased": told["rows_erased"] + found.erased,
        "reasons": found.reasons,
        "warnings": told["warnings"]
        | {code: rows for code in verdict.warnings if (rows := verdict.counts.get(code, 0))},
        "good": written,
        "quarantine": found.written,
    }
    _require_balance(told)
    told["state"], told["reason"] = _state(told, table, verdict.blocked_by, found.forms)
    return told


def _state(told: Record, table: Table, blocked_by: tuple[str, ...], forms: dict[str, str]) -> tuple[str, str]:
    """Whether the export is held back whole, and why: its structure is wrong, or too few of its rows are good."""
    of_concern = told["rows_in"] - told["rows_not_ours"] - told["rows_erased"]
    share = told["rows_good"] / of_concern if of_concern else 1.0
    if share >= table.good_share and not blocked_by:
        return "accepted", ""
    frequent = sorted(told["reasons"].items(), key=lambda it: (-it[1], it[0]))[:3]
    written = {reason: f", written like {form}" for reason, form in forms.items()}
    why = [f"{reason} ({rows} rows{written.get(reason, '')})" for reason, rows in frequent]
    return "held", (
        f"{told['slot']}: {told['rows_good']} of {of_concern} rows are good; at least {table.good_share:.0%} must be. "
        f"Most frequent: {', '.join(why or blocked_by)}. `python -m flows check {told['slot']}` shows such rows. "
        f"Correct the mapping {told['mapping']!r}, or the export, and run again."
    )


def typed(job: Job, settings: Settings, mapping: Mapping, landed: Landed) -> Typed:
    """The rows in the contract's types, beside those with a cell that cannot be read."""
    return canonical(
        landed.rows,
        mapping,
        slot=job["slot"],
        header=landed.header,
        zone=settings.site.zone,
        scales=settings.scales,
        key=settings.key,
    )


def _double_hours(rows: pl.LazyFrame, mapping: Mapping, zone: str) -> dict[str, int]:
    """By column, how many times may as well have been an hour later: the clocks went back, and the text is silent."""
    if not (columns := wall_columns(mapping, zone)):
        return {}
    counts = in_double_hours(rows, columns, extent(rows, columns).collect()).collect().row(0, named=True)
    words = "an hour that happens twice, read as the first"
    return {f"{name}: {words}": count for name, count in counts.items() if count}


def _require_balance(told: Record) -> None:
    found = told["rows_good"] + told["rows_quarantined"] + told["rows_not_ours"] + told["rows_erased"]
    if found != told["rows_in"]:
        raise RowsLost(
            f"{told['slot']}: {told['rows_in']} rows were delivered, {found} are accounted for "
            f"({told['rows_good']} good, {told['rows_quarantined']} quarantined, {told['rows_not_ours']} not ours, "
            f"{told['rows_erased']} erased). "
            "Nothing was published; this is a fault of the pipeline: report it with the file's layout."
        )


def _named(job: Job, problem: str) -> str:
    """The problem under the name the file has in the raw folder."""
    told = problem.removeprefix(f"{Path(job['path']).name}: ")
    return told if told.startswith(job["slot"]) else f"{job['slot']}: {told}"


def _blank(job: Job, mapping: Mapping) -> Record:
    """A record before anything was read."""
    return {
        "slot": job["slot"],
        "mapping": job["mapping"],
        "table": mapping.table.name,
        "key": job["key"],
        "sha256": job["sha256"],
        "bytes": job["bytes"],
        "state": "accepted",
        "reason": "",
        "rows_in": 0,
        "rows_good": 0,
        "rows_quarantined": 0,
        "rows_not_ours": 0,
        "rows_erased": 0,
        "erasures": erasures_sha256(mapping.source, job["erased"]),
        "reasons": {},
        "warnings": {},
        "unknown_headers": [],
        "encoding": "",
        "good": None,
        "quarantine": None,
    }
