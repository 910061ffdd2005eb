"""The facts as readers see them, in the staging folder: keys for codes, local time for UTC.

A fact is one file. One of tickets that has become long is a folder of files, one a month: of the tickets opened in it.
Such a file is a kept frame, made again only where its content may change, and published by a second name for it: a
night rewrites the months it touches, and those of old keep their bytes and their place on the disk.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import polars as pl

from expectations.schema import Table
from expectations.tables import FACTS
from flows.io import durable
from flows.io.kept import Kept, Making
from flows.stages.coding import CODES, NUMBERS, customers_between
from flows.stages.draft import Draft, Output, output_of, write_output
from transforms.facts import STEPS
from transforms.facts.codes import CUSTOMER, DERIVED, PART
from transforms.facts.numbering import Numbered
from transforms.facts.parts import WITHOUT_A_DAY
from transforms.facts.publishable import publishable, published_names

CELLS_A_FILE = 30_000_000
"""A fact of parts with so many cells (half a million tickets, two million events) is still one file.

To sort and write it takes some 15 bytes a cell, so half a gigabyte, and two seconds of a core: every night.
"""
CELLS_AT_ONCE = 16_500_000
"""A month of more cells is put in order a stretch of days at a time, laid down until all of it is."""
_SORTED_AS_CELLS = 2
"""To sort a row by its words takes as much memory as so many cells more."""
_WIDE = 15
"""Of so many columns: rows with fewer are put in order as fast while they pass by."""
_MONTH = len("2026-01")
Numbers = Sequence[Numbered]
"""How the codes of each dimension of a fact are numbered."""
Days = tuple[dt.date, dt.date]
"""The first and the last of which rows tell."""


def publish_fact(fact: str, draft: Draft) -> list[Output]:
    """The file of a fact, or those of its months."""
    table, parts = FACTS[fact], draft.parts_of(fact)
    if len(parts) <= 1 or _cells(parts, table) <= CELLS_A_FILE:
        dimensions = draft.all_inside("dim")
        frame = _in_order(draft.inside(fact), table, dimensions, draft, is_short=_is_short(parts, table))
        return [write_output(frame, table, draft)]
    numbers, days = _numbers(table, draft), _days(fact, draft)
    kept = draft.keeper.kept(
        {f"{fact}_{month}": _making(fact, within, numbers, days, draft) for month, within in by_month(parts).items()}
    )
    durable.remove(_room(draft))
    draft.note_parts(f"published_{fact}", kept)
    return [_put(f"facts/{fact}/{name}.parquet", table, it, draft) for name, it in kept.items()]


def by_month(parts: Mapping[str, Kept]) -> dict[str, dict[str, Kept]]:
    """The parts of a frame that have rows, by the month in which they begin: 2026-01."""
    found: dict[str, dict[str, Kept]] = {}
    for part, kept in sorted(parts.items()):
        if kept["rows"]:
            found.setdefault(part if part == WITHOUT_A_DAY else part[:_MONTH], {})[part] = kept
    return found


def _cells(parts: Mapping[str, Kept], table: Table, *, more: int = 0) -> int:
    """How many cells of some parts of a fact are published, where a row has some `more`."""
    return sum(it["rows"] for it in parts.values()) * (len(published_names(table)) + more)


def _is_short(parts: Mapping[str, Kept], table: Table) -> bool:
    """Whether all rows of some parts are put in order at once."""
    return _cells(parts, table, more=_SORTED_AS_CELLS) <= CELLS_AT_ONCE


def _shown(fact: str, parts: Mapping[str, Kept], days: Days, draft: Draft) -> pl.LazyFrame:
    """The rows of a month with keys, in their order."""
    table, rows = FACTS[fact], draft.on_the_day(fact, draft.keeper.frame(parts))
    if len(parts) == 1 or _is_short(parts, table):
        dimensions = _dimensions(rows, table, days, draft)
        return _in_order(rows, table, dimensions, draft, is_short=_is_short(parts, table))
    are_short = all(_is_short({part: it}, table) for part, it in parts.items())
    laid_down = []
    for number, is_here in enumerate(stretches(pl.col(table.clock), parts)):
        path, here = durable.folder(_room(draft)) / f"{number}.parquet", rows.filter(is_here)
        shown = _in_order(here, table, _dimensions(here, table, days, draft), draft, is_short=are_short)
        shown.sink_parquet(path, compression="uncompressed")
        laid_down.append(path)
    return pl.scan_parquet(laid_down, glob=False)


def _in_order(
    rows: pl.LazyFrame, table: Table, dimensions: Mapping[str, pl.LazyFrame], draft: Draft, *, is_short: bool
) -> pl.LazyFrame:
    """Some rows with keys, in their order: wide ones, where they are short, in memory, for a third less work."""
    shown = publishable(rows, table, dimensions, draft.settings.site.zone)
    is_wide = len(published_names(table)) >= _WIDE
    return shown.collect(engine="in-memory").lazy() if is_wide and is_short else shown


def _dimensions(rows: pl.LazyFrame, table: Table, days: Days, draft: Draft) -> dict[str, pl.LazyFrame]:
    """The dimensions; of millions of customers, those whom rows of these days name."""
    dimensions = draft.all_inside("dim")
    named = [rows.select(code=name).drop_nulls() for name, it in _coded(table).items() if it == CUSTOMER]
    if named:
        dimensions[f"dim_{CUSTOMER}"] = customers_between(*days, pl.concat(named).unique(), draft)
    return dimensions


def _room(draft: Draft) -> Path:
    """Where rows lie until all of a month are in order."""
    return draft.work / "in_order"


def stretches(day: pl.Expr, parts: Iterable[str]) -> Iterator[pl.Expr]:
    """Whether a row is of each of some stretches of days, one after the other: they begin where the parts do."""
    begin = [dt.date.fromisoformat(part) for part in sorted(parts)[1:]]
    if not begin:
        yield pl.lit(value=True)
        return
    yield day.is_null() | (day < begin[0])
    for since, until in pairwise(begin):
        yield day.is_between(since, until, closed="left")
    yield day >= begin[-1]


def _coded(table: Table) -> dict[str, str]:
    """The columns of a fact that are published as keys, and the dimensions of these."""
    return {name: it.dimension for name, it in table.columns.items() if it.published and it.dimension}


def _making(
    fact: str, parts: Mapping[str, Kept], numbers: Numbers, days_of: Mapping[str, Days], draft: Draft
) -> Making:
    """How the file of a month is made, of its rows and of the numbers of their codes."""
    table, daily = FACTS[fact], STEPS[fact].daily
    told = published_names(table).keys() & (daily.columns if daily else ())
    days = min(days_of[part][0] for part in parts), max(days_of[part][1] for part in parts)
    last = None if fact in DERIVED else days[1]  # of rows made of others, the day says nothing of their codes
    return Making(
        name=f"{fact}, published",
        made_of=list(parts.values()),
        and_of=[
            [known.until(last) for known in numbers],
            draft.settings.site.zone,
            draft.end.isoformat() if told else "",
        ],
        make=partial(_shown, fact, parts, days, draft),
        table=table,
    )


def _numbers(table: Table, draft: Draft) -> Numbers:
    """How the codes of a fact are numbered."""
    return [Numbered.of(draft.inside(f"{NUMBERS}{name}").collect()) for name in sorted(set(_coded(table).values()))]


def _days(fact: str, draft: Draft) -> dict[str, Days]:
    """The first and the last day of the rows of each part of a fact."""
    told = draft.inside(CODES).filter(pl.col("fact") == fact, pl.col("dimension") == PART).drop_nulls("first_seen_on")
    days = told.select(PART, "first_seen_on", "last_seen_on").collect()
    return {part: (first, last) for part, first, last in days.iter_rows()}


def _put(name: str, table: Table, kept: Kept, draft: Draft) -> Output:
    """A kept frame among what is published, by a second name where the disk knows such."""
    source, path = draft.keeper.path(kept), draft.staging / name
    durable.folder(path.parent)
    durable.copy(source, path)
    durable.sync_file(path)  # a kept frame need not last, what is published must
    return output_of(name, table, {"rows": kept["rows"], "bytes": kept["bytes"], "sha256": kept["sha256"]}, draft)
