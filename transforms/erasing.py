"""A person who asked to be forgotten: which rows go, which cells are emptied, which texts speak of them.

What is known of an erased person is a keyed hash of the number and how long the number is: enough to recognise the
number wherever it is written out, too little to write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import polars as pl

from expectations.schema import Personal, Table
from transforms.privacy import pseudonym

Role = Literal["customer", "agent"]
_LETTER_OR_DIGIT = r"[^\W_]"


class Person(NamedTuple):
    """One erased person, as far as anybody may still know."""

    role: Role
    source: str
    """The only source that means this person by the number; empty for all sources."""
    pseudonym: str
    length: int
    """Of the number, in characters."""


def person_of(number: str, *, role: Role, source: str, key: bytes) -> Person:
    """What is kept of a number."""
    plain = number.strip()
    return Person(role, source, pseudonym(plain, key), len(plain))


def persons_in(source: str, persons: Iterable[Person]) -> tuple[Person, ...]:
    """The erased persons whom rows of this source may speak of, sorted."""
    return tuple(sorted(it for it in persons if it.source in {"", source}))


def is_erased(table: Table, persons: Sequence[Person], columns: Iterable[str]) -> pl.Expr:
    """Whether a row goes: it is of an erased customer, or nothing without its erased agent, such as a shift."""
    told = [_is_one_of(name, persons) for name in _columns_of(table, columns) if _goes_whole(table, name)]
    return pl.any_horizontal(told) if told and persons else pl.lit(False)


def emptied(table: Table, persons: Sequence[Person], columns: Iterable[str], *, key: bytes) -> list[pl.Expr]:
    """The cells that lose an erased person while their row stays: the agent of a ticket, a text with a number in it."""
    if not persons:
        return []
    there = list(columns)
    agents = [
        pl.when(~_is_one_of(name, persons)).then(pl.col(name)).alias(name)
        for name in _columns_of(table, there)
        if not _goes_whole(table, name)
    ]
    texts = [name for name in there if name in table.columns and table.columns[name].personal is Personal.MASKED]
    return agents + [pl.when(~mentions(pl.col(it), persons, key)).then(pl.col(it)).alias(it) for it in texts]


def mentions(text: pl.Expr, persons: Sequence[Person], key: bytes) -> pl.Expr:
    """Whether a text has the number of an erased person in it as a word of its own, or their pseudonym; never null.

    Every stretch as long as a number is hashed where words begin and end; nobody needs the number itself for that.
    """
    if not persons:
        return pl.lit(False)
    gone = frozenset(it.pseudonym for it in persons)
    stretches = [_stretch(length) for length in sorted({it.length for it in persons})]

    def tells(words: str) -> bool:
        if any(it in words for it in gone):
            return True
        return any(pseudonym(found, key) in gone for it in stretches for found in it.findall(words))

    def told(values: pl.Series) -> pl.Series:
        distinct = values.unique().drop_nulls()
        telling = [words for words in distinct.to_list() if tells(words)]
        return values.is_in(pl.Series(telling, dtype=pl.String).implode()).fill_null(value=False)

    return text.map_batches(told, return_dtype=pl.Boolean, is_elementwise=True)


def _stretch(length: int) -> re.Pattern[str]:
    """Every run of so many characters that cuts no word at either end, overlapping ones as well."""
    inside = r"\S" if length == 1 else rf"\S.{{{length - 2}}}\S"
    begins = rf"(?:(?<!{_LETTER_OR_DIGIT})|(?=[\W_]))"
    ends = rf"(?:(?<=[\W_])|(?!{_LETTER_OR_DIGIT}))"
    return re.compile(rf"{begins}(?=({inside}){ends})", re.DOTALL)


def _columns_of(table: Table, columns: Iterable[str]) -> list[str]:
    """The columns that name a person."""
    return [it for it in columns if it in table.columns and table.columns[it].personal is Personal.PSEUDONYM]


def _goes_whole(table: Table, name: str) -> bool:
    column = table.columns[name]
    return column.dimension == "customer" or column.required


def _is_one_of(name: str, persons: Sequence[Person]) -> pl.Expr:
    """Whether a column names an erased person of its kind; the numbers of agents and customers may be the same."""
    role = "customer" if name == "customer_id" else "agent"
    gone = [it.pseudonym for it in persons if it.role == role]
    return pl.col(name).is_in(pl.Series(gone, dtype=pl.String).implode()).fill_null(value=False)
