"""How much comes in, goes out and stays: volumes, backlog and its ages."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Measure, Metric, Ratio, Unit, count, total

_TICKET, _BACKLOG = "fact_ticket", "fact_backlog_daily"
_COUNTED = pl.col("is_counted")
_volume = partial(Ratio, family="volume", unit=Unit.COUNT, better="neutral", additivity="additive")

TICKET_VOLUME = _volume(
    name="ticket_volume",
    title="Tickets created",
    title_fr="Demandes créées",
    asks="How many tickets were created, those excluded (test, spam, merged ...) left out?",
    asks_fr="Combien de demandes ont été créées, hors demandes écartées (test, spam, fusion...) ?",
    numerator=count("tickets created", _TICKET, "created_on", _COUNTED),
    is_headline=True,
)
CONTACT_VOLUME = _volume(
    name="contact_volume",
    title="Calls and chats",
    title_fr="Appels et chats reçus",
    asks="How many calls, chats and callbacks did customers start?",
    asks_fr="Combien d’appels, de chats et de rappels les clients ont-ils engagés ?",
    numerator=total("contacts", "fact_contact", "started_on", pl.col("contacts"), _COUNTED),
)
RESOLVED_VOLUME = _volume(
    name="resolved_volume",
    title="Tickets resolved",
    title_fr="Demandes résolues",
    asks="How many tickets were resolved for the last time?",
    asks_fr="Combien de demandes ont été résolues pour la dernière fois ?",
    numerator=count("tickets resolved", _TICKET, "resolved_on", _COUNTED & pl.col("is_resolved")),
    better="higher",
)
EXCLUDED_VOLUME = _volume(
    name="excluded_volume",
    title="Tickets excluded",
    title_fr="Demandes écartées",
    asks="How many tickets created in the period are not counted (test, deleted, spam, merged, outbound, duplicate)?",
    asks_fr="Combien de demandes créées ne comptent pas (test, supprimée, spam, fusionnée, sortante, doublon) ?",
    numerator=count("tickets excluded", _TICKET, "created_on", ~_COUNTED),
)

_REASONS = {
    "test": ("tests of the team’s own", "tests internes"),
    "deleted": ("deleted", "supprimées"),
    "spam": ("spam", "indésirables"),
    "merged": ("merged into another", "fusionnées"),
    "outbound": ("the customer never wrote", "sans message du client"),
    "duplicate": ("repeats of another", "en double"),
}


def _excluded(reason: str, words: str, words_fr: str) -> Ratio:
    """The tickets that are not counted for one reason: the first of the list that holds."""
    return _volume(
        name=f"excluded_{reason}",
        title=f"Tickets excluded: {words}",
        title_fr=f"Demandes écartées : {words_fr}",
        asks=f"How many of the tickets excluded are so for this reason first: {words}?",
        asks_fr=f"Combien de demandes sont écartées d’abord pour cette raison : {words_fr} ?",
        numerator=count(f"tickets excluded as {reason}", _TICKET, "created_on", pl.col("exclusion_reason") == reason),
    )


def _stock(name: str, column: str) -> Measure:
    return Measure(name=name, fact=_BACKLOG, date="day_on", where=pl.lit(True), value=pl.col(column), over_time="last")


def _open(name: str, column: str, words: str, words_fr: str) -> Ratio:
    """The open tickets of an age, on the last day of the period."""
    open_tickets = _stock(f"open tickets, {column}", column)
    return _volume(
        name=name,
        title=f"Backlog{words}",
        title_fr=f"Stock de demandes ouvertes{words_fr}",
        asks=f"How many tickets{words} are open at the end of the last day of the period?",
        asks_fr=f"Combien de demandes{words_fr} restent ouvertes à la fin du dernier jour de la période ?",
        numerator=open_tickets,
        rests_on=open_tickets,
        better="lower",
        additivity="semi_additive",
        is_headline=column == "closing",
    )


_AGES = {
    "0_1_d": (", under 1 day old", ", de moins d’1 jour"),
    "1_3_d": (", 1 to 3 days old", ", de 1 à 3 jours"),
    "3_7_d": (", 3 to 7 days old", ", de 3 à 7 jours"),
    "7_30_d": (", 7 to 30 days old", ", de 7 à 30 jours"),
    "30_d_up": (", 30 days old and more", ", de 30 jours et plus"),
}
VOLUME: tuple[Metric, ...] = (
    TICKET_VOLUME,
    CONTACT_VOLUME,
    RESOLVED_VOLUME,
    EXCLUDED_VOLUME,
    *(_excluded(reason, *words) for reason, words in _REASONS.items()),
    _open("backlog", "closing", "", ""),
    *(_open(f"backlog_age_{age}", f"age_{age}", *words) for age, words in _AGES.items()),
)
