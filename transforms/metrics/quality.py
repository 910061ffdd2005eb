"""Internal quality (IQS): interactions reviewed by the house itself. Dated by the review.

Calibrations, self-reviews and reviews without a rated category count nowhere.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Unit, count, total

_FACT, _CATEGORY, _DATE = "fact_quality_review", "fact_quality_category", "reviewed_on"
_COUNTED = pl.col("is_counted")
_CRITICAL_KNOWN = _COUNTED & pl.col("is_critical_failed").is_not_null()
_reviews = count("reviews", _FACT, _DATE, _COUNTED)
_mean = partial(Ratio, family="quality", unit=Unit.PPM_PERCENT, better="higher", interval="student_t")
_share = partial(Ratio, family="quality", unit=Unit.PERCENT, better="lower", interval="wilson")

IQS = _mean(
    name="iqs",
    title="Internal quality score (IQS)",
    title_fr="Score de qualité interne (IQS)",
    asks="What does a review score on average, weighted over what applied, and 0 where a critical category failed?",
    asks_fr="Que vaut une évaluation en moyenne, pondérée sur les critères applicables, 0 si un critique échoue ?",
    numerator=total("review score in ppm", _FACT, _DATE, pl.col("score_ppm"), _COUNTED),
    denominator=_reviews,
    is_headline=True,
)
CRITICAL_ERROR_RATE = _share(
    name="critical_error_rate",
    title="Critical error rate",
    title_fr="Taux d’erreurs critiques",
    asks="In what share of the reviews was a critical category under half of its range?",
    asks_fr="Dans quelle part des évaluations un critère critique est-il sous la moitié de son barème ?",
    numerator=count("reviews with a critical failure", _FACT, _DATE, _CRITICAL_KNOWN & pl.col("is_critical_failed")),
    denominator=count("reviews with a critical grid", _FACT, _DATE, _CRITICAL_KNOWN),
)
ERROR_RATE = _share(
    name="error_rate",
    title="Error rate",
    title_fr="Taux d’erreurs",
    asks="What share of the reviews has at least one error of any kind, critical or not?",
    asks_fr="Quelle part des évaluations compte au moins une erreur, critique ou non ?",
    numerator=count("reviews with an error", _FACT, _DATE, _COUNTED & pl.col("has_error")),
    denominator=_reviews,
)
QUALITY_CATEGORY_SCORE = _mean(
    name="quality_category_score",
    title="Score of a quality category",
    title_fr="Score d’un critère de qualité",
    asks="What does a rated category score on average, as a share of its range? Low ones are the gaps in knowledge.",
    asks_fr="Que vaut en moyenne un critère noté, en part de son barème ? Les plus bas sont les lacunes à combler.",
    numerator=total("category score in ppm", _CATEGORY, _DATE, pl.col("score_ppm"), _COUNTED),
    denominator=count("categories rated", _CATEGORY, _DATE, _COUNTED),
)
QUALITY_CATEGORY_ERROR_RATE = _share(
    name="quality_category_error_rate",
    title="Error rate of a quality category",
    title_fr="Taux d’erreurs d’un critère de qualité",
    asks="In what share of its ratings does a category have an error?",
    asks_fr="Dans quelle part de ses notations un critère porte-t-il une erreur ?",
    numerator=count("categories with an error", _CATEGORY, _DATE, _COUNTED & pl.col("is_error")),
    denominator=count("categories rated", _CATEGORY, _DATE, _COUNTED),
)
QUALITY_REVIEWS = Ratio(
    name="quality_reviews",
    title="Quality reviews",
    title_fr="Évaluations de qualité",
    asks="How many reviews were made that count?",
    asks_fr="Combien d’évaluations retenues ont été faites ?",
    family="quality",
    numerator=_reviews,
    unit=Unit.COUNT,
    better="neutral",
    additivity="additive",
)
QUALITY: tuple[Metric, ...] = (
    IQS,
    CRITICAL_ERROR_RATE,
    ERROR_RATE,
    QUALITY_CATEGORY_SCORE,
    QUALITY_CATEGORY_ERROR_RATE,
    QUALITY_REVIEWS,
)
