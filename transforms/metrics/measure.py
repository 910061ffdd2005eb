"""What is added up: `Measure`, a whole number of each row of a fact, and sums of measures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

import polars as pl

from expectations.errors import DefinitionError
from expectations.tables import FACTS

CUTS = ("channel", "team", "segment")
PROTECTABLE_CUTS = {"total", "team"}
PROTECTABLE_GRAINS = {"month", "quarter", "year"}
"""Each lies in one of the next. Weeks cross months: what a month hides, weeks would tell."""


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """What could have been meant, or everything there is."""
    names = sorted(known)
    close = get_close_matches(wrong, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {names}"


def one_of(owner: str, what: str, value: str, known: Iterable[str]) -> None:
    """Refuse a name that is not known, with what could have been meant."""
    if value not in known:
        msg = f"{owner}: {value!r} is not a {what}; {suggestion(value, known)}"
        raise DefinitionError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class Measure:
    """What is added up: a whole number of each row of a fact that fulfils a condition, on the row's date."""

    name: str
    fact: str
    date: str
    where: pl.Expr
    value: pl.Expr | None = None
    """None: the rows themselves are counted."""
    over_time: Literal["sum", "last"] = "sum"
    """last: only the last day of a period counts (a stock, not a flow)."""

    def __post_init__(self) -> None:
        """Refuse a fact or a column that does not exist, and a date that is not a day."""
        one_of(f"measure {self.name!r}", "fact", self.fact, FACTS)
        columns = FACTS[self.fact].columns
        for column in self.columns:
            one_of(f"measure {self.name!r}", f"column of {self.fact}", column, columns)
        if columns[self.date].dtype != pl.Date():
            msg = f"measure {self.name!r}: {self.date} of {self.fact} is {columns[self.date].dtype}; name a Date column"
            raise DefinitionError(msg)

    @property
    def id(self) -> str:
        """Name of its column in the table of sums."""
        return f"{self.fact}.{self.date}:{self.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the fact it reads."""
        value = self.value.meta.root_names() if self.value is not None else []
        return tuple(dict.fromkeys([self.date, *self.where.meta.root_names(), *value]))

    @property
    def is_count(self) -> bool:
        """It counts rows, or the things that rows stand for."""
        counted = [] if self.value is None else self.value.meta.root_names()
        return all(FACTS[self.fact].columns[name].unit == "count" for name in counted)

    @property
    def per_row(self) -> pl.Expr:
        """What each row adds; null where it adds nothing."""
        return pl.when(self.where).then(pl.lit(1, pl.Int64) if self.value is None else self.value.cast(pl.Int64))

    def __add__(self, other: Measure | Sum) -> Sum:
        """Both together."""
        return as_sum(self) + other

    def __sub__(self, other: Measure | Sum) -> Sum:
        """This one less the other."""
        return as_sum(self) - other


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum or difference of measures, possibly of several facts: their sums lie side by side."""

    plus: tuple[Measure, ...]
    minus: tuple[Measure, ...] = ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All of them."""
        return self.plus + self.minus

    @property
    def words(self) -> str:
        """As a person reads it."""
        return " + ".join(m.name for m in self.plus) + "".join(f" − {m.name}" for m in self.minus)

    def __add__(self, other: Measure | Sum) -> Sum:
        """Both together."""
        more = as_sum(other)
        return Sum(self.plus + more.plus, self.minus + more.minus)

    def __sub__(self, other: Measure | Sum) -> Sum:
        """This one less the other."""
        less = as_sum(other)
        return Sum(self.plus + less.minus, self.minus + less.plus)


def as_sum(term: Measure | Sum) -> Sum:
    """A single measure as a sum of one."""
    return term if isinstance(term, Sum) else Sum((term,))


def count(name: str, fact: str, date: str, where: pl.Expr) -> Measure:
    """How many rows fulfil the condition."""
    return Measure(name=name, fact=fact, date=date, where=where)


def total(name: str, fact: str, date: str, value: pl.Expr, where: pl.Expr) -> Measure:
    """What the rows that fulfil the condition add up to."""
    return Measure(name=name, fact=fact, date=date, value=value, where=where)


def rows_of(measure: Measure, *, where: pl.Expr | None = None) -> Measure:
    """The number of rows behind a measure, or of all rows of its fact on its date."""
    if where is None:
        return count(f"rows of {measure.name}", measure.fact, measure.date, measure.per_row.is_not_null())
    return count("rows", measure.fact, measure.date, where)


def require_protectable(name: str, facts: Iterable[str], cuts: Iterable[str], grains: Iterable[str]) -> None:
    """Refuse to suppress what `suppression` cannot keep secret: crossing cuts, crossing grains, published rows."""
    shown = [fact for fact in facts if FACTS[fact].published]
    if shown or not set(cuts) <= PROTECTABLE_CUTS or not set(grains) <= PROTECTABLE_GRAINS:
        msg = (
            f"metric {name!r} cannot be suppressed: published facts {shown}, cuts {list(cuts)}, grains {list(grains)}. "
            f"Read unpublished facts that know no cut but team, in the grains {sorted(PROTECTABLE_GRAINS)}"
        )
        raise DefinitionError(msg)


def has_cuts(fact: str, cuts: Iterable[str]) -> bool:
    """Whether a fact knows all of these cuts."""
    return set(cuts) <= set(FACTS[fact].columns)
