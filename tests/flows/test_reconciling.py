"""The identities of a run: where two ways to one number part, the run stops and what was published stays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest

from flows.__main__ import main
from tests.flows.conftest import FEBRUARY, deliver

Spoil = Callable[[pl.LazyFrame], pl.LazyFrame]
WIDE, MEMBERS, SHOWN = (
    "transforms.metrics.wide.kpi_wide",
    "transforms.metrics.compute.with_keys",
    "flows.stages.publishing.publishable",
)
WIDE_IS_LONG = "_wide: wide = long does not hold"
CSAT, HAS_CSAT = pl.col("csat"), pl.col("csat").is_not_null()
IS_FIRST = pl.int_range(pl.len()) == pl.arg_where(HAS_CSAT).first()
OF_A_CHANNEL = (pl.col("grouping_set") == "channel") & (pl.col("metric_id") == "csat")
FAULTS: dict[str, tuple[str, Spoil, str]] = {
    "another value": (
        WIDE,
        lambda wide: wide.with_columns(CSAT + pl.when(IS_FIRST).then(1).otherwise(0)),
        WIDE_IS_LONG,
    ),
    "a value less": (WIDE, lambda wide: wide.with_columns(pl.when(~IS_FIRST).then(CSAT)), WIDE_IS_LONG),
    "a value more": (WIDE, lambda wide: wide.with_columns(pl.col("fcr_rate").fill_null(0.5)), WIDE_IS_LONG),
    "a row less": (WIDE, lambda wide: wide.filter(~IS_FIRST), WIDE_IS_LONG),
    "a cut less": (WIDE, lambda wide: wide.filter(pl.col("grouping_set") != "channel"), WIDE_IS_LONG),
    "no row": (WIDE, lambda wide: wide.clear(), WIDE_IS_LONG),
    "members beyond the total": (
        MEMBERS,
        lambda values: values.with_columns(pl.col("denominator", "n") + OF_A_CHANNEL.cast(pl.Int64)),
        "members of a cut = total does not hold",
    ),
    "a row lost on the way to readers": (
        SHOWN,
        lambda rows: rows.slice(1),
        "fact_survey_response: rows built = rows published does not hold: 7 against 6",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_that_disagrees_with_itself_publishes_nothing(
    published: Path, fault: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where, spoil, identity = FAULTS[fault]
    module, name = where.rsplit(".", 1)
    right = getattr(import_module(module), name)
    monkeypatch.setattr(where, lambda *given, **named: spoil(right(*given, **named)))
    pointer = published / "published" / "CURRENT"
    before = pointer.read_bytes()
    deliver(published, "avis_2026-02.csv", *FEBRUARY, "9;05/02/2026 12:00;1;chat")
    assert main(["run", "--plain", "--data", str(published)]) != 0
    assert pointer.read_bytes() == before
    said = capsys.readouterr().err
    assert identity in said
    assert "Nothing was published" in said
