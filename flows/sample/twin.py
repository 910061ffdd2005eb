"""The slow twin: lives of tickets and verdicts over them in plain loops, written to be obviously right.

It reads the simulation, not the exports, and shares no code with the pipeline: where both agree, both are right.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flows.sample import company

Row = dict[str, Any]
PARIS = ZoneInfo(company.ZONE)
DAY_S = 86_400
FCR_WINDOW_S, SURVEY_WINDOW_S = 7 * DAY_S, 14 * DAY_S
BOT_AT_ONCE_S = 300


def local_day(at: int) -> dt.date:
    """The day in Paris on which an instant falls."""
    return dt.datetime.fromtimestamp(at, PARIS).date()


@cache
def instant(day: dt.date, hour: int = 0) -> int:
    """The instant of an hour of a day in Paris."""
    return int(dt.datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).timestamp())


END = instant(company.AS_OF + dt.timedelta(days=1))


@cache
def open_seconds(start: int, end: int) -> int:
    """Open seconds between two instants, day after day."""
    seconds, day, last = 0, local_day(start), local_day(end)
    while day <= last:
        hours = company.hours_of(day)
        if hours is not None:
            seconds += max(0, min(end, instant(day, hours[1])) - max(start, instant(day, hours[0])))
        day += dt.timedelta(days=1)
    return seconds


def tier(team: str, day: dt.date) -> int:
    """Level of support of a team on a day."""
    known = [(since, level) for name, level, since in company.TIERS if name == team and since <= day]
    return max(known)[1]


@dataclass
class Life:
    """A ticket, as its events tell it."""

    row: Row
    asked: int | None = None
    waits_from: int | None = None
    """Since when people are waited for: the hand-off where a bot took it first, else the first message."""
    answered: int | None = None
    greeted: int | None = None
    contacts: int = 0
    replies: int = 0
    changes: list[tuple[int, bool]] = field(default_factory=list)
    """Instants at which it became resolved (True) or open again (False)."""
    team: str = ""
    escalations: int = 0
    transfers: int = 0
    is_repeated: bool = False
    last_speaker: str = ""

    @property
    def counted(self) -> bool:
        """Not excluded."""
        return self.row["excluded"] is None

    @property
    def resolved(self) -> int | None:
        """Last resolution, while it holds."""
        return self.changes[-1][0] if self.changes and self.changes[-1][1] else None

    @property
    def first_resolved(self) -> int | None:
        """First resolution."""
        return self.changes[0][0] if self.changes else None

    @property
    def reopens(self) -> int:
        """Times it opened again."""
        return sum(not done for _, done in self.changes)

    @property
    def eligible(self) -> bool:
        """For first contact resolution: counted, resolved a week ago, and a person replied."""
        return self.counted and self.replies > 0 and self.resolved is not None and self.resolved + FCR_WINDOW_S <= END

    @property
    def first_contact(self) -> bool:
        """Settled by one contact and one reply, and nothing came after."""
        once = self.contacts == 1 and self.replies == 1
        return once and self.reopens + self.transfers + self.escalations == 0 and not self.is_repeated

    def open_at(self, at: int) -> bool:
        """Open just before an instant."""
        if self.row["created"] >= at:
            return False
        before = [done for when, done in self.changes if when < at]
        return not before or not before[-1]


def lives(tickets: Iterable[Row], events: Iterable[Row]) -> list[Life]:
    """Every ticket with its life."""
    found = {row["ticket"]: Life(row) for row in tickets}
    for event in sorted(events, key=lambda e: (e["ticket"], e["at"], e["kind"] != "created", e["event_id"])):
        _tell(found[event["ticket"]], event)
    for life in found.values():
        if life.row["channel"] == "chat":
            life.contacts, life.replies = min(life.contacts, 1), min(life.replies, 1)
    for life in found.values():
        if life.row["excluded"] == "merged":
            found[life.row["into"]].contacts += life.contacts
    _repeats(list(found.values()))
    return list(found.values())


def hand_off(all_lives: list[Life], sessions: Iterable[Row]) -> None:
    """The bot's sessions told to the tickets they led to; only where the bot came before the customer and any person.

    The customer then asked when the session began, and people are waited for since it ended.
    """
    by_ticket: dict[int, list[Row]] = {}
    for row in sessions:
        if row["ticket"] is not None and row["handed"] is not None and row["messages"] and not row["test"]:
            by_ticket.setdefault(row["ticket"], []).append(row)
    for life in all_lives:
        life.waits_from = life.asked
        session = min(by_ticket.get(life.row["ticket"], []), key=lambda row: row["handed"], default=None)
        if session is None or life.asked is None or session["start"] > life.asked + BOT_AT_ONCE_S:
            continue
        if life.answered is None or session["handed"] <= life.answered:
            life.asked, life.waits_from = min(life.asked, session["start"]), session["handed"]


def _tell(life: Life, event: Row) -> None:
    """One event more."""
    at, kind, actor = event["at"], event["kind"], event["actor"]
    if kind == "created":
        life.team = event["team"]
    if kind == "team":
        _move(life, event["team"], local_day(at))
    if actor == "customer" and kind in {"created", "message"}:
        life.asked = at if life.asked is None else life.asked
        life.contacts += life.last_speaker != "customer"
        life.last_speaker = "customer"
    if kind == "message" and event["public"] and life.asked is not None:
        if actor == "agent":
            life.answered = at if life.answered is None else life.answered
            life.replies += 1
            life.last_speaker = "agent"
        if actor == "bot":
            life.greeted = at if life.greeted is None else life.greeted
    if kind == "status":
        done, was_done = event["status"] in {"solved", "closed"}, bool(life.changes) and life.changes[-1][1]
        if done != was_done:
            life.changes.append((at, done))


def _move(life: Life, team: str, day: dt.date) -> None:
    """To another team: up, or sideways and down."""
    if team != life.team:
        up = tier(team, day) > tier(life.team, day)
        life.escalations += up
        life.transfers += not up
        life.team = team


def _repeats(all_lives: list[Life]) -> None:
    """Whether the customer opened another ticket on the topic within a week of the resolution."""
    opened: dict[tuple[int, str], list[int]] = {}
    for life in all_lives:
        if life.counted:
            opened.setdefault((life.row["customer"], life.row["topic"]), []).append(life.row["created"])
    for times in opened.values():
        times.sort()
    for life in all_lives:
        if life.counted and life.resolved is not None:
            times = opened[life.row["customer"], life.row["topic"]]
            after = bisect_right(times, life.resolved)
            life.is_repeated = after < len(times) and times[after] <= life.resolved + FCR_WINDOW_S


@dataclass(frozen=True)
class Answer:
    """The answer that counts for an invitation."""

    row: Row
    at: int
    score: int


def answer_of(row: Row) -> Answer | None:
    """The last answer within two weeks of the invitation; None without one."""
    given = [(row["answered"], row["score"]), (row["again"], row["second"])]
    valid = [(at, score) for at, score in given if score is not None and at <= row["sent"] + SURVEY_WINDOW_S]
    return Answer(row, *max(valid)) if valid else None
