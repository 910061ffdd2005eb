"""Great Expectations, asked by one stage at a time."""

import threading
from typing import TYPE_CHECKING

import polars as pl

from expectations.schema import Table
from flows.io import durable
from flows.settings import Settings

if TYPE_CHECKING:
    from expectations.gate import Verdict

_ONE_AT_A_TIME = threading.Lock()
"""All checks share one site of Data Docs."""


RESULTS_KEPT = 30
"""Of each table or export: a month of nights."""


def judged(staged: pl.LazyFrame, table: Table, *, name: str, settings: Settings) -> "Verdict":
    """What Great Expectations finds in a staged frame; its pages lie under `quarantine/checks/docs`."""
    from expectations.gate import validate  # noqa: PLC0415 -- three seconds of import

    with _ONE_AT_A_TIME:
        return validate(staged, table, run_name=name, home=settings.quarantine / "checks", docs=True)


def forget_results(settings: Settings) -> None:
    """Drop all but the last results of each table and export; their pages show the latest anyway."""
    for history in sorted((settings.quarantine / "checks" / "results").glob("*/*/")):
        for old in sorted(history.iterdir())[:-RESULTS_KEPT] if history.is_dir() else ():
            durable.remove(old)
