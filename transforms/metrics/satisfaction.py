"""CSAT, NPS and CES: what customers answer. Dated by the answer; credited to team and channel at that time."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Measure, Metric, Ratio, Statistic, Unit, count, total

_FACT, _DATE = "fact_survey_response", "answered_on"
_KIND, _VALID = pl.col("kind"), pl.col("is_counted")
_CSAT = _VALID & (_KIND == "csat") & pl.col("is_satisfied").is_not_null()
_NPS = _VALID & (_KIND == "nps") & pl.col("is_promoter").is_not_null() & pl.col("is_detractor").is_not_null()
_CES = _VALID & (_KIND == "ces") & pl.col("is_easy").is_not_null()

_csat_answers = count("valid CSAT answers", _FACT, _DATE, _CSAT)
_nps_answers = count("valid NPS answers", _FACT, _DATE, _NPS)
_ces_answers = count("valid CES answers", _FACT, _DATE, _CES)
_promoters = count("promoters", _FACT, _DATE, _NPS & pl.col("is_promoter"))
_passives = count("passives", _FACT, _DATE, _NPS & ~pl.col("is_promoter") & ~pl.col("is_detractor"))
_detractors = count("detractors", _FACT, _DATE, _NPS & pl.col("is_detractor"))

_ratio = partial(Ratio, family="satisfaction", better="higher")


def _index(name: str, where: pl.Expr) -> Measure:
    return total(name, _FACT, _DATE, pl.col("index_parts"), where)


CSAT = _ratio(
    name="csat",
    title="Customer satisfaction (CSAT)",
    title_fr="Satisfaction client (CSAT)",
    asks="What share of the valid answers is satisfied, as the scale of the question declares it?",
    asks_fr="Quelle part des réponses valides est satisfaite, au sens déclaré pour l’échelle de la question ?",
    numerator=count("satisfied answers", _FACT, _DATE, _CSAT & pl.col("is_satisfied")),
    denominator=_csat_answers,
    unit=Unit.PERCENT,
    interval="wilson",
    is_headline=True,
)
CSAT_INDEX = _ratio(
    name="csat_index",
    title="Mean satisfaction (0-100 index)",
    title_fr="Satisfaction moyenne (indice 0-100)",
    asks="Where does the mean answer lie between the worst (0) and the best (100) of its scale?",
    asks_fr="Où se situe la réponse moyenne entre la pire (0) et la meilleure (100) de son échelle ?",
    numerator=_index("CSAT index parts", _CSAT),
    denominator=_csat_answers,
    unit=Unit.INDEX,
    interval="student_t",
)
NPS = _ratio(
    name="nps",
    title="Net Promoter Score (NPS)",
    title_fr="Net Promoter Score (NPS)",
    asks="By how many points do promoters (9-10) outnumber detractors (0-6) among all valid answers?",
    asks_fr="De combien de points les promoteurs (9-10) dépassent-ils les détracteurs (0-6), sur toutes les réponses ?",
    numerator=_promoters - _detractors,
    denominator=_nps_answers,
    unit=Unit.NET_POINTS,
    interval="adjusted_wald",
    additivity="nps",
    is_headline=True,
)
_nps_count = partial(_ratio, denominator=None, unit=Unit.COUNT, additivity="additive", among=_nps_answers)
NPS_PROMOTERS = _nps_count(
    name="nps_promoters",
    title="Promoters",
    title_fr="Promoteurs",
    asks="How many customers answered 9 or 10?",
    asks_fr="Combien de clients ont répondu 9 ou 10 ?",
    numerator=_promoters,
)
NPS_PASSIVES = _nps_count(
    name="nps_passives",
    title="Passives",
    title_fr="Passifs",
    asks="How many customers answered 7 or 8?",
    asks_fr="Combien de clients ont répondu 7 ou 8 ?",
    numerator=_passives,
    better="neutral",
)
NPS_DETRACTORS = _nps_count(
    name="nps_detractors",
    title="Detractors",
    title_fr="Détracteurs",
    asks="How many customers answered 0 to 6?",
    asks_fr="Combien de clients ont répondu de 0 à 6 ?",
    numerator=_detractors,
    better="lower",
)
CES_EASE_INDEX = _ratio(
    name="ces_ease_index",
    title="Customer effort (CES), ease index 0-100",
    title_fr="Effort client (CES), indice de facilité 0-100",
    asks="How easy was it, from 0 (hard) to 100 (easy), whichever way the question counts?",
    asks_fr="Était-ce facile, de 0 (difficile) à 100 (facile), quel que soit le sens de la question ?",
    numerator=_index("CES index parts", _CES),
    denominator=_ces_answers,
    unit=Unit.INDEX,
    interval="student_t",
    is_headline=True,
)
CES_EASY_RATE = _ratio(
    name="ces_easy_rate",
    title="Share of easy experiences (CES)",
    title_fr="Part de parcours faciles (CES)",
    asks="What share of the valid answers says that it was easy, as the scale declares it?",
    asks_fr="Quelle part des réponses valides juge le parcours facile, au sens déclaré pour l’échelle ?",
    numerator=count("easy answers", _FACT, _DATE, _CES & pl.col("is_easy")),
    denominator=_ces_answers,
    unit=Unit.PERCENT,
    interval="wilson",
)
CES_RAW_MEAN = Statistic(
    name="ces_raw_mean",
    title="Mean CES answer, as given",
    title_fr="Note CES moyenne, telle que donnée",
    asks="What is the mean answer in steps of its own scale? Only where all answers of the cell share one scale.",
    asks_fr="Quelle est la note moyenne dans sa propre échelle ? Seulement si toutes les réponses la partagent.",
    family="satisfaction",
    unit=Unit.STEPS,
    better="neutral",
    sample=total("CES answer", _FACT, _DATE, pl.col("score_milli"), _CES),
    kind="mean_on_one_scale",
    additivity="distinct",
)
_INVITED, _SENT = "fact_survey_invitation", "sent_on"
_DELIVERED = _VALID & pl.col("is_delivered") & pl.col("is_responded").is_not_null()
_STARTED = _VALID & pl.col("is_started") & pl.col("is_completed").is_not_null()
_SHOWN = _VALID & pl.col("is_shown") & pl.col("is_skipped").is_not_null()
_of_surveys = partial(Ratio, family="surveys", unit=Unit.PERCENT, interval="wilson", maturity_days=14)

SURVEY_RESPONSE_RATE = _of_surveys(
    name="survey_response_rate",
    title="Survey response rate",
    title_fr="Taux de réponse aux enquêtes",
    asks="What share of the delivered invitations got a scored answer within the window (14 days)?",
    asks_fr="Quelle part des invitations délivrées a reçu une réponse notée dans le délai (14 jours) ?",
    numerator=count("invitations answered", _INVITED, _SENT, _DELIVERED & pl.col("is_responded")),
    denominator=count("invitations delivered", _INVITED, _SENT, _DELIVERED),
    better="higher",
    is_headline=True,
)
SURVEY_COMPLETION_RATE = _of_surveys(
    name="survey_completion_rate",
    title="Survey completion rate",
    title_fr="Taux de complétion des enquêtes",
    asks="What share of the surveys started has all required questions answered?",
    asks_fr="Quelle part des enquêtes commencées a toutes ses questions obligatoires renseignées ?",
    numerator=count("surveys completed", _INVITED, _SENT, _STARTED & pl.col("is_completed")),
    denominator=count("surveys started", _INVITED, _SENT, _STARTED),
    better="higher",
)
SURVEY_SKIP_RATE = _of_surveys(
    name="survey_skip_rate",
    title="Survey skip rate",
    title_fr="Taux d’enquêtes ignorées",
    asks="What share of the surveys shown was left unanswered?",
    asks_fr="Quelle part des enquêtes affichées est restée sans réponse ?",
    numerator=count("surveys skipped", _INVITED, _SENT, _SHOWN & pl.col("is_skipped")),
    denominator=count("surveys shown", _INVITED, _SENT, _SHOWN),
    better="lower",
)
SURVEYS_SENT = Ratio(
    name="surveys_sent",
    title="Survey invitations sent",
    title_fr="Invitations envoyées",
    asks="How many survey invitations were sent?",
    asks_fr="Combien d’invitations à une enquête ont été envoyées ?",
    family="surveys",
    numerator=count("invitations sent", _INVITED, _SENT, _VALID),
    unit=Unit.COUNT,
    better="neutral",
    additivity="additive",
)
SURVEY_ANSWERS = Ratio(
    name="survey_answers",
    title="Survey answers",
    title_fr="Réponses aux enquêtes",
    asks="How many valid answers were given, of any kind of survey?",
    asks_fr="Combien de réponses valides ont été données, toutes enquêtes confondues ?",
    family="surveys",
    numerator=count("valid answers", _FACT, _DATE, _VALID),
    unit=Unit.COUNT,
    better="higher",
    additivity="additive",
)
SATISFACTION: tuple[Metric, ...] = (
    CSAT,
    CSAT_INDEX,
    NPS,
    NPS_PROMOTERS,
    NPS_PASSIVES,
    NPS_DETRACTORS,
    CES_EASE_INDEX,
    CES_EASY_RATE,
    CES_RAW_MEAN,
    SURVEY_RESPONSE_RATE,
    SURVEY_COMPLETION_RATE,
    SURVEY_SKIP_RATE,
    SURVEYS_SENT,
    SURVEY_ANSWERS,
)
