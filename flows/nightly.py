"""The run as a Prefect flow: the same stages, each file and table a task with its retries, log and place in the UI."""

import datetime as dt
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from prefect import flow, task, unmapped
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import as_completed
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import Task

from flows.io.lock import Busy, exclusive
from flows.pipeline import Outcome, Wish, refresh
from flows.progress import bar
from flows.settings import load

Result = TypeVar("Result")
TASKS_AT_ONCE = 2
"""polars fills the cores by itself: two tasks only overlap reading with computing."""
HOURS_AT_MOST = 6
WAITS_S: list[float] = [1, 5, 30]
"""Before each new try of a task."""


def is_transient(_task: "Task[..., Any]", _run: TaskRun, state: "State[Any]") -> bool:
    """Whether trying again may help: the disk or the network stumbled; wrong data stays wrong."""
    return isinstance(state.result(raise_on_failure=False), OSError)


@flow(
    name="nightly",
    task_runner=ThreadPoolTaskRunner(max_workers=TASKS_AT_ONCE),  # type: ignore[arg-type]
    timeout_seconds=HOURS_AT_MOST * 3600,
    persist_result=False,
)
def nightly(data: str = "", as_of: dt.date | None = None, accept_shrink: bool = False) -> "Outcome | State[Any]":  # noqa: FBT001, FBT002 -- parameters of a flow are plain
    """Refresh every table from the exports that changed since the last run."""
    settings = load(data, as_of=as_of)
    try:
        with exclusive(settings.lock) as announce:
            announce(f"the nightly run as of {settings.as_of}")
            return refresh(settings, Wish(accept_shrink=accept_shrink), as_tasks)
    except Busy as busy:
        return Completed(name="Skipped", message=str(busy))


def as_tasks(
    label: str, stage: Callable[..., Result], items: Sequence[Any], *with_all: object, in_turn: bool = False
) -> list[Result]:
    """The stage as one task for each item; frames stay on disk, tasks take and return small plain data."""
    work = task(
        name=label,
        task_run_name=_title(stage),
        retries=len(WAITS_S),
        retry_delay_seconds=WAITS_S,
        retry_jitter_factor=0.5,
        retry_condition_fn=is_transient,
        persist_result=False,
    )(stage)
    results: list[Result] = []
    with bar(label, len(items)) as step:
        if in_turn:
            for item in items:
                results.append(work.submit(item, *with_all).result())
                step()
            return results
        futures = work.map(items, *(unmapped(it) for it in with_all))
        for _ in as_completed(list(futures)):
            step()
        return [future.result() for future in futures]


def _title(stage: Callable[..., Any]) -> str:
    """Name of a task run: what the stage is about, as Prefect fills it in."""
    about = next(iter(inspect.signature(stage).parameters))
    return "{job[slot]}" if about == "job" else f"{{{about}}}"
