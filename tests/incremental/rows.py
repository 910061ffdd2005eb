"""Random rows of the feeds that facts of tickets are made of: few numbers, persons and topics, so that much meets."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from expectations.tables import FEEDS

Row = dict[str, Any]
FIRST, LAST = dt.datetime(2025, 11, 10, tzinfo=dt.UTC), dt.datetime(2026, 5, 20, tzinfo=dt.UTC)
"""Rows tell of these months; a night lies somewhere in their second half."""
PERSONS = tuple(f"C-{number}" for number in range(4701, 4709))
STRANGERS = tuple(f"C-{number}" for number in range(4801, 4860))
"""Persons who come often, and those who come once."""
PEOPLE, ROBOT = ("A-1", "A-2", "A-3"), "R-9"
TEAMS, CHANNELS, TOPICS = ("accueil", "technique", "atelier"), ("email", "chat", "phone"), ("colis", "facture")


@dataclass(frozen=True)
class Maker:
    """What makes rows: the same ones from the same seed."""

    chance: random.Random
    tickets: int = 40
    """How many ticket numbers there are; all sources share them."""

    def maybe(self, share: float, value: Any) -> Any:
        return value if self.chance.random() < share else None

    def one(self, of: Sequence[Any], *, told: float = 1.0) -> Any:
        return self.maybe(told, self.chance.choice(of))

    def at(self, first: dt.datetime = FIRST, last: dt.datetime = LAST) -> dt.datetime:
        return first + dt.timedelta(seconds=self.chance.randrange(int((last - first).total_seconds())))

    def after(self, at: dt.datetime, *, days: float = 6) -> dt.datetime:
        """Mostly soon, sometimes weeks later; now and then at once, or at the end of a day of the site."""
        if self.chance.random() < 0.1:
            return at
        later = at + dt.timedelta(seconds=int(self.chance.expovariate(1 / (days * 86_400))))
        return later if self.chance.random() < 0.9 else max(at, later.replace(hour=22, minute=0, second=0))

    def person(self, *, told: float) -> Any:
        return self.maybe(told, self.chance.choice(PERSONS if self.chance.random() < 0.7 else STRANGERS))

    def number(self) -> str:
        return f"T-{self.chance.randint(1, self.tickets)}"

    def ticket(self, number: str | None = None, *, tells: bool = True) -> Row:
        """A ticket as its row remembers it; of a source that `tells`, who answered it and how often."""
        created = self.at()
        responded = self.maybe(0.6, self.after(created, days=2))
        resolved = self.maybe(0.6, self.after(created, days=8))
        first = self.maybe(0.3, created) if resolved is None else self.maybe(0.5, created)
        ended = resolved is not None
        return {
            "ticket_id": number or self.number(),
            "created_at": created,
            "updated_at": self.maybe(0.8, self.after(created, days=15)),
            "first_customer_message_at": self.maybe(0.3, self.after(created, days=1)),
            "first_response_at": responded if tells else None,
            "auto_response_at": self.maybe(0.2, self.after(created, days=0.1)) if tells else None,
            "first_resolved_at": first,
            "resolved_at": resolved,
            "closed_at": self.maybe(0.3, self.after(resolved or created, days=4)),
            "status": self.one(("solved", "closed") if ended else ("new", "open", "pending", "solved"), told=0.8),
            "reopen_count": self.maybe(0.3, self.chance.randrange(3)),
            "customer_contact_count": self.maybe(0.4, self.chance.randrange(4)),
            "human_reply_count": self.maybe(0.4, self.chance.randrange(4)) if tells else None,
            "channel": self.one(CHANNELS),
            "team": self.one(TEAMS, told=0.8),
            "segment": self.one(("premium", "standard"), told=0.7),
            "agent_id": self.one((*PEOPLE, ROBOT), told=0.7),
            "customer_id": self.person(told=0.85),
            "topic": self.one(TOPICS, told=0.7),
            "priority": self.one(("haute", "basse"), told=0.5),
            "is_spam": self.maybe(0.05, value=True),
            "is_outbound": self.maybe(0.05, value=True),
            "merged_into_id": self.maybe(0.12, self.number()),
        }

    def life(self, number: str | None = None) -> list[Row]:
        """The events of a ticket; now and then without its creation, or of a number that no export of tickets has."""
        name = number or self.maybe(0.9, self.number()) or f"T-{self.chance.randint(900, 905)}"
        at = self.at()
        found = [self.event(name, "created", at)] if self.chance.random() < 0.8 else []
        for _ in range(self.chance.randrange(7)):
            at = self.after(at, days=3)
            kind = self.one(("message", "message", "status", "status", "assignment", "team", "merge", "other"))
            found.append(self.event(name, kind, at))
        return [it | {"event_id": f"{name}.{place}"} for place, it in enumerate(found)]

    def event(self, ticket: str, kind: str, at: dt.datetime) -> Row:
        """An event, with what its kind tells."""
        actor = self.one(("customer", "agent", "bot", "system"), told=0.8)
        is_move, is_state = kind in {"assignment", "team"}, kind == "status"
        merged = self.number() if kind == "merge" and self.chance.random() < 0.6 else None
        return {
            "ticket_id": ticket,
            "occurred_at": at,
            "kind": kind,
            "actor_kind": actor,
            "actor_id": self.one((*PEOPLE, ROBOT)) if actor == "agent" else None,
            "is_public": self.maybe(0.3, self.chance.random() < 0.7) if kind == "message" else None,
            "status": self.one(("open", "pending", "hold", "solved", "solved", "closed")) if is_state else None,
            "team": self.one(TEAMS, told=0.8) if is_move else None,
            "agent_id": self.one((*PEOPLE, ROBOT), told=0.7) if is_move else None,
            "merged_into_id": merged,
        }

    def bot_session(self, number: int) -> Row:
        """A session with the bot that may lead to a ticket."""
        started = self.at()
        return {
            "session_id": f"S-{number}",
            "started_at": started,
            "ended_at": self.maybe(0.5, self.after(started, days=0.1)),
            "customer_id": self.person(told=0.6),
            "user_message_count": self.maybe(0.5, self.chance.randrange(3)),
            "handed_off_at": self.maybe(0.7, self.after(started, days=0.2)),
            "is_abandoned": self.maybe(0.2, value=True),
            "ticket_id": self.maybe(0.8, self.number()),
        }

    def roster(self) -> list[Row]:
        """Who works in which team since when; the machine is on it too."""
        found = []
        for agent in (*PEOPLE, ROBOT):
            moved = self.at().date()
            spells = [(FIRST.date() - dt.timedelta(days=90), moved - dt.timedelta(days=1)), (moved, None)]
            for first, last in spells if self.chance.random() < 0.7 else spells[:1]:
                about = {"team": self.one(TEAMS, told=0.9), "tier": self.maybe(0.3, 2), "is_human": agent != ROBOT}
                found.append({"agent_id": agent, "valid_from": first, "valid_to": last, **about})
        return found

    def survey(self, number: int) -> Row:
        """An invitation to a survey after a ticket, mostly with its answer; several answers may share one."""
        sent = self.at()
        answered = self.maybe(0.8, self.after(sent, days=2))
        return {
            "response_id": f"Q-{number}",
            "invitation_id": f"Q-{number - number % 3 if self.chance.random() < 0.4 else number}",
            "dated_at": answered or sent,
            "updated_at": self.maybe(0.5, self.after(sent, days=10)),
            "sent_at": self.maybe(0.9, sent),
            "started_at": self.maybe(0.3, self.after(sent, days=1)),
            "answered_at": answered,
            "score_milli": None if answered is None else self.chance.randint(1, 5) * 1000,
            "ticket_id": self.maybe(0.8, self.number()),
            "customer_id": self.person(told=0.5),
            "channel": self.one(CHANNELS, told=0.5),
        }


def feed_frame(feed: str, rows: Sequence[Row], **constants: Any) -> pl.DataFrame:
    """Rows as a reading of an export leaves them in the store, each on its line."""
    table = FEEDS[feed]
    placed = [
        {**dict.fromkeys(table.columns), **constants, **row, "line": line} for line, row in enumerate(rows, start=2)
    ]
    return pl.DataFrame(placed, schema=table.schema)
