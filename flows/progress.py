"""How far a run is, of whatever takes over two seconds: a bar on a terminal, a line now and then elsewhere.

Everything goes to stderr.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from rich.console import Console

from flows.io.passed import PASSED
from flows.tally import Tally, sizes_of

Item = TypeVar("Item")
Result = TypeVar("Result")
Watcher = Callable[[str, int, int], None]
"""Told of each step: the stage, how many of its items are done, and of how many."""
CONSOLE = Console(stderr=True)
"""One console for the bar and for Prefect's log lines, so that neither breaks the other."""
QUIET_S = 2.0
"""Whatever is over sooner shows nothing."""
LINE_S = 10.0
"""From one line to the next where nobody watches."""
_FRAME_S = 0.25
_WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


class Step(Protocol):
    """Called once for each item that is done."""

    def __call__(self, number: int | None = None, result: object = None) -> None:
        """Which item it was (the next one, if it is not said), and what came of it, which may tell of rows."""
        ...


class Each(Protocol):
    """How a stage is done for each of several items: one after another, or as tasks of Prefect."""

    def __call__(
        self, label: str, stage: Callable[..., Result], items: Sequence[Any], *with_all: object, in_turn: bool = False
    ) -> list[Result]:
        """The result of `stage(item, *with_all)` for every item, in their order.

        `in_turn`: an item may need what the ones before it wrote.
        """
        ...


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Tell `watcher` as well of every step inside."""
    token = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(token)


@contextmanager
def bar(label: str, total: int = 0, sizes: Sequence[int] = ()) -> Iterator[Step]:
    """Show how far `label` is, by what is yielded: to be called at each of `total` items, of so many bytes each.

    Without a total it only shows that something is done, and for how long.
    """
    tally, watcher = Tally(label=label, total=total, sizes=sizes), _WATCHER.get()

    def step(number: int | None = None, result: object = None) -> None:
        tally.step(number, result)
        if watcher is not None:
            watcher(label, tally.done, total)

    with _on_terminal(tally) if CONSOLE.is_terminal else _in_lines(tally):
        yield step


def one_by_one(
    label: str, stage: Callable[..., Result], items: Sequence[Any], *with_all: object, in_turn: bool = True
) -> list[Result]:
    """Each item in turn, in this process: what the tests and `--plain` use."""
    del in_turn  # they always are
    results = []
    with bar(label, len(items), sizes_of(items)) as step:
        for number, item in enumerate(items):
            results.append(stage(item, *with_all))
            step(number, results[-1])
    return results


@contextmanager
def _in_lines(tally: Tally) -> Iterator[None]:
    """A line after two seconds, then one every ten, and one at the end: a log shows that something moves."""
    begun_s = time.monotonic()
    was_shown = threading.Event()

    def tell() -> None:
        was_shown.set()
        _say(tally.label, tally.under_way(time.monotonic() - begun_s))

    with _beating(tally, tell, every_s=LINE_S):
        yield
    if was_shown.is_set():
        _say(tally.label, tally.ended(time.monotonic() - begun_s))


@contextmanager
def _on_terminal(tally: Tally) -> Iterator[None]:
    """A bar that appears after two seconds and stays."""
    from flows.progress_bar import Bar  # noqa: PLC0415 -- only a terminal needs it

    shown = Bar(tally, CONSOLE)
    try:
        with _beating(tally, shown.draw, every_s=_FRAME_S):
            yield
        shown.end()
    finally:
        shown.close()


@contextmanager
def _beating(tally: Tally, tell: Callable[[], None], *, every_s: float) -> Iterator[None]:
    """Call `tell` from a thread beside the work, first when it has become long, then again and again."""
    is_over, read_before = threading.Event(), PASSED.total

    def beat() -> None:
        wait_s = QUIET_S
        while not is_over.wait(wait_s):
            tally.read_bytes = PASSED.total - read_before
            tell()
            wait_s = every_s

    thread = threading.Thread(target=beat, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _say(label: str, words: str) -> None:
    print(f"{label}: {words}", file=sys.stderr, flush=True)
