"""The facts of the core work in pandas: typed, the latest version of each row, by month, as zstd Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from tests.benchmarks import openings

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_SCALES = {
    "1-5": (1, 5, 4, False), "faces_3": (1, 3, 3, False), "1-10": (1, 10, 8, False), "0-100": (0, 100, 80, False),
    "0-10": (0, 10, 8, False), "ease_1-7": (1, 7, 5, False), "effort_1-5": (1, 5, 2, True),
}  # fmt: skip
Frame: TypeAlias = Any
Series: TypeAlias = Any
"""pandas ships no types."""


def _read(raw: Path, feed: str, instants: tuple[str, ...], kinds: tuple[str, ...]) -> Frame:
    files = sorted((raw / feed).glob("*.csv"))
    rows = pd.concat([pd.read_csv(path, dtype=dict.fromkeys(kinds, "str")) for path in files], ignore_index=True)
    for name in instants:
        rows[name] = pd.to_datetime(rows[name], format=_FORMAT, errors="coerce").astype("datetime64[s]")
    for name in kinds:
        rows[name] = rows[name].astype("category")
    return rows


def _latest(rows: Frame, key: str, version: str) -> Frame:
    """The latest version of each row: only keys that come twice are sorted."""
    twice = rows[key].duplicated(keep=False)
    if not twice.any():
        return rows
    last = rows[twice].sort_values(version, kind="stable").drop_duplicates(key, keep="last")
    return pd.concat([rows[~twice], last], ignore_index=True)


def local_day(at: Series) -> Series:
    """The day in Paris."""
    return at.dt.tz_localize("UTC").dt.tz_convert("Europe/Paris").dt.tz_localize(None).dt.normalize()


def write_fact(rows: Frame, clock: str, folder: Path) -> None:
    """One folder a month."""
    day = local_day(rows[clock])
    rows.assign(month=day.dt.year * 100 + day.dt.month).to_parquet(
        folder, partition_cols=["month"], compression="zstd", compression_level=1
    )


def event_fact(raw: Path, end: pd.Timestamp) -> Frame:
    """The events that name a ticket and an instant."""
    rows = _read(raw, "events", ("at",), ("actor_type", "event", "team")).rename(columns={"at": "happened_at"})
    rows = rows[rows["ticket_id"].notna() & rows["happened_at"].notna() & (rows["happened_at"] < end)]
    return _latest(rows.astype({"ticket_id": "int64"}), "event_id", "happened_at")


def ticket_lives(events: Frame) -> Frame:
    """What the events tell of each ticket: sorted once, then each looks at the one before."""
    order = events["event"].map({"created": 0, "message": 1}).astype("float").fillna(2)
    e = events.assign(order=order).sort_values(["ticket_id", "happened_at", "order", "event_id"])
    kind = e["event"]
    asks, replies = kind.isin(["created", "message"]), kind == "reply"
    life = pd.DataFrame(index=pd.Index(e["ticket_id"].unique(), name="ticket_id"))
    first = e[asks].groupby("ticket_id")["happened_at"].min()
    life["told_created_at"] = e[kind == "created"].groupby("ticket_id")["happened_at"].min()
    life["asked_at"] = first
    answers = e[replies].join(first.rename("asked_at"), on="ticket_id")
    answers = answers[answers["happened_at"] >= answers["asked_at"]].groupby("ticket_id")["happened_at"]
    life["told_response_at"], life["replies"] = answers.min(), answers.size()
    talk = e.loc[asks | replies, ["ticket_id", "event"]].assign(asks=asks)
    follows = (talk["ticket_id"] == talk["ticket_id"].shift()) & talk["asks"].shift(fill_value=False)
    life["contacts"] = talk[talk["asks"] & ~follows].groupby("ticket_id").size()
    states = changed_states(e)
    life["has_state"] = pd.Series(True, index=states["ticket_id"].unique())
    entered = states[states["enters"]].groupby("ticket_id")["happened_at"]
    life["told_first_solved_at"], life["told_solved_at"] = entered.min(), entered.max()
    life["told_reopens"] = states[states["leaves"]].groupby("ticket_id").size()
    life["is_done"] = states.groupby("ticket_id")["event"].last() == "solved"
    teams = e.loc[e["team"].notna(), ["ticket_id", "team"]]
    moved = (teams["ticket_id"] == teams["ticket_id"].shift()) & (teams["team"] != teams["team"].shift())
    life["told_team"] = teams.groupby("ticket_id")["team"].last()
    life["moves"] = teams[moved].groupby("ticket_id").size()
    counts = ["replies", "contacts", "told_reopens", "moves"]
    life[counts] = life[counts].fillna(0).astype("int64")
    life["has_state"] = life["has_state"].notna()
    return life.assign(has_events=True)


def changed_states(ordered: Frame) -> Frame:
    """The solutions and reopenings that change something, in order."""
    s = ordered.loc[ordered["event"].isin(["solved", "reopened"]), ["ticket_id", "happened_at", "event"]]
    is_solved, same = s["event"] == "solved", s["ticket_id"] == s["ticket_id"].shift()
    was_solved = same & is_solved.shift(fill_value=False)
    return s.assign(enters=is_solved & ~was_solved, leaves=~is_solved & was_solved)


def ticket_fact(raw: Path, life: Frame, end: pd.Timestamp) -> Frame:
    """One row a ticket, with both clocks, and whether the customer came back."""
    instants = ("created_at", "first_reply_at", "solved_at", "updated_at")
    rows = _read(raw, "tickets", instants, ("channel", "team", "status", "priority", "topic", "segment"))
    created = rows["created_at"]
    sound = created.notna() & ~(rows["first_reply_at"] < created) & ~(rows["solved_at"] < created)
    t = _latest(rows[sound], "ticket_id", "updated_at").set_index("ticket_id").join(life, how="outer")
    t["created_at"] = t["created_at"].fillna(t["told_created_at"])
    t = t[t["created_at"].notna()].copy()
    told, state = t["has_events"].notna(), t["has_state"].eq(other=True)
    t["team"] = t["told_team"].astype("str").where(t["told_team"].notna(), t["team"].astype("str"))
    t["asked_at"] = t["asked_at"].fillna(t["created_at"])
    t["response_at"] = t["told_response_at"].where(told, t["first_reply_at"])
    own = t["solved_at"]
    t["first_solved_at"] = t["told_first_solved_at"].where(state, own)
    done = t["told_solved_at"].where(t["is_done"].eq(other=True))
    t["solved_at"] = done.where(state, own.where(t["status"] == "solved"))
    t["reopens"] = t["told_reopens"].where(state, t["reopen_count"].fillna(0))
    once = t["channel"] == "chat"
    for name in ("contacts", "replies"):
        t[name] = t[name].where(~once | ~told, t[name].clip(upper=1))
    for name, at in (("created", "created_at"), ("first_response", "response_at"), ("resolved", "solved_at"),
                     ("first_resolved", "first_solved_at")):  # fmt: skip
        t[f"{name}_on"] = local_day(t[at])
    days = openings.opening_days()
    for name, start, stop in (("first_response", "asked_at", "response_at"), ("resolution", "created_at", "solved_at")):
        there = t[stop].notna().to_numpy()
        seconds = [
            t[at].fillna(t["created_at"]).astype("datetime64[s]").astype("int64").to_numpy() for at in (start, stop)
        ]
        opened = [openings.open_seconds(at, days) for at in seconds]
        t[f"{name}_calendar_s"] = pd.Series(np.where(there, seconds[1] - seconds[0], np.nan), index=t.index)
        t[f"{name}_business_s"] = pd.Series(np.where(there, opened[1] - opened[0], np.nan), index=t.index)
    return _judged(t.reset_index(), end)


def _judged(t: Frame, end: pd.Timestamp) -> Frame:
    """Whether the first contact solved it, where that can be told."""
    window = pd.Timedelta(days=7)
    opened = t.loc[t["customer_id"].notna(), ["customer_id", "topic", "created_at"]].sort_values("created_at")
    asked = t.loc[t["customer_id"].notna() & t["solved_at"].notna(), ["customer_id", "topic", "solved_at"]]
    asked = asked.reset_index().sort_values("solved_at")
    again = pd.merge_asof(
        asked, opened, left_on="solved_at", right_on="created_at", by=["customer_id", "topic"], direction="forward",
        allow_exact_matches=False,
    ).set_index("index")  # fmt: skip
    repeated = (again["created_at"] <= again["solved_at"] + window).reindex(t.index)
    t["is_due"] = (t["replies"].fillna(0) > 0) | t["response_at"].notna()
    t["is_due"] &= t["solved_at"].notna() & (t["solved_at"] + window <= end)
    once = (t["replies"] == 1) & (t["contacts"] == 1) & (t["moves"] == 0) & (t["reopens"] == 0)
    t["is_told"] = t["is_due"] & repeated.notna() & t["contacts"].notna()
    t["is_fcr"] = t["is_told"] & once & ~repeated.eq(other=True)
    return t


def survey_fact(raw: Path) -> Frame:
    """The answers on their scale, and who did not answer."""
    rows = _read(raw, "surveys", ("sent_at", "answered_at"), ("kind", "scale"))
    rows = _latest(rows, "response_id", "sent_at")
    for n, name in enumerate(("low", "high", "good_from", "is_low_good")):
        rows[name] = rows["scale"].astype("str").map({scale: ends[n] for scale, ends in _SCALES.items()})
    return rows[rows["score"].isna() | rows["score"].between(rows["low"], rows["high"])]


def answers(surveys: Frame, tickets: Frame, events: Frame, end: pd.Timestamp) -> Frame:
    """The answers in time, credited to the team in charge then."""
    in_time = (surveys["answered_at"] <= surveys["sent_at"] + pd.Timedelta(days=14)) & (surveys["answered_at"] < end)
    a = surveys[surveys["score"].notna() & in_time].sort_values("answered_at")
    teams = events.loc[events["team"].notna(), ["ticket_id", "happened_at", "team"]].sort_values("happened_at")
    a = pd.merge_asof(a, teams, left_on="answered_at", right_on="happened_at", by="ticket_id")
    a = a.merge(tickets[["ticket_id", "channel", "team"]], on="ticket_id", how="left", suffixes=("_then", ""))
    a["team"] = a["team_then"].astype("str").where(a["team_then"].notna() & a["team"].notna(), a["team"])
    a["day"] = local_day(a["answered_at"])
    a["is_good"] = np.where(a["is_low_good"], a["score"] <= a["good_from"], a["score"] >= a["good_from"])
    above = np.where(a["is_low_good"], a["high"] - a["score"], a["score"] - a["low"]) * 1000
    a["parts"] = above.astype("int64") * 900_000 // ((a["high"] - a["low"]) * 1000)
    return a
