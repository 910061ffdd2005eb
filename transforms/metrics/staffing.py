"""How the team's time is used, and how many leave. Dated by the work day."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Unit, total

_FACT, _DATE = "fact_agent_day", "work_on"
_HANDLING, _AVAILABLE = pl.col("handling_s"), pl.col("available_s")
_PRODUCTIVE, _PAID = pl.col("productive_s"), pl.col("paid_s")
_TIMED = _HANDLING.is_not_null() & _AVAILABLE.is_not_null()
_WORKED = _PRODUCTIVE.is_not_null() & _PAID.is_not_null()
_DAYS_A_YEAR = 365
_headcount = total("headcount-days", _FACT, _DATE, pl.col("headcount_days"), pl.lit(True))
_staffing = partial(Ratio, family="staffing", unit=Unit.PERCENT)
_turnover = partial(
    _staffing,
    unit=Unit.YEARLY_PERCENT,
    denominator=_headcount,
    rests_on=_headcount,
    better="lower",
    additivity="exposure",
    needs=("feed_employee",),
)

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
STAFFING: tuple[Metric, ...] = (OCCUPANCY, UTILISATION, TURNOVER_RATE, VOLUNTARY_TURNOVER_RATE)
