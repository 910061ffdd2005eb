"""Third-party exports, read with only TOML written: counts and figures as in the README of each data set."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from flows.io.landing import read_rows
from transforms.canonical import canonical
from transforms.mapping import parse_mapping
from transforms.scales import SCALES

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"
KEY = b"a key for tests only"


def typed(folder: str, file: str, source: str) -> dict[str, pl.DataFrame]:
    """The export of a deployment as a feed."""
    path = DATA / folder / file
    if not path.is_file():
        pytest.skip(f"no {folder} here")
    home = HERE / folder
    site = tomllib.loads((home / "pipeline.toml").read_text("utf-8"))["site"]
    mapping = parse_mapping(source, tomllib.loads((home / "sources" / f"{source}.toml").read_text("utf-8")), SCALES)
    landed = read_rows(path, mapping.layout)
    split = canonical(landed.rows, mapping, slot=file, header=landed.header, zone=site["zone"], scales=SCALES, key=KEY)
    good, refused, not_ours = pl.collect_all([split.good, split.refused, split.not_ours])
    assert good.height + refused.height + not_ours.height == landed.rows_in
    assert good.schema == mapping.table.schema
    assert refused.is_empty()
    return {"good": good, "not_ours": not_ours}


def nps(scores: pl.Series) -> float:
    return 100 * ((scores >= 9000).sum() - (scores <= 6000).sum()) / scores.len()


def hours(frame: pl.DataFrame, end: str) -> pl.Series:
    return frame.select((pl.col(end) - pl.col("created_at")).dt.total_microseconds() / 3.6e9).to_series().drop_nulls()


def test_bestmarket_has_the_published_nps_by_channel_and_category() -> None:
    feed = typed("fr_bestmarket", "retour_clients.csv", "retours")["good"]
    assert feed.height == 3000
    assert nps(feed["score_milli"]) == pytest.approx(30.9667, abs=5e-5)
    assert dict(feed["channel"].value_counts().iter_rows()) == {"email": 1032, "social": 998, "phone": 970}
    in_store = feed.filter(pl.col("topic") == "expérience en magasin")["score_milli"]
    assert nps(in_store) == pytest.approx(27.338, abs=5e-4)
    assert feed["dated_at"].dt.convert_time_zone("Europe/Paris").dt.date().max().isoformat() == "2021-12-26"


def test_itsm_times_and_satisfaction_equal_those_of_its_authors() -> None:
    feed = typed("itsm_helpdesk_synth", "tickets.csv", "tickets")["good"]
    response, resolution = hours(feed, "first_response_at"), hours(feed, "closed_at")
    assert (feed.height, response.len(), resolution.len()) == (1886, 1656, 1656)
    assert response.mean() == pytest.approx(3.211520, abs=5e-7)
    assert response.median() == pytest.approx(2.598800, abs=5e-7)
    assert resolution.mean() == pytest.approx(31.790569, abs=5e-7)
    assert resolution.median() == pytest.approx(25.668860, abs=5e-7)
    assert feed["reopen_count"].mean() == pytest.approx(0.14475, abs=5e-6)


def test_itsm_scores_are_the_same_file_read_a_second_time() -> None:
    split = typed("itsm_helpdesk_synth", "tickets.csv", "surveys")
    assert (split["good"].height, split["not_ours"].height) == (207, 1679)
    assert split["good"]["score_milli"].sum() / 207_000 == pytest.approx(0.753188, abs=5e-7)
    assert split["good"]["scale_high_milli"].unique().to_list() == [1000]


def test_brazilian_tickets_are_the_same_in_both_code_pages() -> None:
    unicode = typed("br_helpdesk_ifpr", "helpdesk.csv", "tickets")["good"]
    windows = typed("br_helpdesk_ifpr", "helpdesk4.csv", "tickets")["good"]
    assert unicode.drop("slot").equals(windows.drop("slot"))


def test_brazilian_tickets_agree_on_all_their_rows_but_for_group_and_category() -> None:
    feed = typed("br_helpdesk_ifpr", "helpdesk.csv", "tickets")["good"]
    vary = feed.group_by("ticket_id").agg(pl.all().n_unique()).drop("ticket_id").max()
    assert [name for name in vary.columns if vary[name].item() > 1] == ["updated_at", "team", "topic", "line"]
    latest = feed.sort("updated_at", "line", nulls_last=False).group_by("ticket_id").last()
    resolution = hours(latest, "resolved_at")
    assert (latest.height, latest["resolved_at"].null_count()) == (1315, 124)
    assert resolution.median() == pytest.approx(24.733, abs=5e-4)
    assert resolution.mean() == pytest.approx(146.246, abs=5e-4)
    assert latest["customer_id"].null_count() > 0  # the requester 0 is nobody


def test_fourteen_brazilian_tickets_are_rated() -> None:
    split = typed("br_helpdesk_ifpr", "helpdesk.csv", "surveys")
    assert split["good"]["response_id"].n_unique() == 14
    assert split["good"]["answered_at"].null_count() == 0
    assert split["good"].height + split["not_ours"].height == 3568


def test_field_service_visits_are_invitations_and_lose_no_answer() -> None:
    visits = typed("be_field_service_nps", "serviceappointments.csv", "appointments")["good"]
    answers = typed("be_field_service_nps", "nps.csv", "answers")["good"]
    days = tomllib.loads((HERE / "be_field_service_nps" / "pipeline.toml").read_text("utf-8"))["thresholds"]
    assert (visits.height, answers.height) == (18_425, 3145)
    assert 100 * answers.height / visits.height == pytest.approx(17.0692, abs=5e-5)
    both = answers.join(visits, on="invitation_id", suffix="_of_visit", validate="1:1")
    lag = both["answered_at"] - both["sent_at_of_visit"]
    assert both.height == 3145
    assert lag.min().total_seconds() > 0
    assert lag.max().days < days["survey_window_days"]


def test_field_service_dirt_is_left_to_the_contract_and_to_the_duplicates() -> None:
    answers = typed("be_field_service_nps", "nps.csv", "answers")["good"]
    assert (answers["score_milli"] > answers["scale_high_milli"]).sum() == 2
    assert answers["response_id"].n_unique() == 3144
    assert nps(answers["score_milli"]) == pytest.approx(-29.952, abs=5e-4)
