"""A contract as a list of checks, each with the short code a person reads in a quarantine report.

Pure: the suite asks them of Great Expectations, the gate names its reasons by them, the dictionary prints them.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from enum import StrEnum

from expectations.schema import Column, Severity, Table


class Kind(StrEnum):
    """Which line of the contract a check comes from."""

    REQUIRED = "required"
    BOUNDS = "bounds"
    FINITE = "finite"
    ONE_OF = "one_of"
    PATTERN = "pattern"
    NOT_BEFORE = "not_before"
    RULE = "rule"


@dataclass(frozen=True)
class Check:
    """Something every row must satisfy."""

    kind: Kind
    subject: str
    """The column, or for `Kind.RULE` the rule."""
    says: str
    about: str
    severity: Severity

    @property
    def code(self) -> str:
        """Names the check in reasons and counts: `score_milli: at most 5000`, `rule score_is_on_its_scale`."""
        return f"rule {self.subject}" if self.kind is Kind.RULE else f"{self.subject}: {self.says}"


@functools.lru_cache
def row_checks(table: Table) -> tuple[Check, ...]:
    """Everything the contract says about one row, in the order declared: columns, then rules."""
    of_columns = [check for name, column in table.columns.items() for check in column_checks(name, column)]
    of_rules = [
        Check(Kind.RULE, name, says=rule.about, about=rule.about, severity=rule.severity)
        for name, rule in table.rules.items()
    ]
    return (*of_columns, *of_rules)


def column_checks(name: str, column: Column) -> tuple[Check, ...]:
    """What the contract says about the values of one column."""
    said = {
        Kind.REQUIRED: "required" if column.required else "",
        Kind.BOUNDS: _bounds(column),
        Kind.FINITE: "a finite number" if column.dtype.is_float() else "",
        Kind.ONE_OF: f"one of {', '.join(column.one_of)}" if column.one_of else "",
        Kind.PATTERN: f"like {column.pattern}" if column.pattern else "",
        Kind.NOT_BEFORE: f"not before {column.not_before}" if column.not_before else "",
    }
    always_critical = {Kind.REQUIRED, Kind.FINITE}
    return tuple(
        Check(
            kind,
            name,
            says=says,
            about=column.about,
            severity=Severity.CRITICAL if kind in always_critical else column.severity,
        )
        for kind, says in said.items()
        if says
    )


@functools.lru_cache
def quarantining(table: Table) -> tuple[str, ...]:
    """Codes of the checks that send a row to quarantine."""
    return tuple(check.code for check in row_checks(table) if check.severity is Severity.CRITICAL)


def _bounds(column: Column) -> str:
    low, high = _bound(column.at_least), _bound(column.at_most)
    if low and high:
        return f"between {low} and {high}"
    return f"at least {low}" if low else f"at most {high}" if high else ""


def _bound(value: int | dt.date | dt.datetime | None) -> str:
    """Midnight is written as its day."""
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" if value.time() == dt.time() else f"{value:%Y-%m-%d %H:%M:%S}"
    return "" if value is None else str(value)
