"""The Prefect flow gives the bytes of the plain run, and leaves one task run for each file and table."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.commands import prefect_environment
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


@pytest.mark.usefixtures("_server")
def test_the_flow_publishes_the_bytes_of_the_plain_run(site: Path, published_once: Path) -> None:
    from flows.nightly import nightly  # noqa: PLC0415
    from flows.pipeline import Outcome  # noqa: PLC0415

    outcome = nightly(str(site), dt.date(2026, 3, 31))
    assert isinstance(outcome, Outcome)
    assert outcome.is_new
    assert tree(site / "published") == tree(published_once / "published")
    assert manifest(site)["run"] == 1


def test_settings_of_prefect_hold_outside_the_project_folder() -> None:
    told = prefect_environment()
    assert told["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert told["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] == "180"
    assert os.path.isabs(told["PREFECT_HOME"])  # noqa: PTH117
