"""eNPS and engagement: what the team itself answers. Nothing is told of fewer than five answers (`suppression`).

Dated by the answer (participation by the invitation, so that both sums speak of the same people), in months, quarters
and years, in total and by team: anything finer would tell about persons.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Unit, count, total

FEWEST_ANSWERS = 5
_FACT, _DATE = "fact_employee_answer", "answered_on"
_INVITED, _SENT = "fact_employee_invitation", "sent_on"
_VALID, _KIND = pl.col("is_counted"), pl.col("kind")
_ENPS, _ENGAGEMENT = _VALID & (_KIND == "enps"), _VALID & (_KIND == "engagement")
_DELIVERED = _ENGAGEMENT & pl.col("is_delivered")

_enps_answers = count("valid eNPS answers", _FACT, _DATE, _ENPS)
_promoters = count("promoting employees", _FACT, _DATE, _ENPS & pl.col("is_promoter"))
_passives = count("passive employees", _FACT, _DATE, _ENPS & pl.col("is_passive"))
_detractors = count("detracting employees", _FACT, _DATE, _ENPS & pl.col("is_detractor"))
_participants = count("invited employees who answered", _INVITED, _SENT, _DELIVERED & pl.col("is_responded"))

_ratio = partial(
    Ratio,
    family="employees",
    better="higher",
    grains=("month", "quarter", "year"),
    suppress_below=FEWEST_ANSWERS,
)
_enps_count = partial(_ratio, unit=Unit.COUNT, additivity="additive", among=_enps_answers, answers=_enps_answers)

ENPS = _ratio(
    name="enps",
    title="Employee Net Promoter Score (eNPS)",
    title_fr="Recommandation par les équipes (eNPS)",
    asks="By how many points do employees who recommend the house (9-10) outnumber those who do not (0-6)?",
    asks_fr="De combien de points les salariés qui recommandent la maison (9-10) dépassent-ils les autres (0-6) ?",
    numerator=_promoters - _detractors,
    denominator=_enps_answers,
    unit=Unit.NET_POINTS,
    interval="adjusted_wald",
    additivity="nps",
)
ENPS_PROMOTERS = _enps_count(
    name="enps_promoters",
    title="Promoting employees",
    title_fr="Salariés promoteurs",
    asks="How many employees answered 9 or 10?",
    asks_fr="Combien de salariés ont répondu 9 ou 10 ?",
    numerator=_promoters,
)
ENPS_PASSIVES = _enps_count(
    name="enps_passives",
    title="Passive employees",
    title_fr="Salariés passifs",
    asks="How many employees answered 7 or 8?",
    asks_fr="Combien de salariés ont répondu 7 ou 8 ?",
    numerator=_passives,
    better="neutral",
)
ENPS_DETRACTORS = _enps_count(
    name="enps_detractors",
    title="Detracting employees",
    title_fr="Salariés détracteurs",
    asks="How many employees answered 0 to 6?",
    asks_fr="Combien de salariés ont répondu de 0 à 6 ?",
    numerator=_detractors,
    better="lower",
)
ENGAGEMENT_INDEX = _ratio(
    name="engagement_index",
    title="Employee engagement (0-100 index)",
    title_fr="Engagement des équipes (indice 0-100)",
    asks="Where does the mean employee lie between the worst (0) and the best (100) answers of the questionnaire?",
    asks_fr="Où se situe le salarié moyen entre les pires (0) et les meilleures (100) réponses du questionnaire ?",
    numerator=total("engagement index parts", _FACT, _DATE, pl.col("index_parts"), _ENGAGEMENT),
    denominator=count("engagement questionnaires", _FACT, _DATE, _ENGAGEMENT),
    unit=Unit.INDEX,
    interval="student_t",
)
ENGAGEMENT_PARTICIPATION_RATE = _ratio(
    name="engagement_participation_rate",
    title="Participation in the engagement survey",
    title_fr="Participation à l’enquête d’engagement",
    asks="What share of the employees invited answered within the window?",
    asks_fr="Quelle part des salariés invités a répondu dans le délai ?",
    numerator=_participants,
    denominator=count("employees invited", _INVITED, _SENT, _DELIVERED),
    answers=_participants,
    unit=Unit.PERCENT,
    interval="wilson",
    maturity_days=14,
)
EMPLOYEES: tuple[Metric, ...] = (
    ENPS,
    ENPS_PROMOTERS,
    ENPS_PASSIVES,
    ENPS_DETRACTORS,
    ENGAGEMENT_INDEX,
    ENGAGEMENT_PARTICIPATION_RATE,
)
