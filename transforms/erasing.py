"""A person who asked to be forgotten: which rows go, which cells are emptied, which texts speak of them.

What is known of an erased person is a keyed hash of the number and how long the number is: enough to recognise the
number wherever it is written out, too little to write it. The tickets of an erased customer are known in the same way,
since many rows know the customer by the number of the ticket alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import polars as pl

from expectations.schema import Personal, Table
from transforms.privacy import pseudonym, pseudonyms

Role = Literal["customer", "agent", "ticket"]
_LETTER_OR_DIGIT = r"[^\W_]"
_CUSTOMER, _TICKET = "customer_id", "ticket_id"
_SHORT_DIGITS = 4
"""Numbers of so many digits are hours, prices and scores as well."""
_BLANKS = " \u00a0\u202f"
_ALONE_AFTER = re.compile(rf'(?:^|[;,\t|"\n\[{{(]|":|: )[{_BLANKS}]*$')
_ALONE_BEFORE = re.compile(rf'^[{_BLANKS}]*(?:$|[;,\t|"\n\]}})])')
"""What stands around a cell of a refused row, whatever the format it was delivered in."""
_INTRODUCED = re.compile(
    r"(?:\b(?:clients?|cliente|customer|abonnée?|compte|account|contact|dossier|ticket|demande|case|agent|conseill[eè]re?"
    r"|utilisateur|user|membre|member|num[ée]ro|number|id|r[ée]f|r[ée]f[ée]rence|no|n[°ºo])|#)[\s.:#°º\u00a0\u202f]*$",
    re.IGNORECASE,
)


class Person(NamedTuple):
    """One erased person, or a ticket of theirs, as far as anybody may still know."""

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


def is_erased(table: Table, persons: Sequence[Person], columns: Iterable[str], *, key: bytes) -> pl.Expr:
    """Whether a row goes: it is of an erased customer, or nothing without its erased agent, such as a shift.

    A row that names no customer is of an erased one where its ticket was theirs.
    """
    there = list(columns)
    told = [_is_one_of(name, persons) for name in _columns_of(table, there) if _goes_whole(table, name)]
    if _TICKET in there and (_CUSTOMER in there or table.columns[_TICKET].required):
        is_nobodys = pl.col(_CUSTOMER).is_null() if _CUSTOMER in there else pl.lit(True)
        told.append(is_nobodys & _is_of_their_ticket(persons, key))
    return pl.any_horizontal(told) if told and persons else pl.lit(False)


def emptied(table: Table, persons: Sequence[Person], columns: Iterable[str], *, key: bytes) -> list[pl.Expr]:
    """The cells that lose an erased person while their row stays.

    They are the agent of a ticket, the number of an erased customer's ticket, what was written about that ticket, and
    a text with a number in it.
    """
    if not persons:
        return []
    there = [it for it in columns if it in table.columns]
    agents = [
        _kept(name, ~_is_one_of(name, persons)) for name in _columns_of(table, there) if not _goes_whole(table, name)
    ]
    texts = [name for name in there if table.columns[name].personal is Personal.MASKED]
    if _TICKET not in there:
        return agents + [_kept(it, ~mentions(pl.col(it), persons, key)) for it in texts]
    # Where a row names another customer, the words are theirs; else they may be about the one who is gone.
    is_theirs = _is_of_their_ticket(persons, key)
    is_about = is_theirs if _CUSTOMER not in there else pl.lit(False)
    numbers = [] if table.columns[_TICKET].required else [_kept(_TICKET, ~is_theirs)]
    return agents + numbers + [_kept(it, ~(is_about | mentions(pl.col(it), persons, key))) for it in texts]


def _kept(name: str, where: pl.Expr) -> pl.Expr:
    return pl.when(where).then(pl.col(name)).alias(name)


def mentions(text: pl.Expr, persons: Sequence[Person], key: bytes) -> pl.Expr:
    """Whether a text has the number of an erased person in it as a word of its own, or their pseudonym; never null.

    Every stretch as long as a number is hashed where words begin and end; nobody needs the number itself for that.
    Four digits and fewer count where they are a cell of their own, or a word before them says that they are a number:
    as a stretch they would be the hour or the price of anybody.
    """
    if not persons:
        return pl.lit(False)
    gone = frozenset(it.pseudonym for it in persons)
    stretches = [_stretch(length) for length in sorted({it.length for it in persons})]

    def tells(words: str) -> bool:
        if any(it in words for it in gone):
            return True
        found = (match for it in stretches for match in it.finditer(words))
        return any(_may_name(words, *match.span(1)) and pseudonym(match[1], key) in gone for match in found)

    def told(values: pl.Series) -> pl.Series:
        distinct = values.unique().drop_nulls()
        telling = [words for words in distinct.to_list() if tells(words)]
        return values.is_in(pl.Series(telling, dtype=pl.String).implode()).fill_null(value=False)

    return text.map_batches(told, return_dtype=pl.Boolean, is_elementwise=True)


def _may_name(words: str, begins: int, ends: int) -> bool:
    """Whether a stretch of a text may be somebody's number."""
    if ends - begins > _SHORT_DIGITS or not words[begins:ends].isdecimal():
        return True
    before, after = words[:begins], words[ends:]
    is_a_cell = _ALONE_AFTER.search(before) is not None and _ALONE_BEFORE.match(after) is not None
    return is_a_cell or _INTRODUCED.search(before) is not None


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
    return _is_in(pl.col(name), persons, "customer" if name == _CUSTOMER else "agent")


def _is_of_their_ticket(persons: Sequence[Person], key: bytes) -> pl.Expr:
    """Whether a row is about a ticket of an erased customer."""
    if all(it.role != "ticket" for it in persons):
        return pl.lit(False)
    return _is_in(pseudonyms(pl.col(_TICKET), key), persons, "ticket")


def _is_in(hashed: pl.Expr, persons: Sequence[Person], role: Role) -> pl.Expr:
    gone = [it.pseudonym for it in persons if it.role == role]
    return hashed.is_in(pl.Series(gone, dtype=pl.String).implode()).fill_null(value=False)
