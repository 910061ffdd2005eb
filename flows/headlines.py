"""The headline figures of a run, out of its published tables."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from rich.table import Table
from rich.text import Text

from flows.console import plain_table
from flows.outputs.words import Language, language_of

COLOURS = {True: "green", False: "red", None: ""}
NOTES = "* may still move    ! beyond chance"
HEADS = ("value", "on prior month", "on prior year", "target", "n")


class Headline(NamedTuple):
    """One headline of a month, as it is shown."""

    label: str
    value: str
    on_prior_month: str
    on_prior_year: str
    target: str
    n: str
    is_target_met: bool | None


def headline_table(run_folder: Path, *, first: dt.date | None, language: str) -> Table:
    """The headlines of the last complete month; of every month from `first` on, where a backfill asks for it."""
    if first is not None:
        metrics, values = _headlines(run_folder)
        return _by_month(metrics, values.filter(pl.col("period_start") >= first), language_of(language))
    month, rows = month_of_headlines(run_folder, language=language)
    table = plain_table(month, *HEADS, numbers=HEADS)
    for row in rows:
        target = Text(row.target, style=COLOURS[row.is_target_met])
        table.add_row(row.label, Text(row.value, style="bold"), row.on_prior_month, row.on_prior_year, target, row.n)
    table.caption = NOTES
    table.caption_justify = "left"
    return table


def month_of_headlines(run_folder: Path, *, language: str) -> tuple[str, list[Headline]]:
    """The last complete month by name, and its headlines."""
    words = language_of(language)
    metrics, values = _headlines(run_folder)
    complete = values.filter("is_complete")
    last = (complete if complete.height else values)["period_start"].max()
    month = last if isinstance(last, dt.date) else dt.date(1970, 1, 1)
    rows = {row["metric_id"]: row for row in values.filter(pl.col("period_start") == month).iter_rows(named=True)}
    found = [
        _headline(metric, rows[metric["metric_id"]], words)
        for metric in metrics.iter_rows(named=True)
        if metric["metric_id"] in rows
    ]
    return words.month(month), found


def _headlines(run_folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The headline metrics, and their totals by month."""
    metrics = pl.read_parquet(run_folder / "metrics" / "dim_metric.parquet").filter("is_headline")
    values = pl.read_parquet(run_folder / "metrics" / "metric_value_month.parquet").filter(
        (pl.col("grouping_set") == "total") & pl.col("metric_id").is_in(metrics["metric_id"].to_list())
    )
    return metrics, values


def _headline(metric: Mapping[str, Any], row: Mapping[str, Any], words: Language) -> Headline:
    """Value, change, target and number of rows of a headline."""
    value, unit = row["value"], metric["unit"]
    changes = [
        "-" if value is None or row[name] is None else words.change(value, row[name], unit)
        for name in ("prior_value", "prior_year_value")
    ]
    target = "-" if row["target_value"] is None else words.quantity(row["target_value"], unit)
    mark = {True: " ✓", False: " ✗", None: ""}[row["is_target_met"]]
    return Headline(
        label=metric[f"label_{words.code}"] + ("" if row["is_mature"] else " *"),
        value="-" if value is None else words.quantity(value, unit),
        on_prior_month=changes[0] + (" !" if row["is_significant_vs_prior"] else ""),
        on_prior_year=changes[1],
        target=target + mark,
        n="-" if row["n"] is None else f"{row['n']:,}",
        is_target_met=row["is_target_met"],
    )


def _by_month(metrics: pl.DataFrame, values: pl.DataFrame, words: Language) -> Table:
    """One line a month, one column a headline."""
    found = set(values["metric_id"].to_list())
    shown = [row for row in metrics.iter_rows(named=True) if row["metric_id"] in found]
    labels = [row[f"label_{words.code}"] for row in shown]
    table = plain_table("month", *labels, numbers=labels)
    for column in table.columns:
        column.no_wrap = False
    for (month,), rows in values.sort("period_start").group_by("period_start", maintain_order=True):
        by_id = {row["metric_id"]: row["value"] for row in rows.iter_rows(named=True)}
        cells = [(by_id.get(row["metric_id"]), row["unit"]) for row in shown]
        month_words = f"{month:%Y-%m}" if isinstance(month, dt.date) else ""
        table.add_row(month_words, *("-" if value is None else words.quantity(value, unit) for value, unit in cells))
    return table
