"""The engine of the tasks is a setting: it changes where a stage runs, never what it gives."""

from __future__ import annotations

import base64
import dataclasses
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import pytest

from flows.engine import Engine, EngineError, parse_engine
from flows.io import ledger
from flows.runners import MEETING_POINT, Premises, on_worker, plain_each, premises, task_runner
from flows.settings import load
from flows.stages.draft import Draft
from tests.conftest import ROOT, run_flows
from tests.flows.test_pipeline import tree

KEY = "a key by which nobody is to be found"
needs_dask = pytest.mark.skipif(util.find_spec("distributed") is None, reason="Dask is an extra")


@pytest.mark.parametrize(
    ("said", "engine"),
    [
        ("threads:2", Engine(kind="threads")),
        ("processes", Engine(kind="processes")),
        ("dask:4", Engine(kind="dask", workers=4)),
        ("dask:tcp://10.0.0.7:8786", Engine(kind="dask", address="tcp://10.0.0.7:8786")),
    ],
)
def test_an_engine_is_a_word_of_the_settings(said: str, engine: Engine) -> None:
    assert parse_engine(said, where="here") == engine
    assert parse_engine(str(engine), where="here") == engine


@pytest.mark.parametrize("said", ["ray:2", "threads:0", "threads:x", "threads:-1", "processes:²", "dask:tcp://", ""])
def test_another_word_is_an_error_that_names_them_all(said: str) -> None:
    with pytest.raises(EngineError, match=r"^here: tasks is .*Looked for threads:N, processes:N, dask:N"):
        parse_engine(said, where="here")


def test_the_command_line_comes_before_the_environment_before_the_settings(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert str(load(str(site)).engine) == "threads:2"
    pipeline, untold = site / "pipeline.toml", load(str(site))
    pipeline.write_text(pipeline.read_text("utf-8") + '\n[run]\ntasks = "processes:3"\n', "utf-8")
    assert str(load(str(site)).engine) == "processes:3"
    assert load(str(site)).documents_sha256 == untold.documents_sha256, "where it ran is not what it gave"
    monkeypatch.setenv("BAROMETRE_TASKS", "dask:2")
    assert str(load(str(site)).engine) == "dask:2"
    assert str(load(str(site), tasks="threads:1").engine) == "threads:1"
    with pytest.raises(EngineError, match="--tasks: tasks is 'ray'"):
        load(str(site), tasks="ray")


def test_what_a_stage_is_given_travels_and_shows_no_secret(site: Path) -> None:
    settings = dataclasses.replace(load(str(site)), key=KEY.encode())
    draft = Draft(settings=settings, run=1, run_key="k", premises="p")
    jobs = ledger.jobs(settings, now_s=time.time())
    there, work = pickle.loads(pickle.dumps((draft, jobs)))  # noqa: S301 -- our own
    assert work == jobs
    assert there.settings.key == settings.key
    assert there.settings.site == settings.site
    assert there.settings.mappings["avis"].table.columns == settings.mappings["avis"].table.columns
    assert KEY not in repr(draft) + repr(there) + repr(jobs)


def twice(number: int, _settings: object) -> tuple[int, int, str]:
    """A stage, of a test."""
    return 2 * number, os.getpid(), os.environ.get("POLARS_MAX_THREADS", "")


def dies(_number: int, _settings: object) -> None:
    """A stage whose worker is killed, as for want of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_pool_of_processes_keeps_the_order_and_says_that_one_died(site: Path) -> None:
    settings = load(str(site), tasks="processes:2")
    with plain_each(settings) as each:
        found = each("doubling", twice, range(5), settings)
        assert each("doubling", twice, range(3), settings, in_turn=True)[2][0] == 4
        assert [number for number, _, _ in found] == [0, 2, 4, 6, 8]
        assert os.getpid() not in {pid for _, pid, _ in found}
        assert {cores for _, _, cores in found} == {str(settings.engine.cores_each)}
        with pytest.raises(EngineError, match=r"doubling: a worker died.*Nothing was published.*run again"):
            each("doubling", dies, range(2), settings)


def test_a_worker_of_other_code_refuses(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"a worker runs other code.*Looked for the fingerprint 0000"):
        on_worker(Premises(data=tmp_path, code_sha256="0" * 64), twice, 1, None)


def test_a_worker_that_sees_another_folder_refuses(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.runners._require_workers", lambda _engine: None)
    settings = load(str(site), tasks="dask:tcp://10.0.0.7:8786")
    shutil.copytree(site, tmp_path / "of_the_worker")
    with premises(settings) as here:
        assert (site / MEETING_POINT).is_file()
        assert on_worker(here, twice, 1, None)[0] == 2
        with pytest.raises(EngineError, match=r"a worker does not see the data folder of the run.*Mount the folder"):
            on_worker(dataclasses.replace(here, data=tmp_path / "of_the_worker"), twice, 1, None)
    assert not (site / MEETING_POINT).exists()


def test_a_site_without_the_extra_is_told_how_to_get_it(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda _name: None)
    with pytest.raises(EngineError, match=r"^tasks = 'dask:2': looked for the package prefect-dask, .*not installed"):
        task_runner(Engine(kind="dask"))
    with (
        pytest.raises(EngineError, match=r"requirements-dask.lock.*threads:2 is faster"),
        plain_each(load(str(site), tasks="dask:2")),
    ):
        pass


@needs_dask
def test_a_cluster_that_does_not_answer_is_not_waited_for(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.runners.ANSWER_S", 1)
    settings = load(str(site), tasks=f"dask:tcp://127.0.0.1:{free_port()}")
    with (
        pytest.raises(EngineError, match=r"looked for a Dask scheduler with at least one worker, within 1 s"),
        premises(settings),
    ):
        pass


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Cluster:
    """A Dask scheduler on loopback, and the workers that a test starts."""

    def __init__(self) -> None:
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self.started: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--port", str(port))

    def worker(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny")

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--host", "127.0.0.1", "--no-dashboard"]
        self.started.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))
        return self.started[-1]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    found = Cluster()
    yield found
    for it in reversed(found.started):
        it.kill()
        it.wait()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tasks", "how"),
    [("processes:2", ("--plain",)), ("processes:2", ()), pytest.param("dask:2", (), marks=needs_dask)],
    ids=["processes", "processes of Prefect", "Dask"],
)
def test_two_workers_give_the_bytes_of_one_process(
    site: Path, tmp_path: Path, published_once: Path, tasks: str, how: tuple[str, ...]
) -> None:
    home = tmp_path / "prefect"
    done = run_flows("run", *how, "--tasks", tasks, data=site, PREFECT_HOME=str(home))
    assert done.returncode == 0, done.stderr[-3000:]
    assert tree(site / "published") == tree(published_once / "published")


@pytest.mark.slow
@needs_dask
def test_a_cluster_over_the_network_gives_them_too_and_the_key_is_written_nowhere(
    site: Path, tmp_path: Path, cluster: Cluster
) -> None:
    one, other = tmp_path / "one", tmp_path / "prefect"
    shutil.copytree(site, one)
    assert run_flows("run", "--plain", data=one, BAROMETRE_KEY=KEY).returncode == 0
    for _ in range(2):
        cluster.worker()
    tasks = f"dask:{cluster.address}"
    done = run_flows("run", "--tasks", tasks, data=site, BAROMETRE_KEY=KEY, PREFECT_HOME=str(other))
    assert done.returncode == 0, done.stderr[-3000:]
    assert tree(site / "published") == tree(one / "published")
    written = [path for folder in (site, other) for path in folder.rglob("*") if path.is_file()]
    forms = [KEY.encode(), *(base64.b64encode(b"\0" * it + KEY.encode())[4:-4] for it in range(3))]
    assert any(path.name == "prefect.db" for path in written)
    assert not [path for path in written if any(form in path.read_bytes() for form in forms)]
    assert KEY not in done.stdout + done.stderr


@pytest.mark.slow
@needs_dask
def test_a_worker_killed_in_the_middle_costs_time_and_no_byte(
    site: Path, published_once: Path, cluster: Cluster
) -> None:
    victim, tasks = cluster.worker(), f"dask:{cluster.address}"
    env = os.environ | {"BAROMETRE_DATA": str(site)}
    words = [sys.executable, "-m", "flows", "run", "--plain", "--tasks", tasks]
    with subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.DEVNULL) as run:
        while run.poll() is None and not {it.name for it in (site / "store").glob("*")} - {*ledger.NOTES}:
            time.sleep(0.02)
        assert run.poll() is None, "the run was over before the worker could be killed"
        victim.kill()
        cluster.worker()
        assert run.wait(300) == 0
    assert tree(site / "published") == tree(published_once / "published")
