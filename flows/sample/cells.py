"""How the cells of the exports are spelled: French labels, dates, numbers."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from flows.sample import company

FRENCH = "%d/%m/%Y %H:%M:%S"
FRENCH_MINUTE = "%d/%m/%Y %H:%M"
ISO_UTC = "%Y-%m-%dT%H:%M:%SZ"
CHANNEL = {"email": "E-mail", "phone": "Téléphone", "chat": "Tchat", "form": "Formulaire", "social": "Réseaux sociaux"}
TEAM = {"accueil": "Accueil", "livraison": "Livraison", "technique": "Technique N2", "fidelite": "Fidélité"}
SEGMENT = {"particulier": "Particulier", "pro": "Pro", "premium": "Premium"}
TOPIC = {
    "livraison": "Livraison", "remboursement": "Remboursement", "facture": "Facture", "panne": "Panne",
    "compte": "Compte client",
}  # fmt: skip
STATUS = {"new": "Nouveau", "open": "Ouvert", "pending": "En attente du client", "solved": "Résolu", "closed": "Clos"}
KIND = {
    "created": "Création", "message": "Message", "status": "Changement d’état", "team": "Changement d’équipe",
    "merge": "Fusion",
}  # fmt: skip
ACTOR = {"customer": "Client", "agent": "Conseiller", "bot": "Robot", "system": "Système"}
WORDS = {5: "Très satisfait", 4: "Satisfait", 3: "Neutre", 2: "Insatisfait", 1: "Très insatisfait"}
FACES = {3: "🙂", 2: "😐", 1: "🙁"}


def local(column: str, form: str, header: str) -> pl.Expr:
    """An instant as text: local time, or UTC where the text says so."""
    at = pl.from_epoch(pl.col(column), time_unit="s").dt.replace_time_zone("UTC")
    return (at if form.endswith("Z") else at.dt.convert_time_zone(company.ZONE)).dt.strftime(form).alias(header)


def number(column: str, header: str) -> pl.Expr:
    """A ticket number: eight digits, most of them leading zeros."""
    return pl.col(column).cast(pl.String).str.zfill(8).alias(header)


def customer(header: str) -> pl.Expr:
    """A customer number; a hyphen where nobody is known."""
    number = pl.format("C{}", pl.col("customer").abs().cast(pl.String).str.zfill(7))
    return pl.when(pl.col("customer") >= 0).then(number).otherwise(pl.lit("-")).alias(header)


def words(column: str, labels: Mapping[str, str] | Mapping[int, str], header: str) -> pl.Expr:
    """A code as the label the export shows."""
    return pl.col(column).replace_strict(labels, default=None, return_dtype=pl.String).alias(header)


def flag(reason: str, header: str) -> pl.Expr:
    """Yes or no, in French."""
    return pl.when(pl.col("excluded") == reason).then(pl.lit("oui")).otherwise(pl.lit("non")).alias(header)


def score(survey: str) -> pl.Expr:
    """The answer in the words of its survey."""
    score = pl.col("score")
    if survey in {"csat_sms", "csat_chat"}:
        return score.replace_strict(WORDS if survey == "csat_sms" else FACES, default=None, return_dtype=pl.String)
    return score.cast(pl.String) + ",0" if survey == "csat_mail" else score.cast(pl.String)


def whole(column: str, header: str) -> pl.Expr:
    """A whole number."""
    return pl.col(column).cast(pl.String).alias(header)


def clock(column: str, header: str) -> pl.Expr:
    """Seconds as 00:05:09."""
    parts = (pl.col(column) // 3600, pl.col(column) // 60 % 60, pl.col(column) % 60)
    return pl.concat_str([p.cast(pl.String).str.zfill(2) for p in parts], separator=":").alias(header)


def euros(column: str, header: str) -> pl.Expr:
    """Cents as 12 345,67."""
    whole = (pl.col(column).abs() // 100).cast(pl.String)
    grouped = whole.str.replace(r"(\d)(\d{3})$", "$1\u00a0$2").str.replace(r"(\d)(\d{3})\u00a0", "$1\u00a0$2\u00a0")
    cents = (pl.col(column).abs() % 100).cast(pl.String).str.zfill(2)
    sign = pl.when(pl.col(column) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.format("{}{},{}", sign, grouped, cents).alias(header)
