"""`python -m flows`: run, backfill, schedule, check, init, sources, status, verify, erase, explain, catalogue, sample.

Each command imports what it needs when it starts: help, status and "nothing changed" wait for no library.
"""

import argparse
import datetime as dt
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

os.environ.setdefault("DO_NOT_TRACK", "1")  # read by Prefect and Great Expectations on import
# Read by polars on import: what it is done with goes back to the machine in a fifth of a second, not in ten, and lies
# in fewer places meanwhile.
_ARENAS = max((os.cpu_count() or 1) // 2, 1)
os.environ.setdefault("_RJEM_MALLOC_CONF", f"dirty_decay_ms:200,muzzy_decay_ms:0,narenas:{_ARENAS}")

EXIT_CODES = "exit codes: 0 published or nothing changed, 1 failed, 2 an export was refused or held, 3 busy"
Command = Callable[[argparse.Namespace], int]
LIGHT = {"status": "flows.status"}
"""Commands that must not wait for what the others import."""


def main(words: list[str] | None = None) -> int:
    """Run one command; the exit code tells how it went."""
    asked = _parser().parse_args(words)
    command: Command = getattr(import_module(LIGHT.get(asked.command, "flows.commands")), asked.command)
    return command(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flows",
        description="Raw customer-support exports in, checked Parquet facts and period metric tables out.",
        epilog=EXIT_CODES,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    run = _command(commands, "run", "read what is new, recompute, publish; nothing is rewritten when nothing changed")
    _as_of(run)
    _how(run)

    backfill = _command(
        commands,
        "backfill",
        "load history: as `run`, with the end of a month as the last day the run knows of",
        "Every export in the raw folder is read (an interrupted backfill goes on where it stopped) and all periods up "
        "to the end of --to are published at once: the same bytes as a nightly run of that day. Later periods leave "
        "the tables until the next `run`. --from names the first month that the summary reports on; periods before "
        "it are recomputed as well, since metrics of a later period may rest on them.",
    )
    backfill.add_argument("--from", dest="first", type=_month, metavar="2025-01", help="first month reported on")
    backfill.add_argument("--to", dest="last", type=_month, metavar="2025-06", help="last month (default: yesterday's)")
    _how(backfill)

    schedule = _command(
        commands,
        "schedule",
        "serve the nightly run: once now, then at its hour in the site's zone, until it is stopped",
        "The hour and what to do when another run is at work stand in [schedule] of pipeline.toml. With "
        "PREFECT_API_URL set, runs show in the UI of that Prefect server; without, one is started on loopback.",
    )
    schedule.add_argument("--cron", default="", metavar="'0 5 * * *'", help="other times than those of the settings")

    check = _command(
        commands,
        "check",
        "read exports and say what would be accepted, without publishing",
        "Without FILE: every export of the deployment. With FILE: that file alone, in more detail, with examples of "
        "each reason; the exit code is then 2 when any of its rows would be quarantined.",
    )
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="look at this file only")
    check.add_argument("--mapping", default="", metavar="NAME", help="read FILE with this mapping (see `sources`)")

    init = _command(
        commands,
        "init",
        "look at a new file, say what it seems to be, and write a mapping to complete",
        "Writes FOLDER/sources/NAME.toml and adds the export to FOLDER/pipeline.toml, which is made where there is "
        "none. Nothing that exists is overwritten. Whatever was guessed says so in a comment: read it, then `check`.",
    )
    init.add_argument("files", nargs="+", type=Path, metavar="FILE", help="exports, wherever they lie")
    init.add_argument("--feed", default="", help="what the rows are, such as ticket, survey, contact or cost")
    init.add_argument("--name", default="", help="name of the mapping (default: by the name of the file)")
    init.add_argument(
        "--print", action="store_true", dest="only_show", help="show what would be written; write nothing"
    )

    _command(commands, "sources", "the mappings there are: yours, and those for the exports of usual products")
    status = _command(commands, "status", "the last run: rows, held exports, quarantine, what to do")
    status.add_argument(
        "--max-age", type=_age, metavar="26h", help="exit with 1 when no run came to its end within that time"
    )

    _command(
        commands,
        "verify",
        "hash the store and every kept run again: what is damaged, and how it comes back",
        "Every byte that a kept run rests on. A run hashes what it reads of the store, not what it leaves alone; an "
        "export of which neither size, inode, mtime nor ctime changed is taken for what it was when it was hashed.",
    )

    erase = _command(
        commands,
        "erase",
        "remove a person from all that was written, and from all that will be read",
        "Notes a keyed hash of NUMBER (erased.json in the data folder; never the number), reads the exports again "
        "without the person, publishes, and removes every earlier run. Rows of a customer are dropped and counted as "
        "erased; an agent goes from tickets, contacts and answers, which stay, and their shifts are dropped. Rows "
        "that know a customer only by the number of a ticket of theirs (events, answers, sessions) are dropped too; a "
        "review of such a ticket loses its number and its comment. Rows of exports that are no longer in the raw "
        "folder are rewritten in the store. A later delivery of the same rows changes nothing; after a delivery with "
        "new tickets of the person, give the command again. In texts, a person is recognised by the number alone, not "
        "by a name, and four digits or fewer only as a cell of their own or after a word such as client or ticket. "
        "The raw folder is yours and is not touched: files in it that still hold the number are "
        "named at the end, so take the person out of them, and out of your copies. It cannot be undone. "
        "Whatever interrupts it, give the command again.",
    )
    who = erase.add_mutually_exclusive_group(required=True)
    who.add_argument("--customer", metavar="NUMBER", help="number or address of the customer, as in the exports")
    who.add_argument("--agent", metavar="NUMBER", help="number or address of the agent, as in the exports")
    erase.add_argument("--source", default="", metavar="NAME", help="only where this source means them by NUMBER")

    explain = _command(commands, "explain", "the rows behind a published number")
    explain.add_argument("metric", help="name of a metric, such as csat")
    explain.add_argument("period", help="2026-03-14, 2026-W12, 2026-03, 2026-Q1 or 2026")
    for cut in ("channel", "team", "segment", "survey", "product", "topic", "tier", "variant", "category"):
        explain.add_argument(f"--{cut}", help=f"of this {cut} only")
    explain.add_argument("--rows", type=int, default=20, help="how many rows to show (default 20)")

    catalogue = commands.add_parser("catalogue", help="write the metric catalogue and the data dictionary")
    catalogue.add_argument("--check", action="store_true", help="only say whether they are up to date")

    sample = commands.add_parser("sample", help="write the sample deployment again from its seed")
    sample.add_argument("--out", type=Path, help="where to (default data/sample)")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str, more: str = ""
) -> argparse.ArgumentParser:
    """A command that works on a deployment folder."""
    parser = commands.add_parser(name, help=summary, description=f"{summary}. {more}", epilog=EXIT_CODES)
    parser.add_argument(
        "--data", default="", metavar="FOLDER", help="deployment folder (default: BAROMETRE_DATA, data/)"
    )
    return parser


def _as_of(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as-of", type=_day, metavar="2026-06-30", help="last day the run knows of (default: yesterday)"
    )


def _how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accept-shrink", action="store_true", help="take exports that lost over half of their rows")
    parser.add_argument("--wait", action="store_true", help="wait for another run to end, instead of leaving it to it")
    parser.add_argument("--plain", action="store_true", help="without Prefect: one step after another")
    parser.add_argument(
        "--tasks", default="", metavar="ENGINE", help="threads:2, processes:2, dask:2 or dask:tcp://host:8786"
    )


def _age(word: str) -> dt.timedelta:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if word[:-1].isdigit() and word[-1:] in units:
        return dt.timedelta(**{units[word[-1]]: int(word[:-1])})
    raise argparse.ArgumentTypeError(f"{word!r} is not a time; write it as 90m, 26h or 2d")


def _day(word: str) -> dt.date:
    try:
        return dt.date.fromisoformat(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{word!r} is not a day; write it as 2026-06-30") from None


def _month(word: str) -> dt.date:
    try:
        return dt.date.fromisoformat(f"{word}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{word!r} is not a month; write it as 2025-06") from None


if __name__ == "__main__":
    sys.exit(main())
