"""The identities of a run: where two ways to one number part, the run stops and what was published stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.__main__ import main
from tests.flows.conftest import FEBRUARY, deliver

Spoil = Callable[[pl.LazyFrame], pl.LazyFrame]
CSAT, HAS_CSAT = pl.col("csat"), pl.col("csat").is_not_null()
IS_FIRST = pl.int_range(pl.len()) == pl.arg_where(HAS_CSAT).first()
SPOILED_WIDE: dict[str, Spoil] = {
    "another value": lambda wide: wide.with_columns(csat=pl.when(IS_FIRST).then(CSAT + 1).otherwise(CSAT)),
    "a value less": lambda wide: wide.with_columns(csat=pl.when(~IS_FIRST).then(CSAT)),
    "a value more": lambda wide: wide.with_columns(pl.col("fcr_rate").fill_null(0.5)),
    "a row less": lambda wide: wide.filter(~IS_FIRST),
    "a cut less": lambda wide: wide.filter(pl.col("grouping_set") != "channel"),
    "no row": lambda wide: wide.clear(),
}


def spoiled(monkeypatch: pytest.MonkeyPatch, where: str, spoil: Spoil) -> None:
    """Let a step of the metrics give something else than it should."""
    module, name = where.rsplit(".", 1)
    right = getattr(__import__(module, fromlist=[name]), name)

    def wrong(*given: Any, **named: Any) -> pl.LazyFrame:
        return spoil(right(*given, **named))

    monkeypatch.setattr(where, wrong)


def refused(data: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a run says that stops; the run before it still counts."""
    before = (data / "published" / "CURRENT").read_bytes()
    deliver(data, "avis_2026-02.csv", *FEBRUARY, "9;05/02/2026 12:00;1;chat")
    assert main(["run", "--plain", "--data", str(data)]) != 0
    assert (data / "published" / "CURRENT").read_bytes() == before
    return capsys.readouterr().err


@pytest.mark.parametrize("how", SPOILED_WIDE)
def test_a_wide_table_that_is_not_the_long_one_stops_the_run(
    published: Path, how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled(monkeypatch, "transforms.metrics.wide.kpi_wide", SPOILED_WIDE[how])
    said = refused(published, capsys)
    assert "_wide: wide = long does not hold" in said
    assert "Nothing was published" in said


def test_members_that_are_not_the_total_stop_the_run(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    is_chat = (pl.col("grouping_set") == "channel") & (pl.col("metric_id") == "csat")
    one_more = [pl.when(is_chat).then(pl.col(it) + 1).otherwise(pl.col(it)).alias(it) for it in ("denominator", "n")]
    spoiled(monkeypatch, "transforms.metrics.compute.with_keys", lambda values: values.with_columns(one_more))
    said = refused(published, capsys)
    assert "by channel, csat of " in said
    assert "members of a cut = total does not hold" in said


def test_a_row_lost_on_the_way_to_readers_stops_the_run(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled(monkeypatch, "flows.stages.publishing.publishable", lambda rows: rows.slice(1))
    said = refused(published, capsys)
    assert "fact_survey_response: rows built = rows published does not hold: 7 against 6" in said
