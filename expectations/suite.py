"""A contract as a Great Expectations suite: generated, never written by hand and never loaded from a file."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from typing import Any

import great_expectations as gx
import polars as pl
from great_expectations.expectations.expectation import Expectation

from expectations.checks import Check, Kind, row_checks
from expectations.custom import (
    ExpectColumnsToBeThere,
    ExpectColumnToBeFilled,
    ExpectColumnToBeLike,
    ExpectColumnToBeOneOf,
    ExpectColumnToFollow,
    ExpectColumnToLieWithin,
    ExpectColumnTypes,
    ExpectCompoundKeyToBeUnique,
    ExpectKeyToBeUnique,
    ExpectRuleToHold,
)
from expectations.schema import Column, Layer, Severity, Table

GOOD_ROWS = "good rows"
"""Name of the condition that no critical check sends the row to quarantine; its share decides on a feed's file."""
_HOLDS = "all held back"


@functools.lru_cache
def suite(table: Table) -> gx.ExpectationSuite:
    """All that the contract says: columns and types, key, rows, and the share of good rows of a feed."""
    expectations = [*_structure(table), *row_expectations(table).values(), *_whole(table)]
    return gx.ExpectationSuite(table.name, expectations=expectations)


@functools.lru_cache
def structure_suite(table: Table) -> gx.ExpectationSuite:
    """Columns and types only: what can be asked of a frame that does not have them."""
    return gx.ExpectationSuite(table.name, expectations=_structure(table))


def misfits(schema: pl.Schema, table: Table) -> tuple[str, ...]:
    """How a frame's columns differ from the contract's: absent, or of another type."""
    absent = [f"{name} is absent" for name in table.columns if name not in schema]
    return (
        *absent,
        *(f"{n} is {schema[n]}, not {d}" for n, d in table.schema.items() if n in schema and schema[n] != d),
    )


@functools.lru_cache
def row_expectations(table: Table) -> Mapping[str, Expectation]:
    """Expectations about single rows, by the code of the check each of them asks."""
    return {check.code: _row_expectation(check, table) for check in row_checks(table)}


def _row_expectation(check: Check, table: Table) -> Expectation:
    is_feed, is_critical = table.layer is Layer.FEED, check.severity is Severity.CRITICAL
    effect = ("row to quarantine" if is_feed else _HOLDS) if is_critical else "reported"
    # A feed is held back for many bad rows, not for one: bad rows go to quarantine and the rest goes on.
    mostly = table.good_share if is_feed and is_critical else 1.0
    common = {**_said(check.code, check.about, check.severity, effect=effect), "mostly": mostly}
    if check.kind is Kind.RULE:
        columns = list(table.rules[check.subject].columns)
        return ExpectRuleToHold(rule=check.subject, column_list=columns, ignore_row_if="never", **common)
    column = table.columns[check.subject]
    if check.kind is Kind.NOT_BEFORE:
        pair = {"column_A": check.subject, "column_B": column.not_before, "ignore_row_if": "either_value_is_missing"}
        return ExpectColumnToFollow(or_equal=True, **pair, **common)
    return _column_expectation(check, column, common)


def _column_expectation(check: Check, column: Column, common: dict[str, Any]) -> Expectation:
    asked = {"column": check.subject, **common}
    match check.kind:
        case Kind.REQUIRED:
            return ExpectColumnToBeFilled(**asked)
        case Kind.ONE_OF:
            return ExpectColumnToBeOneOf(value_set=list(column.one_of), **asked)
        case Kind.PATTERN:
            return ExpectColumnToBeLike(regex=f"^(?:{column.pattern})$", **asked)
        case Kind.FINITE:
            largest = sys.float_info.max
            return ExpectColumnToLieWithin(min_value=-largest, max_value=largest, **asked)
        case _:
            return ExpectColumnToLieWithin(min_value=column.at_least, max_value=column.at_most, **asked)


def _structure(table: Table) -> list[Expectation]:
    types = {name: str(dtype) for name, dtype in table.schema.items()}
    present = _said("columns: present", "Every column of the contract is there.", Severity.CRITICAL, effect=_HOLDS)
    typed = _said("columns: typed", "Columns have the types of the contract.", Severity.CRITICAL, effect=_HOLDS)
    return [
        ExpectColumnsToBeThere(column_set=list(table.columns), exact_match=False, **present),
        ExpectColumnTypes(types=types, **typed),
    ]


def _whole(table: Table) -> list[Expectation]:
    """A feed may hold several versions of a row, so only its share of good rows counts; elsewhere keys are unique."""
    key = list(table.key)
    if table.layer is Layer.FEED:
        code, about = f"{GOOD_ROWS}: at least {table.good_share:.0%}", "Rows that pass every critical check."
        said = _said(code, about, Severity.CRITICAL, effect=_HOLDS)
        mostly = {"mostly": table.good_share, "ignore_row_if": "never"}
        return [ExpectRuleToHold(rule=GOOD_ROWS, column_list=key, **mostly, **said)]
    said = _said(f"key {', '.join(key)}: unique", f"One row is {table.grain}.", Severity.CRITICAL, effect=_HOLDS)
    if len(key) == 1:
        return [ExpectKeyToBeUnique(column=key[0], **said)]
    return [ExpectCompoundKeyToBeUnique(column_list=key, ignore_row_if="never", **said)]


def _said(code: str, about: str, severity: Severity, *, effect: str) -> dict[str, Any]:
    """What an expectation carries for people: severity and effect first, for the library's pages show neither."""
    return {
        "severity": str(severity),
        "description": f"[{severity}: {effect}] {code} ({about.rstrip('.')})",
        "meta": {"code": code},
    }
