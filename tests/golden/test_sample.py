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
FEWEST_ANSWERS = 5
EXACT = 1e-12
ROUNDED = {"iqs": 1e-4, "engagement_index": 1e-4, "ltv": 1e-4}
"""Metrics of rows that are each rounded first: a review to 0.0001 %, a person to 1/9000 point, a cell to a cent."""
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
        columns = ["metric_id", "period_start", "grouping_set", *(f"{cut}_key" for cut in CUTS), "member", "value", "n"]
        for row in table.select(columns).iter_rows(named=True):
            where = (*(codes[cut][row[f"{cut}_key"]] for cut in CUTS), row["member"] or "")
            found[row["metric_id"], grain, str(row["period_start"]), row["grouping_set"], *where] = row
    return found


def differences(cell: Row, published: dict[tuple[str, ...], Row]) -> list[str]:
    wrong = []
    where = [cell["grain"], cell["period_start"], cell["grouping_set"], *(cell.get(cut, "") for cut in CUTS), ""]
    for metric, (value, *n) in cell["figures"].items():
        row = published.get((metric, *where))
        if row is None:
            # A plain count of nothing has no row where the member was never seen.
            wrong += [f"{metric} is not there, {value} is due"] if value or n else []
        elif row["value"] != pytest.approx(value, rel=EXACT, abs=ROUNDED.get(metric, EXACT)):
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


def test_nothing_is_told_of_a_team_of_fewer_than_five_answers(published: dict[tuple[str, ...], Row]) -> None:
    told = {key for key in published if key[0] in {"enps", "engagement_index"}}
    teams = {key for key in told if key[3] == "team"}
    assert {key[1:3] for key in told - teams} >= {("month", "2025-03-01"), ("quarter", "2025-10-01")}
    assert all((published[key]["n"] or 0) >= FEWEST_ANSWERS for key in told if published[key]["value"] is not None)
    by_month = {key[5] for key in teams if key[1] == "month" and published[key]["value"] is not None}
    assert by_month == {"accueil"}, "the only team with five answers at times"


NOTHING = {"value": 0}
"""By day and week, a member of a cut without a row of a count had none."""


def test_the_four_outcomes_of_the_bot_add_up_to_its_sessions(published: dict[tuple[str, ...], Row]) -> None:
    outcomes = ("contained", "handed_off", "abandoned", "recontacted")
    sessions = {key[1:]: row["value"] for key, row in published.items() if key[0] == "bot_sessions"}
    assert sessions
    for where, number in sessions.items():
        parts = [published.get((f"bot_sessions_{outcome}", *where), NOTHING)["value"] for outcome in outcomes]
        assert sum(parts) == number, where


def test_the_refund_told_before_its_order_changes_nothing(current: Path) -> None:
    orders = pl.read_parquet(current / "facts" / "fact_order.parquet")
    odd = orders.filter(pl.col("order_id") == "CMD990006")
    assert odd.select("net_cents", "is_counted").rows() == [(-2_000, False)]
    assert not orders.filter("is_counted").filter(pl.col("net_cents") < 0).height


def test_two_subject_lines_are_tried_from_february_2026_on(current: Path) -> None:
    sent = pl.read_parquet(current / "facts" / "fact_survey_invitation.parquet")
    tried = sent.filter(pl.col("variant").is_not_null())
    assert str(tried["sent_on"].min()).startswith("2026-02")
    by_line = tried.filter("is_delivered").group_by("variant").agg(pl.len(), pl.col("is_responded").mean())
    rate = dict(by_line.select("variant", "is_responded").iter_rows())
    assert rate["objet une minute"] > rate["objet neutre"] + 0.05


def test_what_is_odd_but_right_is_accepted(current: Path, exports: dict[str, Row]) -> None:
    tickets = pl.read_parquet(current / "facts" / "fact_ticket.parquet")
    twice = tickets.filter(pl.col("ticket_id") == "09900112")
    assert twice["created_at"].dt.to_string("%Y-%m-%d %H:%M").to_list() == ["2025-10-26 02:30"]
    assert any(
        row["warnings"] and row["warnings"].startswith("created_at: an hour that happens twice")
        for row in exports.values()
        if row["mapping"] == "tickets"
    )
    fax = pl.read_parquet(current / "facts" / "dim_channel.parquet").filter(pl.col("code") == "fax")
    sent_by_fax = tickets.filter(pl.col("channel_key").is_in(fax["channel_key"].implode()))
    assert sent_by_fax["ticket_id"].to_list() == ["09900111"]
    assert set(sent_by_fax["exclusion_reason"]) == {"test"}
    assert tickets["ticket_id"].str.len_chars().unique().to_list() == [8], "leading zeros are kept"
