"""The headline figures of a run, out of its published tables."""

import datetime as dt
from pathlib import Path

import polars as pl
from rich.table import Table
from rich.text import Text

from flows.console import plain_table
from flows.outputs.words import Language, language_of

COLOURS = {True: "green", False: "red", None: ""}


def headline_table(run_folder: Path, *, first: dt.date | None, language: str) -> Table:
    """The headlines of the last complete month; of every month from `first` on, where a backfill asks for it."""
    words = language_of(language)
    metrics = pl.read_parquet(run_folder / "metrics" / "dim_metric.parquet").filter("is_headline")
    values = pl.read_parquet(run_folder / "metrics" / "metric_value_month.parquet").filter(
        (pl.col("grouping_set") == "total") & pl.col("metric_id").is_in(metrics["metric_id"].to_list())
    )
    complete = values.filter("is_complete")
    last = (complete if complete.height else values)["period_start"].max()
    if first is not None:
        return _by_month(metrics, values.filter(pl.col("period_start") >= first), words)
    month = last if isinstance(last, dt.date) else dt.date(1970, 1, 1)
    return _one_month(metrics, values.filter(pl.col("period_start") == month), month, words)


def _one_month(metrics: pl.DataFrame, values: pl.DataFrame, month: dt.date, words: Language) -> Table:
    """Value, change, target and number of rows of each headline."""
    table = plain_table(
        words.month(month), "value", "on prior month", "on prior year", "target", "n",
        numbers=("value", "on prior month", "on prior year", "target", "n"),
    )  # fmt: skip
    rows = {row["metric_id"]: row for row in values.iter_rows(named=True)}
    for metric in metrics.iter_rows(named=True):
        if (row := rows.get(metric["metric_id"])) is None:
            continue
        value, unit = row["value"], metric["unit"]
        changes = [
            "-" if value is None or row[name] is None else words.change(value, row[name], unit)
            for name in ("prior_value", "prior_year_value")
        ]
        target = "-" if row["target_value"] is None else words.quantity(row["target_value"], unit)
        mark = {True: " ✓", False: " ✗", None: ""}[row["is_target_met"]]
        shown = "-" if value is None else words.quantity(value, unit)
        early = "" if row["is_mature"] else " *"
        table.add_row(
            metric[f"label_{words.code}"] + early,
            Text(shown, style="bold"),
            changes[0] + (" !" if row["is_significant_vs_prior"] else ""),
            changes[1],
            Text(target + mark, style=COLOURS[row["is_target_met"]]),
            "-" if row["n"] is None else f"{row['n']:,}",
        )
    table.caption = "* may still move    ! beyond chance"
    table.caption_justify = "left"
    return table


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
