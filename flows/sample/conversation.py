"""What becomes of tickets: who answers when, who takes over, when each is solved, and who comes back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from flows.sample import clock, company
from flows.sample.clock import Seconds
from flows.sample.demand import CHAT, PHONE, Draw, Requests, chance, strikes
from flows.sample.staff import Staff

Mask = npt.NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
"""Stands for what has not happened."""
NOBODY, BOT = -1, -2
KINDS = ("created", "message", "status", "team", "merge")
ACTORS = ("customer", "agent", "bot", "system")
STATUSES = ("", "open", "pending", "solved", "closed")
ACCUEIL, LIVRAISON, TECHNIQUE, FIDELITE = range(4)
# Median of the first response: open minutes for what is written, seconds for calls and chats.
_FIRST_MEDIAN_S = np.array([7_200, 22, 40, 9_600, 3_000])
_FIRST_SPREAD = np.array([0.9, 0.7, 0.8, 0.9, 0.9])
_AUTO_SHARE = np.array([0.7, 0.0, 0.3, 0.7, 0.0])
_MORE_ROUNDS = np.array([0.34, 0.0, 0.0, 0.36, 0.30])
_ESCALATES = np.array([0.03, 0.05, 0.04, 0.36, 0.03])
_IMPROVEMENT, _STRIKE_DELAY, _PREMIUM_DELAY = 0.32, 2.6, 0.6
_BY_BOT, _ANSWERED = 0.10, 0.992
_SIDEWAYS_FROM = 0.96
_SILENT, _LEFT_FROM = 0.035, 0.996


@dataclass
class Log:
    """Events in the order in which they are told; sorted by time only when they are written."""

    rows: list[dict[str, Seconds]] = field(default_factory=list)

    def add(
        self, which: Mask, at: Seconds, kind: str, actor: str, *,
        agent: Seconds | int = NOBODY, status: str = "", team: Seconds | int = NOBODY, public: int = 1,
    ) -> None:  # fmt: skip
        """One event for each ticket of `which`."""
        ticket = np.flatnonzero(which)

        def column(value: Seconds | int) -> Seconds:
            return value[which] if isinstance(value, np.ndarray) else np.full(len(ticket), value)

        self.rows.append({
            "ticket": ticket, "at": at[which], "kind": column(KINDS.index(kind)), "actor": column(ACTORS.index(actor)),
            "agent": column(agent), "status": column(STATUSES.index(status)), "team": column(team),
            "public": column(public), "step": column(len(self.rows)),
        })  # fmt: skip

    def columns(self) -> dict[str, Seconds]:
        """Every event told so far."""
        return {name: np.concatenate([row[name] for row in self.rows]) for name in self.rows[0]}


@dataclass
class Tickets:
    """The life of a batch of tickets; NEVER where a step was not reached."""

    asked: Requests
    excluded: Seconds
    team: Seconds
    agent: Seconds
    first_team: Seconds
    moved: Seconds
    replied: Seconds
    solved: list[Seconds]
    reopened: list[Seconds]
    silent: Seconds
    log: Log


def lives(draw: Draw, asked: Requests, excluded: Seconds, staff: Staff) -> Tickets:
    """The whole life of each ticket, to its end, however late that is.

    The creation is the customer's first message: this help desk tells no other event of it.
    """
    team = _first_team(draw, asked)
    n, nothing = len(asked), np.full(len(asked), NEVER)
    t = Tickets(asked, excluded, team, np.full(n, NOBODY), team, nothing, nothing, [], [], nothing, Log())
    outbound = excluded == company.EXCLUSIONS.index("outbound")
    t.agent = np.where(outbound, staff.someone(draw, team, asked.created), NOBODY)
    t.log.add(~outbound, asked.created, "created", "customer", team=team)
    t.log.add(outbound, asked.created, "created", "agent", agent=t.agent, team=team)
    t.log.add(outbound, asked.created, "message", "agent", agent=t.agent)
    fate, normal = draw.random(n), excluded == 0
    by_bot = normal & (asked.topic == company.TOPICS.index("compte")) & (fate < _BY_BOT) & (asked.channel != PHONE)
    answered = normal & ~by_bot & (fate < _ANSWERED)
    _greet(draw, t, normal, by_bot)
    _first_reply(draw, t, answered, staff)
    now = _take_over(draw, t, answered, staff)
    now = _rounds(draw, t, answered, now, staff)
    _end(draw, t, answered, by_bot, now)
    for _ in range(2):
        _come_back(draw, t, staff)
    return t


def _first_team(draw: Draw, asked: Requests) -> Seconds:
    """Deliveries have a team of their own, and so have most premium customers."""
    team = np.where(asked.topic == company.TOPICS.index("livraison"), LIVRAISON, ACCUEIL)
    premium = asked.segment == company.SEGMENTS.index("premium")
    return np.where(premium & chance(draw, len(asked), 0.6), FIDELITE, team)


def _greet(draw: Draw, t: Tickets, normal: Mask, by_bot: Mask) -> None:
    """The automatic reply, which is not a response; and the few requests it settles by itself."""
    greeted = normal & ((draw.random(len(normal)) < _AUTO_SHARE[t.asked.channel]) | by_bot)
    at = t.asked.created + np.where(t.asked.channel == CHAT, 3, draw.integers(15, 60, len(normal)))
    t.log.add(greeted, at, "message", "bot", agent=BOT)
    done = at + 120
    t.log.add(by_bot, done, "status", "bot", agent=BOT, status="solved")
    t.solved.append(np.where(by_bot, done, NEVER))


def _first_reply(draw: Draw, t: Tickets, answered: Mask, staff: Staff) -> None:
    """The first human reply: log-normal in open hours, a little faster every month, slow during the strike."""
    asked, n = t.asked, len(answered)
    day = np.minimum(clock.day_index(asked.created), clock.DAYS - 1)
    median = _FIRST_MEDIAN_S[asked.channel] * (1 - _IMPROVEMENT * day / clock.DAYS)
    premium = asked.segment == company.SEGMENTS.index("premium")
    median *= np.where(strikes(day), _STRIKE_DELAY, 1.0) * np.where(premium, _PREMIUM_DELAY, 1.0)
    delay = (median * np.exp(_FIRST_SPREAD[asked.channel] * draw.standard_normal(n))).astype(np.int64)
    live = np.isin(asked.channel, [PHONE, CHAT])
    at = np.where(live, asked.created + np.clip(delay, 4, 900), clock.later(asked.created, np.maximum(delay, 150)))
    t.replied = np.where(answered, at, NEVER)
    before = asked.created + (at - asked.created) * 2 // 3
    rerouted = answered & ~live & chance(draw, n, 0.03) & (t.team == ACCUEIL)
    t.team = np.where(rerouted, LIVRAISON, t.team)
    t.moved = np.where(rerouted, before, t.moved)
    t.log.add(rerouted, before, "team", "system", team=t.team)
    t.agent = np.where(answered, staff.someone(draw, t.team, at), t.agent)
    noted = answered & ~live & chance(draw, n, 0.05)
    t.log.add(noted, at - 60, "message", "agent", agent=t.agent, public=0)
    t.log.add(answered, at, "message", "agent", agent=t.agent)


def _take_over(draw: Draw, t: Tickets, answered: Mask, staff: Staff) -> Seconds:
    """Breakdowns often go to the technicians; some tickets change hands sideways. Returns the last reply so far."""
    n, fate = len(answered), draw.random(len(answered))
    up = answered & (t.team < TECHNIQUE) & (fate < _ESCALATES[t.asked.topic])
    side = answered & ~up & (fate > _SIDEWAYS_FROM) & (t.moved == NEVER)
    to = np.where(up, np.where(t.asked.topic == company.TOPICS.index("panne"), TECHNIQUE, FIDELITE), t.team)
    to = np.where(side, np.where(t.team == LIVRAISON, ACCUEIL, LIVRAISON), to)
    moves = up | side
    now = np.where(answered, t.replied, t.asked.created)
    at = clock.later(now, draw.integers(300, 5_400, n))
    reply = clock.later(at, _lognormal(draw, n, 9_000, 0.9))
    t.team = np.where(moves, to, t.team)
    t.log.add(moves, at, "team", "agent", agent=t.agent, team=t.team)
    t.moved = np.where(moves, at, t.moved)
    t.agent = np.where(moves, staff.someone(draw, t.team, reply), t.agent)
    t.log.add(moves, reply, "message", "agent", agent=t.agent)
    return np.where(moves, reply, now)


def _rounds(draw: Draw, t: Tickets, answered: Mask, now: Seconds, staff: Staff) -> Seconds:
    """Questions back and forth, with waiting for the customer. Returns the last reply so far."""
    going, n = answered, len(answered)
    for _ in range(3):
        going = going & (draw.random(n) < _MORE_ROUNDS[t.asked.channel])
        waits = going & chance(draw, n, 0.6)
        t.log.add(waits, now + 1, "status", "agent", agent=t.agent, status="pending")
        at = clock.awake(now + 2 + _lognormal(draw, n, 20_000, 1.1))
        t.log.add(going, at, "message", "customer")
        t.log.add(waits, at + 1, "status", "system", status="open")
        reply = clock.later(at + 1, _lognormal(draw, n, 6_000, 0.9))
        t.agent = np.where(going, staff.same_or_other(draw, t.agent, t.team, reply), t.agent)
        t.log.add(going, reply, "message", "agent", agent=t.agent)
        now = np.where(going, reply, now)
    return now


def _end(draw: Draw, t: Tickets, answered: Mask, by_bot: Mask, now: Seconds) -> None:
    """Most tickets are solved, some close because the customer falls silent, a few stay open."""
    n, fate = len(answered), draw.random(len(answered))
    written = ~np.isin(t.asked.channel, [PHONE, CHAT])
    silent = answered & written & (fate < _SILENT)
    left = answered & ~silent & (fate > _LEFT_FROM)
    outbound = t.excluded == company.EXCLUSIONS.index("outbound")
    solved = (answered & ~silent & ~left) | outbound
    pause = np.where(written, _lognormal(draw, n, 1_500, 1.6), draw.integers(120, 900, n))
    at = clock.later(now, pause)
    t.log.add(solved, at, "status", "agent", agent=t.agent, status="solved")
    t.solved[0] = np.where(by_bot, t.solved[0], np.where(solved, at, NEVER))
    t.log.add(silent, now + 1, "status", "agent", agent=t.agent, status="pending")
    t.silent = np.where(silent, now + 10 * 86_400, NEVER)
    t.log.add(silent, t.silent, "status", "system", status="closed")


def _come_back(draw: Draw, t: Tickets, staff: Staff) -> None:
    """Some customers are not done: the ticket opens again within four days, and is solved again."""
    n, solved = len(t.asked), t.solved[-1]
    striking = strikes(clock.day_index(t.asked.created))
    share = np.where(striking, 0.16, np.where(len(t.reopened) > 0, 0.12, 0.065))
    back = (solved != NEVER) & (t.excluded == 0) & (draw.random(n) < share)
    base = np.where(back, solved, t.asked.created)
    at = clock.awake(base + np.minimum(_lognormal(draw, n, 70_000, 0.9), 300_000))
    t.log.add(back, at, "message", "customer")
    t.log.add(back, at + 1, "status", "system", status="open")
    reply = clock.later(at + 1, _lognormal(draw, n, 7_000, 0.9))
    t.agent = np.where(back, staff.same_or_other(draw, t.agent, t.team, reply), t.agent)
    t.log.add(back, reply, "message", "agent", agent=t.agent)
    done = clock.later(reply, _lognormal(draw, n, 1_500, 1.2))
    t.log.add(back, done, "status", "agent", agent=t.agent, status="solved")
    t.reopened.append(np.where(back, at + 1, NEVER))
    t.solved.append(np.where(back, done, NEVER))


def _lognormal(draw: Draw, n: int, median_s: int, spread: float) -> Seconds:
    """Whole seconds, at least one minute."""
    return np.maximum((median_s * np.exp(spread * draw.standard_normal(n))).astype(np.int64), 60)
