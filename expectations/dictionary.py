"""The data dictionary, from the contracts: what every table and column means, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from expectations.checks import Kind, column_checks
from expectations.schema import Column, Layer, Personal, Rule, Severity, Table, day, instant

_LAYERS = {
    Layer.FEED: ("Feeds", "What is delivered, once read and typed. A bad row goes to quarantine with its reasons."),
    Layer.FACT: ("Facts", "What is stored: every clock resolved, every code known. A bad row holds the table back."),
    Layer.DIMENSION: ("Dimensions", "What the codes and days of facts and metrics mean."),
    Layer.METRIC: ("Metrics", "The period tables that BI opens."),
    Layer.REPORT: ("Reports", "The account of the run that made the tables."),
}
_TYPES: dict[type[pl.DataType], str] = {
    pl.String: "text",
    pl.Boolean: "yes/no",
    pl.Int64: "whole number",
    pl.Int32: "whole number",
    pl.Float64: "number",
    pl.Date: "day",
    pl.Datetime: "instant",
}
_USUAL_BOUNDS = {(column.at_least, column.at_most) for column in (day(""), instant(""))}
_PERSONAL = {Personal.PSEUDONYM: "Stored as a keyed hash.", Personal.MASKED: "Stored masked."}


def dictionary(tables: Iterable[Table]) -> str:
    """One Markdown page: the tables by layer, and for each its grain, key, columns and rules."""
    by_layer: dict[Layer, list[Table]] = {layer: [] for layer in _LAYERS}
    for table in tables:
        by_layer[table.layer].append(table)
    preface = (
        "Generated from `expectations/tables/` by `make catalogue`; edit the contracts, not this page.\n\n"
        "A rule is about values that are there: null passes every rule but *required*. "
        "Rules are critical unless they say *(warning)*: then the row stays and is reported."
    )
    parts = ["# Data dictionary", preface, _contents(by_layer)]
    for layer, members in by_layer.items():
        if members:
            title, about = _LAYERS[layer]
            parts += [f"## {title}", about, *(_section(table) for table in members)]
    return "\n\n".join(parts) + "\n"


def _contents(by_layer: dict[Layer, list[Table]]) -> str:
    lines = [_row("Table", "One row is"), _row("---", "---")]
    lines += [_row(f"[`{t.name}`](#{t.name})", t.grain) for members in by_layer.values() for t in members]
    return "\n".join(lines)


def _section(table: Table) -> str:
    facts = [f"One row is {table.grain}.", f"Key: {_code(table.key)}."]
    if table.clock:
        facts.append(f"A row lives in the month of `{table.clock}`.")
    if table.version:
        facts.append(f"Of several rows with one key the latest `{table.version}` counts.")
    if table.layer is Layer.FEED:
        facts.append(f"A file with less than {table.good_share:.0%} good rows is held back whole.")
    header = [_row("Column", "Type", "Unit", "Rules", "Meaning"), _row(*["---"] * 5)]
    if not table.published:
        facts.append("Its rows stay inside the house: none is published.")
    is_shown = table.layer is Layer.FACT and table.published
    columns = [_column(name, column, published=is_shown) for name, column in table.columns.items()]
    rules = ["Rules of a row:", "\n".join(_rule(name, rule) for name, rule in table.rules.items())]
    parts = [f"### {table.name}", " ".join(facts), "\n".join(header + columns), *(rules if table.rules else [])]
    return "\n\n".join(parts)


def _column(name: str, column: Column, *, published: bool) -> str:
    about = [column.about]
    if column.dimension and published:
        about.append(f"Published as `{column.dimension}_key`.")
    if column.personal:
        about.append(_PERSONAL[column.personal])
    if published and not column.published:
        about.append("Not published.")
    return _row(f"`{name}`", _TYPES[column.dtype.base_type()], column.unit, _rules(name, column), " ".join(about))


def _rules(name: str, column: Column) -> str:
    """The wide bounds that every day and instant has go without saying."""
    usual = (column.at_least, column.at_most) in _USUAL_BOUNDS
    said = [
        check.says + _severity(check.severity)
        for check in column_checks(name, column)
        if not (check.kind is Kind.BOUNDS and usual)
    ]
    return "; ".join(said)


def _rule(name: str, rule: Rule) -> str:
    return f"- `{name}`{_severity(rule.severity)}: {rule.about}"


def _severity(severity: Severity) -> str:
    return " (warning)" if severity is Severity.WARNING else ""


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
