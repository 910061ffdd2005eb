"""`python -m flows`: run, backfill, check, status, explain, catalogue, sample.

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

EXIT_CODES = "exit codes: 0 published or nothing changed, 1 failed, 2 an export was refused or held, 3 busy"
Command = Callable[[argparse.Namespace], int]


def main(words: list[str] | None = None) -> int:
    """Run one command; the exit code tells how it went."""
    asked = _parser().parse_args(words)
    command: Command = getattr(import_module("flows.commands"), asked.command)
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

    _command(commands, "check", "read every export and say what would be accepted, without publishing")
    _command(commands, "status", "the last run: rows, held exports, quarantine, what to do")

    explain = _command(commands, "explain", "the rows behind a published number")
    explain.add_argument("metric", help="name of a metric, such as csat")
    explain.add_argument("period", help="2026-03-14, 2026-W12, 2026-03, 2026-Q1 or 2026")
    explain.add_argument("--channel", help="of this channel only")
    explain.add_argument("--team", help="of this team only")
    explain.add_argument("--segment", help="of this segment only")
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
    parser.add_argument("--plain", action="store_true", help="without Prefect: one step after another")


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
