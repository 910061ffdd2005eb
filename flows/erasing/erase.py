"""The command side of `erase`: who is meant, the list, and the files of the user that still hold the number."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from rich.text import Text

from flows.console import console, shown
from flows.erasing.tickets import tickets_of
from flows.errors import PlainError
from flows.home import data_folder
from flows.io import durable, ledger, publish
from flows.io.erased import remember
from flows.io.landed import Refused
from flows.io.landing import read_rows
from flows.io.ledger import Job
from flows.io.publish import Shelf
from flows.progress import one_by_one
from flows.settings import Settings, load
from transforms.erasing import Person, Role, person_of
from transforms.layout import Layout


class NobodyMeant(PlainError):  # noqa: N818 -- read aloud where it is caught
    """It is not said who is to be erased."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Who is to be erased, as the user said; never written anywhere."""

    role: Role
    number: str = field(repr=False)
    source: str = ""


def settings_of_the_run_that_counts(data: str) -> Settings:
    """The settings with the as-of date that is published, so that an erasure changes nothing but the person."""
    parent = publish.current(Shelf(data_folder(data) / "published"))
    settings = load(data)
    if parent is None:
        return settings
    return load(data, as_of=settings.as_of.fromisoformat(parent["as_of"]))


def note(wanted: Wanted, settings: Settings) -> None:
    """Put the person on the list of the erased."""
    known = sorted({mapping.source for mapping in settings.mappings.values()})
    if not wanted.number.strip():
        raise NobodyMeant(f"erase: looked for the number of the {wanted.role}, found nothing. Give it as in an export.")
    if wanted.source and wanted.source not in known:
        raise NobodyMeant(
            f"erase: no source {wanted.source!r}. There are {', '.join(known)}. Name one, or leave --source out."
        )
    person = _person(wanted, settings)
    tickets = tickets_of(person, settings)
    is_new = remember(settings, person, *tickets)
    of_tickets = f", with {len(tickets)} tickets" if tickets else ""
    said = f"is noted as erased{of_tickets}" if is_new else "was erased before"
    console().print(f"The {wanted.role} {said}.")


def show_left(wanted: Wanted, settings: Settings) -> None:
    """Files of the user that still hold the number: this command does not change them."""
    found = list(_holders(wanted.number.strip(), settings))
    out = console()
    if not found:
        out.print("\nNo file of the raw folder holds the number.")
        return
    out.print(Text("\nstill hold the number: take it out of them, and out of your copies", style="bold yellow"))
    for path, what in found:
        out.print(Text(f"  {shown(path)}  {what}"), soft_wrap=True)


def _person(wanted: Wanted, settings: Settings) -> Person:
    return person_of(wanted.number, role=wanted.role, source=wanted.source, key=settings.key)


def _holders(number: str, settings: Settings) -> Iterator[tuple[Path, str]]:
    """Files of the user in which the number stands as a word: exports read as they are landed, documents as text."""
    jobs = ledger.jobs(settings, now_s=float("inf"))
    said = one_by_one("looking into the raw folder", _said_of, jobs, number, settings)
    yield from ((Path(job["path"]), words) for job, words in zip(jobs, said, strict=True) if words)
    for path in (settings.data / "pipeline.toml", *sorted((settings.data / "reference").glob("*.toml"))):
        if path.is_file() and _has(pl.lit(path.read_text("utf-8")), number):
            yield path, "as text"


def _said_of(job: Job, number: str, settings: Settings) -> str:
    """What there is to say of one export; nothing where the number is not in it."""
    texts = settings.store / ".erase"
    try:
        rows = _rows_with(number, Path(job["path"]), settings.mappings[job["mapping"]].layout, texts)
    except (Refused, OSError) as problem:
        return f"could not be looked into: {problem}"
    finally:
        durable.remove(texts)
    return f"{rows:,} rows" if rows else ""


def _rows_with(number: str, path: Path, layout: Layout, texts: Path) -> int:
    """How many records of a file hold the number, those that are refused at the door among them."""
    landed = read_rows(path, layout, staging=texts)
    refused = landed.refused.select(_says(pl.col("raw"), number).sum()).item()
    if not landed.header:
        return int(refused)
    in_a_cell = pl.any_horizontal(_says(pl.col(name), number) for name in landed.header)
    return int(refused + landed.rows.select(in_a_cell.sum()).collect().item())


def _has(text: pl.Expr, number: str) -> bool:
    return bool(pl.select(_says(text, number)).item())


def _says(text: pl.Expr, number: str) -> pl.Expr:
    """Whether a text has the number in it as a word of its own."""
    spelled = "".join(f"\\x{{{ord(letter):x}}}" for letter in number)
    return text.str.contains(rf"(?i)(?:^|[^\p{{L}}\p{{N}}]){spelled}(?:[^\p{{L}}\p{{N}}]|$)").fill_null(value=False)
