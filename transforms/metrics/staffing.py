"""How the team's time is used, whether it is enough, and how many leave. Dated by the work day."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import polars as pl

from transforms.metrics.measure import rows_of
from transforms.metrics.metric import Metric, Ratio, Unit, count, total

_FACT, _DATE = "fact_agent_day", "work_on"
_HANDLING, _AVAILABLE = pl.col("handling_s"), pl.col("available_s")
_PRODUCTIVE, _PAID = pl.col("productive_s"), pl.col("paid_s")
_TIMED = _HANDLING.is_not_null() & _AVAILABLE.is_not_null()
_WORKED = _PRODUCTIVE.is_not_null() & _PAID.is_not_null()
_DAYS_A_YEAR = 365
# A day worked by someone on no list of employees says nothing of who is employed, and who left.
_EMPLOYED = pl.col("headcount_days") > 0
_headcount = total("headcount-days", _FACT, _DATE, pl.col("headcount_days"), _EMPLOYED)
_STAFF_LISTS = ("feed_employee", "feed_headcount")
_staffing = partial(Ratio, family="staffing", unit=Unit.PERCENT)
_turnover = partial(
    _staffing,
    unit=Unit.YEARLY_PERCENT,
    denominator=_headcount,
    rests_on=_headcount,
    better="lower",
    additivity="exposure",
    needs=_STAFF_LISTS,
)
_NEED, _NEED_DATE = "fact_required_staff", "day_on"
_time = partial(Ratio, family="staffing", unit=Unit.SECONDS, better="neutral", additivity="additive")

OCCUPANCY = _staffing(
    name="occupancy",
    title="Occupancy",
    title_fr="Taux d’occupation",
    asks="What share of the time ready for contacts is spent on contacts?",
    asks_fr="Quelle part du temps de disponibilité est passée sur les contacts ?",
    numerator=total("handling seconds", _FACT, _DATE, _HANDLING, _TIMED),
    denominator=total("handling and available seconds", _FACT, _DATE, _HANDLING + _AVAILABLE, _TIMED),
    better="neutral",
)
UTILISATION = _staffing(
    name="utilisation",
    title="Utilisation",
    title_fr="Taux d’utilisation",
    asks="What share of the paid time is productive?",
    asks_fr="Quelle part du temps payé est productive ?",
    numerator=total("productive seconds", _FACT, _DATE, _PRODUCTIVE, _WORKED),
    denominator=total("paid seconds", _FACT, _DATE, _PAID, _WORKED),
    better="higher",
)
TURNOVER_RATE = _turnover(
    name="turnover_rate",
    title="Turnover, per year",
    title_fr="Taux de départ (turnover), annualisé",
    asks="How many of 100 people would leave in a year at this pace? Leavers x 365 / headcount-days.",
    asks_fr="Sur 100 personnes, combien partiraient en un an à ce rythme ? Départs x 365 / jours-personnes.",
    numerator=total("leavers x 365", _FACT, _DATE, pl.col("leavers") * _DAYS_A_YEAR, pl.lit(True)),
)
VOLUNTARY_TURNOVER_RATE = _turnover(
    name="voluntary_turnover_rate",
    title="Voluntary turnover, per year",
    title_fr="Taux de départ volontaire, annualisé",
    asks="The same, of those who left by their own choice.",
    asks_fr="De même, pour les seuls départs volontaires.",
    numerator=total("voluntary leavers x 365", _FACT, _DATE, pl.col("voluntary_leavers") * _DAYS_A_YEAR, pl.lit(True)),
)
HEADCOUNT = Ratio(
    name="headcount",
    title="People employed",
    title_fr="Effectif",
    asks="How many people are employed on the last day of the period?",
    asks_fr="Combien de personnes sont employées le dernier jour de la période ?",
    family="staffing",
    numerator=replace(_headcount, name="people employed", over_time="last"),
    rests_on=replace(_headcount, name="people employed", over_time="last"),
    among=count("days of employment", _FACT, _DATE, _EMPLOYED),
    unit=Unit.COUNT,
    better="neutral",
    additivity="semi_additive",
    needs=_STAFF_LISTS,
)
_rostered = total("paid seconds on the queue", _FACT, _DATE, _PAID, pl.col("is_on_queue") & _PAID.is_not_null())
REQUIRED_STAFF = _time(
    name="required_staff",
    title="Required staff, paid time",
    title_fr="Effectif requis, en temps payé",
    asks="How much paid time do the calls and chats need by Erlang C, shrinkage included, to be answered in time?",
    asks_fr="Combien de temps payé les appels et chats requièrent-ils (Erlang C), absences comprises ?",
    numerator=total("required seconds", _NEED, _NEED_DATE, pl.col("required_s"), pl.lit(True)),
)
ROSTERED_STAFF = _time(
    name="rostered_staff",
    title="Rostered staff, paid time",
    title_fr="Effectif planifié, en temps payé",
    asks="How much time is paid to the people who take calls and chats?",
    asks_fr="Combien de temps est payé aux personnes qui prennent appels et chats ?",
    numerator=_rostered,
    among=rows_of(_rostered),
    needs=("feed_agent_day", "feed_contact"),
)
STAFFING_COVERAGE_RATE = _staffing(
    name="staffing_coverage_rate",
    title="Rostered against required staff",
    title_fr="Couverture de l’effectif requis",
    asks="What share of the required time is rostered? Over 100 %: more people than the calls and chats needed.",
    asks_fr="Quelle part du temps requis est planifiée ? Au-delà de 100 % : plus de monde que nécessaire.",
    numerator=_rostered,
    denominator=total(
        "required seconds of days with a roster", _NEED, _NEED_DATE, pl.col("required_s"), pl.col("is_rostered")
    ),
    better="neutral",
    needs=("feed_agent_day", "feed_contact"),
)
STAFFING: tuple[Metric, ...] = (
    OCCUPANCY,
    UTILISATION,
    HEADCOUNT,
    TURNOVER_RATE,
    VOLUNTARY_TURNOVER_RATE,
    REQUIRED_STAFF,
    ROSTERED_STAFF,
    STAFFING_COVERAGE_RATE,
)
