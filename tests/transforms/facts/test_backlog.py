from __future__ import annotations

import datetime as dt
import random

import polars as pl

from tests.transforms.facts.text_tables import facts

AGES = ["age_0_1_d", "age_1_3_d", "age_3_7_d", "age_7_30_d", "age_30_d_up"]


def on(backlog: pl.DataFrame, day: str) -> dict[str, object]:
    return backlog.filter(pl.col("day_on") == dt.date.fromisoformat(day)).row(0, named=True)


def test_closing_is_120_plus_300_plus_15_less_280() -> None:
    lines = ["event_id | ticket_id | occurred_at | kind | actor_kind | status"]

    def event(ticket: str, at: str, status: str) -> None:
        kind = "created" if status == "new" else "status"
        lines.append(f"{len(lines)} | {ticket} | {at} | {kind} | customer | {status}")

    for i in range(135):
        event(f"old{i}", "2026-01-05 09:00", "new")
    for i in range(15):
        event(f"old{i}", "2026-01-05 12:00", "solved")
        event(f"old{i}", "2026-01-06 09:00", "open")
    for i in range(300):
        event(f"new{i}", "2026-01-06 10:00", "new")
    for i in range(280):
        event(f"new{i}", "2026-01-06 17:00", "solved")
    backlog = facts("2026-01-08", feed_ticket_event="\n".join(lines))["fact_backlog_daily"]
    day = on(backlog, "2026-01-06")
    assert [day[c] for c in ("opening", "created", "reopened", "resolved", "closing")] == [120, 300, 15, 280, 155]
    assert (day["age_0_1_d"], day["age_1_3_d"]) == (20, 135)
    quiet = on(backlog, "2026-01-07")
    assert [quiet[c] for c in ("opening", "created", "reopened", "resolved", "closing")] == [155, 0, 0, 0, 155]
    assert backlog["day_on"].to_list() == [dt.date(2026, 1, d) for d in (5, 6, 7, 8)]


def test_an_excluded_ticket_is_opened_and_taken_out_on_one_day() -> None:
    backlog = facts(
        "2026-01-06",
        feed_ticket="""
        ticket_id | created_at       | resolved_at      | is_spam | status
        spam      | 2026-01-05 09:00 | 2026-01-06 09:00 | yes     | solved
        real      | 2026-01-05 09:00 | -                | no      | open
        lost      | 2026-01-05 09:00 | -                | no      | closed
        """,
    )["fact_backlog_daily"]
    day = on(backlog, "2026-01-05")
    assert [day[c] for c in ("created", "excluded", "closing")] == [2, 1, 1]
    assert on(backlog, "2026-01-06")["resolved"] == 0


def test_a_ticket_grows_older_day_by_day() -> None:
    backlog = facts(
        "2026-03-10",
        feed_ticket="ticket_id | created_at\nT | 2026-01-05 23:30",
    )["fact_backlog_daily"].sort("day_on")
    ages = backlog.select("day_on", age=pl.concat_list(AGES).list.arg_max())
    first = ages.group_by("age").agg(pl.col("day_on").min()).sort("age")["day_on"].to_list()
    assert [(d - dt.date(2026, 1, 5)).days for d in first] == [0, 1, 3, 7, 30]


def replayed(events: list[tuple[str, str, str]], as_of: dt.date) -> dict[dt.date, list[int]]:
    """By the definition: replay every ticket at the end of every day."""
    out: dict[dt.date, list[int]] = {}
    created = {t: dt.date.fromisoformat(at[:10]) for t, at, s in events if s == "new"}
    day = min(created.values())
    while day <= as_of:
        row = [0] * 5
        for ticket, born in created.items():
            states = [s for t, at, s in events if t == ticket and at[:10] <= day.isoformat()]
            if states and states[-1] != "solved":
                age = (day - born).days
                row[sum(age >= limit for limit in (1, 3, 7, 30))] += 1
        out[day] = row
        day += dt.timedelta(days=1)
    return out


def test_ages_agree_with_a_replay_of_every_ticket() -> None:
    dice = random.Random(7)  # noqa: S311 -- the same dice every time
    events: list[tuple[str, str, str]] = []
    for i in range(60):
        at = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC) + dt.timedelta(days=dice.randrange(20))
        events.append((f"t{i}", at.strftime("%Y-%m-%d %H:%M"), "new"))
        for step in range(dice.randrange(5)):
            at += dt.timedelta(hours=dice.randrange(1, 400))
            events.append((f"t{i}", at.strftime("%Y-%m-%d %H:%M"), "open" if step % 2 else "solved"))
    lines = ["event_id | ticket_id | occurred_at | kind | actor_kind | status"]
    for n, (ticket, at, status) in enumerate(events):
        lines.append(f"{n} | {ticket} | {at} | {'created' if status == 'new' else 'status'} | customer | {status}")
    built = facts("2026-03-31", feed_ticket_event="\n".join(lines))
    daily = {row["day_on"]: [row[a] for a in AGES] for row in built["fact_backlog_daily"].to_dicts()}
    assert daily == replayed(events, dt.date(2026, 3, 31))
