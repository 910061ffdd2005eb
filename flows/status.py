"""`status`: what the last run did, from its manifest, and the notes of runs that did not come to their end."""

import argparse
import datetime as dt
from pathlib import Path

from rich.console import Console

from flows.console import console, shown
from flows.errors import told_plainly
from flows.failure import moment, noted_begun, noted_failure, story_of
from flows.home import data_folder
from flows.io import lock, publish
from flows.io.publish import Manifest, Shelf
from flows.journal import silence
from flows.summary import exports_table, show_alarms, show_missing, show_troubled

OK, FAILED, RED = 0, 1, 2


def status(asked: argparse.Namespace) -> int:
    """The last run, from its manifest alone."""
    with told_plainly():
        home = data_folder(asked.data)
        code = show_status(home)
        if asked.max_age and (overdue := silence(home, asked.max_age, now=dt.datetime.now(dt.UTC))):
            print(f"To do: {overdue}")
            return FAILED
        return code
    return FAILED


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
        out.print(f"\n[bold red]The last run failed[/] ({moment(at_s)}):")
        out.print(message, markup=False)
    died = _show_under_way(out, home)
    advice = _advice(shelf, manifest, failed=failure is not None, died=died)
    for line in advice:
        out.print(f"To do: {line}", markup=False)
    return RED if advice else OK


def _show_under_way(out: Console, home: Path) -> bool:
    """Say who is at work, or that a run died without a word; whether one did."""
    begun = noted_begun(home)
    if (who := lock.holder(home / ".lock")) is not None:
        since = f" since {moment(begun.at_s)}" if begun and who.startswith(f"process {begun.process},") else ""
        out.print(f"\nAt work{since}: {who}.", markup=False)
        if since:
            return False
    # Read again: a run that held the lock a moment ago may have ended meanwhile, and its note with it.
    if begun is None or noted_begun(home) != begun:
        return False
    out.print(f"\n[bold red]A run died[/]: {story_of(begun)}", soft_wrap=True)
    return True


def _headline(shelf: Shelf, manifest: Manifest) -> str:
    written_s = (shelf.folder_of(manifest["run"]) / "manifest.json").stat().st_mtime
    return f"run {manifest['run']} as of {manifest['as_of']}, published {moment(written_s)}"


def _advice(shelf: Shelf, manifest: Manifest | None, *, failed: bool, died: bool) -> list[str]:
    """What waits for a person."""
    found = ["correct what the message says, then run again."] if failed else []
    if died:
        found.append("run again: it reuses what the dead run had read. If it dies again, give it more memory.")
    if manifest is None:
        return found
    if damage := publish.damaged(shelf, manifest):
        found.append(f"{', '.join(damage)} are damaged: run again, and they are written anew.")
    if any(it["state"] != "accepted" for it in manifest["exports"]):
        found.append("deliver the refused or held exports again, or correct their mappings, then run again.")
    return found
