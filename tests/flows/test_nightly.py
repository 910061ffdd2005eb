"""The Prefect flow gives the bytes of the plain run, and shows in the UI what it did."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.io.lock import exclusive
from flows.prefect_settings import prefect_environment
from flows.settings import load
from tests.flows.test_pipeline import manifest, tree

pytestmark = [pytest.mark.prefect, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("prefect")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (prefect_environment() | {"PREFECT_HOME": str(home)}).items():
            patch.setenv(name, value)
        patch.delenv("PREFECT_API_URL", raising=False)
        from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415

        with prefect_test_harness(server_startup_timeout=180):
            yield


def shown() -> dict[str, Any]:
    """What the UI shows, by key."""
    from prefect import get_client  # noqa: PLC0415

    async def read() -> list[Any]:
        async with get_client() as client:
            return list(await client.read_latest_artifacts())

    return {it.key: it.data for it in asyncio.run(read())}


@pytest.mark.usefixtures("_server")
def test_the_flow_publishes_the_bytes_of_the_plain_run_and_shows_them(site: Path, published_once: Path) -> None:
    from flows.nightly import nightly  # noqa: PLC0415
    from flows.pipeline import Outcome  # noqa: PLC0415

    outcome = nightly(str(site), dt.date(2026, 3, 31))
    assert isinstance(outcome, Outcome)
    assert outcome.is_new
    assert tree(site / "published") == tree(published_once / "published")
    assert manifest(site)["run"] == 1

    ui = shown()
    assert set(ui) == {
        f"{what}-petit-site" for what in ("progress", "files", "quarantine", "scorecard", "page", "checks")
    }
    assert ui["progress-petit-site"] == 100
    assert "avis_2026-03.csv" in ui["files-petit-site"]
    assert "score_is_on_its_scale" in ui["quarantine-petit-site"]
    assert "| Satisfaction client (CSAT) |" in ui["scorecard-petit-site"]
    assert "scorecard.html" in ui["page-petit-site"]

    before = tree(site)
    again = nightly(str(site), dt.date(2026, 3, 31), return_state=True)
    assert (again.name, again.message) == ("Unchanged", "run 1 as of 2026-03-31")
    assert tree(site) == before | {".lock": tree(site)[".lock"]}, "only the note in the lock tells of it"

    with exclusive(load(str(site)).lock) as announce:
        announce("a run by hand")
        busy = nightly(str(site), dt.date(2026, 3, 31), return_state=True)
    assert (busy.name, busy.type) == ("Skipped", "COMPLETED")
    assert "a run by hand" in busy.message


def test_settings_of_prefect_hold_outside_the_project_folder() -> None:
    told = prefect_environment()
    assert told["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert told["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] == "180"
    assert os.path.isabs(told["PREFECT_HOME"])  # noqa: PTH117


def test_the_progress_grows_with_every_stage_and_ends_below_the_whole() -> None:
    from flows.artifacts import percent_of  # noqa: PLC0415

    stages = ("reading exports", "latest versions", "building facts", "publishing facts", "computing metrics")
    found = [percent_of(stage, done, 2) for stage in (*stages, "analysing") for done in (1, 2)]
    assert found == sorted(set(found))
    assert found[-1] == 95.0
