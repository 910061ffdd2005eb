"""What a person reads when a run ends: the exports, the headline figures, what is missing, where everything lies."""

import datetime as dt
import itertools
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.io.publish import Manifest
from flows.settings import PROJECT, Settings

if TYPE_CHECKING:
    from flows.pipeline import Outcome

WIDTH_PIPED = 110
ROWS = ("rows_in", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_not_ours")
HEADS = ("rows in", "accepted", "quarantined", "duplicates", "not ours")
FILES_SHOWN = 12
NAMES_SHOWN = 4


def console() -> Console:
    """Where the summary goes: in colour on a terminal, plain and of one width elsewhere."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_PIPED, highlight=False, soft_wrap=False)


def shown(path: Path) -> str:
    """A path as short as it can be said here."""
    for home in (Path.cwd(), PROJECT):
        if path.is_relative_to(home):
            return os.path.relpath(path, Path.cwd())
    return str(path)


def plain_table(*heads: str, numbers: Iterable[str] = ()) -> Table:
    """A table that looks the same on a terminal and in a mail."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    right = set(numbers)
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left", no_wrap=head in right)
    return table


def show_start(settings: Settings) -> None:
    """Which deployment is run, as of which day; that it is the sample, where nobody asked for it."""
    out = Console(stderr=True, highlight=False)
    out.print(f"[bold]{settings.name}[/]  as of {settings.as_of}  ({shown(settings.data)})")
    if settings.is_sample:
        out.print("This is the shipped sample: copy its pipeline.toml to data/ and name your own exports in it.")


def show_outcome(settings: Settings, outcome: "Outcome", *, first: dt.date | None) -> None:
    """The end of a run: what was read, what came out, what to look at."""
    from flows.headlines import headline_table  # noqa: PLC0415

    out, manifest = console(), outcome.manifest
    if not outcome.is_new:
        out.print(f"Nothing changed since run {manifest['run']} as of {manifest['as_of']}: no file was touched.")
        show_troubled(out, manifest)
        _show_places(out, settings, manifest)
        return
    out.print()
    out.print(exports_table(manifest))
    _show_reasons(out, manifest)
    show_troubled(out, manifest)
    out.print()
    folder = settings.shelf.folder_of(manifest["run"])
    out.print(headline_table(folder, first=first, language=settings.language))
    show_missing(out, manifest)
    _show_places(out, settings, manifest)


def exports_table(manifest: Manifest) -> Table:
    """Rows by what became of them, one line an [[export]] and one for all."""
    accounts = sorted(manifest["accounts"], key=lambda it: (it["table"], it["mapping"]))
    table = plain_table("export", "fills", "files", *HEADS, numbers=("files", *HEADS))
    for (feed, mapping), found in itertools.groupby(accounts, key=lambda it: (it["table"], it["mapping"])):
        files = list(found)
        table.add_row(mapping, feed.removeprefix("feed_") or "-", f"{len(files)}", *_sums(files))
    table.add_section()
    table.add_row("[bold]all", "", f"{len(accounts)}", *_sums(accounts))
    return table


def show_troubled(out: Console, manifest: Manifest) -> None:
    """Exports that were refused or held: the run is red because of them."""
    for it in (it for it in manifest["exports"] if it["state"] != "accepted"):
        out.print(Text.assemble((f"{it['state']:<8}", "bold red"), " ", it["reason"]))


def show_missing(out: Console, manifest: Manifest) -> None:
    """Metrics that could not be computed, by the feeds they need."""
    delivered = {it["table"] for it in manifest["accounts"]}
    by_feeds: dict[str, list[str]] = {}
    for name, needs in manifest["missing"]:
        feeds = needs.partition(" (")[0]
        what = " columns" if set(feeds.split(", ")) <= delivered else ""
        by_feeds.setdefault(feeds.replace("feed_", "") + what, []).append(name)
    if not by_feeds:
        return
    heading = "not computed, for want of"
    table = plain_table(heading, "metrics", "", numbers=("metrics",))
    for feeds, names in sorted(by_feeds.items()):
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        table.add_row(feeds, f"{len(names)}", Text(", ".join(names[:NAMES_SHOWN]) + more, style="dim"))
    out.print()
    out.print(table)
    out.print(Text("which columns each of them reads: reports/metric_missing", style="dim"))


def _show_reasons(out: Console, manifest: Manifest) -> None:
    """The exports with most quarantined rows, and why."""
    used = [it["used"] for it in manifest["exports"] if it["used"] and it["used"]["rows_quarantined"]]
    used.sort(key=lambda it: (-it["rows_quarantined"], it["slot"]))
    if not used:
        return
    table = plain_table("quarantined in", "rows", "most frequent reason", numbers=("rows",))
    for it in used[:FILES_SHOWN]:
        reason, rows = max(it["reasons"].items(), key=lambda pair: (pair[1], pair[0]))
        table.add_row(it["slot"], _number(it["rows_quarantined"]), Text(f"{reason} ({rows})", overflow="ellipsis"))
    out.print()
    out.print(table)
    if len(used) > FILES_SHOWN:
        out.print(f"and {len(used) - FILES_SHOWN} more files: see the reports below.")


def _show_places(out: Console, settings: Settings, manifest: Manifest) -> None:
    """Where the outputs are."""
    current = settings.shelf.home / "current"
    reports = settings.quarantine / f"run-{manifest['run']:06d}"
    page = "scorecard.html" if settings.language == "fr" else "scorecard_en.html"
    places = {
        "scorecard": current / "reports" / page,
        "tables": current,
        "quarantine": reports if reports.is_dir() else None,
        "checks": settings.quarantine / "checks" / "docs" / "index.html",
    }
    out.print()
    for name, path in places.items():
        out.print(
            Text.assemble((f"{name:<11}", "bold"), "nothing quarantined" if path is None else shown(path)),
            soft_wrap=True,
        )


def _sums(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    found = list(rows)
    return [_number(sum(row[name] for row in found)) for name in ROWS]


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"
