"""A Prefect server of our own, for sites that run none: on loopback, its history in `.prefect` of the project.

It is a process of its own. So it outlives a scheduler that is killed, and the next one finds it again.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from flows.errors import PlainError
from flows.io import durable

HOST = "127.0.0.1"
DEFAULT_PORT = "4200"
SECONDS_TO_START = 180.0
SECONDS_TO_STOP = 20.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through a proxy: the server is on this machine."""


class ServerError(PlainError):
    """The Prefect server is not there."""


def address() -> str:
    """Where our own server answers."""
    return f"http://{HOST}:{os.environ.get('PREFECT_SERVER_API_PORT', DEFAULT_PORT)}/api"


def is_answering(api: str) -> bool:
    """Whether a Prefect server is there."""
    try:
        with _DIRECT.open(f"{api}/health", timeout=5) as answer:
            return bool(answer.status == 200 and answer.read(10) == b"true")  # noqa: PLR2004 -- OK
    except (URLError, OSError, ValueError):
        return False


def running(home: Path) -> str:
    """The address of our own server where one is at work; empty where none is."""
    return address() if _pid(home) and is_answering(address()) else ""


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a server: ours, started where there is none, and then stopped at the end."""
    if api := running(home):
        yield api
        return
    if is_answering(address()):
        raise ServerError(
            f"{address()}: a Prefect server that is not ours answers there. Set PREFECT_API_URL={address()} to use "
            "it, or PREFECT_SERVER_API_PORT to another port for one of our own."
        )
    process = _start(home)
    try:
        _wait(process, home)
        yield address()
    finally:
        _stop(process)
        durable.remove(home / "server.pid")


def _start(home: Path) -> "subprocess.Popen[bytes]":
    """The server in a session of its own, so that Ctrl-C does not reach it before us."""
    durable.folder(home)
    port = address().rsplit(":", 1)[1].removesuffix("/api")
    told = {
        **os.environ,
        "PREFECT_SERVER_UI_API_URL": address(),
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    }
    told.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", port]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter
            command, env=told, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    # The place and form of Prefect's own: `prefect server stop` finds it.
    durable.put_bytes(home / "server.pid", str(process.pid).encode())
    return process


def _wait(process: "subprocess.Popen[bytes]", home: Path) -> None:
    """Until it answers."""
    until_s = time.monotonic() + SECONDS_TO_START
    while not is_answering(address()):
        if process.poll() is not None or time.monotonic() > until_s:
            log = (home / "server.log").read_text("utf-8", errors="replace").strip().splitlines()
            raise ServerError(
                f"{address()}: the Prefect server did not start within {SECONDS_TO_START:.0f} s. Its last word in "
                f"{home / 'server.log'} is: {log[-1] if log else 'nothing'}. Free the port, or set "
                "PREFECT_SERVER_API_PORT to another; a crontab with `run --plain` needs no server."
            )
        time.sleep(0.25)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _pid(home: Path) -> int | None:
    """The process that we noted as our server, if it lives."""
    try:
        pid = int((home / "server.pid").read_text("ascii"))
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    except PermissionError:
        return None  # a process of somebody else has that number now
    return pid
