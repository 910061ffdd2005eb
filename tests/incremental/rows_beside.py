"""Random rows of the feeds beside tickets: calls and their counts, orders and carts, pages of the help centre."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from tests.incremental.rows import CHANNELS, PEOPLE, TEAMS, TOPICS, Maker, Row

BESIDE = {"calls": "contact_id", "orders": "order_id", "carts": "cart_id", "pages": "view_id"}
"""What it makes, and what tells one from another."""


@dataclass(frozen=True)
class MakerBeside(Maker):
    """What makes such rows too. What a source `tells` of at all, only some of its rows tell."""

    def beside(self, name: str, numbers: Iterable[int]) -> list[Row]:
        """Rows of some numbers."""
        make = {"calls": self.call, "carts": self.cart, "pages": self.page}
        return [row for number in numbers for row in (self.order(number) if name == "orders" else [make[name](number)])]

    def again(self, name: str, row: Row) -> Row:
        """A row of the same number, with other values."""
        _, number = row[BESIDE[name]].split("-")
        return self.beside(name, [int(number)])[0] | {it: row[it] for it in ("line_id",) if it in row}

    def call(self, number: int, *, tells: bool = True) -> Row:
        """A call or chat, answered or given up; of a source that `tells`, when it was answered."""
        started = self.at()
        answered = self.maybe(0.6, self.after(started, days=0.01))
        given_up = None if answered else self.maybe(0.5, self.after(started, days=0.01))
        return {
            "contact_id": f"A-{number}",
            "started_at": started,
            "updated_at": self.maybe(0.5, self.after(started, days=10)),
            "answered_at": answered if tells else None,
            "abandoned_at": given_up,
            "ended_at": self.maybe(0.4, self.after(answered or started, days=0.02)),
            "direction": self.one(("inbound", "inbound", "outbound"), told=0.5),
            "is_answered": self.maybe(0.2, answered is not None) if tells else None,
            "wait_s": self.maybe(0.2, self.chance.randrange(300)) if tells else None,
            "talk_s": self.maybe(0.4, self.chance.randrange(900)) if answered else None,
            "channel": self.one((*CHANNELS, "bot"), told=0.9),
            "team": self.one(TEAMS, told=0.6),
            "agent_id": self.one((*PEOPLE, "R-9"), told=0.6),
            "topic": self.one(TOPICS, told=0.6),
            "customer_id": self.person(told=0.8),
            "is_test": self.maybe(0.05, value=True),
        }

    def count_of_calls(self) -> Row:
        """The calls of a day that were only counted."""
        answered = self.chance.randrange(30)
        return {
            "day_on": self.at().date(),
            "channel": self.one(("phone", "chat")),
            "tally_id": self.one(("matin", "soir")),
            "answered": answered,
            "offered": answered + self.chance.randrange(9),
        }

    def order(self, number: int, *, tells: bool = True) -> list[Row]:
        """The lines of an order, one of them months later now and then; of a source that `tells`, of its ticket."""
        ordered = self.at()
        person = self.person(told=0.8)
        return [
            {
                "order_id": f"O-{number}",
                "line_id": str(line),
                "ordered_at": ordered if self.chance.random() < 0.8 else self.after(ordered, days=30),
                "updated_at": self.maybe(0.5, self.after(ordered, days=10)),
                "customer_id": person,
                "amount_cents": self.chance.randrange(-500, 9000),
                "item_count": self.maybe(0.6, self.chance.randrange(4)),
                "channel": self.one(CHANNELS, told=0.3),
                "ticket_id": self.maybe(0.4, self.number()) if tells else None,
                "agent_id": self.one(PEOPLE, told=0.2) if tells else None,
                "is_cancelled": self.maybe(0.1, value=True),
            }
            for line in range(self.chance.randint(1, 3))
        ]

    def cart(self, number: int, *, tells: bool = True) -> Row:
        """A cart, which may tell when it became an order, or which; of a source that `tells`."""
        created = self.at()
        return {
            "cart_id": f"K-{number}",
            "created_at": created,
            "updated_at": self.maybe(0.5, self.after(created, days=10)),
            "customer_id": self.person(told=0.8),
            "item_count": self.maybe(0.6, self.chance.randrange(4)),
            "ordered_at": self.maybe(0.3, self.after(created, days=4)) if tells else None,
            "order_id": self.maybe(0.5, f"O-{self.chance.randrange(20)}") if tells else None,
            "channel": self.one(CHANNELS, told=0.3),
        }

    def spell(self, number: int) -> Row:
        """A customer, for a while or still; who comes back has two such rows."""
        first = self.at().date()
        return {
            "customer_id": f"C-{4701 + number}",
            "valid_from": first,
            "valid_to": self.maybe(0.5, self.after(self.at(dt.datetime.combine(first, dt.time(), dt.UTC))).date()),
            "channel": self.one(CHANNELS, told=0.5),
            "segment": self.one(("premium", "standard"), told=0.5),
        }

    def review(self, number: int, *, tells: bool = True) -> list[Row]:
        """The categories of a review in one version or two; of a source that `tells`, what it notes of errors."""
        reviewed = self.at()
        about = {"ticket_id": self.maybe(0.7, self.number()), "agent_id": self.one(PEOPLE, told=0.7)}
        return [
            {
                "review_id": f"R-{number}",
                "category": category,
                "reviewed_at": reviewed,
                "updated_at": made,
                "interaction_at": self.maybe(0.6, self.after(reviewed, days=3)),
                "score_milli": self.maybe(0.9, self.chance.randrange(5) * 1000),
                "low_milli": 0,
                "high_milli": 4000,
                "is_error": self.maybe(0.3, value=True) if tells else None,
                "is_critical": self.maybe(0.3, value=True) if tells else None,
                **about,
            }
            for made in (reviewed, self.after(reviewed, days=20))[: self.chance.randint(1, 2)]
            for category in ("accueil", "solution")
        ]

    def page(self, number: int) -> Row:
        """Something that was looked at in the help centre, in one of few visits, or in none."""
        return {
            "view_id": f"V-{number}",
            "viewed_at": self.at() if self.chance.random() < 0.3 else self.visit_at(number),
            "updated_at": self.maybe(0.4, self.at()),
            "kind": self.one(("view", "view", "search", "vote"), told=0.8),
            "session_id": self.maybe(0.8, f"B-{self.chance.randrange(6) + number // 6}"),
            "article_id": self.one(("colis", "retour"), told=0.7),
            "customer_id": self.person(told=0.7),
            "result_count": self.maybe(0.2, self.chance.randrange(3)),
        }

    def visit_at(self, number: int) -> dt.datetime:
        """About when a visit is."""
        return self.after(dt.datetime(2026, 1 + number % 3, 28, 22, tzinfo=dt.UTC), days=2)
