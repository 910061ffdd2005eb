"""How far a run is: a bar on a terminal, one line a stage elsewhere. Everything goes to stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Item = TypeVar("Item")
Result = TypeVar("Result")
CONSOLE = Console(stderr=True)
"""One console for the bar and for Prefect's log lines, so that neither breaks the other."""


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
def bar(label: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar that steps forward at each call of what is yielded; a single line where nobody watches."""
    if not CONSOLE.is_terminal:
        print(f"{label}: {total}", file=sys.stderr, flush=True)
        yield lambda: None
        return
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=CONSOLE) as progress:
        job = progress.add_task(label, total=total)
        yield lambda: progress.advance(job)


def one_by_one(
    label: str, stage: Callable[..., Result], items: Sequence[Any], *with_all: object, in_turn: bool = True
) -> list[Result]:
    """Each item in turn, in this process: what the tests and `--plain` use."""
    del in_turn  # they always are
    results = []
    with bar(label, len(items)) as step:
        for item in items:
            results.append(stage(item, *with_all))
            step()
    return results
