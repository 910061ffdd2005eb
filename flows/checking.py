"""`check`: every export read as a run would read it, and nothing published."""

import time

from rich.text import Text

from flows.console import console, plain_table, shown
from flows.io import durable, ledger, publish, quarantine
from flows.progress import one_by_one
from flows.settings import Settings
from flows.stages.reading import read_export


def check_exports(settings: Settings) -> bool:
    """Say of every file what would become of it; true where one of them would be refused or held."""
    work = ledger.jobs(settings, now_s=time.time())
    told = one_by_one("reading exports", read_export, [job for job in work if not job["problem"]], settings)
    parent = publish.current(settings.shelf)
    taken = ledger.entries(work, told, parent, declared=set(settings.mappings), accept_shrink=False)
    records = {(it["slot"], it["mapping"]): it for it in told}
    heads = ("rows in", "good", "quarantined", "not ours", "erased")
    table = plain_table("file", "mapping", *heads, "", numbers=heads)
    for entry in taken:
        if (it := records.get((entry.slot, entry.mapping))) is None:
            table.add_row(
                entry.slot, entry.mapping, "-", "-", "-", "-", "-", "gone" if not entry.reason else entry.state
            )
            continue
        counts = (it["rows_in"], it["rows_good"], it["rows_quarantined"], it["rows_not_ours"], it["rows_erased"])
        mark = "" if entry.state == "accepted" else Text(entry.state, style="bold red")
        table.add_row(entry.slot, entry.mapping, *(f"{count:,}" if count else "-" for count in counts), mark)
    out = console()
    out.print(table)
    for it in told:
        for reason, rows in it["reasons"].items():
            out.print(Text(f"{it['slot']}: {rows} x {reason}"))
        for oddity, rows in it["warnings"].items():
            out.print(Text(f"{it['slot']}: to be looked at: {oddity} ({rows} rows)"))
        if it["unknown_headers"]:
            out.print(Text(f"{it['slot']}: not read: {', '.join(it['unknown_headers'])}", style="dim"))
    for entry in taken:
        if entry.state != "accepted":
            out.print(Text.assemble((f"{entry.state:<8}", "bold red"), " ", entry.reason))
    _show_reports(settings, told)
    return any(entry.state != "accepted" for entry in taken)


def _show_reports(settings: Settings, told: list[ledger.Record]) -> None:
    """The quarantined rows of what was just read, beside the reports of the runs."""
    folder = settings.quarantine / "check"
    durable.folder(settings.quarantine)
    read_now = [ledger.Entry(it["slot"], it["mapping"], it["key"], it["state"], it["reason"], it) for it in told]
    if quarantine.write_reports(folder, settings.store, read_now):
        console().print(f"\nQuarantined rows: {shown(folder)}")
    console().print("Nothing was published. What was read is kept for the next run.")
