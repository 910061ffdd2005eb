"""The run as a Prefect flow: the same stages, each file and table a task with its retries, log and place in the UI."""

import datetime as dt
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from prefect import Flow, flow, runtime, task
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.futures import PrefectFuture, as_completed
from prefect.states import Completed
from prefect.task_runners import TaskRunner
from prefect.tasks import Task

from flows import ending, summary
from flows.artifacts import show_outcome, shown_progress
from flows.io.lock import Busy, exclusive
from flows.pipeline import Outcome, Wish, known_already, refresh
from flows.progress import Each, bar, watched
from flows.runners import premises, server_for, task_runner, told_of_the_dead, travelling
from flows.settings import Settings, load
from flows.tally import sizes_of

Result = TypeVar("Result")
HOURS_AT_MOST = 6
WAITS_S: list[float] = [1, 5, 30]
"""Before each new try of a task."""


def is_transient(_task: "Task[..., Any]", _run: TaskRun, state: "State[Any]") -> bool:
    """Whether trying again may help: the disk or the network stumbled; wrong data stays wrong."""
    return isinstance(state.result(raise_on_failure=False), OSError)


def tell(flow: "Flow[..., Any]", flow_run: FlowRun, state: "State[Any]") -> None:  # names are Prefect's
    """Tell whom it concerns that a scheduled run failed, or was killed."""
    del flow
    if flow_run.deployment_id is None:
        return
    data, started_at = str(flow_run.parameters.get("data", "")), flow_run.start_time or ending.now()
    message = (state.message or state.name or "").removeprefix("Flow run encountered an exception: ")
    ending.ended_badly(data, message, started_at=started_at)


@flow(
    name="nightly",
    timeout_seconds=HOURS_AT_MOST * 3600,
    on_failure=[tell],
    on_crashed=[tell],
    persist_result=False,
)
def nightly(  # parameters of a flow are plain: Prefect stores and shows them
    data: str = "",
    as_of: dt.date | None = None,
    accept_shrink: bool = False,  # noqa: FBT001, FBT002
    tasks: str = "",
) -> "Outcome | State[Any]":
    """Refresh every table from the exports that changed since the last run."""
    started_at = ending.now()
    settings, wish = load(data, as_of=as_of, tasks=tasks), Wish(accept_shrink=accept_shrink)
    try:
        with exclusive(settings.lock, wait_s=_patience_s(settings)) as announce:
            announce(f"the nightly run as of {settings.as_of}")
            death = ending.death_untold(settings.data)
            outcome = known_already(settings, wish) or _refreshed(settings, wish)
            if _is_scheduled():
                sent = ending.ended_well(settings, outcome, started_at=started_at, death=death)
                summary.show_outcome(settings, outcome, first=None)
                summary.show_sent(sent)
    except Busy as busy:
        return Completed(name="Skipped", message=str(busy))
    return _state_of(outcome)


def _refreshed(settings: Settings, wish: Wish) -> Outcome:
    """The run itself, and what of it is shown in the UI."""
    with shown_progress(settings) as watcher, watched(watcher), as_tasks(settings) as each:
        outcome = refresh(settings, wish, each)
    if outcome.is_new:
        show_outcome(settings, outcome)
    return outcome


def _state_of(outcome: Outcome) -> "State[Any]":
    """The end of the run, as the UI names it."""
    name = "Held" if outcome.held else "Published" if outcome.is_new else "Unchanged"
    run = f"run {outcome.manifest['run']} as of {outcome.manifest['as_of']}"
    held = f"; {len(outcome.held)} exports wait for a person" if outcome.held else ""
    return Completed(name=name, message=f"{run}{held}", data=outcome)


def _is_scheduled() -> bool:
    """Whether a schedule or a person in the UI started this run; the command line tells of its own itself."""
    return runtime.deployment.id is not None


def _patience_s(settings: Settings) -> float:
    """How long to wait for another run to end."""
    told = settings.timetable
    return told.wait_at_most_min * 60.0 if _is_scheduled() and told.when_busy == "wait" else 0.0


@contextmanager
def as_tasks(settings: Settings) -> Iterator[Each]:
    """Each stage as one task for each of its items, on the engine of the settings."""
    with premises(settings) as here, server_for(settings.engine), task_runner(settings.engine) as runner:

        def each(
            label: str, stage: Callable[..., Result], items: Sequence[Any], *with_all: object, in_turn: bool = False
        ) -> list[Result]:
            work = _task(label, stage if settings.engine.is_in_process else travelling(here, stage))
            calls = [_arguments(stage, item, *with_all) for item in items]
            return _done(runner, work, calls, sizes_of(items), in_turn=in_turn)

        yield each


def _done(
    runner: "TaskRunner[PrefectFuture[Any]]",
    work: "Task[..., Any]",
    calls: Sequence[dict[str, Any]],
    sizes: Sequence[int],
    *,
    in_turn: bool,
) -> list[Any]:
    """The results of the calls, in their order; frames stay on disk, tasks take and return small plain data."""
    with bar(work.name, len(calls), sizes) as step, told_of_the_dead(work.name):
        if in_turn:
            results = []
            for number, call in enumerate(calls):
                results.append(runner.submit(work, call).result())
                step(number, results[-1])
            return results
        futures = [runner.submit(work, call) for call in calls]
        places = {future.task_run_id: number for number, future in enumerate(futures)}
        for future in as_completed(futures):
            step(places[future.task_run_id], future.result(raise_on_failure=False))
        return [future.result() for future in futures]


def _task(label: str, stage: Callable[..., Any]) -> "Task[..., Any]":
    """The stage as a task, tried again where that may help."""
    return task(
        name=label,
        task_run_name=_title(stage),
        retries=len(WAITS_S),
        retry_delay_seconds=WAITS_S,
        retry_jitter_factor=0.5,
        retry_condition_fn=is_transient,
        persist_result=False,
    )(stage)


def _arguments(stage: Callable[..., Any], *values: object) -> dict[str, Any]:
    """The values by the names they have in the stage."""
    return dict(inspect.signature(stage).bind(*values).arguments)


def _title(stage: Callable[..., Any]) -> str:
    """Name of a task run: what the stage is about, as Prefect fills it in."""
    about = next(iter(inspect.signature(stage).parameters))
    return "{job[slot]}" if about == "job" else f"{{{about}}}"
