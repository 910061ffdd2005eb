"""The tickets of an erased customer: many rows know the customer by the number of the ticket alone."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl

from flows.io import durable, ledger, parquet
from flows.io.landed import Refused
from flows.io.landing import read_rows
from flows.io.ledger import Job
from flows.settings import Settings
from flows.stages.reading import typed
from transforms.erasing import Person, person_of
from transforms.mapping import MappingMismatchError

_NAMED = ("source", "ticket_id", "customer_id")


def tickets_of(person: Person, settings: Settings) -> list[Person]:
    """The tickets that are a customer's alone: in rows that were stored, and in exports as they lie in the raw folder.

    A number that one source knows means the ticket in every source, as it does where facts are built.
    """
    frames = [*_stored(settings), *_delivered(settings)]
    if person.role != "customer" or not frames:
        return []
    rows = pl.concat(frames).unique()
    is_theirs = pl.col("customer_id") == person.pseudonym
    if person.source:
        is_theirs &= pl.col("source") == person.source
    of_others = rows.filter(pl.col("customer_id") != person.pseudonym)
    theirs = rows.filter(is_theirs).join(of_others, on=["source", "ticket_id"], how="anti")
    sources = rows.group_by("ticket_id").agg(in_one=pl.col("source").n_unique() == 1)
    found = theirs.select("source", "ticket_id").unique().join(sources, on="ticket_id")
    return [
        person_of(number, role="ticket", source="" if in_one else source, key=settings.key)
        for source, number, in_one in found.sort("source", "ticket_id").iter_rows()
    ]


def _stored(settings: Settings) -> Iterator[pl.DataFrame]:
    """Of every reading of a ticket export that the store has; a damaged one is judged by the run that comes."""
    for path in sorted(settings.store.glob("*.json")):
        told = ledger.record(settings.store, path.stem)
        if told is None or told["table"] != "feed_ticket" or told["good"] is None:
            continue
        with suppress(parquet.Damaged, OSError):
            rows = parquet.read(settings.store / f"{told['key']}.parquet", sha256=told["good"]["sha256"])
            yield _named(rows)


def _delivered(settings: Settings) -> Iterator[pl.DataFrame]:
    """Of every ticket export of the raw folder, the rows of those who were erased before among them."""
    texts = settings.store / "tickets.texts"  # named so, a run that follows a death removes it
    for job in ledger.jobs(settings, now_s=float("inf")):
        mapping = settings.mappings[job["mapping"]]
        if job["problem"] or mapping.table.name != "feed_ticket" or "customer_id" not in mapping.fields:
            continue
        durable.folder(settings.store)
        try:
            yield _read(job, settings, texts)
        except (Refused, MappingMismatchError):
            continue  # the run that comes says so
        finally:
            durable.remove(texts)


def _read(job: Job, settings: Settings, texts: Path) -> pl.DataFrame:
    mapping = settings.mappings[job["mapping"]]
    landed = read_rows(Path(job["path"]), mapping.layout, staging=texts)
    return _named(typed(job, settings, mapping, landed).good)


def _named(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.select(_NAMED).filter(pl.col("ticket_id").is_not_null()).collect()
