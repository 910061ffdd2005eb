"""Promises to customers, kept or broken. Dated by the creation of the ticket, like the policy that holds for it.

A promise that may still be kept is in none of these; one whose time is over counts as broken though the ticket is open.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Unit, count, total

_FACT, _DATE = "fact_ticket", "created_on"
_COUNTED = pl.col("is_counted")
_RESPONSE, _RESOLUTION = pl.col("is_sla_first_response_met"), pl.col("is_sla_resolution_met")
_share = partial(Ratio, family="sla", unit=Unit.PERCENT, better="higher", maturity_days=7)


def _number(of: pl.Expr) -> pl.Expr:
    return of.fill_null(value=False).cast(pl.Int64)


_judged = total(
    "promises judged",
    _FACT,
    _DATE,
    _number(_RESPONSE.is_not_null()) + _number(_RESOLUTION.is_not_null()),
    _COUNTED & (_RESPONSE.is_not_null() | _RESOLUTION.is_not_null()),
)

# The two promises of one ticket do not fail independently: Wilson's interval would be too narrow.
SLA_ATTAINMENT_RATE = _share(
    name="sla_attainment_rate",
    title="SLA attainment",
    title_fr="Respect des engagements (SLA)",
    asks="What share of the promises made to customers, first response and resolution, was kept? By day of creation.",
    asks_fr="Quelle part des engagements de réponse et de résolution a été tenue ? Par date de création.",
    numerator=total("promises kept", _FACT, _DATE, _number(_RESPONSE) + _number(_RESOLUTION), _COUNTED),
    denominator=_judged,
    rests_on=_judged,
    is_headline=True,
)


def _kind(what: str, is_met: pl.Expr, words: str, words_fr: str) -> Ratio:
    """The promises of one kind."""
    return _share(
        name=f"sla_{what}_rate",
        title=f"SLA attainment, {words}",
        title_fr=f"Respect des engagements, {words_fr}",
        asks=f"What share of the promises of {words} was kept? By day of creation.",
        asks_fr=f"Quelle part des engagements de {words_fr} a été tenue ? Par date de création.",
        numerator=count(f"promises of {words} kept", _FACT, _DATE, _COUNTED & is_met),
        denominator=count(f"promises of {words} judged", _FACT, _DATE, _COUNTED & is_met.is_not_null()),
        interval="wilson",
    )


SLA: tuple[Metric, ...] = (
    SLA_ATTAINMENT_RATE,
    _kind("first_response", _RESPONSE, "first response", "première réponse"),
    _kind("resolution", _RESOLUTION, "resolution", "résolution"),
)
