"""The generator: one seed, one sample; any size; and what a support team of that size looks like."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import polars as pl
import pytest

from flows.sample import build, clock, company, dirt, world
from flows.sample.__main__ import main
from flows.sample.twin import open_seconds

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
ANSWERS = Path(__file__).parents[2] / "golden" / "sample_known_answers.toml"
LIMIT_BYTES = 5_200_000


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample")
    assert main(["--out", str(out), "--answers", str(out / "answers.toml")]) == 0
    return out


@pytest.fixture(scope="module")
def months() -> list[world.Month]:
    return list(world.months(company.SAMPLE_SCALE))


def test_the_same_seed_gives_the_shipped_bytes(remade: Path) -> None:
    assert hashes(remade / "raw") == hashes(SAMPLE / "raw")
    assert (remade / "PLANTED.toml").read_bytes() == (SAMPLE / "PLANTED.toml").read_bytes()
    assert (remade / "answers.toml").read_bytes() == ANSWERS.read_bytes()


def test_the_shipped_sample_stays_small() -> None:
    shipped = [
        p
        for part in ("raw", *build.CONFIGURATION, "PLANTED.toml")
        for p in [SAMPLE / part, *(SAMPLE / part).rglob("*")]
    ]
    assert sum(path.stat().st_size for path in shipped if path.is_file()) < LIMIT_BYTES


def test_another_seed_gives_another_sample() -> None:
    first, second = (next(iter(world.months(0.002, seed))).tickets for seed in (1, 2))
    assert not first.equals(second)


def test_the_size_follows_the_scale() -> None:
    small, large = (sum(m.tickets.height for m in world.months(scale)) for scale in (0.002, 0.02))
    assert 1_800 < small < 2_200
    assert 18_000 < large < 22_000


def test_no_month_of_a_large_sample_holds_what_another_needs(tmp_path: Path) -> None:
    written = list(build.write_large(tmp_path, 0.003, SAMPLE))
    assert len(written) == 18
    assert sum(size for _, size in written) > 1_000_000
    assert (tmp_path / "pipeline.toml").read_bytes() == (SAMPLE / "pipeline.toml").read_bytes()
    events = pl.concat(month.events for month, _ in written)
    assert events["event_id"].is_unique().all()
    exports = {path.parent.name for path in (tmp_path / "raw").rglob("*.csv")}
    assert exports >= {"boutique", "bot", "centre_aide", "interne", "qualite"}


def test_a_ticket_lives_forward_in_time(months: list[world.Month]) -> None:
    tickets = pl.concat(month.tickets for month in months)
    steps = ("created", "replied", "solved_0", "reopened_0", "solved_1", "reopened_1", "solved_2")
    for k, earlier in enumerate(steps):
        for later in steps[k + 1 :]:
            assert tickets.filter(pl.col(earlier) > pl.col(later)).is_empty(), f"{later} before {earlier}"
    assert tickets["ticket"].to_list() == list(range(1, tickets.height + 1))


def test_agents_only_reply_while_they_are_employed(months: list[world.Month]) -> None:
    said = pl.concat(month.events for month in months).filter("public", pl.col("actor") == "agent")
    day = pl.from_epoch("at").dt.replace_time_zone("UTC").dt.convert_time_zone(company.ZONE).dt.date()
    for agent in said["agent"].unique():
        spells = [s for s in company.ROSTER if s.agent == agent]
        last = None if any(s.valid_to is None for s in spells) else max(s.valid_to for s in spells if s.valid_to)
        days = said.filter(pl.col("agent") == agent).select(day).to_series()
        assert days.min() >= min(s.valid_from for s in spells)
        assert last is None or days.max() <= last


def test_replies_to_what_is_written_come_in_open_hours(months: list[world.Month]) -> None:
    tickets = pl.concat(month.tickets for month in months).filter(pl.col("channel") == "email")
    for replied in tickets["replied"].drop_nulls().head(300):
        assert open_seconds(replied - 1, replied + 1) > 0


def test_nobody_is_asked_for_loyalty_twice_in_a_wave(months: list[world.Month]) -> None:
    asked = pl.concat(month.surveys for month in months).filter(pl.col("survey") == "nps")
    assert asked.select(pl.struct("customer", "wave").is_unique().all()).item()


def test_who_the_bot_hands_over_is_the_customer_of_the_ticket(months: list[world.Month]) -> None:
    sessions = pl.concat(month.bot_sessions for month in months).filter(pl.col("ticket").is_not_null())
    tickets = pl.concat(month.tickets for month in months).select("ticket", "created", theirs="customer")
    both = sessions.join(tickets, on="ticket")
    assert both.height == sessions.height > 300
    assert both.filter((pl.col("handed") != pl.col("created")) | (pl.col("customer") != pl.col("theirs"))).is_empty()


def test_customers_only_order_while_they_are_customers(months: list[world.Month]) -> None:
    spells = months[-1].customers
    assert spells is not None
    day = pl.from_epoch("at").dt.replace_time_zone("UTC").dt.convert_time_zone(company.ZONE).dt.date()
    orders = pl.concat(month.orders for month in months).select("customer", day=day).unique()
    during = pl.col("day").is_between("valid_from", pl.col("valid_to").fill_null(company.AS_OF))
    assert orders.join(spells, on="customer").filter(during).select("customer", "day").unique().height == orders.height
    assert spells["customer"].is_duplicated().any(), "some customers return"


def test_refunds_come_after_their_order_and_never_exceed_it(months: list[world.Month]) -> None:
    lines = pl.concat(month.orders for month in months)
    refunds = lines.filter(pl.col("line") == "R1")
    assert refunds.filter((pl.col("changed") <= pl.col("at")) | (pl.col("cents") >= 0)).is_empty()
    assert lines.group_by("order").agg(pl.col("cents").sum()).filter(pl.col("cents") < 0).is_empty()


def test_numbers_of_orders_carts_and_visits_go_on_from_month_to_month(months: list[world.Month]) -> None:
    for name, number in (("carts", "cart"), ("bot_sessions", "session"), ("help_events", "event_id")):
        ids = pl.concat(getattr(month, name) for month in months)[number]
        assert ids.to_list() == list(range(1, len(ids) + 1)), name
    orders = pl.concat(month.orders for month in months)["order"].unique()
    assert orders.max() == len(orders)
    visits = [set(month.help_events["visit"]) for month in months]
    assert sum(map(len, visits)) == len(set().union(*visits))


def test_the_strike_spoils_what_the_reviewers_see(months: list[world.Month]) -> None:
    def lost(month: world.Month) -> float:
        rated = month.reviews.filter(pl.col("halves").is_not_null())
        return float(rated["error"].fill_null(value=False).sum()) / rated.height

    by_month = {month.month_on: lost(month) for month in months}
    strike = company.STRIKE[0].replace(day=1)
    assert by_month[strike] > sum(by_month.values()) / len(by_month)


def test_the_strike_shows(months: list[world.Month]) -> None:
    volume = {month.month_on: month.tickets.height for month in months}
    assert max(volume, key=lambda month_on: volume[month_on]) == company.STRIKE[0].replace(day=1)


def test_local_time_knows_both_changes_of_the_clock() -> None:
    noon = [clock.epoch(day, 12) for day in (company.FIRST_DAY, company.FIRST_DAY.replace(month=7))]
    assert [int(t) % 86_400 for t in clock.local(pl.Series(noon).to_numpy())] == [12 * 3_600] * 2


def test_every_fault_is_planted_and_every_kind_of_refusal_has_its_reason() -> None:
    listed = tomllib.loads((SAMPLE / "PLANTED.toml").read_text("utf-8"))["fault"]
    assert len(listed) == len(dirt.FAULTS)
    assert {f.kind for f in dirt.FAULTS if f.becomes == dirt.QUARANTINED} == set(dirt.REASONS)
    assert {row["becomes"] for row in listed} == {
        dirt.QUARANTINED, dirt.DUPLICATE, dirt.ACCEPTED, dirt.BLANK, dirt.NOT_OURS,
    }  # fmt: skip


def test_a_large_sample_never_overwrites_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(SystemExit):
        main(["--scale", "0.002", "--out", str(tmp_path)])
    assert "has a raw folder already" in capsys.readouterr().err
