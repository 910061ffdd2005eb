"""`check FILE`: one file read as a run would read it, in a folder that is thrown away; nothing else is touched."""

import dataclasses
import re
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
from transforms.mapping import Mapping, parse_mapping

ROWS_SHOWN = 3
REASONS_SHOWN = 20
_WIDTH_SHOWN = 160
_CELL = re.compile(r'^([\w ]+): ".*" is not (.*)$', re.DOTALL)


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
        good = _stored(apart, told, "good", ".parquet")
        bad = _stored(apart, told, "quarantine", ".quarantine.parquet")
    _show_counts(told)
    out = console()
    if told["state"] != "accepted":
        out.print(Text.assemble((f"{told['state']}  ", "bold red"), told["reason"]))
    if bad is not None and bad.height:
        _show_reasons(bad)
    if good is not None and good.height:
        _show_days(good, mapping, settings.site.zone)
    if told["unknown_headers"]:
        out.print(Text(f"columns not read: {', '.join(told['unknown_headers'])}"))
    for code, rows in told["warnings"].items():
        out.print(Text(f"to be looked at: {code} ({rows} rows)"))
    return told["state"] != "accepted" or told["rows_quarantined"] > 0


def _stored(settings: Settings, told: Record, part: str, suffix: str) -> pl.DataFrame | None:
    path = settings.store / f"{told['key']}{suffix}"
    return pl.read_parquet(path) if told[part] is not None else None  # type: ignore[literal-required]


def _show_counts(told: Record) -> None:
    heads = ("rows in", "accepted", "quarantined", "not ours")
    table = plain_table("file", "mapping", "fills", *heads, numbers=heads)
    counts = (told["rows_in"], told["rows_good"], told["rows_quarantined"], told["rows_not_ours"])
    feed = told["table"].removeprefix("feed_")
    table.add_row(told["slot"], told["mapping"], feed, *(f"{it:,}" if it else "-" for it in counts))
    console().print(table)


def _show_reasons(bad: pl.DataFrame) -> None:
    """Quarantined rows by reason, the most frequent first, each with the first rows it holds for."""
    kinds = bad.explode("reasons").with_columns(
        kind=pl.Series([kind_of(reason) for reason in bad.explode("reasons")["reasons"]], dtype=pl.String)
    )
    counted = kinds.group_by("kind").agg(pl.col("line").n_unique().alias("rows")).sort("rows", "kind", descending=True)
    table = plain_table("would be quarantined, because", "rows", numbers=("rows",))
    out = console()
    for reason, rows in counted.head(REASONS_SHOWN).iter_rows():
        table.add_row(Text(reason, overflow="fold"), f"{rows:,}")
        examples = kinds.filter(pl.col("kind") == reason).unique("line").sort("line").head(ROWS_SHOWN)
        for line, raw in examples.select("line", "raw").iter_rows():
            cut = raw if len(raw) <= _WIDTH_SHOWN else raw[:_WIDTH_SHOWN] + " ..."
            table.add_row(Text(f"  line {line}: {cut}", style="dim", overflow="fold"), "")
    out.print(table)
    if counted.height > REASONS_SHOWN:
        out.print(f"and {counted.height - REASONS_SHOWN} more reasons")


def kind_of(reason: str) -> str:
    """A reason without the cell it speaks of, so that alike ones are counted together."""
    if found := _CELL.match(reason):
        return f"{found[1]} is not {found[2]}"
    return reason


def _show_days(good: pl.DataFrame, mapping: Mapping, zone: str) -> None:
    """The first and the last day that the accepted rows tell of."""
    clock = FEEDS[mapping.table.name].clock
    if not clock or good[clock].null_count() == good.height:
        return
    day = pl.col(clock) if good[clock].dtype == pl.Date() else pl.col(clock).dt.convert_time_zone(zone).dt.date()
    texts = good.select(day.cast(pl.String).drop_nulls()).to_series().unique().sort().to_list()
    span = f"days covered: {texts[0]} to {texts[-1]} ({len(texts):,} days with rows, by {clock})"
    console().print(Text(span))
