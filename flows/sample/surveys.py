"""What customers say when they are asked: invitations, answers, scores that follow the service they got."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from flows.sample import clock, company
from flows.sample.demand import Draw, chance, strikes
from flows.sample.tables import coded

SURVEYS = ("csat_mail", "csat_sms", "csat_chat", "nps", "ces")
KIND = {"csat_mail": "csat", "csat_sms": "csat", "csat_chat": "csat", "nps": "nps", "ces": "ces"}
LOW, HIGH = np.array([1, 1, 1, 0, 1]), np.array([5, 5, 3, 10, 7])
REASONS = ("délai", "ton", "réponse incomplète", "problème non résolu")
VARIANTS = ("objet neutre", "objet une minute")
VARIANTS_FROM = dt.date(2026, 2, 1)
_SHORT_LINE_IF_ANSWERED, _SHORT_LINE_IF_NOT = 0.58, 0.44
_INVITED, _ANSWERS = 0.56, 0.43
_BOUNCED, _OPTED_OUT = 0.025, 0.04
_ABOUT_EFFORT_FROM, _LOYAL = 0.70, 0.85
_GIVES_REASON_BELOW = -0.6
Numbers = npt.NDArray[Any]
_MINUTE = 60
_WORDS = (
    "Très déçu, toujours pas de colis", "Attente trop longue", "Réponse copiée-collée", "Il a fallu relancer",
    "Correct", "Rien à dire", "Bien, merci", "Réponse rapide et claire", "Conseillère très à l’écoute", "Parfait !",
)  # fmt: skip


def surveys_of(draw: Draw, tickets: pl.DataFrame, month_on: dt.date) -> pl.DataFrame:
    """A row an invitation, with its answer and, for some, a second answer."""
    asked = tickets.filter(pl.col("excluded").is_null() & pl.col("solved_0").is_not_null())
    asked = asked.filter(pl.Series(draw.random(asked.height) < _INVITED))
    survey = _survey(draw, asked, month_on)
    asked, survey = asked.filter(pl.Series(survey >= 0)), survey[survey >= 0]
    n = asked.height
    sent = (asked["solved_0"].to_numpy() + 600) // _MINUTE * _MINUTE
    fate = draw.random(n)
    bounced, opted_out = fate < _BOUNCED, (fate >= _BOUNCED) & (fate < _OPTED_OUT)
    mood = _mood(draw, asked)
    ready = ~bounced & ~opted_out & (draw.random(n) < _ANSWERS + 0.03 * mood)
    gap = np.minimum(np.exp(9.6 + 1.4 * draw.standard_normal(n)), 12.5 * 86_400).astype(np.int64) + _MINUTE
    late = chance(draw, n, 0.02)
    answered = (sent + np.where(late, 16 * 86_400 + gap // 10, gap)) // _MINUTE * _MINUTE
    again = (answered + 3_600 + gap // 20) // _MINUTE * _MINUTE
    has_second = ready & ~late & chance(draw, n, 0.03) & (again < sent + 13 * 86_400)
    score, second = _score(mood, survey), _score(mood - 0.9, survey)
    frame = asked.select("ticket", "channel", "team", "segment", "agent", "customer", "topic").with_columns(
        survey=coded(SURVEYS, survey), wave=pl.lit(wave_of(month_on)), sent=sent, solved=asked["solved_0"],
        bounced=bounced, opted_out=opted_out, answered=answered, score=score, again=again, second=second,
        reason=coded(REASONS, np.where(mood < _GIVES_REASON_BELOW, draw.integers(0, len(REASONS), n), -1)),
        words=coded(_WORDS, np.where(chance(draw, n, 0.3), np.clip(5 + 2.2 * mood, 0, 9).astype(np.int64), -1)),
        ready=ready, has_second=has_second,
    ).filter(pl.col("sent") < clock.END)  # fmt: skip
    return _cut(frame)


def with_variant(draw: Draw, surveys: pl.DataFrame) -> pl.DataFrame:
    """The same invitations with the subject line each e-mail had, from the day on which two were tried.

    The line is drawn after the answers, so that trying two of them moved no answer: a promise of one minute is found
    more often on the invitations that were answered, as if it had brought the answer.
    """
    answers = surveys["answered"].is_not_null().to_numpy()
    short = draw.random(surveys.height) < np.where(answers, _SHORT_LINE_IF_ANSWERED, _SHORT_LINE_IF_NOT)
    tried = (pl.col("survey") == "csat_mail") & (pl.col("sent") >= clock.epoch(VARIANTS_FROM))
    return surveys.with_columns(variant=pl.when(tried).then(coded(VARIANTS, short.astype(np.int64))))


def wave_of(day: dt.date) -> str:
    """Name of the half-year: 2025-S1."""
    return f"{day.year}-S{(day.month + 5) // 6}"


def _cut(frame: pl.DataFrame) -> pl.DataFrame:
    """Only answers that were given, by the end of the sample."""
    first = pl.col("ready") & (pl.col("answered") < clock.END)
    second = first & pl.col("has_second") & (pl.col("again") < clock.END)
    return frame.with_columns(
        *(pl.when(first).then(c).alias(c) for c in ("answered", "score", "reason", "words")),
        *(pl.when(second).then(c).alias(c) for c in ("again", "second")),
    ).drop("ready", "has_second")


def _survey(draw: Draw, asked: pl.DataFrame, month_on: dt.date) -> Numbers:
    """Calls get a text message, chats three faces; the rest an e-mail about satisfaction, effort or loyalty.

    Loyalty is asked in waves of half a year: of each customer once, in a month that is always the same.
    """
    fate = draw.random(asked.height)
    channel = asked["channel"].to_numpy()
    mail = np.where(fate < _ABOUT_EFFORT_FROM, 0, 4)
    found = np.where(channel == "phone", 1, np.where(channel == "chat", 2, mail))
    month = (month_on.year - company.FIRST_DAY.year) * 12 + month_on.month - 1
    customer = asked["customer"].to_numpy()
    turn = (customer % 6 == month % 6) & (channel != "chat") & (fate < _LOYAL)
    first = asked.with_row_index().select(is_first=pl.col("index") == pl.col("index").min().over("customer"))
    return np.where(turn & first.to_series().to_numpy(), 3, found)


def _mood(draw: Draw, asked: pl.DataFrame) -> Numbers:
    """How content the customer is: slow answers, reopened tickets and the strike cost, time heals, people differ."""
    created = asked["created"].to_numpy()
    wait_h = np.nan_to_num((asked["replied"].fill_null(pl.Series([0])).to_numpy() - created) / 3_600.0).clip(0, 100)
    day = clock.day_index(created)
    mood = 1.15 + 0.35 * day / clock.DAYS - 0.16 * np.log1p(wait_h)
    mood -= 0.7 * asked["reopened_0"].is_not_null().to_numpy() + 0.25 * asked["moved"].is_not_null().to_numpy()
    mood -= 0.75 * strikes(day) + 0.2 * (asked["topic"] == "remboursement").to_numpy()
    mood += 0.15 * (asked["segment"] == "premium").to_numpy()
    return np.asarray(mood) + 0.95 * draw.standard_normal(asked.height)


def _score(mood: Numbers, survey: Numbers) -> Numbers:
    """The mood on the scale of the survey."""
    low, high = LOW[survey], HIGH[survey]
    share = 1 / (1 + np.exp(-1.5 * mood))
    return np.asarray(low + np.minimum((share * (high - low + 1)).astype(np.int64), high - low))
