"""The figures that must come out of the sample, from the slow twin, with fractions instead of floats."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from flows.sample import company
from flows.sample.answers_beside import Beside, beside_of
from flows.sample.answers_beside import figures as beside_figures
from flows.sample.figures import Figures, Span, mean, median, share, there, those
from flows.sample.surveys import HIGH, KIND, LOW, SURVEYS
from flows.sample.twin import Answer, Life, Row, answer_of, hand_off, instant, lives, open_seconds
from flows.sample.twin_promises import sla
from flows.sample.world import Month

_PERIODS = (
    ("day", dt.date(2025, 11, 4), dt.date(2025, 11, 5)),
    ("week", dt.date(2025, 11, 3), dt.date(2025, 11, 10)),
    ("month", dt.date(2025, 3, 1), dt.date(2025, 4, 1)),
    ("month", dt.date(2025, 11, 1), dt.date(2025, 12, 1)),
    ("month", dt.date(2026, 5, 1), dt.date(2026, 6, 1)),
    ("quarter", dt.date(2025, 10, 1), dt.date(2026, 1, 1)),
    ("year", dt.date(2025, 1, 1), dt.date(2026, 1, 1)),
)
_CUTS: tuple[dict[str, str], ...] = (
    {},
    {"channel": "email"},
    {"channel": "phone"},
    {"channel": "chat"},
    {"team": "accueil"},
    {"team": "technique"},
    {"team": "fidelite"},
    {"segment": "pro"},
    {"channel": "form", "team": "livraison"},
)
_YEAR_D, _ONE_DAY = 365, dt.timedelta(days=1)
_SHORT_S, _THRESHOLD_S = 5, {"phone": 20, "chat": 60}
_GOOD_FROM = {"csat_mail": 4, "csat_sms": 4, "csat_chat": 3, "ces": 5}
_PROMOTER, _PASSIVE = 9, 7


@dataclass(frozen=True)
class World:
    """Everything that happened, as plain rows."""

    lives: list[Life]
    surveys: list[Row]
    contacts: list[Row]
    agent_days: list[Row]
    ledger: list[Row]
    beside: Beside


@dataclass(frozen=True)
class Cell:
    """The figures of a period and cut."""

    grain: str
    first: dt.date
    cut: dict[str, str]
    figures: Figures


def known(months: list[Month]) -> Iterator[Cell]:
    """Every figure, cell by cell. Excluded tickets are not among them: two of the planted faults are such."""
    world = _world(months)
    for grain, first, after in _PERIODS:
        for cut in _CUTS if grain in {"month", "quarter"} else _CUTS[:2]:
            span = Span(grain, first, after)
            yield Cell(grain, first, cut, _figures(world, span, cut) | beside_figures(world.beside, span, cut))
    for first, after in itertools.pairwise([*(month.month_on for month in months), company.AS_OF + _ONE_DAY]):
        if ("month", first, after) not in _PERIODS:
            yield Cell("month", first, {}, beside_figures(world.beside, Span("month", first, after), {}))


def _world(months: list[Month]) -> World:
    def rows(name: str) -> list[Row]:
        parts = [frame for month in months if (frame := getattr(month, name)) is not None]
        found: list[Row] = pl.concat(parts).to_dicts()
        return found

    told, contacts = lives(rows("tickets"), rows("events")), rows("contacts")
    hand_off(told, rows("bot_sessions"))
    beside = beside_of(rows, told, contacts)
    return World(told, rows("surveys"), contacts, rows("agent_days"), rows("ledger"), beside)


def _figures(world: World, span: Span, cut: dict[str, str]) -> Figures:
    """Every figure of a period and cut."""
    tickets = [life for life in world.lives if _is_of(life, cut)]
    surveys, contacts = those(world.surveys, cut), those(world.contacts, cut)
    found = _satisfaction(surveys, span) | _times(tickets, span) | _resolution(tickets, span) | _volume(tickets, span)
    found |= _queue(contacts, span) | sla(tickets, span)
    if not cut or set(cut) == {"team"}:
        found |= _staffing(those(world.agent_days, cut), span, cut.get("team"))
    if not cut and span.grain in {"month", "quarter", "year"}:
        found |= _cost(world, span)
    return found


def _is_of(life: Life, cut: dict[str, str]) -> bool:
    return all((life.team if name == "team" else life.row[name]) == code for name, code in cut.items())


def _satisfaction(surveys: list[Row], span: Span) -> Figures:
    """CSAT, NPS and CES by day of answer; response rate by day of sending."""
    given = [a for row in surveys if (a := answer_of(row)) is not None and span.holds_at(a.at)]
    csat, nps, ces = ([a for a in given if KIND[a.row["survey"]] == kind] for kind in ("csat", "nps", "ces"))
    sent = [row for row in surveys if span.holds_at(row["sent"]) and not row["bounced"] and not row["opted_out"]]
    net = [(a.score >= _PROMOTER) - (a.score < _PASSIVE) for a in nps]
    return there({
        "csat": share(map(_is_good, csat)),
        "csat_index": mean([_index(a) for a in csat]),
        "nps": mean([Fraction(100 * n) for n in net]),
        "ces_easy_rate": share(map(_is_good, ces)),
        "ces_ease_index": mean([_index(a) for a in ces]),
        "survey_response_rate": share(answer_of(row) is not None for row in sent),
    })  # fmt: skip


def _is_good(answer: Answer) -> bool:
    return answer.score >= _GOOD_FROM[answer.row["survey"]]


def _index(answer: Answer) -> Fraction:
    """From the worst answer (0) to the best (100)."""
    low, high = (int(ends[SURVEYS.index(answer.row["survey"])]) for ends in (LOW, HIGH))
    return Fraction(100 * (answer.score - low), high - low)


def _times(tickets: list[Life], span: Span) -> Figures:
    """First responses by day of the response, resolutions by day of the last one."""
    answered = [t for t in tickets if t.counted and span.holds_at(t.answered)]
    responses = [(t.waits_from, t.answered) for t in answered if t.waits_from is not None and t.answered is not None]
    whole_waits = [(t.asked, t.answered) for t in answered if t.asked is not None and t.answered is not None]
    ended = [(t.row["created"], t.resolved) for t in tickets if t.counted and t.resolved is not None]
    resolutions = [(a, b) for a, b in ended if span.holds_at(b)]
    found: dict[str, tuple[Fraction, int] | None] = {}
    clocks: dict[str, Callable[[int, int], int]] = {"calendar": lambda a, b: b - a, "business": open_seconds}
    for name, pairs in (("first_response_time", responses), ("resolution_time", resolutions)):
        for clock, between in clocks.items():
            seconds = [between(a, b) for a, b in pairs]
            found |= {f"{name}_{clock}_mean": mean(seconds), f"{name}_{clock}_p50": median(seconds)}
    for clock, between in clocks.items():
        found[f"first_response_time_from_first_message_{clock}_mean"] = mean([between(a, b) for a, b in whole_waits])
    return there(found)


def _resolution(tickets: list[Life], span: Span) -> Figures:
    """First contact resolution and its neighbours."""
    resolved = [t for t in tickets if t.counted and span.holds_at(t.resolved)]
    eligible = [t for t in resolved if t.eligible]
    cohort = [t for t in tickets if t.counted and span.holds_at(t.first_resolved)]
    return there({
        "fcr_rate": share(t.first_contact for t in eligible),
        "one_touch_rate": share(t.replies == 1 and t.reopens == 0 for t in eligible),
        "reopen_rate": share(t.reopens > 0 for t in cohort),
        "escalation_rate": share(t.escalations > 0 for t in resolved),
        "transfer_rate": share(t.transfers > 0 for t in resolved),
        "contacts_per_case": mean([t.contacts for t in resolved]),
    })  # fmt: skip


def _volume(tickets: list[Life], span: Span) -> Figures:
    """What came in, what was resolved, and what is open at the end of the last day."""
    created = [t for t in tickets if span.holds_at(t.row["created"])]
    return {
        "ticket_volume": (sum(t.counted for t in created), None),
        "resolved_volume": (sum(t.counted and span.holds_at(t.resolved) for t in tickets), None),
        "backlog": (sum(t.counted and t.open_at(instant(span.after)) for t in tickets), None),
    }


def _queue(contacts: list[Row], span: Span) -> Figures:
    """Calls and chats, by the start of the wait."""
    ours = [c for c in contacts if span.holds_at(c["started"]) and not c["outbound"]]
    offered = [c for c in ours if c["answered"] or c["wait"] >= _SHORT_S]
    handled = [(c["talk"] + c["hold"] + c["wrap"]) // c["at_once"] for c in ours if c["answered"]]
    found = there({
        "service_level": share(c["answered"] and c["wait"] <= _THRESHOLD_S[c["channel"]] for c in offered),
        "abandonment_rate": share(not c["answered"] for c in offered),
        "average_handle_time": mean(handled),
    })  # fmt: skip
    return found | ({"contact_volume": (len(ours), None)} if ours else {})


def _staffing(agent_days: list[Row], span: Span, team: str | None) -> Figures:
    """Occupancy of the days worked; leavers over days of employment."""
    worked = [row for row in agent_days if span.holds(row["day"])]
    handling, available = (sum(row[name] for row in worked) for name in ("handling", "available"))
    people = [s for s in company.ROSTER if team in {None, s.team}]
    days = sum(_days_employed(s.valid_from, s.valid_to, span) for s in people)
    gone = [s for s in people if s.valid_to and s.leave_kind != "move"]
    leavers = sum(span.holds(s.valid_to + _ONE_DAY) for s in gone if s.valid_to)
    return {
        "occupancy": (Fraction(100 * handling, handling + available), None),
        "turnover_rate": (Fraction(100 * leavers * _YEAR_D, days), days),
    }


def _days_employed(first: dt.date, last: dt.date | None, span: Span) -> int:
    """Days of employment in a period, by counting them."""
    end = company.AS_OF if last is None else min(last, company.AS_OF)
    days = (span.first + dt.timedelta(days=i) for i in range((span.after - span.first).days))
    return sum(first <= day <= end for day in days)


def _cost(world: World, span: Span) -> Figures:
    """The ledger over the contacts handled: calls and chats answered, tickets answered elsewhere."""
    cents = sum(row["cents"] for row in world.ledger if span.holds(row["day"]))
    calls = sum(c["answered"] and not c["outbound"] and span.holds_at(c["started"]) for c in world.contacts)
    written = [t for t in world.lives if t.row["channel"] not in _THRESHOLD_S]
    replied = sum(t.counted and span.holds_at(t.answered) for t in written)
    solved = sum(t.counted and span.holds_at(t.resolved) for t in world.lives)
    return {
        "service_cost": (Fraction(cents, 100), None),
        "cost_per_contact": (Fraction(cents, 100 * (calls + replied)), calls + replied),
        "cost_per_resolution": (Fraction(cents, 100 * solved), solved),
    }
