"""The shipped sample comes out as its simulation says: every figure, every row, every planted fault."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.io.quarantine import file_name

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "data" / "sample"
KNOWN = tomllib.loads((HERE / "sample_known_answers.toml").read_text("utf-8"))
PLANTED = tomllib.loads((SAMPLE / "PLANTED.toml").read_text("utf-8"))["fault"]
CUTS = ("channel", "team", "segment")
EXACT = 1e-12
Row = dict[str, Any]


@pytest.fixture(scope="module")
def current(sample_run: Path) -> Path:
    return sample_run / "published" / "current"


@pytest.fixture(scope="module")
def exports(current: Path) -> dict[str, Row]:
    return {row["slot"]: row for row in pl.read_parquet(current / "reports" / "meta_export.parquet").to_dicts()}


@pytest.fixture(scope="module")
def published(current: Path) -> dict[tuple[str, ...], Row]:
    """Every published value by metric, grain, period, cut and the codes of the cut; '' where it is not cut by."""
    codes = {}
    for cut in CUTS:
        members = pl.read_parquet(current / "facts" / f"dim_{cut}.parquet")
        codes[cut] = dict(members.select(f"{cut}_key", "code").iter_rows()) | {-1: ""}
    found = {}
    for grain in sorted({cell["grain"] for cell in KNOWN["cell"]}):
        table = pl.read_parquet(current / "metrics" / f"metric_value_{grain}.parquet")
        columns = ["metric_id", "period_start", "grouping_set", *(f"{cut}_key" for cut in CUTS), "value", "n"]
        for row in table.select(columns).iter_rows(named=True):
            where = tuple(codes[cut][row[f"{cut}_key"]] for cut in CUTS)
            found[row["metric_id"], grain, str(row["period_start"]), row["grouping_set"], *where] = row
    return found


def differences(cell: Row, published: dict[tuple[str, ...], Row]) -> list[str]:
    wrong = []
    where = [cell["grain"], cell["period_start"], cell["grouping_set"], *(cell.get(cut, "") for cut in CUTS)]
    for metric, (value, *n) in cell["figures"].items():
        row = published.get((metric, *where))
        if row is None:
            # A plain count of nothing has no row where the member was never seen.
            wrong += [f"{metric} is not there, {value} is due"] if value or n else []
        elif row["value"] != pytest.approx(value, rel=EXACT, abs=EXACT):
            wrong.append(f"{metric} is {row['value']}, {value} is due")
        elif n and row["n"] != n[0]:
            wrong.append(f"{metric} rests on {row['n']} rows, {n[0]} are due")
    return wrong


@pytest.mark.parametrize(
    "cell", KNOWN["cell"], ids=lambda c: " ".join([c["grain"], c["period_start"], *(c.get(cut, "") for cut in CUTS)])
)
def test_the_figures_are_those_of_the_slow_twin(cell: Row, published: dict[tuple[str, ...], Row]) -> None:
    assert differences(cell, published) == []


def test_the_twin_knows_the_headline_metrics(current: Path) -> None:
    metrics = pl.read_parquet(current / "metrics" / "dim_metric.parquet")
    headline = set(metrics.filter("is_headline")["metric_id"])
    assert headline <= {metric for cell in KNOWN["cell"] for metric in cell["figures"]}


@pytest.mark.parametrize("account", KNOWN["file"], ids=lambda a: a["file"])
def test_every_row_of_a_file_is_accounted_for(account: Row, exports: dict[str, Row]) -> None:
    row = exports[account["file"]]
    assert (row["state"], row["table"]) == ("accepted", account["feed"])
    got = {name: row[f"rows_{name}"] for name in ("in", "accepted", "quarantined", "duplicate", "not_ours")}
    due = [account[name] for name in ("rows_in", "accepted", "quarantined", "duplicates", "not_ours")]
    assert list(got.values()) == due


def test_no_file_is_unknown(exports: dict[str, Row]) -> None:
    assert sorted(exports) == [account["file"] for account in KNOWN["file"]]


def test_the_lines_in_quarantine_are_the_planted_ones_with_their_reasons(
    sample_run: Path, exports: dict[str, Row]
) -> None:
    due: dict[str, dict[int, str]] = defaultdict(dict)
    for fault in PLANTED:
        if fault["becomes"] == "quarantined":
            due[fault["file"]][fault["line"]] = fault["reason"]
    (folder,) = sorted((sample_run / "quarantine").glob("run-*"))
    reports = {file_name(slot, row["mapping"]): slot for slot, row in exports.items()}
    assert sorted(reports[path.name] for path in folder.iterdir()) == sorted(due)
    for path in folder.iterdir():
        rows = pl.read_csv(path, separator=";", infer_schema=False)
        reasons = due[reports[path.name]]
        assert [int(line) for line in rows["line"]] == sorted(reasons)
        for line, reason in rows.select("line", "reasons").iter_rows():
            assert re.match(re.escape(reasons[int(line)]), reason), f"{path.name}, line {line}: {reason}"


def test_what_is_odd_but_right_is_accepted(current: Path) -> None:
    tickets = pl.read_parquet(current / "facts" / "fact_ticket.parquet")
    twice = tickets.filter(pl.col("ticket_id") == "09900112")
    assert twice["created_at"].dt.to_string("%Y-%m-%d %H:%M").to_list() == ["2025-10-26 02:30"]
    fax = pl.read_parquet(current / "facts" / "dim_channel.parquet").filter(pl.col("code") == "fax")
    sent_by_fax = tickets.filter(pl.col("channel_key").is_in(fax["channel_key"].implode()))
    assert sent_by_fax["ticket_id"].to_list() == ["09900111"]
    assert set(sent_by_fax["exclusion_reason"]) == {"test"}
    assert tickets["ticket_id"].str.len_chars().unique().to_list() == [8], "leading zeros are kept"
