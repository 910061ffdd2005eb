"""`schedule`: the nightly run at its hour, until this process is stopped."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager

from flows.home import PROJECT
from flows.io.lock import exclusive
from flows.io.toml import SettingsError
from flows.prefect_settings import prefect_home, settle_environment
from flows.schedule.server import served
from flows.schedule.timetable import Timetable, at_other_times
from flows.settings import Settings, load

BEFORE_ANOTHER_TRY_S = 10.0


def run_schedule(data: str, *, cron: str) -> None:
    """Serve the nightly run of a data folder, until a signal ends it; a second scheduler of that folder is `Busy`."""
    if os.environ.get("BAROMETRE_AS_OF"):
        raise SettingsError(
            "BAROMETRE_AS_OF is set: a schedule computes it each night. Unset it, or use `run` for a day of your own."
        )
    settings = load(data)
    told = at_other_times(settings.timetable, cron) if cron else settings.timetable
    with exclusive(settings.data / ".schedule") as announce:
        announce("a schedule")
        _serve(settings, told)
    time.sleep(BEFORE_ANOTHER_TRY_S)
    # The server was lost. Prefect keeps connections and threads that do not come back, so this process begins anew.
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 -- ourselves


def _serve(settings: Settings, told: Timetable) -> None:
    """Serve on the server of PREFECT_API_URL, or on ours; returns where the server is lost."""
    os.environ["BAROMETRE_DATA"] = str(settings.data)  # for the runs, which are processes of their own
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "WARNING")
    with chdir(PROJECT), _server() as (api, is_ours):
        from flows.schedule.serving import Lost, serve  # noqa: PLC0415 -- Prefect reads the environment when it is imported

        print(
            f"{settings.name}: {told.cron} ({settings.site.zone}), and once now. UI: {api.removesuffix('/api')}",
            flush=True,
        )
        try:
            serve(settings, told, is_ours=is_ours)
        except Lost as problem:
            print(f"{api}: the Prefect server was lost ({problem}). Beginning anew.", file=sys.stderr)


@contextmanager
def _server() -> Iterator[tuple[str, bool]]:
    """The address of the server, and whether it is our own."""
    if told := os.environ.get("PREFECT_API_URL", ""):
        settle_environment()
        yield told, False
        return
    settle_environment()
    try:
        with served(prefect_home()) as api:
            os.environ["PREFECT_API_URL"] = api
            yield api, True
    finally:
        os.environ.pop("PREFECT_API_URL", None)  # or this process, begun anew, would take ours for one of the user
