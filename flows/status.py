"""`status`: what the last run did, told from its manifest alone."""

import datetime as dt
from pathlib import Path

from flows.console import console, shown
from flows.failure import noted_failure
from flows.io import publish
from flows.io.publish import Manifest, Shelf
from flows.summary import exports_table, show_alarms, show_missing, show_troubled

OK, RED = 0, 2


def show_status(home: Path) -> int:
    """Say how the deployment stands and what to do next; 2 where something waits for a person."""
    out, shelf = console(), Shelf(home / "published")
    manifest = publish.current(shelf)
    failure = noted_failure(home)
    if manifest is None:
        out.print(f"{shown(home)}: nothing was published yet. Do: make run", soft_wrap=True)
    else:
        out.print(f"[bold]{manifest['name']}[/]  {_headline(shelf, manifest)}")
        out.print()
        out.print(exports_table(manifest))
        show_troubled(out, manifest)
        show_missing(out, manifest)
        show_alarms(out, manifest)
    if failure:
        message, at_s = failure
        out.print(f"\n[bold red]The last run failed[/] ({_moment(at_s)}):")
        out.print(message, markup=False)
    advice = _advice(shelf, manifest, failed=failure is not None)
    for line in advice:
        out.print(f"To do: {line}", markup=False)
    return RED if advice else OK


def _headline(shelf: Shelf, manifest: Manifest) -> str:
    written_s = (shelf.folder_of(manifest["run"]) / "manifest.json").stat().st_mtime
    return f"run {manifest['run']} as of {manifest['as_of']}, published {_moment(written_s)}"


def _advice(shelf: Shelf, manifest: Manifest | None, *, failed: bool) -> list[str]:
    """What waits for a person."""
    found = ["correct what the message says, then run again."] if failed else []
    if manifest is None:
        return found
    if damage := publish.damaged(shelf, manifest):
        found.append(f"{', '.join(damage)} are damaged: run again, and they are written anew.")
    if any(it["state"] != "accepted" for it in manifest["exports"]):
        found.append("deliver the refused or held exports again, or correct their mappings, then run again.")
    return found


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M")
