"""Which engine runs the tasks: `[run] tasks` of pipeline.toml, BAROMETRE_TASKS or --tasks. The stages do not know.

threads:2             the default: polars fills the cores of one machine by itself
processes:2           processes of this machine, each with its own memory
dask:2                a Dask cluster of this machine, made for the run
dask:tcp://host:8786  a Dask cluster that is there, over a data folder that all its workers see
"""

import os
import re
from dataclasses import dataclass

from flows.errors import PlainError

DEFAULT_TASKS = "threads:2"
KINDS = ("threads", "processes", "dask")
MOST_WORKERS = 64
_ADDRESS = re.compile(r"(tcp|tls|ucx)://[\w.\[\]:-]+:\d{1,5}")


class EngineError(PlainError):
    """The tasks cannot run where they were meant to."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Where tasks run, and how many at once."""

    kind: str
    workers: int = 2
    address: str = ""
    """Of a cluster that is there; empty where the run makes its own."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the workers may be on other machines."""
        return bool(self.address)

    @property
    def is_in_process(self) -> bool:
        """Whether tasks share the memory, and so the very code, of the run."""
        return self.kind == "threads"

    @property
    def cores_each(self) -> int:
        """How many cores polars may fill in each worker of this machine, so that together they fill it once."""
        return max(1, (os.cpu_count() or 1) // self.workers)

    def __str__(self) -> str:
        """As it is written in the settings."""
        return f"{self.kind}:{self.address or self.workers}"


def parse_engine(said: str, *, where: str) -> Engine:
    """The engine a setting names; `where` it was said is part of the complaint."""
    kind, _, rest = said.partition(":")
    if kind not in KINDS:
        raise _unknown(said, where)
    if kind == "dask" and _ADDRESS.fullmatch(rest):
        return Engine(kind=kind, address=rest)
    if not rest:
        return Engine(kind=kind)
    if not rest.isascii() or not rest.isdigit() or not 1 <= int(rest) <= MOST_WORKERS:
        raise _unknown(said, where)
    return Engine(kind=kind, workers=int(rest))


def take_cores(cores: int) -> None:
    """What a new worker process does before it imports polars, which reads this once."""
    os.environ.setdefault("POLARS_MAX_THREADS", str(cores))


def _unknown(said: str, where: str) -> EngineError:
    return EngineError(
        f"{where}: tasks is {said!r}. Looked for threads:N, processes:N, dask:N (N from 1 to {MOST_WORKERS}) or "
        f"dask:tcp://host:8786. Without the setting it is {DEFAULT_TASKS}."
    )
