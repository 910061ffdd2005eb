"""Calls and chats: reached in time, given up, and how long they take. Dated by the start of the wait.

A row counts for the contacts it stands for: one, or those of a day that ended alike.
"""

from __future__ import annotations

from functools import partial
from typing import TypedDict

import polars as pl

from transforms.metrics.metric import Measure, Metric, Ratio, Unit, total

_FACT, _DATE = "fact_contact", "started_on"
_OFFERED = pl.col("is_counted") & pl.col("is_offered")
# Where neither the wait nor the end is known, the contact cannot be judged.
_JUDGED = _OFFERED & pl.col("is_answered_within").is_not_null()
_ENDED = _OFFERED & pl.col("is_abandoned").is_not_null()
_ANSWERED = pl.col("is_counted") & pl.col("is_handled")
_HANDLED = _ANSWERED & pl.col("handle_s").is_not_null()
_WAITED = _ANSWERED & pl.col("wait_s").is_not_null()
_mean = partial(Ratio, family="phone and chat", unit=Unit.SECONDS, interval="student_t")
_share = partial(Ratio, family="phone and chat", unit=Unit.PERCENT, interval="wilson")


class Sums(TypedDict):
    """What is above and below the line, and whose sum is n."""

    numerator: Measure
    denominator: Measure
    rests_on: Measure


def _contacts(name: str, where: pl.Expr) -> Measure:
    """How many contacts the rows that fulfil the condition stand for."""
    return total(name, _FACT, _DATE, pl.col("contacts"), where)


def _sums(*, above: Measure, below: Measure) -> Sums:
    """Numerator and denominator, resting on the latter."""
    return {"numerator": above, "denominator": below, "rests_on": below}


SERVICE_LEVEL = _share(
    name="service_level",
    title="Service level",
    title_fr="Niveau de service",
    asks="What share of the contacts offered, short abandonments left out, was answered within the threshold?",
    asks_fr="Quelle part des contacts présentés, hors abandons courts, a été prise dans le délai du canal ?",
    **_sums(
        above=_contacts("answered within the threshold", _JUDGED & pl.col("is_answered_within")),
        below=_contacts("offered, wait known", _JUDGED),
    ),
    better="higher",
    is_headline=True,
)
ABANDONMENT_RATE = _share(
    name="abandonment_rate",
    title="Abandonment rate",
    title_fr="Taux d’abandon",
    asks="What share of the contacts offered, short abandonments left out, was given up before an answer?",
    asks_fr="Quelle part des contacts présentés, hors abandons courts, a été abandonnée avant la prise ?",
    **_sums(
        above=_contacts("abandoned", _ENDED & pl.col("is_abandoned")),
        below=_contacts("offered, end known", _ENDED),
    ),
    better="lower",
)
AVERAGE_HANDLE_TIME = _mean(
    name="average_handle_time",
    title="Average handle time",
    title_fr="Durée moyenne de traitement (DMT)",
    asks="How long does a handled contact take: talk, hold and work after it?",
    asks_fr="Combien de temps prend un contact traité : conversation, attente et travail d’après-appel ?",
    better="neutral",
    **_sums(
        above=total("handle_s", _FACT, _DATE, pl.col("handle_s"), _HANDLED),
        below=_contacts("contacts handled", _HANDLED),
    ),
)
AVERAGE_SPEED_OF_ANSWER = _mean(
    name="average_speed_of_answer",
    title="Average speed of answer",
    title_fr="Temps moyen d’attente avant la prise",
    asks="How long do the contacts that are answered wait for it? Those given up have no answer and are not in it.",
    asks_fr="Combien de temps attendent les contacts pris ? Ceux abandonnés n’ont pas de réponse et n’y sont pas.",
    better="lower",
    **_sums(
        above=total("wait_s", _FACT, _DATE, pl.col("wait_s"), _WAITED),
        below=_contacts("contacts answered, wait known", _WAITED),
    ),
)
PHONE: tuple[Metric, ...] = (SERVICE_LEVEL, ABANDONMENT_RATE, AVERAGE_SPEED_OF_ANSWER, AVERAGE_HANDLE_TIME)
