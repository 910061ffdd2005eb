"""Feeds drawn as text tables, and facts read back as rows."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from expectations.schema import INSTANT, Table
from expectations.tables import TABLES
from transforms.facts import build, latest, steps
from transforms.site import Schedule, Site

PARIS = "Europe/Paris"
NINE_TO_SIX = Schedule(week=dict.fromkeys(range(5), ((9 * 3600, 18 * 3600),)))
OFFICE = Site(zone=PARIS, schedules=(NINE_TO_SIX,), holidays={dt.date(2026, 5, 1): "Fête du Travail"})
DEFAULTS = {"source": "desk", "slot": "desk.csv", "scale_low_milli": "1000", "scale_high_milli": "5000", "scale": "1-5"}


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS)).astimezone(dt.UTC)


def _cell(text: str, dtype: pl.DataType) -> Any:
    if text in {"", "-"}:
        return None
    if dtype == INSTANT:
        return paris(text)
    if dtype == pl.Date:
        return dt.date.fromisoformat(text)
    if dtype == pl.Boolean:
        return text == "yes"
    return int(text) if dtype == pl.Int64 else text


def feed(name: str, drawing: str) -> pl.LazyFrame:
    """A feed frame: instants are Paris time, a column that is not drawn is null (source, slot and line are filled)."""
    table = TABLES[name]
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in drawing.strip().splitlines()]
    assert set(header) <= set(table.columns), set(header) - set(table.columns)
    rows = []
    for number, cells in enumerate(lines, start=2):
        given = DEFAULTS | {"line": str(number)} | dict(zip(header, cells, strict=True))
        rows.append({c: _cell(given.get(c, ""), column.dtype) for c, column in table.columns.items()})
    return pl.LazyFrame(rows, schema=table.schema)


def facts(as_of: str, site: Site = OFFICE, **drawings: str) -> dict[str, pl.DataFrame]:
    """The facts of drawn feeds; each is checked against its contract."""
    as_of_day = dt.date.fromisoformat(as_of)
    frames = {name: latest(feed(name, text), TABLES[name]) for name, text in drawings.items()}
    out = {}
    for step in steps(frames):
        done = build(step, frames, site, as_of_day).collect()
        frames[step] = done.lazy()
        if step in TABLES:
            conforms(done, TABLES[step])
            out[step] = done
    return out


def conforms(frame: pl.DataFrame, table: Table) -> None:
    """Columns, types, keys, required cells and rules of a contract hold."""
    assert frame.lazy().collect_schema() == table.schema
    assert not frame.select(table.key).is_duplicated().any()
    for name in table.required:
        assert frame[name].null_count() == 0, name
    for name, rule in table.rules.items():
        assert frame.select(rule.holds.fill_null(value=True).all()).item(), name
    for name, column in table.columns.items():
        if column.one_of:
            assert set(frame[name].drop_nulls()) <= set(column.one_of)
        if column.at_least is not None and frame[name].drop_nulls().len():
            assert frame[name].min() >= column.at_least, name


def by_id(frame: pl.DataFrame, *columns: str, key: str = "ticket_id") -> dict[str, Any]:
    """Values by id: one value, or a tuple of several."""
    rows = {row[key]: tuple(row[c] for c in columns) for row in frame.to_dicts()}
    return {k: v[0] for k, v in rows.items()} if len(columns) == 1 else rows
