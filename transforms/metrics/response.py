"""How long a customer waits for a human. Dated by the first human response.

Where a bot took the ticket first the clock starts at its hand-off; the whole wait, from the customer's first message
on, is published beside it. Where no bot was first both are equal.
"""

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
    asks="How long does a customer, or a hand-off by a bot, wait for the first public reply of a human agent?",
    asks_fr="Combien de temps un client, ou un transfert par un robot, attend-il la première réponse d’un humain ?",
    family="first response",
)
BUSINESS = Duration(
    metric="first_response_time_business",
    column="first_response_business_s",
    date=_DATE,
    title="First response time, opening hours",
    title_fr="Temps de première réponse, heures ouvrées",
    asks="How many opening hours pass, from the hand-off by a bot if any, until the first public human reply?",
    asks_fr="Combien d’heures ouvrées, depuis le transfert par un robot s’il y en a un, avant la réponse d’un humain ?",
    family="first response",
    headline="p50",
)
FROM_FIRST_MESSAGE_CALENDAR = Duration(
    metric="first_response_time_from_first_message_calendar",
    column="first_response_from_first_message_calendar_s",
    date=_DATE,
    title="First response time from the first message, elapsed",
    title_fr="Temps de première réponse depuis le premier message, écoulé",
    asks="How long does a customer wait for the first reply of a human agent in all, the time with a bot included?",
    asks_fr="Combien de temps un client attend-il en tout la première réponse d’un agent humain, robot compris ?",
    family="first response",
)
FROM_FIRST_MESSAGE_BUSINESS = Duration(
    metric="first_response_time_from_first_message_business",
    column="first_response_from_first_message_business_s",
    date=_DATE,
    title="First response time from the first message, opening hours",
    title_fr="Temps de première réponse depuis le premier message, heures ouvrées",
    asks="How many opening hours pass from a customer's first message, even to a bot, to the first human reply?",
    asks_fr="Combien d’heures ouvrées séparent le premier message, même à un robot, de la première réponse humaine ?",
    family="first response",
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
    *FROM_FIRST_MESSAGE_CALENDAR.metrics(),
    *FROM_FIRST_MESSAGE_BUSINESS.metrics(),
    FIRST_RESPONSE_WITHIN_TARGET_RATE,
    UNANSWERED_RATE,
    AUTO_RESPONSE_TIME_MEAN,
)
