"""Calls and chats: reached in time, given up, and how long they take. Dated by the start of the wait."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Unit, count, total

_FACT, _DATE = "fact_contact", "started_on"
_OFFERED = pl.col("is_counted") & pl.col("is_offered")
# Given up is never answered in time; where neither is known, the contact cannot be judged.
_JUDGED = _OFFERED & (pl.col("is_answered_within").is_not_null() | pl.col("is_abandoned"))
_ENDED = _OFFERED & pl.col("is_abandoned").is_not_null()
_HANDLED = pl.col("is_counted") & pl.col("is_handled") & pl.col("handle_s").is_not_null()
_share = partial(Ratio, family="phone and chat", unit=Unit.PERCENT, interval="wilson")

SERVICE_LEVEL = _share(
    name="service_level",
    title="Service level",
    title_fr="Niveau de service",
    asks="What share of the contacts offered, short abandonments left out, was answered within the threshold?",
    asks_fr="Quelle part des contacts présentés, hors abandons courts, a été prise dans le délai du canal ?",
    numerator=count("answered within the threshold", _FACT, _DATE, _JUDGED & pl.col("is_answered_within")),
    denominator=count("offered, wait known", _FACT, _DATE, _JUDGED),
    better="higher",
    is_headline=True,
)
ABANDONMENT_RATE = _share(
    name="abandonment_rate",
    title="Abandonment rate",
    title_fr="Taux d’abandon",
    asks="What share of the contacts offered, short abandonments left out, was given up before an answer?",
    asks_fr="Quelle part des contacts présentés, hors abandons courts, a été abandonnée avant la prise ?",
    numerator=count("abandoned", _FACT, _DATE, _ENDED & pl.col("is_abandoned")),
    denominator=count("offered, end known", _FACT, _DATE, _ENDED),
    better="lower",
)
AVERAGE_HANDLE_TIME = Ratio(
    name="average_handle_time",
    title="Average handle time",
    title_fr="Durée moyenne de traitement (DMT)",
    asks="How long does a handled contact take: talk, hold and work after it?",
    asks_fr="Combien de temps prend un contact traité : conversation, attente et travail d’après-appel ?",
    family="phone and chat",
    numerator=total("handle_s", _FACT, _DATE, pl.col("handle_s"), _HANDLED),
    denominator=count("contacts handled", _FACT, _DATE, _HANDLED),
    unit=Unit.SECONDS,
    better="neutral",
    interval="student_t",
)
PHONE: tuple[Metric, ...] = (SERVICE_LEVEL, ABANDONMENT_RATE, AVERAGE_HANDLE_TIME)
