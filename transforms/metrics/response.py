"""How long a customer waits for a human. Dated by the first human response."""

from __future__ import annotations

import polars as pl

from transforms.metrics.durations import Duration
from transforms.metrics.metric import Metric, Ratio, Unit, count, total

_FACT, _DATE = "fact_ticket", "first_response_on"
_COUNTED = pl.col("is_counted")
_BUSINESS, _TARGET = pl.col("first_response_business_s"), pl.col("first_response_target_s")
_TARGETED = _COUNTED & _BUSINESS.is_not_null() & _TARGET.is_not_null()
_DUE = _COUNTED & pl.col("is_unanswered").is_not_null()
_AUTOMATIC = _COUNTED & pl.col("auto_response_s").is_not_null()

CALENDAR = Duration(
    metric="first_response_time_calendar",
    column="first_response_calendar_s",
    date=_DATE,
    title="First response time, elapsed",
    title_fr="Temps de première réponse, écoulé",
    asks="How long does a customer wait for the first public reply of a human agent, around the clock?",
    asks_fr="Combien de temps un client attend-il la première réponse publique d’un agent humain, jour et nuit ?",
    family="first response",
)
BUSINESS = Duration(
    metric="first_response_time_business",
    column="first_response_business_s",
    date=_DATE,
    title="First response time, opening hours",
    title_fr="Temps de première réponse, heures ouvrées",
    asks="How many opening hours pass until the first public reply of a human agent?",
    asks_fr="Combien d’heures ouvrées s’écoulent avant la première réponse publique d’un agent humain ?",
    family="first response",
    headline="p50",
)
FIRST_RESPONSE_WITHIN_TARGET_RATE = Ratio(
    name="first_response_within_target_rate",
    title="First responses within target",
    title_fr="Premières réponses dans le délai cible",
    asks="What share of the first human responses came within the target of their channel, in opening hours?",
    asks_fr="Quelle part des premières réponses humaines respecte le délai cible du canal, en heures ouvrées ?",
    family="first response",
    numerator=count("first responses within target", _FACT, _DATE, _TARGETED & (_BUSINESS <= _TARGET)),
    denominator=count("first responses with a target", _FACT, _DATE, _TARGETED),
    unit=Unit.PERCENT,
    better="higher",
    interval="wilson",
)
UNANSWERED_RATE = Ratio(
    name="unanswered_rate",
    title="Unanswered requests",
    title_fr="Demandes sans réponse",
    asks="What share of the requests got no human reply within the waiting time (7 days)? By day of creation.",
    asks_fr="Quelle part des demandes n’a reçu aucune réponse humaine dans le délai (7 jours) ? Par date de création.",
    family="first response",
    numerator=count("requests unanswered", _FACT, "created_on", _DUE & pl.col("is_unanswered")),
    denominator=count("requests whose wait is over", _FACT, "created_on", _DUE),
    unit=Unit.PERCENT,
    better="lower",
    interval="wilson",
    maturity_days=7,
)
AUTO_RESPONSE_TIME_MEAN = Ratio(
    name="auto_response_time_mean",
    title="Automatic response time, mean",
    title_fr="Temps de réponse automatique, moyenne",
    asks="How long until the first automatic reply, where there is one? By day of creation; never mixed with humans.",
    asks_fr="Combien de temps avant la première réponse automatique, s’il y en a une ? Par date de création.",
    family="first response",
    numerator=total("auto_response_s", _FACT, "created_on", pl.col("auto_response_s"), _AUTOMATIC),
    denominator=count("tickets with an automatic reply", _FACT, "created_on", _AUTOMATIC),
    unit=Unit.SECONDS,
    better="lower",
    interval="student_t",
)
RESPONSE: tuple[Metric, ...] = (
    *CALENDAR.metrics("p50", "p90"),
    *BUSINESS.metrics("p50", "p90"),
    FIRST_RESPONSE_WITHIN_TARGET_RATE,
    UNANSWERED_RATE,
    AUTO_RESPONSE_TIME_MEAN,
)
