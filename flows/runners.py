"""The engines behind `[run] tasks`: task runners of Prefect, and pools for runs without it.

Stages are plain functions of paths and small plain data, so the same ones run in this process, in another and on
another machine. There they are run by `on_worker`, which first makes sure that the other side is of the same mind.
"""

import copyreg
import functools
import hashlib
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flows.engine import Engine, EngineError, take_cores
from flows.io import durable, ledger
from flows.progress import Each, bar, one_by_one
from flows.settings import Settings
from flows.tally import sizes_of

if TYPE_CHECKING:
    from prefect.task_runners import TaskRunner

Result = TypeVar("Result")
ANSWER_S = 30
MEETING_POINT = ".workers"
"""A file in the data folder that a worker on another machine must find as the run wrote it."""


@dataclass(frozen=True, kw_only=True)
class Premises:
    """What a worker must have in common with the run: the code, and where the workers are elsewhere, the folder."""

    data: Path
    code_sha256: str
    token_sha256: str = ""


@contextmanager
def premises(settings: Settings) -> Iterator[Premises]:
    """What the workers of this run have to find; a mark lies in the data folder while they are elsewhere."""
    code = ledger.rules_sha256()
    if not settings.engine.is_elsewhere:
        yield Premises(data=settings.data, code_sha256=code)
        return
    _require_workers(settings.engine)
    mark, token = settings.data / MEETING_POINT, secrets.token_bytes(16)
    durable.put_bytes(mark, token)
    try:
        yield Premises(data=settings.data, code_sha256=code, token_sha256=hashlib.sha256(token).hexdigest())
    finally:
        durable.remove(mark)


def on_worker(here: Premises, stage: Callable[..., Result], *with_all: object) -> Result:
    """The stage, in a process that need not be the run's: refused where it would compute something else."""
    if _own_code() != here.code_sha256:
        raise EngineError(
            f"{here.data}: a worker runs other code, or another polars, than the run. Looked for the fingerprint "
            f"{here.code_sha256[:12]}, there is {_own_code()[:12]}. Install the same version there, from the lock, and "
            "start the workers again."
        )
    mark = here.data / MEETING_POINT
    if here.token_sha256 and (not mark.is_file() or durable.fingerprint(mark) != here.token_sha256):
        raise EngineError(
            f"{here.data}: a worker does not see the data folder of the run. Looked for the mark {mark.name} of this "
            "run, there is none of that content. Mount the folder on every worker under this same path."
        )
    return stage(*with_all)


def travelling(here: Premises, stage: Callable[..., Result]) -> Callable[..., Result]:
    """The stage under its own name and parameters, to be run by `on_worker`."""

    @functools.wraps(stage)
    def anywhere(*with_all: object) -> Result:
        return on_worker(here, stage, *with_all)

    return anywhere


@functools.cache
def _own_code() -> str:
    """Of this process: taken once, as the modules in memory are those of that moment."""
    return ledger.rules_sha256()


def task_runner(engine: Engine) -> "TaskRunner[Any]":
    """The task runner of Prefect for an engine."""
    from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner  # noqa: PLC0415

    if engine.kind == "threads":
        return ThreadPoolTaskRunner(max_workers=engine.workers)
    if engine.kind == "processes":  # it spawns: a forked polars deadlocks
        return ProcessPoolTaskRunner(max_workers=engine.workers, initializer=take_cores, initargs=(engine.cores_each,))
    _require_dask("prefect_dask", engine)
    from prefect_dask import DaskTaskRunner  # noqa: PLC0415

    if engine.address:
        return cast("TaskRunner[Any]", DaskTaskRunner(address=engine.address))
    return cast("TaskRunner[Any]", DaskTaskRunner(cluster_kwargs=_local_cluster(engine)))


@contextmanager
def server_for(engine: Engine) -> Iterator[None]:
    """Let the workers report to the server of the run: each of them would otherwise start one of its own."""
    if engine.is_in_process:
        yield
        return
    from prefect.client.orchestration import get_client  # noqa: PLC0415
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    with temporary_settings({PREFECT_API_URL: str(get_client(sync_client=True).api_url)}):
        yield


@contextmanager
def plain_each(settings: Settings) -> Iterator[Each]:
    """How a run without Prefect does its stages: in turn, unless the settings ask for processes."""
    if settings.engine.is_in_process:
        yield one_by_one
        return
    with premises(settings) as here, _pool(settings.engine) as pool:
        yield functools.partial(_pooled, pool, here)


def _pooled(
    pool: Executor,
    here: Premises,
    label: str,
    stage: Callable[..., Result],
    items: Sequence[Any],
    *with_all: object,
    in_turn: bool = False,
) -> list[Result]:
    """The stage for each item, by the processes of a pool."""
    results: list[Result] = []
    with bar(label, len(items), sizes_of(items)) as step, told_of_the_dead(label):
        if in_turn:
            for number, item in enumerate(items):
                results.append(pool.submit(on_worker, here, stage, item, *with_all).result())
                step(number, results[-1])
            return results
        futures = [pool.submit(on_worker, here, stage, item, *with_all) for item in items]
        for number, future in enumerate(futures):
            results.append(future.result())
            step(number, results[-1])
    return results


@contextmanager
def _pool(engine: Engine) -> Iterator[Executor]:
    """Processes to work in; what waits is dropped when the run fails."""
    if engine.kind == "processes":
        pool = ProcessPoolExecutor(engine.workers, get_context("spawn"), take_cores, (engine.cores_each,))
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)
        return
    _require_dask("distributed", engine)
    from distributed import Client, LocalCluster  # noqa: PLC0415

    cluster = nullcontext(engine.address) if engine.address else LocalCluster(**_local_cluster(engine))
    with cluster as place, Client(place) as client:
        yield client.get_executor(pure=False)


def _local_cluster(engine: Engine) -> dict[str, Any]:
    """Workers of this machine: one task each at a time, on loopback, without a dashboard."""
    return {
        "n_workers": engine.workers,
        "threads_per_worker": 1,
        "dashboard_address": None,
        "env": {"POLARS_MAX_THREADS": str(engine.cores_each)},
    }


@contextmanager
def told_of_the_dead(label: str) -> Iterator[None]:
    """The death of a worker, in words; whatever else goes wrong passes as it is."""
    try:
        yield
    except _deaths() as problem:
        raise EngineError(
            f"{label}: a worker died. Looked for the result of its task, there is none ({problem}). Nothing was "
            "published and what was read is kept: run again, with fewer workers where the memory was too small."
        ) from problem


def _deaths() -> tuple[type[BaseException], ...]:
    """What the engines raise once workers died of a task: Dask after the fourth, the others at once."""
    if "distributed" not in sys.modules:
        return BrokenProcessPool, CancelledError
    from distributed import KilledWorker  # noqa: PLC0415

    return BrokenProcessPool, CancelledError, KilledWorker


def _require_workers(engine: Engine) -> None:
    """A cluster that does not answer, or has nobody to work, would otherwise be waited for all night."""
    _require_dask("distributed", engine)
    from distributed import Client  # noqa: PLC0415

    try:
        with Client(engine.address, timeout=ANSWER_S, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=ANSWER_S)
    except (OSError, TimeoutError) as problem:
        raise EngineError(
            f"tasks = {str(engine)!r}: looked for a Dask scheduler with at least one worker, within {ANSWER_S} s there "
            f"was none ({problem}). Start `dask scheduler` there and `dask worker {engine.address}` in the project "
            "folder of each machine."
        ) from None


def _require_dask(module: str, engine: Engine) -> None:
    """Dask is an extra: most sites have one machine."""
    from importlib.util import find_spec  # noqa: PLC0415

    if find_spec(module) is None:
        raise EngineError(
            f"tasks = {str(engine)!r}: looked for the package {module.replace('_', '-')}, it is not installed. "
            "Install the extra with `python -m pip install -r requirements-dask.lock` (on every worker), or leave the "
            "setting out: on one machine threads:2 is faster."
        )


def _as_plain(proxy: "MappingProxyType[Any, Any]") -> tuple[Callable[..., Any], tuple[dict[Any, Any]]]:
    return _as_proxy, (dict(proxy),)


def _as_proxy(values: dict[Any, Any]) -> "MappingProxyType[Any, Any]":
    return MappingProxyType(values)


copyreg.pickle(MappingProxyType, _as_plain)  # contracts hold them, and travel with the settings
