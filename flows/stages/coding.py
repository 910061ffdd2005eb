"""The codes that the facts use, kept: told of each part of a fact, and the customers among them, month after month.

A night tells of the parts that changed. It numbers the customers of the months of which these say something else than
before, and of the months behind: of old months neither customers nor numbers change.
"""

import datetime as dt
from functools import partial

import polars as pl

from flows.io.kept import Kept, Making
from flows.stages.draft import Draft
from transforms.facts.codes import (
    CUSTOMER,
    CUSTOMER_KEY,
    PART,
    LatestSegments,
    has_customers,
    new_customers,
    no_customers,
    nobody_told,
    nothing_told,
    numbered_customers,
    seen,
    told_codes,
    told_customers,
)
from transforms.facts.dimensions import CODED
from transforms.facts.numbering import numbering
from transforms.facts.parts import UNSPLIT, is_one_part

CODES, CUSTOMERS, NUMBERS = "codes", "customers", "numbers_"
"""Frames of the run: codes but for customers, each with its fact; customers, by month; how codes are numbered.

With a fact in its name, a frame of the first two is what each part of the fact tells.
"""


def tell_codes(draft: Draft) -> None:
    """What the facts tell of codes, and from that the customers, numbered."""
    told = [
        draft.told_of_each(f"{CODES}_{fact}", fact, partial(told_codes, fact)).with_columns(fact=pl.lit(fact))
        for fact in draft.names_inside("fact_")
    ]
    codes = pl.concat([nothing_told().with_columns(pl.lit("").alias(it) for it in (PART, "fact")), *told])
    draft.put_inside(codes, CODES)
    for fact in _with_customers(draft):
        draft.keep_of_each(f"{CUSTOMERS}_{fact}", fact, partial(told_customers, fact))
    pieces: dict[str, Kept] = {}
    for month, here in _by_month(draft).items():
        making = Making(
            name=CUSTOMERS,
            made_of=[*here, *pieces.values()],
            and_of=month,
            make=partial(_numbered, month, here, list(pieces.values()), draft),
        )
        pieces |= draft.keeper.kept({month: making})
    draft.note_parts(CUSTOMERS, pieces)


def note_numbers(draft: Draft) -> None:
    """How the codes of each dimension are numbered, in a few rows."""
    draft.keep_of_each(f"{NUMBERS}{CUSTOMER}", CUSTOMERS, lambda rows: numbering(new_customers(rows), CUSTOMER_KEY))
    for name in (it for it in CODED if it != CUSTOMER):
        draft.put_inside(numbering(draft.inside(f"dim_{name}"), f"{name}_key"), f"{NUMBERS}{name}")


def customers_with_segments(draft: Draft) -> pl.LazyFrame:
    """One row is a customer with the latest segment, in the order of their numbers."""
    known = new_customers(draft.inside(CUSTOMERS))
    names = seen("segment", draft.inside(CODES)).collect()["code"]
    segments = LatestSegments(names, known.select(pl.len()).collect().item())
    for month in draft.parts_of(CUSTOMERS):
        segments.hear(draft.part_inside(CUSTOMERS, month).select(CUSTOMER_KEY, "segment", "created_at").collect())
    return pl.concat([known, segments.by_number()], how="horizontal")


def customers_between(first: dt.date, last: dt.date, named: pl.LazyFrame, draft: Draft) -> pl.LazyFrame:
    """One row is a customer of whom parts of facts tell whose rows are of these days; of several months, those named.

    A ticket may be answered for years: of its survey, whoever came in all these would be looked at.
    """
    pieces = draft.parts_of(CUSTOMERS)
    here = {name: it for name, it in pieces.items() if name == UNSPLIT or str(first)[:7] <= name[:7] <= str(last)[:7]}
    customers = draft.keeper.sound(here).select("code", CUSTOMER_KEY)
    return customers if len(here) == 1 else customers.join(named, on="code", how="semi").unique()


def _by_month(draft: Draft) -> dict[str, list[Kept]]:
    """By month, what tells of customers whom a part of a fact has first on one of its days; in one, while it is few."""
    facts = _with_customers(draft)
    parts = {fact: draft.parts_of(f"{CUSTOMERS}_{fact}") for fact in facts}
    if is_one_part(sum(it["rows"] for fact in facts for it in draft.parts_of(fact).values())):
        return {UNSPLIT: [it for found in parts.values() for it in found.values()]}
    first, last = (pl.col(name).dt.month_start() for name in ("first_seen_on", "last_seen_on"))
    days = draft.inside(CODES).filter(pl.col("dimension") == PART, pl.col("fact").is_in(facts))
    months = days.select(pl.date_ranges(first, last, interval="1mo").alias("month"), "fact", PART).explode("month")
    found: dict[str, list[Kept]] = {}
    for month, fact, part in months.drop_nulls("month").sort(pl.all()).collect().iter_rows():
        found.setdefault(str(month), []).append(parts[fact][part])
    return found


def _with_customers(draft: Draft) -> list[str]:
    return [fact for fact in draft.names_inside("fact_") if has_customers(fact)]


def _numbered(month: str, here: list[Kept], before: list[Kept], draft: Draft) -> pl.LazyFrame:
    """The customers of a month, in the numbers that they have since an earlier one, or from now on."""
    told = _rows_of(here, draft) if here else nobody_told()
    if month != UNSPLIT:
        told = told.filter(pl.col("first_seen_on").dt.month_start() == dt.date.fromisoformat(month))
    if not before:
        return numbered_customers(told, no_customers(), 0)
    known = new_customers(_rows_of(before, draft))
    return numbered_customers(told, known, known.select(pl.col(CUSTOMER_KEY).max()).collect().item() or 0)


def _rows_of(frames: list[Kept], draft: Draft) -> pl.LazyFrame:
    return draft.keeper.frame({f"{place:06}": it for place, it in enumerate(frames)})
