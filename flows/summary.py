"""What a person reads when a run ends: the exports, the headline figures, what is missing, where everything lies."""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.console import console, plain_table, shown
from flows.io.publish import Manifest, manifest_of

if TYPE_CHECKING:
    from flows.alerts.sending import Sent
    from flows.io.mirror import Mirrored
    from flows.pipeline import Outcome
    from flows.settings import Settings

ROWS = ("rows_in", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_not_ours", "rows_erased")
HEADS = ("rows in", "accepted", "quarantined", "duplicates", "not ours", "erased")
FILES_SHOWN = 12
NAMES_SHOWN = 4


def show_start(settings: "Settings") -> None:
    """Which deployment is run, as of which day; that it is the sample, where nobody asked for it."""
    out = Console(stderr=True, highlight=False)
    out.print(f"[bold]{settings.name}[/]  as of {settings.as_of}  ({shown(settings.data)})")
    if settings.is_sample:
        out.print("This is the shipped sample: copy its pipeline.toml to data/ and name your own exports in it.")


def show_outcome(settings: "Settings", outcome: "Outcome", *, first: dt.date | None) -> None:
    """The end of a run: what was read, what came out, what to look at."""
    out, manifest = console(), outcome.manifest
    if not outcome.is_new:
        out.print(f"Nothing changed since run {manifest['run']} as of {manifest['as_of']}: no file was touched.")
        show_troubled(out, manifest)
        _show_places(out, settings, outcome)
        return
    _show_upgrade(out, settings, manifest)
    out.print()
    out.print(exports_table(manifest))
    _show_reasons(out, manifest)
    _show_warnings(out, manifest)
    show_troubled(out, manifest)
    from flows.headlines import headline_table  # noqa: PLC0415 -- nothing changed: no figures to look up

    out.print()
    folder = settings.shelf.folder_of(manifest["run"])
    out.print(headline_table(folder, first=first, language=settings.language))
    show_missing(out, manifest)
    show_alarms(out, manifest)
    _show_moved_files(out, settings, manifest)
    _show_places(out, settings, outcome)


def show_sent(sent: "Sent") -> None:
    """What became of the alerts."""
    out = console()
    if sent.sent:
        out.print(Text.assemble((f"{'alerts':<11}", "bold"), f"{sent.sent} sent"))
    for problem in sent.problems:
        out.print(Text.assemble(("not sent", "bold red"), f"   {problem} It waits for the next run."), soft_wrap=True)


def exports_table(manifest: Manifest) -> Table:
    """Rows by what became of them, one line an [[export]] and one for all."""
    accounts = sorted(manifest["accounts"], key=lambda it: (it["table"], it["mapping"]))
    width = len(HEADS) if any(it.get("rows_erased") for it in accounts) else len(HEADS) - 1
    heads = HEADS[:width]
    table = plain_table("export", "fills", "files", *heads, numbers=("files", *heads))
    for (feed, mapping), found in itertools.groupby(accounts, key=lambda it: (it["table"], it["mapping"])):
        files = list(found)
        table.add_row(mapping, feed.removeprefix("feed_") or "-", f"{len(files)}", *_sums(files)[:width])
    table.add_section()
    table.add_row("[bold]all", "", f"{len(accounts)}", *_sums(accounts)[:width])
    return table


def show_troubled(out: Console, manifest: Manifest) -> None:
    """Exports that were refused or held: the run is red because of them."""
    for it in (it for it in manifest["exports"] if it["state"] != "accepted"):
        out.print(Text.assemble((f"{it['state']:<8}", "bold red"), " ", it["reason"]))


def show_alarms(out: Console, manifest: Manifest) -> None:
    """What looks wrong though every row is good, and what moved of what was published before."""
    for alarm, rows in itertools.groupby(manifest.get("alarms", ()), key=lambda it: it["alarm_id"]):
        *earlier, last = rows
        more = f" ({len(earlier)} more in reports/alarm)" if earlier else ""
        out.print(Text.assemble(("\nto look at", "bold yellow"), f" {alarm}: {last['detail']}{more}"))
    if moved := manifest.get("revised", {}):
        told = ", ".join(f"{cells:,} by {cause}" for cause, cells in sorted(moved.items()))
        out.print(Text(f"\npublished values of complete periods that moved: {told} (reports/metric_revision)"))


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


def _show_upgrade(out: Console, settings: "Settings", manifest: Manifest) -> None:
    """Say that this run had other rules than the one before, for its tables may differ by that alone."""
    before = manifest_of(settings.shelf, manifest["parent"]) if manifest["parent"] else None
    if before is not None and before.get("rules_sha256") != manifest["rules_sha256"]:
        versions = f"version {before.get('version', '(unknown)')}, now {manifest['version']}"
        since = f"The code or its libraries changed since run {before['run']} ({versions})"
        out.print(f"{since}: what they touch is made anew.", soft_wrap=True)


def _show_moved_files(out: Console, settings: "Settings", manifest: Manifest) -> None:
    """Say which tables readers find at another path than in the run before: it happens about once in their life."""
    before = manifest_of(settings.shelf, manifest["parent"]) if manifest["parent"] else None
    now, then = (_places(it) for it in (manifest, before or manifest))
    for table in sorted(now.keys() & then.keys()):
        if now[table] != then[table]:
            text = f" {table} now lies in {now[table]}, no longer in {then[table]}: docs/bi.md says how to open it"
            out.print(Text.assemble(("\nto look at", "bold yellow"), text), soft_wrap=True)


def _places(manifest: Manifest) -> dict[str, str]:
    """Where readers find each table: a file, or all those of a folder."""
    names = {it["table"]: name for name, it in manifest["outputs"].items() if it["table"]}
    return {
        table: f"{name.rpartition('/')[0]}/*.parquet" if name.count("/") > 1 else name for table, name in names.items()
    }


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


def _show_warnings(out: Console, manifest: Manifest) -> None:
    """What is odd in rows that were taken all the same."""
    odd = [it for it in manifest["accounts"] if it.get("warnings")]
    for it in odd[:FILES_SHOWN]:
        out.print(Text.assemble(("\nto look at", "bold yellow"), f" {it['slot']}: {it['warnings']}"))
    if len(odd) > FILES_SHOWN:
        out.print(f"and {len(odd) - FILES_SHOWN} more files (reports/meta_export)")


def _show_places(out: Console, settings: "Settings", outcome: "Outcome") -> None:
    """Where the outputs are."""
    manifest = outcome.manifest
    current = settings.shelf.home / "current"
    reports = settings.quarantine / f"run-{manifest['run']:06d}"
    page = "scorecard.html" if settings.language == "fr" else "scorecard_en.html"
    places = {
        "scorecard": current / "reports" / page,
        "tables": current,
        "quarantine": reports if reports.is_dir() else None,
        "checks": settings.quarantine / "checks" / "docs" / "index.html",
    } | ({"mirror": settings.mirror} if settings.mirror else {})
    out.print()
    for name, place in places.items():
        told = "nothing quarantined" if place is None else shown(place) if isinstance(place, Path) else str(place)
        out.print(Text.assemble((f"{name:<11}", "bold"), told), soft_wrap=True)
    if outcome.mirrored is not None:
        _show_mirror(out, outcome.mirrored)


def _show_mirror(out: Console, mirrored: "Mirrored") -> None:
    """What of the second copy is not of this run, in red: readers of it do not see what readers here see."""
    if mirrored.problem:
        out.print(Text.assemble(("mirror", "bold red"), f"     {mirrored.problem}"), soft_wrap=True)
        return
    for name in mirrored.refused:
        out.print(
            Text(f"{name} of the mirror is open elsewhere and shows an earlier run: run again.", style="bold red")
        )


def _sums(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    found = list(rows)
    return [_number(sum(row.get(name, 0) for row in found)) for name in ROWS]


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"
