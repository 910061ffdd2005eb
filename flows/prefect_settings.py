"""What Prefect is told by its environment, before it is imported."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flows.home import PROJECT
from flows.schedule.server import running

NEVER_BY_PROXY = ("127.0.0.1", "localhost")


def prefect_environment() -> dict[str, str]:
    """The settings of [tool.prefect], for a run that starts outside the project folder as well."""
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["prefect"]
    found = {"_".join(("PREFECT", *keys)).upper(): value for keys, value in _leaves(told, ())}
    found["PREFECT_HOME"] = str(PROJECT / told["home"])
    # The UI keeps every line; the terminal belongs to the progress and the summary.
    found["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    return found


def prefect_home() -> Path:
    """Where Prefect keeps its history, unless the environment says otherwise."""
    return Path(os.environ.get("PREFECT_HOME") or prefect_environment()["PREFECT_HOME"])


def settle_environment() -> None:
    """Set what nobody has set; a run uses the server of PREFECT_API_URL, or ours where it is at work."""
    told = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    names = ",".join(dict.fromkeys([*filter(None, told.split(",")), *NEVER_BY_PROXY]))
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = names
    for name, value in prefect_environment().items():
        os.environ.setdefault(name, value)
    if not os.environ.get("PREFECT_API_URL") and (ours := running(prefect_home())):
        os.environ["PREFECT_API_URL"] = ours


def _leaves(told: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in told.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), str(value).lower() if isinstance(value, bool) else str(value)
