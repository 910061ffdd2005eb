"""The figures that must come out of the sample, from the slow twin, with fractions instead of floats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from flows.sample import company
from flows.sample.surveys import HIGH, KIND, LOW, SURVEYS
from flows.sample.twin import Answer, Life, Row, answer_of, instant, lives, open_seconds
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
_YEAR_D = 365
_SHORT_S, _THRESHOLD_S = 5, {"phone": 20, "chat": 60}
_GOOD_FROM = {"csat_mail": 4, "csat_sms": 4, "csat_chat": 3, "ces": 5}
_PROMOTER, _PASSIVE = 9, 7
Figures = dict[str, tuple[Fraction | int, int | None]]
"""Metric to value, and the rows it rests on where there are such."""


@dataclass(frozen=True)
class Span:
    """A period."""

    grain: str
    first: dt.date
    after: dt.date

    def holds(self, day: dt.date | None) -> bool:
        """Whether a day lies in it."""
        return day is not None and self.first <= day < self.after

    def holds_at(self, at: int | None) -> bool:
        """Whether an instant lies in it."""
        return at is not None and instant(self.first) <= at < instant(self.after)


@dataclass(frozen=True)
class World:
    """Everything that happened, as plain rows."""

    lives: list[Life]
    surveys: list[Row]
    contacts: list[Row]
    agent_days: list[Row]
    ledger: list[Row]


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
            yield Cell(grain, first, cut, _figures(world, Span(grain, first, after), cut))


def _world(months: list[Month]) -> World:
    def rows(name: str) -> list[Row]:
        found: list[Row] = pl.concat(getattr(month, name) for month in months).to_dicts()
        return found

    told = lives(rows("tickets"), rows("events"))
    return World(told, rows("surveys"), rows("contacts"), rows("agent_days"), rows("ledger"))


def _figures(world: World, span: Span, cut: dict[str, str]) -> Figures:
    """Every figure of a period and cut."""
    tickets = [life for life in world.lives if _is_of(life.row | {"team": life.team}, cut)]
    surveys = [row for row in world.surveys if _is_of(row, cut)]
    contacts = [row for row in world.contacts if _is_of(row, cut)]
    found = _satisfaction(surveys, span) | _times(tickets, span) | _resolution(tickets, span) | _volume(tickets, span)
    found |= _queue(contacts, span)
    if not cut or set(cut) == {"team"}:
        found |= _staffing([row for row in world.agent_days if _is_of(row, cut)], span, cut.get("team"))
    if not cut and span.grain in {"month", "quarter", "year"}:
        found |= _cost(world, span)
    return found


def _is_of(row: Row, cut: dict[str, str]) -> bool:
    return all(row[name] == code for name, code in cut.items())


def _share(parts: Iterable[bool]) -> tuple[Fraction, int] | None:
    """Percentage of yes, and of how many; None of nothing."""
    answers = list(parts)
    return (Fraction(100 * sum(answers), len(answers)), len(answers)) if answers else None


def _mean(values: list[Fraction] | list[int]) -> tuple[Fraction, int] | None:
    return (Fraction(sum(values)) / len(values), len(values)) if values else None


def _median(values: list[int]) -> tuple[Fraction, int] | None:
    """The middle one, or halfway between the two in the middle."""
    ordered, n = sorted(values), len(values)
    return (Fraction(ordered[(n - 1) // 2] + ordered[n // 2], 2), n) if n else None


def _there(figures: dict[str, tuple[Fraction, int] | None]) -> Figures:
    """Only those there is a figure for."""
    return {name: figure for name, figure in figures.items() if figure is not None}


def _satisfaction(surveys: list[Row], span: Span) -> Figures:
    """CSAT, NPS and CES by day of answer; response rate by day of sending."""
    given = [a for row in surveys if (a := answer_of(row)) is not None and span.holds_at(a.at)]
    csat, nps, ces = ([a for a in given if KIND[a.row["survey"]] == kind] for kind in ("csat", "nps", "ces"))
    sent = [row for row in surveys if span.holds_at(row["sent"]) and not row["bounced"] and not row["opted_out"]]
    net = [(a.score >= _PROMOTER) - (a.score < _PASSIVE) for a in nps]
    return _there({
        "csat": _share(map(_is_good, csat)),
        "csat_index": _mean([_index(a) for a in csat]),
        "nps": _mean([Fraction(100 * n) for n in net]),
        "ces_easy_rate": _share(map(_is_good, ces)),
        "ces_ease_index": _mean([_index(a) for a in ces]),
        "survey_response_rate": _share(answer_of(row) is not None for row in sent),
    })  # fmt: skip


def _is_good(answer: Answer) -> bool:
    return answer.score >= _GOOD_FROM[answer.row["survey"]]


def _index(answer: Answer) -> Fraction:
    """From the worst answer (0) to the best (100)."""
    low, high = (int(ends[SURVEYS.index(answer.row["survey"])]) for ends in (LOW, HIGH))
    return Fraction(100 * (answer.score - low), high - low)


def _times(tickets: list[Life], span: Span) -> Figures:
    """First responses by day of the response, resolutions by day of the last one."""
    answered = [(t.asked, t.answered) for t in tickets if t.counted and t.asked is not None and t.answered is not None]
    responses = [(a, b) for a, b in answered if span.holds_at(b)]
    ended = [(t.row["created"], t.resolved) for t in tickets if t.counted and t.resolved is not None]
    resolutions = [(a, b) for a, b in ended if span.holds_at(b)]
    found: dict[str, tuple[Fraction, int] | None] = {}
    clocks: dict[str, Callable[[int, int], int]] = {"calendar": lambda a, b: b - a, "business": open_seconds}
    for name, pairs in (("first_response_time", responses), ("resolution_time", resolutions)):
        for clock, between in clocks.items():
            seconds = [between(a, b) for a, b in pairs]
            found |= {f"{name}_{clock}_mean": _mean(seconds), f"{name}_{clock}_p50": _median(seconds)}
    return _there(found)


def _resolution(tickets: list[Life], span: Span) -> Figures:
    """First contact resolution and its neighbours."""
    resolved = [t for t in tickets if t.counted and span.holds_at(t.resolved)]
    eligible = [t for t in resolved if t.eligible]
    cohort = [t for t in tickets if t.counted and span.holds_at(t.first_resolved)]
    return _there({
        "fcr_rate": _share(t.first_contact for t in eligible),
        "one_touch_rate": _share(t.replies == 1 and t.reopens == 0 for t in eligible),
        "reopen_rate": _share(t.reopens > 0 for t in cohort),
        "escalation_rate": _share(t.escalations > 0 for t in resolved),
        "transfer_rate": _share(t.transfers > 0 for t in resolved),
        "contacts_per_case": _mean([t.contacts for t in resolved]),
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
    found = _there({
        "service_level": _share(c["answered"] and c["wait"] <= _THRESHOLD_S[c["channel"]] for c in offered),
        "abandonment_rate": _share(not c["answered"] for c in offered),
        "average_handle_time": _mean(handled),
    })  # fmt: skip
    return found | ({"contact_volume": (len(ours), None)} if ours else {})


def _staffing(agent_days: list[Row], span: Span, team: str | None) -> Figures:
    """Occupancy of the days worked; leavers over days of employment."""
    worked = [row for row in agent_days if span.holds(row["day"])]
    handling, available = (sum(row[name] for row in worked) for name in ("handling", "available"))
    people = [s for s in company.ROSTER if team in {None, s.team}]
    days = sum(_days_employed(s.valid_from, s.valid_to, span) for s in people)
    gone = [s for s in people if s.valid_to and s.leave_kind != "move"]
    leavers = sum(span.holds(s.valid_to + dt.timedelta(days=1)) for s in gone if s.valid_to)
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
