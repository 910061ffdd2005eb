"""Events of a ticket at one instant count in their order, however many threads pass them on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from expectations.tables import FEEDS
from transforms.facts.credit import Tickets, credited
from transforms.facts.people import People
from transforms.facts.ticket_hand_off import told_hand_offs

AT = dt.datetime(2026, 1, 5, 10, tzinfo=dt.UTC)
TICKET = {"source": "desk", "ticket_id": "T"}
EVENTS, AT_ONCE, RUNS = 300_000, 1_000, 40
"""So many blocks that some overtake others, in one run of ten, where nothing holds them."""


def events(path: Path, **columns: pl.Expr) -> pl.LazyFrame:
    """The events of one ticket at one instant, in blocks of a thousand."""
    number = pl.int_range(EVENTS)
    rows = pl.select(number.alias("number")).with_columns(
        ticket=pl.lit(1), occurred_at=pl.lit(AT), occurred_on=pl.lit(AT.date()), **columns, **lits(TICKET)
    )
    rows.write_parquet(path, row_group_size=AT_ONCE)
    return pl.scan_parquet(path)


def lits(values: dict[str, str]) -> dict[str, pl.Expr]:
    return {name: pl.lit(value) for name, value in values.items()}


def test_the_last_of_many_teams_gets_the_credit(tmp_path: Path) -> None:
    told = events(tmp_path / "told.parquet", team_now=pl.col("number").cast(pl.String), agent_now=pl.lit("ana"))
    unsaid = pl.lit(None, pl.String)
    ticket = pl.select(**lits(TICKET), **dict.fromkeys(("channel", "team", "segment", "customer_id", "topic"), unsaid))
    tickets = Tickets(ticket.lazy().with_columns(agent_id=unsaid), told)
    answer = tickets.rows.with_columns(answered_at=pl.lit(AT))
    credit = credited(answer, tickets, at="answered_at").select("team")
    assert {credit.collect(engine="streaming").item() for _ in range(RUNS)} == {str(EVENTS - 1)}


def test_a_bot_that_took_over_from_people_hands_nothing_off(tmp_path: Path) -> None:
    is_person = pl.col("number") < EVENTS // 2
    agent = pl.when(is_person).then(pl.lit("ana")).otherwise(pl.lit("bot"))
    told = events(
        tmp_path / "told.parquet", agent_id=agent, agent_now=agent, team=pl.lit("care"), team_now=pl.lit("care")
    )
    bot = {"source": "hr", "agent_id": "bot", "valid_from": dt.date(2026, 1, 1), "is_human": False}
    employees = pl.concat([FEEDS["feed_employee"].empty(), pl.LazyFrame([bot])], how="diagonal")
    found = told_hand_offs(None, told, People(employees, dt.date(2026, 1, 31)))
    assert found is not None
    assert {found.collect(engine="streaming").height for _ in range(RUNS)} == {0}
