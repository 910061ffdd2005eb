"""What each export of the sample looks like: French headers, French labels, every cell a text."""

from __future__ import annotations

import datetime as dt

import polars as pl

from flows.sample import cells, clock, company
from flows.sample.staff import Staff

_CLOSES_AFTER_S = 4 * 86_400
_STEPS = ("created", "moved", "replied", "solved_0", "reopened_0", "solved_1", "reopened_1", "solved_2", "silent")


def tickets(frame: pl.DataFrame, since: int, until: int) -> pl.DataFrame:
    """Tickets opened or changed in a span of time, in their state at its end."""
    now = frame.filter(pl.col("created") < until).with_columns(
        pl.when(pl.col(step) < until).then(step).alias(step) for step in _STEPS
    )
    now = now.with_columns(team=pl.when(pl.col("moved").is_not_null()).then("team").otherwise("first_team"))
    first, last = pl.col("solved_0"), pl.coalesce("solved_2", "solved_1", "solved_0")
    is_solved = last.is_not_null() & (pl.max_horizontal("reopened_0", "reopened_1").fill_null(0) < last)
    merged = pl.col("excluded").is_in(["merged", "duplicate"])
    closed = (
        pl.when(is_solved & (last + _CLOSES_AFTER_S < until))
        .then(last + _CLOSES_AFTER_S)
        .when(merged)
        .then(pl.col("created") + 600)
        .otherwise("silent")
    )
    now = now.with_columns(closed=closed, resolved=pl.when(is_solved).then(last), first=first)
    now = now.with_columns(updated=pl.max_horizontal(*_STEPS, "closed"))
    in_charge = pl.col("replied").is_not_null() | (pl.col("excluded") == "outbound")
    return now.filter(pl.col("updated") >= since).select(
        cells.number("ticket", "N° du ticket"),
        cells.local("created", cells.FRENCH, "Créé le"),
        cells.local("updated", cells.FRENCH, "Mis à jour le"),
        _state(is_solved).alias("État"),
        cells.words("channel", cells.CHANNEL, "Canal"),
        cells.words("team", cells.TEAM, "Équipe"),
        pl.when(in_charge).then("agent").fill_null("-").alias("Conseiller"),
        cells.customer("N° client"),
        cells.words("segment", cells.SEGMENT, "Segment"),
        cells.words("topic", cells.TOPIC, "Motif"),
        pl.col("priority").alias("Priorité"),
        cells.local("replied", cells.FRENCH, "Première réponse le"),
        cells.local("first", cells.FRENCH, "Première résolution le"),
        cells.local("resolved", cells.FRENCH, "Résolu le"),
        cells.local("closed", cells.FRENCH, "Clos le"),
        _ending(is_solved).alias("Issue"),
        cells.flag("test", "Test"),
        cells.flag("spam", "Indésirable"),
        cells.flag("outbound", "Sortant"),
        *(
            pl.when(pl.col("excluded") == reason).then(cells.number("into", "into")).alias(header)
            for reason, header in (("duplicate", "Doublon de"), ("merged", "Fusionné dans"))
        ),
    )  # fmt: skip


def _state(is_solved: pl.Expr) -> pl.Expr:
    """The state of a ticket, in words."""
    return (
        pl.when(pl.col("excluded") == "deleted")
        .then(pl.lit("Supprimé"))
        .when(pl.col("closed").is_not_null())
        .then(pl.lit("Clos"))
        .when(is_solved)
        .then(pl.lit("Résolu"))
        .when(pl.col("replied").is_not_null())
        .then(pl.lit("Ouvert"))
        .otherwise(pl.lit("Nouveau"))
    )


def _ending(is_solved: pl.Expr) -> pl.Expr:
    """How a ticket ended, in words; null while it has not."""
    return (
        pl.when(pl.col("silent").is_not_null())
        .then(pl.lit("Silence du client"))
        .when(is_solved & pl.col("agent").is_not_null())
        .then(pl.lit("Conseiller"))
        .when(is_solved)
        .then(pl.lit("Automatique"))
    )


def events(frame: pl.DataFrame) -> pl.DataFrame:
    """Events; from 2026 on the help desk calls the assistant an agent."""
    relabelled = (pl.col("actor") == "bot") & (pl.col("at") >= clock.epoch(dt.date(2026, 1, 1)))
    actor = pl.when(relabelled).then(pl.lit("agent")).otherwise("actor")
    return frame.with_columns(actor=actor).select(
        pl.format("E{}", pl.col("event_id").cast(pl.String).str.zfill(7)).alias("N° événement"),
        cells.number("ticket", "N° du ticket"),
        cells.local("at", cells.FRENCH, "Horodatage"),
        cells.words("kind", cells.KIND, "Type"),
        cells.words("actor", cells.ACTOR, "Auteur"),
        pl.col("agent").alias("Code auteur"),
        pl.when("public").then(pl.lit("oui")).otherwise(pl.lit("non")).alias("Public"),
        cells.words("status", cells.STATUS, "Nouvel état"),
        cells.words("team", cells.TEAM, "Équipe"),
        pl.when(pl.col("into") >= 0).then(cells.number("into", "into")).alias("Fusionné dans"),
    )


def surveys(frame: pl.DataFrame, survey: str) -> pl.DataFrame:
    """Invitations with their answer, and second answers as rows of their own that repeat the invitation.

    The column of the variant comes with the first file that has one.
    """
    ours = frame.filter(pl.col("survey") == survey)
    again = ours.filter(pl.col("second").is_not_null())
    again = again.with_columns(answered="again", score="second", reason=pl.lit(None, pl.String), suffix=pl.lit("-2"))
    rows = pl.concat([ours.with_columns(suffix=pl.lit("")), again]).sort("sent", "ticket", "suffix")
    prefix = {"csat_mail": "M", "csat_sms": "S", "csat_chat": "T", "nps": "N", "ces": "F"}[survey]
    form = cells.ISO_UTC if survey in {"csat_chat", "ces"} else cells.FRENCH_MINUTE
    invitation = pl.format(prefix + "{}", pl.col("ticket").cast(pl.String).str.zfill(7))
    sending = (
        pl.when("bounced")
        .then(pl.lit("Rejeté"))
        .when("opted_out")
        .then(pl.lit("Désabonné"))
        .otherwise(pl.lit("Envoyé"))
    )
    return rows.select(
        pl.format("{}{}", invitation, "suffix").alias("N° réponse"),
        invitation.alias("N° invitation"),
        cells.number("ticket", "N° du ticket"),
        cells.local("sent", form, "Envoyée le"),
        cells.local("answered", form, "Répondue le"),
        cells.score(survey).alias("Note"),
        pl.col("wave").alias("Vague"),
        sending.alias("Envoi"),
        cells.words("channel", cells.CHANNEL, "Canal"),
        cells.words("team", cells.TEAM, "Équipe"),
        pl.col("agent").fill_null("-").alias("Conseiller"),
        cells.customer("N° client"),
        cells.words("segment", cells.SEGMENT, "Segment"),
        cells.words("topic", cells.TOPIC, "Motif"),
        pl.col("reason").alias("Insatisfaction"),
        pl.col("words").alias("Commentaire"),
        *([pl.col("variant").alias("Variante")] if ours["variant"].is_not_null().any() else []),
    )


def contacts(frame: pl.DataFrame, channel: str) -> pl.DataFrame:
    """Calls (local time, durations as clocks) or chats (UTC, seconds)."""
    ours = frame.filter(pl.col("channel") == channel)
    is_call = channel == "phone"
    span = cells.clock if is_call else cells.whole
    answered = pl.when("answered").then(pl.col("started") + pl.col("wait")).alias("when_answered")
    gone = pl.when(~pl.col("answered")).then(pl.col("started") + pl.col("wait")).alias("when_gone")
    ours = ours.with_columns(answered, gone, pl.col("ticket").fill_null(-1))
    form = cells.FRENCH if is_call else cells.ISO_UTC
    return ours.select(
        pl.format(("A{}" if is_call else "T{}"), pl.col("contact").cast(pl.String).str.zfill(7)).alias("N° contact"),
        cells.local("started", form, "Début"),
        cells.local("when_answered", form, "Décroché"),
        cells.local("when_gone", form, "Abandon"),
        pl.when("outbound").then(pl.lit("Sortant")).otherwise(pl.lit("Entrant")).alias("Sens"),
        cells.words("team", cells.TEAM, "Équipe"),
        pl.col("agent").fill_null("-").alias("Conseiller"),
        cells.customer("N° client"),
        cells.words("segment", cells.SEGMENT, "Segment"),
        cells.words("topic", cells.TOPIC, "Motif"),
        pl.when(pl.col("ticket") >= 0).then(cells.number("ticket", "ticket")).alias("N° du ticket"),
        span("wait", "Attente"),
        span("talk", "Conversation"),
        span("hold", "Mise en garde"),
        span("wrap", "Post-appel"),
        pl.col("at_once").cast(pl.String).alias("Tchats simultanés"),
    )


def agent_days(frame: pl.DataFrame) -> pl.DataFrame:
    """Days worked."""
    return frame.select(
        pl.col("agent").alias("Matricule"),
        pl.col("day").dt.strftime("%d/%m/%Y").alias("Jour"),
        cells.words("team", cells.TEAM, "Équipe"),
        cells.clock("paid", "Temps payé"),
        cells.clock("available", "Disponible"),
        cells.clock("handling", "En traitement"),
        cells.clock("productive", "Productif"),
    )


def employees(staff: Staff) -> pl.DataFrame:
    """Spells of employees in teams, and the assistant, which is no person."""
    leave = {"voluntary": "Démission", "involuntary": "Fin de contrat", "move": "Mobilité", "": ""}
    rows = [
        {
            "Matricule": s.agent,
            "Équipe": cells.TEAM[s.team],
            "Début": f"{s.valid_from:%d/%m/%Y}",
            "Fin": f"{s.valid_to:%d/%m/%Y}" if s.valid_to else "",
            "Départ": leave[s.leave_kind],
            "Fonction": s.title,
            "Personne": "oui" if s.is_human else "non",
        }
        for s in (*staff.spells, company.BOT)
    ]
    return pl.DataFrame(rows)


def ledger(frame: pl.DataFrame) -> pl.DataFrame:
    """Lines of the ledger, amounts with a decimal comma and a no-break space between thousands."""
    nature = {"labour": "Personnel", "overhead": "Frais généraux", "direct": "Charge directe"}
    month, nth = pl.col("day").dt.strftime("%Y%m"), pl.int_range(1, pl.len() + 1).over("day")
    return frame.select(
        pl.format("AC{}-{}", month, nth.cast(pl.String).str.zfill(3)).alias("N° pièce"),
        pl.col("day").dt.strftime("%d/%m/%Y").alias("Date"),
        cells.words("kind", nature, "Nature"),
        cells.words("channel", cells.CHANNEL, "Canal").fill_null("-"),
        cells.words("team", cells.TEAM, "Équipe").fill_null("-"),
        pl.col("label").alias("Libellé"),
        cells.euros("cents", "Montant HT"),
    )  # fmt: skip
