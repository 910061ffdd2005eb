from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from expectations.schema import Table

Judge = Callable[[pl.LazyFrame, Table], object]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """`validate` with a folder of its own and no page."""
    from expectations.gate import validate  # noqa: PLC0415

    return lambda frame, table: validate(frame, table, run_name="run", home=tmp_path, docs=False)
