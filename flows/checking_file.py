"""`check FILE`: one file read as a run would read it, in a folder that is thrown away; nothing else is touched."""

import dataclasses
import tempfile
from fnmatch import fnmatch
from pathlib import Path

import polars as pl
from rich.text import Text

from expectations.tables import FEEDS
from flows.console import console, plain_table, shown
from flows.errors import PlainError
from flows.io import durable
from flows.io.ledger import Job, Record
from flows.progress import one_by_one
from flows.settings import Settings
from flows.sources import source_named
from flows.stages.reading import read_export
from transforms.cells import without_the_cell
from transforms.mapping import Mapping, parse_mapping

ROWS_SHOWN = 3
_ROWS_LOOKED_AT = 100
REASONS_SHOWN = 20
_WIDTH_SHOWN = 160


def check_file(settings: Settings, path: Path, mapping: str = "") -> bool:
    """Say what would become of the rows of one file; true where any of them would not be taken."""
    if not path.is_file():
        path = settings.raw / path
    if not path.is_file():
        raise PlainError(f"{path.name}: no such file here, nor in the raw folder {shown(settings.raw)}.")
    told = [_check(settings, path, one) for one in _mappings(settings, path, mapping)]
    console().print("Nothing was published and nothing was kept.")
    return any(told)


def _mappings(settings: Settings, path: Path, asked: str) -> list[Mapping]:
    """The mapping asked for, else those of the exports that name this file."""
    if asked:
        return [parse_mapping(asked, dict(source_named(settings.data, asked).said), settings.scales)]
    slot = path.resolve().relative_to(settings.raw).as_posix() if path.resolve().is_relative_to(settings.raw) else ""
    found = [
        it.mapping
        for it in settings.exports
        if fnmatch(slot, it.files) or (not slot and fnmatch(path.name, Path(it.files).name))
    ]
    if not found:
        patterns = ", ".join(it.files for it in settings.exports)
        raise PlainError(
            f"{path.name}: no [[export]] of {shown(settings.data / 'pipeline.toml')} names this file. "
            f"There are: {patterns}. Add one, or say which mapping reads it: --mapping NAME."
        )
    return [settings.mappings[name] for name in dict.fromkeys(found)]


def _check(settings: Settings, path: Path, mapping: Mapping) -> bool:
    """One file with one mapping; true where a row would not be taken."""
    with tempfile.TemporaryDirectory() as scratch:
        apart = dataclasses.replace(settings, data=Path(scratch), mappings={mapping.name: mapping})
        job: Job = {
            "slot": path.name, "mapping": mapping.name, "path": str(path), "sha256": durable.fingerprint(path),
            "bytes": path.stat().st_size, "key": "checked", "problem": "", "erased": (),
        }  # fmt: skip
        (told,) = one_by_one(f"reading {path.name}", read_export, [job], apart)
        _show(told, apart, mapping)
    return told["state"] != "accepted" or told["rows_quarantined"] > 0


def _show(told: Record, settings: Settings, mapping: Mapping) -> None:
    """What became of the rows of the file, while they lie there."""
    _show_counts(told)
    out = console()
    if told["state"] != "accepted":
        out.print(Text.assemble((f"{told['state']}  ", "bold red"), told["reason"]))
    if told["rows_quarantined"]:
        bad = pl.scan_parquet(settings.store / f"{told['key']}.quarantine.parquet", glob=False)
        _show_reasons(told["reasons"], bad)
    if told["rows_good"]:
        good = pl.scan_parquet(settings.store / f"{told['key']}.parquet", glob=False)
        _show_days(good, mapping, settings.site.zone)
    if told["unknown_headers"]:
        out.print(Text(f"columns not read: {', '.join(told['unknown_headers'])}"))
    for code, rows in told["warnings"].items():
        out.print(Text(f"to be looked at: {code} ({rows} rows)"))


def _show_counts(told: Record) -> None:
    heads = ("rows in", "accepted", "quarantined", "not ours")
    table = plain_table("file", "mapping", "fills", *heads, numbers=heads)
    counts = (told["rows_in"], told["rows_good"], told["rows_quarantined"], told["rows_not_ours"])
    feed = told["table"].removeprefix("feed_")
    table.add_row(told["slot"], told["mapping"], feed, *(f"{it:,}" if it else "-" for it in counts))
    console().print(table)


def _show_reasons(reasons: dict[str, int], bad: pl.LazyFrame) -> None:
    """Quarantined rows by reason, the most frequent first, each with the first rows it holds for."""
    frequent = sorted(reasons.items(), key=lambda it: (-it[1], it[0]))
    reason = pl.element()
    table = plain_table("would be quarantined, because", "rows", numbers=("rows",))
    out = console()
    for text, rows in frequent[:REASONS_SHOWN]:
        table.add_row(Text(text, overflow="fold"), f"{rows:,}")
        is_it = pl.col("reasons").list.eval((reason == text) | (without_the_cell(reason) == text)).list.any()
        found = bad.filter(is_it).select("line", "raw").head(_ROWS_LOOKED_AT).collect(engine="streaming")
        # A line of a wide table may be several rows.
        for line, raw in [*dict.fromkeys(found.iter_rows())][:ROWS_SHOWN]:
            cut = raw if len(raw) <= _WIDTH_SHOWN else raw[:_WIDTH_SHOWN] + " ..."
            table.add_row(Text(f"  line {line}: {cut}", style="dim", overflow="fold"), "")
    out.print(table)
    if len(frequent) > REASONS_SHOWN:
        out.print(f"and {len(frequent) - REASONS_SHOWN} more reasons")


def _show_days(good: pl.LazyFrame, mapping: Mapping, zone: str) -> None:
    """The first and the last day that the accepted rows tell of."""
    table = FEEDS[mapping.table.name]
    if not table.clock:
        return
    clock = pl.col(table.clock)
    day = clock if table.schema[table.clock] == pl.Date() else clock.dt.convert_time_zone(zone).dt.date()
    told = good.select(day.drop_nulls()).select(first=pl.all().min(), last=pl.all().max(), days=pl.all().n_unique())
    first, last, days = told.collect(engine="streaming").row(0)
    if days:
        console().print(Text(f"days covered: {first} to {last} ({days:,} days with rows, by {table.clock})"))
