"""What each command of `python -m flows` does. Heavy libraries are imported where they are needed, no sooner."""

import argparse
import dataclasses
import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from expectations.tables.metric import MEMBER_CUTS
from flows import backfill as history
from flows import ending
from flows.errors import PLAIN, told_plainly
from flows.failure import tell_of_the_dead
from flows.home import PROJECT, SAMPLE, data_folder
from flows.io.lock import Busy, exclusive
from flows.mishap import told
from flows.settings import Settings, load

if TYPE_CHECKING:
    from flows.pipeline import Outcome, Wish

PUBLISHED, FAILED, HELD, BUSY = range(4)
"""Exit codes."""


def run(asked: argparse.Namespace) -> int:
    """Refresh every table from the exports that changed since the last run."""
    with told_plainly(), _noted(asked.data):
        return _refresh(asked, load(asked.data, as_of=asked.as_of, tasks=asked.tasks, is_in_haste=True), first=None)
    return FAILED


def backfill(asked: argparse.Namespace) -> int:
    """The same, with the end of a month as the last day that is known."""
    with told_plainly(), _noted(asked.data):
        settings = load(asked.data, tasks=asked.tasks, is_in_haste=True)
        last = history.as_of(settings, asked.first, asked.last)
        return _refresh(asked, dataclasses.replace(settings, as_of=last), first=asked.first)
    return FAILED


def schedule(asked: argparse.Namespace) -> int:
    """Serve the nightly run, until this process is stopped."""
    from flows.schedule.command import run_schedule  # noqa: PLC0415

    with told_plainly():
        try:
            run_schedule(asked.data, cron=asked.cron)
        except Busy as busy:
            return _say_busy(busy)
    return FAILED


def check(asked: argparse.Namespace) -> int:
    """Read every export as a run would, and say what would become of it; what is read is kept for the next run."""
    if asked.files:
        return _check_files(asked)
    from flows.checking import check_exports  # noqa: PLC0415

    with told_plainly():
        settings = load(asked.data)
        try:
            with exclusive(settings.lock) as announce:
                announce("a check of the exports")
                return HELD if check_exports(settings) else PUBLISHED
        except Busy as busy:
            return _say_busy(busy)
    return FAILED


def _check_files(asked: argparse.Namespace) -> int:
    """Files looked at apart: nothing is kept, so no lock is needed."""
    from flows.checking_file import check_file  # noqa: PLC0415

    with told_plainly():
        settings = load(asked.data)
        found = [check_file(settings, path, asked.mapping) for path in asked.files]
        return HELD if any(found) else PUBLISHED
    return FAILED


def init(asked: argparse.Namespace) -> int:
    """Look at files nobody has declared yet, and write a mapping to complete for each kind of them."""
    from flows.init.start import start  # noqa: PLC0415
    from flows.sources import home_folder  # noqa: PLC0415

    with told_plainly():
        start(home_folder(asked.data), asked.files, feed=asked.feed, name=asked.name, only_show=asked.only_show)
        return PUBLISHED
    return FAILED


def sources(asked: argparse.Namespace) -> int:
    """The mappings at hand."""
    from flows.sources import home_folder, show_sources  # noqa: PLC0415

    with told_plainly():
        show_sources(home_folder(asked.data))
        return PUBLISHED
    return FAILED


def verify(asked: argparse.Namespace) -> int:
    """Every byte the kept runs rest on, hashed again."""
    from flows.verify import show_verified  # noqa: PLC0415

    with told_plainly():
        settings = load(asked.data)
        try:
            with exclusive(settings.lock) as announce:
                announce("a verification")
                return show_verified(settings)
        except Busy as busy:
            return _say_busy(busy)
    return FAILED


def erase(asked: argparse.Namespace) -> int:
    """Note who is to be forgotten, publish without them, and say which raw files still name them."""
    from flows.erasing import erase as command  # noqa: PLC0415

    with told_plainly(), _noted(asked.data):
        settings = command.settings_of_the_run_that_counts(asked.data)
        wanted = command.Wanted(
            role="agent" if asked.customer is None else "customer",
            number=asked.agent if asked.customer is None else asked.customer,
            source=asked.source,
        )
        try:
            with exclusive(settings.lock) as announce:
                announce("an erasure")
                command.note(wanted, settings)
        except Busy as busy:
            return _say_busy(busy)
        asked.plain, asked.accept_shrink, asked.wait = True, False, False
        code = _refresh(asked, settings, first=None)
        command.show_left(wanted, settings)
        return code
    return FAILED


def explain(asked: argparse.Namespace) -> int:
    """The rows behind a published number."""
    from flows.explain import show_rows  # noqa: PLC0415

    cuts = ("channel", "team", "segment", *MEMBER_CUTS)
    wanted = {cut: code for cut in cuts if (code := getattr(asked, cut)) is not None}
    with told_plainly():
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
    from flows.summary import show_outcome, show_sent, show_start  # noqa: PLC0415

    started_at, wish = ending.now(), Wish(accept_shrink=asked.accept_shrink)
    patience_s = settings.timetable.wait_at_most_min * 60.0 if asked.wait else 0.0
    try:
        with exclusive(settings.lock, wait_s=patience_s) as announce:
            tell_of_the_dead(settings.data)
            death = ending.death_untold(settings.data)
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
    sent = ending.ended_well(settings, outcome, started_at=started_at, death=death)
    show_outcome(settings, outcome, first=first)
    show_sent(sent)
    return HELD if outcome.held else PUBLISHED


def _plainly(settings: Settings, wish: "Wish") -> "Outcome":
    from flows.pipeline import refresh  # noqa: PLC0415
    from flows.runners import plain_each  # noqa: PLC0415

    with plain_each(settings) as each:
        return refresh(settings, wish, each)


def _with_prefect(settings: Settings, wish: "Wish") -> "Outcome | None":
    """The run as a flow; None where another run came first."""
    from flows.prefect_settings import settle_environment  # noqa: PLC0415

    settle_environment()
    from flows.nightly import nightly  # noqa: PLC0415
    from flows.pipeline import Outcome  # noqa: PLC0415

    outcome = nightly(str(settings.data), settings.as_of, wish.accept_shrink, str(settings.engine))
    return outcome if isinstance(outcome, Outcome) else None


@contextmanager
def _noted(data: str) -> Iterator[None]:
    """A run that does not come to its end leaves a note, which `status` shows."""
    started_at = ending.now()
    message = "The run stopped without a message: see its output, or its log in Prefect."
    try:
        yield
        message = ""
    except PLAIN as problem:
        message = told(problem)
        raise
    finally:
        if message:
            ending.ended_badly(data, message, started_at=started_at)


def _say_busy(busy: Busy) -> int:
    print(busy, file=sys.stderr)
    return BUSY
