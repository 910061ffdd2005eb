"""Maison Luciole, a shop that does not exist: teams, people, opening hours, what goes well and what does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

ZONE = "Europe/Paris"
FIRST_DAY = dt.date(2025, 1, 1)
AS_OF = dt.date(2026, 6, 30)
SEED = 20250101
SAMPLE_SCALE = 0.0095
"""Share of a million tickets that the shipped sample holds."""

CHANNELS = ("email", "phone", "chat", "form", "social")
TEAMS = ("accueil", "livraison", "technique", "fidelite")
SEGMENTS = ("particulier", "pro", "premium")
TOPICS = ("livraison", "remboursement", "facture", "panne", "compte")
PRIORITIES = ("basse", "normale", "haute", "urgente")
EXCLUSIONS = ("", "test", "deleted", "spam", "merged", "outbound", "duplicate")

TIERS = (
    ("accueil", 1, dt.date(1990, 1, 1)),
    ("livraison", 1, dt.date(1990, 1, 1)),
    ("technique", 2, dt.date(1990, 1, 1)),
    ("fidelite", 1, dt.date(1990, 1, 1)),
    ("fidelite", 2, dt.date(2025, 10, 1)),
)
"""Team, level of support, from which day: the loyalty team became a second level in October 2025."""

STRIKE = (dt.date(2025, 11, 3), dt.date(2025, 11, 23))
"""The carriers' strike: more tickets, slower answers, worse scores."""

HOLIDAYS = {
    dt.date(2025, 1, 1): "Jour de l'an",
    dt.date(2025, 4, 21): "Lundi de Pâques",
    dt.date(2025, 5, 1): "Fête du Travail",
    dt.date(2025, 5, 8): "Fête de la Victoire",
    dt.date(2025, 5, 29): "Ascension",
    dt.date(2025, 6, 9): "Lundi de Pentecôte",
    dt.date(2025, 7, 14): "Fête nationale",
    dt.date(2025, 8, 15): "Assomption",
    dt.date(2025, 11, 1): "Toussaint",
    dt.date(2025, 11, 11): "Armistice",
    dt.date(2025, 12, 25): "Noël",
    dt.date(2026, 1, 1): "Jour de l'an",
    dt.date(2026, 4, 6): "Lundi de Pâques",
    dt.date(2026, 5, 1): "Fête du Travail",
    dt.date(2026, 5, 8): "Fête de la Victoire",
    dt.date(2026, 5, 14): "Ascension",
    dt.date(2026, 5, 25): "Lundi de Pentecôte",
    dt.date(2026, 7, 14): "Fête nationale",
    dt.date(2026, 8, 15): "Assomption",
}
CLOSURES = {dt.date(2025, 12, 26): "Pont de Noël", dt.date(2026, 1, 2): "Pont du jour de l'an"}
"""Days the site closes of its own accord; public holidays come from the calendar of the country."""


class Hours(NamedTuple):
    """Opening hours of a week, from Monday, from one day on."""

    valid_from: dt.date
    week: tuple[tuple[int, int] | None, ...]
    """Hour of opening and hour of closing of each day; None where closed."""


_WEEKDAYS = ((9, 18),) * 5
SCHEDULES = (
    Hours(dt.date(1990, 1, 1), (*_WEEKDAYS, None, None)),
    Hours(dt.date(2025, 9, 1), (*_WEEKDAYS, (10, 13), None)),
)
"""Saturday mornings came in September 2025."""


def hours_of(day: dt.date) -> tuple[int, int] | None:
    """Hour of opening and hour of closing of a day; None where closed."""
    if day in HOLIDAYS or day in CLOSURES:
        return None
    schedule = max((s for s in SCHEDULES if s.valid_from <= day), key=lambda s: s.valid_from)
    return schedule.week[day.weekday()]


@dataclass(frozen=True)
class Spell:
    """An employee in a team, from one day to another."""

    agent: str
    team: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    leave_kind: str = ""
    title: str = "Conseiller"
    is_human: bool = True


def _day(text: str) -> dt.date:
    """A day written as 2025-01-31."""
    return dt.date.fromisoformat(text)


ROSTER = (
    Spell("0101", "accueil", _day("2019-03-04"), title="Responsable d'équipe"),
    Spell("0102", "accueil", _day("2021-09-01"), _day("2025-04-11"), "voluntary"),
    Spell("0103", "accueil", _day("2022-01-17"), _day("2025-08-31"), "move"),
    Spell("0103", "technique", _day("2025-09-01"), title="Technicien"),
    Spell("0104", "accueil", _day("2023-05-02")),
    Spell("0105", "accueil", _day("2024-11-04"), _day("2025-12-31"), "involuntary"),
    Spell("0106", "accueil", _day("2025-04-22")),
    Spell("0107", "accueil", _day("2025-09-08")),
    Spell("0108", "accueil", _day("2026-01-05")),
    Spell("0201", "livraison", _day("2020-02-03"), title="Responsable d'équipe"),
    Spell("0202", "livraison", _day("2022-06-13"), _day("2026-03-13"), "voluntary"),
    Spell("0203", "livraison", _day("2025-02-10")),
    Spell("0204", "livraison", _day("2026-03-23")),
    Spell("0301", "technique", _day("2018-10-01"), title="Responsable d'équipe"),
    Spell("0302", "technique", _day("2023-09-18"), _day("2025-07-18"), "voluntary", "Technicienne"),
    Spell("0401", "fidelite", _day("2021-01-11"), title="Responsable d'équipe"),
    Spell("0402", "fidelite", _day("2024-03-04"), title="Conseillère"),
)
BOT = Spell("9001", "accueil", _day("2024-06-03"), title="Assistant automatique", is_human=False)
"""Its replies are labelled as an agent's from 2026 on: only the employee list tells that it is no person."""


def roster(copies: int) -> tuple[Spell, ...]:
    """Every spell of every person; a large company has the same team several times over."""
    return tuple(
        Spell(f"{int(s.agent) + 10_000 * copy:04d}", s.team, s.valid_from, s.valid_to, s.leave_kind, s.title)
        for copy in range(copies)
        for s in ROSTER
    )
