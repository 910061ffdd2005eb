"""What the team itself is asked: each quarter whether they would recommend the house, twice a year a questionnaire."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl

from flows.sample import clock, company
from flows.sample.demand import Draw
from flows.sample.service import Span
from flows.sample.staff import Staff

ENPS, ENGAGEMENT = "enps", "engagement"


class Item(NamedTuple):
    """A question of the questionnaire, and the highest answer; the lowest is 1."""

    text: str
    high: int


ITEMS = (
    Item("Je sais ce que l’on attend de moi", 5),
    Item("J’ai le matériel qu’il me faut", 5),
    Item("Mon travail est reconnu", 5),
    Item("Mon avis compte", 5),
    Item("J’ai appris quelque chose ces six derniers mois", 5),
    Item("Je suis fier de travailler ici", 7),
    Item("La charge de travail est tenable", 7),
    Item("Je me vois ici dans deux ans", 7),
)
_ANSWERS, _LATE, _SKIPS_ITEM = 0.86, 0.03, 0.04
_QUARTER, _ENGAGEMENT_MONTHS = 3, (5, 11)
_MINUTE, _DAY_S = 60, 86_400
_MOOD = {"accueil": 0.5, "livraison": 0.2, "technique": 0.8, "fidelite": 0.7}
_AFTER_STRIKE = (dt.date(2025, 11, 1), dt.date(2026, 1, 1))
_COLUMNS = {
    "survey": pl.String, "wave": pl.String, "invitation": pl.Int64, "team": pl.String, "item": pl.Int64,
    "high": pl.Int64, "sent": pl.Int64, "answered": pl.Int64, "score": pl.Int64,
}  # fmt: skip


def staff_answers_of(draw: Draw, staff: Staff, span: Span) -> pl.DataFrame:
    """A row a question put to a person, with the answer if there is one; nobody's name is kept."""
    rows: list[tuple[str | int | None, ...]] = []
    if span.first.month % _QUARTER == 0:
        rows += _asked(draw, staff, span.first.replace(day=10), ENPS)
    if span.first.month in _ENGAGEMENT_MONTHS:
        rows += _asked(draw, staff, span.first.replace(day=12), ENGAGEMENT)
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


def _asked(draw: Draw, staff: Staff, day: dt.date, survey: str) -> list[tuple[str | int | None, ...]]:
    """Everybody who works here on the day, in an order that tells nothing."""
    people = sorted(staff.teams_on(day).items())
    sent = clock.epoch(day, 9)
    wave = f"{day.year}-T{(day.month + 2) // 3}" if survey == ENPS else f"{day.year}-S{(day.month + 5) // 6}"
    rows: list[tuple[str | int | None, ...]] = []
    for number, which in enumerate(draw.permutation(len(people)), start=1):
        _, team = people[which]
        strained = 0.9 if _AFTER_STRIKE[0] <= day < _AFTER_STRIKE[1] else 0.0
        mood = _MOOD[team] - strained + 0.3 * (day - company.FIRST_DAY).days / clock.DAYS + draw.normal(0, 0.8)
        gap = int(draw.integers(1_800, 9 * _DAY_S)) + (8 * _DAY_S if draw.random() < _LATE else 0)
        answered = (sent + gap) // _MINUTE * _MINUTE if draw.random() < _ANSWERS else None
        items = [(None, 10)] if survey == ENPS else [(i, item.high) for i, item in enumerate(ITEMS)]
        for item, high in items:
            skips = item is not None and draw.random() < _SKIPS_ITEM
            score = _score(draw, mood, 0 if item is None else 1, high)
            gives = answered is not None and not skips
            rows.append((survey, wave, number, team, item, high, sent, answered if gives else None,
                         score if gives else None))  # fmt: skip
    return rows


def _score(draw: Draw, mood: float, low: int, high: int) -> int:
    """The mood on a scale."""
    share = (0.62 if low else 0.74) + 0.18 * mood + float(draw.normal(0, 0.08))
    return low + min(max(round(share * (high - low)), 0), high - low)
