"""The vocabulary of a contract: `Table`, `Column`, `Rule`.

A column is stated once, here by type, unit, meaning, rules and severity. The cast at landing, the Great
Expectations suite, the quarantine mask, the Parquet field metadata and the data dictionary are derived from it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypedDict, Unpack

import polars as pl

from expectations.errors import DefinitionError

INSTANT = pl.Datetime("us", "UTC")
"""An instant inside the house; published tables show it as naive site-local time."""

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


class Severity(StrEnum):
    """What a broken rule does to the row, as Great Expectations names it."""

    CRITICAL = "critical"
    """The row goes to quarantine with its reason."""
    WARNING = "warning"
    """The row stays and the report counts it."""


class Layer(StrEnum):
    """Which room of the house a table belongs to."""

    FEED = "feed"
    FACT = "fact"
    DIMENSION = "dimension"
    METRIC = "metric"
    REPORT = "report"


class Personal(StrEnum):
    """How a column that names or quotes a person is stored."""

    PSEUDONYM = "pseudonym"
    """Replaced by a keyed hash before it is stored."""
    MASKED = "masked"
    """E-mail addresses, phone, card and account numbers are blanked before it is stored."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its type, what it means, what it may hold.

    A null passes every rule but `required`: null means "cannot tell", and only `required` judges that.
    """

    dtype: pl.DataType
    about: str
    """A sentence a BI analyst reads."""
    unit: str = ""
    required: bool = False
    at_least: int | dt.date | dt.datetime | None = None
    at_most: int | dt.date | dt.datetime | None = None
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    """A regular expression the whole text must match."""
    not_before: str = ""
    """Name of a column of the same row that may not lie later than this one."""
    severity: Severity = Severity.CRITICAL
    """Of every rule but `required`, which is always critical."""
    dimension: str = ""
    """The dimension this code belongs to: published as `<dimension>_key`."""
    personal: Personal | None = None
    published: bool = True
    """False for what only later stages need (instants in UTC beside their date, provenance)."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A named condition over several columns of one row; null means "cannot tell" and passes."""

    holds: pl.Expr
    columns: tuple[str, ...]
    about: str
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One table: what one row is, what makes it unique, which column is its clock, and its columns.

    A contract is told from others by itself and not by what it says: what is derived from it is derived once. It is
    another where it was sent to a worker, so nothing derived is remembered of ever more of them.
    """

    name: str
    layer: Layer
    grain: str
    """One row is ... (read after those words)."""
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    clock: str = ""
    """The column that decides in which month a row lives; empty for small tables kept whole."""
    version: str = ""
    """The column by which the latest of several rows with one key is chosen; empty: file order."""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    published: bool = True
    """False for rows that may not leave the house one by one, such as answers of employees."""
    good_share: float = 0.5
    """A file with a smaller share of good rows than this is held back whole."""

    def __post_init__(self) -> None:
        """Refuse a contradictory contract at import, with the value that is wrong."""
        for name in (self.name, *self.columns, *self.rules):
            if not _NAME.match(name):
                msg = f"{self.name}: {name!r} is not a name; use lower case letters, digits and _"
                raise DefinitionError(msg)
        mentioned = [*self.key, *filter(None, (self.clock, self.version))]
        mentioned += [c.not_before for c in self.columns.values() if c.not_before]
        mentioned += [c for rule in self.rules.values() for c in rule.columns]
        for name in mentioned:
            if name not in self.columns:
                msg = f"{self.name}: there is no column {name!r}; there are {sorted(self.columns)}"
                raise DefinitionError(msg)
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))
        object.__setattr__(self, "rules", MappingProxyType(dict(self.rules)))

    @property
    def schema(self) -> pl.Schema:
        """Types by column, in the order declared."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that are never null."""
        return tuple(name for name, column in self.columns.items() if column.required)

    def empty(self) -> pl.LazyFrame:
        """No rows, the right types: what a missing optional feed looks like."""
        return pl.LazyFrame(schema=self.schema)


class Options(TypedDict, total=False):
    """What the short forms below pass on to `Column`."""

    unit: str
    required: bool
    at_least: int | dt.date | dt.datetime | None
    at_most: int | dt.date | dt.datetime | None
    one_of: tuple[str, ...]
    pattern: str
    not_before: str
    severity: Severity
    dimension: str
    personal: Personal | None
    published: bool


def text(about: str, **options: Unpack[Options]) -> Column:
    """A text column."""
    return replace(Column(dtype=pl.String(), about=about), **options)


def instant(about: str, **options: Unpack[Options]) -> Column:
    """An instant in UTC, between 1990 and 2100 (a two-digit year read wrongly is not)."""
    first, last = dt.datetime(1990, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    return replace(Column(dtype=INSTANT, about=about, unit="UTC", at_least=first, at_most=last), **options)


def day(about: str, **options: Unpack[Options]) -> Column:
    """A day in the site's zone."""
    first, last = dt.date(1990, 1, 1), dt.date(2100, 1, 1)
    return replace(Column(dtype=pl.Date(), about=about, at_least=first, at_most=last), **options)


def seconds(about: str, **options: Unpack[Options]) -> Column:
    """A duration in whole seconds, never negative."""
    return replace(Column(dtype=pl.Int64(), about=about, unit="seconds", at_least=0), **options)


def count(about: str, **options: Unpack[Options]) -> Column:
    """A whole number of things, never negative."""
    return replace(Column(dtype=pl.Int64(), about=about, unit="count", at_least=0), **options)


def cents(about: str, **options: Unpack[Options]) -> Column:
    """Money in cents of the site's currency; may be negative (a credit)."""
    return replace(Column(dtype=pl.Int64(), about=about, unit="cents"), **options)


def flag(about: str, **options: Unpack[Options]) -> Column:
    """Yes or no."""
    return replace(Column(dtype=pl.Boolean(), about=about), **options)


def number(about: str, **options: Unpack[Options]) -> Column:
    """A computed value: null and never NaN or infinite."""
    return replace(Column(dtype=pl.Float64(), about=about), **options)
