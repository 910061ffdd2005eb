"""First contact resolution and its neighbours; escalations and transfers. Dated by the last resolution."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Measure, Metric, Ratio, Unit, count, total

_FACT, _DATE = "fact_ticket", "resolved_on"
_EVENTS = ("feed_ticket", "feed_ticket_event")
_RESOLVED = pl.col("is_counted") & pl.col("is_resolved")
_ELIGIBLE = pl.col("is_fcr_eligible") & pl.col("is_mature")
_IS_MOVED = pl.col("transfer_count") > 0

_share = partial(Ratio, family="first contact resolution", unit=Unit.PERCENT, interval="wilson", needs=_EVENTS)
_moves = partial(_share, family="escalation")


def _known(column: str) -> pl.Expr:
    """Resolved tickets of which the column can be told: without events it cannot."""
    return _RESOLVED & pl.col(column).is_not_null()


def _eligible(column: str) -> Measure:
    """Eligible tickets, window over, of which the column can be told."""
    return count(f"eligible tickets with {column}", _FACT, _DATE, _ELIGIBLE & pl.col(column).is_not_null())


def _resolved(column: str) -> Measure:
    return count(f"resolved tickets with {column}", _FACT, _DATE, _known(column))


FCR_RATE = _share(
    name="fcr_rate",
    title="First contact resolution (FCR)",
    title_fr="Résolution au premier contact (RPC)",
    asks="What share of the eligible tickets took one contact and one reply, without reopen, move or repeat in 7 days?",
    asks_fr="Quelle part des demandes éligibles est réglée en un contact et une réponse, sans suite sous 7 jours ?",
    numerator=count("resolved at first contact", _FACT, _DATE, _ELIGIBLE & pl.col("is_first_contact_resolution")),
    denominator=_eligible("is_first_contact_resolution"),
    better="higher",
    maturity_days=7,
    is_headline=True,
)
ONE_TOUCH_RATE = _share(
    name="one_touch_rate",
    title="One-touch resolution",
    title_fr="Résolution en une seule réponse",
    asks="What share of the same tickets took one human reply and was not reopened?",
    asks_fr="Quelle part des mêmes demandes a reçu une seule réponse humaine, sans réouverture ?",
    numerator=count("resolved with one reply", _FACT, _DATE, _ELIGIBLE & pl.col("is_one_touch")),
    denominator=_eligible("is_one_touch"),
    better="higher",
    maturity_days=7,
)
NO_REOPEN_RATE = _share(
    name="no_reopen_rate",
    title="Resolved without reopening",
    title_fr="Résolution sans réouverture",
    asks="What share of the same tickets was never reopened?",
    asks_fr="Quelle part des mêmes demandes n’a jamais été rouverte ?",
    numerator=count("eligible and never reopened", _FACT, _DATE, _ELIGIBLE & ~pl.col("is_reopened")),
    denominator=_eligible("is_reopened"),
    better="higher",
    maturity_days=7,
)
_FIRST_RESOLVED = pl.col("is_counted") & pl.col("is_reopened").is_not_null()
REOPEN_RATE = _share(
    name="reopen_rate",
    title="Reopened tickets",
    title_fr="Taux de réouverture",
    asks="What share of the tickets first resolved in the period was reopened since?",
    asks_fr="Quelle part des demandes résolues une première fois dans la période a été rouverte depuis ?",
    numerator=count("first resolved and reopened", _FACT, "first_resolved_on", _FIRST_RESOLVED & pl.col("is_reopened")),
    denominator=count("first resolved", _FACT, "first_resolved_on", _FIRST_RESOLVED),
    better="lower",
    maturity_days=7,
)
CONTACTS_PER_CASE = _share(
    name="contacts_per_case",
    title="Contacts per case",
    title_fr="Contacts par dossier",
    asks="How many contacts does a customer need until the case is resolved?",
    asks_fr="Combien de contacts faut-il au client avant la résolution de son dossier ?",
    numerator=total(
        "customer contacts", _FACT, _DATE, pl.col("customer_contact_count"), _known("customer_contact_count")
    ),
    denominator=_resolved("customer_contact_count"),
    unit=Unit.COUNT,
    better="lower",
    interval="student_t",
)
AUTO_RESOLVED_RATE = _share(
    name="auto_resolved_rate",
    title="Resolved without a human reply",
    title_fr="Résolution sans réponse humaine",
    asks="What share of the resolved tickets had no human reply at all? They are outside first contact resolution.",
    asks_fr="Quelle part des demandes résolues n’a eu aucune réponse humaine ? Elles sont hors du RPC.",
    numerator=count("resolved without a human", _FACT, _DATE, _known("is_auto_resolved") & pl.col("is_auto_resolved")),
    denominator=_resolved("is_auto_resolved"),
    better="neutral",
)
ESCALATION_RATE = _moves(
    name="escalation_rate",
    title="Escalated tickets",
    title_fr="Taux d’escalade",
    asks="What share of the resolved tickets was moved to a team of a higher tier, once or more?",
    asks_fr="Quelle part des demandes résolues est passée, au moins une fois, à une équipe de niveau supérieur ?",
    numerator=count("resolved and escalated", _FACT, _DATE, _known("is_escalated") & pl.col("is_escalated")),
    denominator=_resolved("is_escalated"),
    better="lower",
)
ESCALATIONS_PER_TICKET = _moves(
    name="escalations_per_ticket",
    title="Escalations per ticket",
    title_fr="Escalades par demande",
    asks="How often is a resolved ticket moved to a team of a higher tier?",
    asks_fr="Combien de fois une demande résolue passe-t-elle à une équipe de niveau supérieur ?",
    numerator=total("escalations", _FACT, _DATE, pl.col("escalation_count"), _known("escalation_count")),
    denominator=_resolved("escalation_count"),
    unit=Unit.COUNT,
    better="lower",
    interval="student_t",
)
TRANSFER_RATE = _moves(
    name="transfer_rate",
    title="Transferred tickets",
    title_fr="Taux de transfert",
    asks="What share of the resolved tickets was moved, at least once, to a team of the same or a lower tier?",
    asks_fr="Quelle part des demandes résolues est passée à une équipe de même niveau ou inférieur ?",
    numerator=count("resolved and transferred", _FACT, _DATE, _known("transfer_count") & _IS_MOVED),
    denominator=_resolved("transfer_count"),
    better="lower",
)
CONTACT_RESOLUTION: tuple[Metric, ...] = (
    FCR_RATE,
    ONE_TOUCH_RATE,
    NO_REOPEN_RATE,
    REOPEN_RATE,
    CONTACTS_PER_CASE,
    AUTO_RESOLVED_RATE,
    ESCALATION_RATE,
    ESCALATIONS_PER_TICKET,
    TRANSFER_RATE,
)
