"""How long until a request is resolved. Dated by the last resolution, which moves when a ticket is reopened."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.durations import Duration
from transforms.metrics.metric import Metric, Statistic, Unit, total

_of_tickets = partial(Duration, family="resolution")
_CLOCKS = {"calendar": ("elapsed", "écoulé"), "business": ("opening hours", "heures ouvrées")}


def _three_times(clock: str) -> tuple[Metric, ...]:
    """Full, first and net resolution time on one clock."""
    words, words_fr = _CLOCKS[clock]
    full = _of_tickets(
        metric=f"resolution_time_{clock}",
        column=f"resolution_{clock}_s",
        date="resolved_on",
        title=f"Resolution time, {words}",
        title_fr=f"Temps de résolution, {words_fr}",
        asks="How long from the opening of a ticket to its last resolution?",
        asks_fr="Combien de temps entre l’ouverture d’une demande et sa dernière résolution ?",
        headline="p50" if clock == "business" else "",
    )
    first = _of_tickets(
        metric=f"first_resolution_time_{clock}",
        column=f"first_resolution_{clock}_s",
        date="first_resolved_on",
        title=f"First resolution time, {words}",
        title_fr=f"Temps de première résolution, {words_fr}",
        asks="How long from the opening of a ticket to its first resolution? By day of that resolution.",
        asks_fr="Combien de temps entre l’ouverture d’une demande et sa première résolution ? À la date de celle-ci.",
    )
    net = _of_tickets(
        metric=f"net_resolution_time_{clock}",
        column=f"net_resolution_{clock}_s",
        date="resolved_on",
        title=f"Net resolution time, {words}",
        title_fr=f"Temps de résolution net, {words_fr}",
        asks="How long from opening to last resolution, less the time spent waiting for the customer?",
        asks_fr="Combien de temps entre l’ouverture et la dernière résolution, hors attente du client ?",
    )
    return (*full.metrics("p50", "p90"), *first.metrics(), *net.metrics())


RESOLUTION_TIME_CENSORED_P50 = Statistic(
    name="resolution_time_censored_p50",
    title="Resolution time, median including open tickets",
    title_fr="Temps de résolution, médiane incluant les demandes ouvertes",
    asks="After how long is half of the tickets resolved, those still open counted too (Kaplan-Meier, elapsed)?",
    asks_fr="Au bout de combien de temps la moitié des demandes est-elle résolue, demandes ouvertes comprises ?",
    family="resolution",
    sample=total("observed_s", "fact_ticket", "created_on", pl.col("observed_s"), pl.col("is_counted")),
    kind="kaplan_meier_p50",
    happened=pl.col("is_resolved"),
    unit=Unit.SECONDS,
    better="lower",
    additivity="distinct",
)
RESOLUTION: tuple[Metric, ...] = (*_three_times("calendar"), *_three_times("business"), RESOLUTION_TIME_CENSORED_P50)
