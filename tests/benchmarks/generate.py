"""`python -m tests.benchmarks.generate --scale 1 --out FOLDER`: a deployment of any size, month by month, from a seed.

Scale 1 is a million tickets, 4.2 million events and half a million survey rows of three years. `--form fr` writes what
Excel in France does; `gz`, `zst` and `xlsx` the same rows in other wrappings. `--delivery day` adds the exports of one
more day to a deployment that is there, `--delivery late` the same with corrections that reach back twelve months.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
from pathlib import Path

import polars as pl
import zstandard

from tests.benchmarks import world
from tests.benchmarks.deployment import write_deployment

FORMS = ("csv", "fr", "gz", "zst", "xlsx")
_INSTANTS = ("created_at", "first_reply_at", "solved_at", "updated_at", "at", "sent_at", "answered_at")
_ISO, _FRENCH, _PLAIN = "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"


def write_history(home: Path, scale: float, form: str, *, months_a_file: int = 1) -> None:
    """The whole history, some months a file and feed; never more than a file and a month in memory."""
    write_deployment(home, form=form if form in {"fr", "xlsx"} else "csv")
    waiting = {"events": pl.DataFrame(), "surveys": pl.DataFrame()}
    files: dict[str, list[pl.DataFrame]] = {"tickets": [], "events": [], "surveys": []}
    months = world.days_of_months()
    for number, (first, length) in enumerate(months):
        made = world.month(number, scale)
        is_last = number == len(months) - 1
        until = None if is_last else world.start_s(first + dt.timedelta(days=length))
        files["tickets"].append(made.tickets)
        for feed, rows, clock in (("events", made.events, "sort_at"), ("surveys", made.surveys, "sent_at")):
            known = pl.concat([waiting[feed], rows]) if waiting[feed].width else rows
            here = known if until is None else known.filter(pl.col(clock) < until)
            waiting[feed] = known.clear() if until is None else known.filter(pl.col(clock) >= until)
            files[feed].append(here.sort(clock, maintain_order=True).drop("sort_at", strict=False))
        if is_last or (number + 1) % months_a_file == 0:
            for feed, parts in files.items():
                write_export(home, feed, f"{first:%Y-%m}", pl.concat(parts), form)
                parts.clear()
    write_export(home, "costs", "ledger", ledger(scale), form)


def ledger(scale: float) -> pl.DataFrame:
    """What each channel cost in each month of the history."""
    months = pl.DataFrame({"month": [first for first, _ in world.days_of_months()]})
    rates = pl.DataFrame({"channel": world.CHANNELS, "rate": [4.1, 2.7, 6.3, 3.9, 3.3, 0.4]})
    share = world.TICKETS * scale / months.height * 0.17
    return (
        months.join(rates, how="cross")
        .with_row_index("entry_id", offset=1)
        .select(
            "entry_id", "month", "channel", pl.lit("direct").alias("kind"), amount=(pl.col("rate") * share).round(2)
        )
    )


def write_export(home: Path, feed: str, name: str, rows: pl.DataFrame, form: str) -> None:
    """One export file."""
    stem = home / "raw" / feed / f"{feed}_{name}"
    told = rows.with_columns(
        pl.from_epoch(pl.col(column), time_unit="s").alias(column) for column in _INSTANTS if column in rows.columns
    )
    named = {"agent_id": ("AG{}", 4), "customer_id": ("C{}", 8)}
    told = told.with_columns(
        pl.format(words, pl.col(column).cast(pl.String).str.zfill(width)).alias(column)
        for column, (words, width) in named.items()
        if column in rows.columns
    )
    if form == "xlsx":
        cells = told.with_columns(pl.col(pl.Datetime).dt.strftime(_PLAIN), pl.col(pl.Date).cast(pl.String))
        cells.write_excel(stem.with_name(f"{stem.name}.xlsx"), worksheet="Export", autofit=False)
        return
    if form == "fr":
        text = told.write_csv(separator=";", datetime_format=_FRENCH, date_format="%d/%m/%Y", decimal_comma=True)
        stem.with_name(f"{stem.name}.csv").write_bytes(text.encode("cp1252", "replace"))
        return
    data = told.write_csv(datetime_format=_ISO).encode()
    if form == "gz":
        data = gzip.compress(data, 6, mtime=0)
    if form == "zst":
        data = zstandard.ZstdCompressor(level=3).compress(data)
    stem.with_name(f"{stem.name}.csv{'' if form == 'csv' else '.' + form}").write_bytes(data)


def main() -> None:
    """Write what is asked for."""
    from tests.benchmarks.delivery import write_delivery  # noqa: PLC0415 -- it writes with what stands here

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--form", choices=FORMS, default="csv")
    parser.add_argument("--months-a-file", type=int, default=1)
    parser.add_argument("--delivery", choices=("day", "late"), help="add a day to a deployment that is there")
    asked = parser.parse_args()
    if asked.delivery:
        write_delivery(asked.out, asked.scale, is_late=asked.delivery == "late")
    else:
        write_history(asked.out, asked.scale, asked.form, months_a_file=asked.months_a_file)


if __name__ == "__main__":
    main()
