"""The mean, the median and the 90th percentile of a duration: three metrics of one declaration."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Statistic, Unit, count, total

_KINDS = {"p50": ("median", "médiane"), "p90": ("90th percentile", "90e centile")}


@dataclass(frozen=True, kw_only=True)
class Duration:
    """A duration of tickets, by the column that holds it."""

    metric: str
    """Name of its metrics, without the kind of value."""
    column: str
    date: str
    title: str
    title_fr: str
    asks: str
    asks_fr: str
    family: str
    headline: str = ""
    """The kind of value shown on the scorecard: mean, p50, p90 or none."""

    def metrics(self, *kinds: str) -> list[Metric]:
        """The mean, and the percentiles asked for."""
        return [self._mean(), *(self._percentile(kind) for kind in kinds)]

    @property
    def _where(self) -> pl.Expr:
        return pl.col("is_counted") & pl.col(self.column).is_not_null()

    def _mean(self) -> Ratio:
        return Ratio(
            name=f"{self.metric}_mean",
            title=f"{self.title}, mean",
            title_fr=f"{self.title_fr}, moyenne",
            asks=f"{self.asks} The mean.",
            asks_fr=f"{self.asks_fr} La moyenne.",
            family=self.family,
            numerator=total(self.column, "fact_ticket", self.date, pl.col(self.column), self._where),
            denominator=count(f"tickets with {self.column}", "fact_ticket", self.date, self._where),
            unit=Unit.SECONDS,
            better="lower",
            interval="student_t",
            is_headline=self.headline == "mean",
        )

    def _percentile(self, kind: str) -> Statistic:
        words, words_fr = _KINDS[kind]
        return Statistic(
            name=f"{self.metric}_{kind}",
            title=f"{self.title}, {words}",
            title_fr=f"{self.title_fr}, {words_fr}",
            asks=f"{self.asks} The {words}.",
            asks_fr=f"{self.asks_fr} {'La' if kind == 'p50' else 'Le'} {words_fr}.",
            family=self.family,
            sample=total(self.column, "fact_ticket", self.date, pl.col(self.column), self._where),
            kind="p50" if kind == "p50" else "p90",
            unit=Unit.SECONDS,
            better="lower",
            is_headline=self.headline == kind,
        )
