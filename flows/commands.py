"""What each command of `python -m flows` does. Heavy libraries are imported where they are needed, no sooner."""

import argparse
import dataclasses
import datetime as dt
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from expectations.schema import DefinitionError
from flows import backfill as history
from flows.errors import PlainError
from flows.failure import forget_failure, note_failure
from flows.io.lock import Busy, exclusive
from flows.settings import PROJECT, SAMPLE, Settings, data_folder, load
from transforms.scales import ScaleError

if TYPE_CHECKING:
    from flows.pipeline import Outcome, Wish

PUBLISHED, FAILED, HELD, BUSY = range(4)
"""Exit codes."""


def run(asked: argparse.Namespace) -> int:
    """Refresh every table from the exports that changed since the last run."""
    with _told_plainly(), _noted(asked.data):
        return _refresh(asked, load(asked.data, as_of=asked.as_of), first=None)
    return FAILED


def backfill(asked: argparse.Namespace) -> int:
    """The same, with the end of a month as the last day that is known."""
    with _told_plainly(), _noted(asked.data):
        settings = load(asked.data)
        last = history.as_of(settings, asked.first, asked.last)
        return _refresh(asked, dataclasses.replace(settings, as_of=last), first=asked.first)
    return FAILED


def check(asked: argparse.Namespace) -> int:
    """Read every export as a run would, and say what would become of it; what is read is kept for the next run."""
    from flows.checking import check_exports  # noqa: PLC0415

    with _told_plainly():
        settings = load(asked.data)
        try:
            with exclusive(settings.lock) as announce:
                announce("a check of the exports")
                return HELD if check_exports(settings) else PUBLISHED
        except Busy as busy:
            return _say_busy(busy)
    return FAILED


def status(asked: argparse.Namespace) -> int:
    """The last run, from its manifest alone."""
    from flows.status import show_status  # noqa: PLC0415

    with _told_plainly():
        return show_status(data_folder(asked.data))
    return FAILED


def explain(asked: argparse.Namespace) -> int:
    """The rows behind a published number."""
    from flows.explain import show_rows  # noqa: PLC0415

    wanted = {cut: code for cut in ("channel", "team", "segment") if (code := getattr(asked, cut)) is not None}
    with _told_plainly():
        return show_rows(data_folder(asked.data), asked.metric, asked.period, wanted, shown=asked.rows)
    return FAILED


def catalogue(asked: argparse.Namespace) -> int:
    """Write the generated documents, or say which of them are stale."""
    from flows.documents import stale, write  # noqa: PLC0415

    if not asked.check:
        write()
        return PUBLISHED
    for path in (found := stale()):
        print(f"{path.relative_to(PROJECT)} is out of date: run `make catalogue`.")
    return FAILED if found else PUBLISHED


def sample(asked: argparse.Namespace) -> int:
    """Write the sample deployment again from its seed."""
    from flows.sample.__main__ import main as write_sample  # noqa: PLC0415

    return int(write_sample(["--out", str(asked.out or SAMPLE)]) or 0)


def _refresh(asked: argparse.Namespace, settings: Settings, *, first: dt.date | None) -> int:
    """One run, and its summary; exit code 2 when an export was refused or held."""
    from flows.pipeline import Wish, known_already  # noqa: PLC0415
    from flows.summary import show_outcome, show_start  # noqa: PLC0415

    wish = Wish(accept_shrink=asked.accept_shrink)
    try:
        with exclusive(settings.lock) as announce:
            outcome = known_already(settings, wish)
            if outcome is None and asked.plain:
                announce(f"a run as of {settings.as_of}")
                show_start(settings)
                outcome = _plainly(settings, wish)
        if outcome is None:
            show_start(settings)
            outcome = _with_prefect(settings, wish)
    except Busy as busy:
        return _say_busy(busy)
    if outcome is None:
        return BUSY
    forget_failure(settings.data)
    show_outcome(settings, outcome, first=first)
    return HELD if outcome.held else PUBLISHED


def _plainly(settings: Settings, wish: "Wish") -> "Outcome":
    from flows.pipeline import refresh  # noqa: PLC0415
    from flows.progress import one_by_one  # noqa: PLC0415

    return refresh(settings, wish, one_by_one)


def _with_prefect(settings: Settings, wish: "Wish") -> "Outcome | None":
    """The run as a flow; None where another run came first."""
    for name, value in prefect_environment().items():
        os.environ.setdefault(name, value)
    from flows.nightly import nightly  # noqa: PLC0415
    from flows.pipeline import Outcome  # noqa: PLC0415

    outcome = nightly(str(settings.data), settings.as_of, wish.accept_shrink)
    return outcome if isinstance(outcome, Outcome) else None


def prefect_environment() -> dict[str, str]:
    """The settings of [tool.prefect], for a run that starts outside the project folder as well."""
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["prefect"]
    found = {"_".join(("PREFECT", *keys)).upper(): value for keys, value in _leaves(told, ())}
    found["PREFECT_HOME"] = str(PROJECT / told["home"])
    # The UI keeps every line; the terminal belongs to the progress and the summary.
    found["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    return found


def _leaves(told: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in told.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Errors that are for the user become a message and exit code 1; a fault of ours keeps its traceback."""
    try:
        yield
    except (PlainError, DefinitionError, ScaleError, OSError) as problem:
        print(f"\n{problem}", file=sys.stderr)


@contextmanager
def _noted(data: str) -> Iterator[None]:
    """A run that does not come to its end leaves a note, which `status` shows."""
    message = "The run stopped without a message: see its output, or its log in Prefect."
    try:
        yield
        message = ""
    except (PlainError, DefinitionError, ScaleError, OSError) as problem:
        message = str(problem)
        raise
    finally:
        if message:
            note_failure(data, message)


def _say_busy(busy: Busy) -> int:
    print(busy, file=sys.stderr)
    return BUSY
