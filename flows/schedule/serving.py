"""The nightly flow, served: a process that waits for the hour and starts each run in a process of its own.

The timetable is kept here and not on the server, so that losing the server's history, or an evening without it, costs
no night; the server is told of the next run only, and shows it. There is no work pool and no limit on the server: after
a crash its slot would stay taken, and every night be cancelled. The lock of the data folder is the guard, and this
process starts one run at a time. Runs carry no parameters: one that is late reads the settings of today.
"""

import asyncio
import datetime as dt
import hashlib
import time
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from prefect import get_client
from prefect.automations import Automation
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.deployments.flow_runs import arun_deployment
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.exceptions import PrefectException
from prefect.runner import Runner
from prefect.types.entrypoint import EntrypointType

from flows.artifacts import slug
from flows.nightly import nightly
from flows.schedule.timetable import Timetable, next_time
from flows.settings import Settings

HEARTBEATS_MISSED = dt.timedelta(seconds=90)
LOOKS_EVERY_S = 15.0
"""At the clock: it may be set, and a machine may have slept."""
_LOST = "barometre: runs whose heart stopped"
_DEAD = "Its heart stopped: the process was killed."


class Lost(Exception):  # noqa: N818 -- read aloud where it is caught
    """The server is gone, or was never there: start again from the beginning."""


class _OneAtATime(Runner):
    """A runner that a SIGTERM ends at once: a run that is stopped with it is made up for by the next."""

    def handle_sigterm(self, *_signal: object, **_frame: object) -> None:
        raise SystemExit(0)


def serve(settings: Settings, told: Timetable, *, is_ours: bool) -> None:
    """Run once now, which catches up on whatever nights were missed, and then at each time of the timetable."""
    try:
        asyncio.run(_serve(settings, told, is_ours=is_ours))
    except (RuntimeError, ExceptionGroup, httpx.HTTPError, PrefectException) as problem:
        raise Lost(_first(problem)) from problem


def _first(problem: BaseException) -> str:
    """What went wrong first, inside whatever it is wrapped in."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return f"{type(problem).__name__}: {problem}"


async def _serve(settings: Settings, told: Timetable, *, is_ours: bool) -> None:
    if is_ours:
        await watch_hearts()
    runner = _OneAtATime(name=deployment_name(settings), limit=1, pause_on_shutdown=False)
    deployment = await runner.aadd_deployment(
        await nightly.ato_deployment(
            name=deployment_name(settings),
            description=f"{settings.name}: {settings.data}",
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
    )
    await _forget_waiting(deployment)
    await _ask_for_run(deployment, dt.datetime.now(dt.UTC), "catching up")
    async with asyncio.TaskGroup() as both:
        both.create_task(_keep_time(deployment, told.cron, ZoneInfo(settings.site.zone)))
        both.create_task(runner.start())


async def _keep_time(deployment: UUID, cron: str, zone: ZoneInfo) -> None:
    """Ask for one run after another, each as soon as the time of the one before has come."""
    due = dt.datetime.now(dt.UTC)
    while True:
        due = next_time(cron, due, zone)
        await _ask_for_run(deployment, due, f"night of {due:%Y-%m-%d %H:%M}")
        while (left_s := due.timestamp() - time.time()) > 0:  # noqa: ASYNC110 -- the clock sends no event
            await asyncio.sleep(min(left_s, LOOKS_EVERY_S))


async def _ask_for_run(deployment: UUID, due: dt.datetime, name: str) -> None:
    await arun_deployment(deployment, scheduled_time=due, timeout=0, flow_run_name=name, as_subflow=False)


async def _forget_waiting(deployment: UUID) -> None:
    """Take back the runs a scheduler before us asked for: they are of its timetable, and one run makes up for all."""
    scheduled = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
    async with get_client() as client:
        for run in await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=scheduled),
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])),
        ):
            await client.delete_flow_run(run.id)


def deployment_name(settings: Settings) -> str:
    """The site, and the folder: two folders of one name must not take each other's runs."""
    return f"{slug(settings.name)}-{hashlib.sha256(str(settings.data).encode()).hexdigest()[:6]}"


async def watch_hearts() -> None:
    """Let the server mark as crashed what died without a word: the runner may have died with it."""
    ended = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}
    automation = Automation(
        name=_LOST,
        trigger=EventTrigger(
            match={"prefect.resource.id": "prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *ended},
            posture=Posture.Proactive,
            threshold=1,
            within=HEARTBEATS_MISSED,
        ),
        actions=[ChangeFlowRunState(name=None, state=StateType.CRASHED, message=_DEAD, force=False)],
    )
    try:
        await Automation.aread(name=_LOST)
    except ValueError:
        await automation.acreate()
