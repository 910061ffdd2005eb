"""A metric as data: `Ratio` (two sums and one division) or `Statistic` (never added up), over `Measure`.

A definition that cannot be right is refused at import, with the value it got and the nearest right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import polars as pl

from expectations.errors import DefinitionError
from expectations.tables import FACTS, FEEDS
from expectations.tables.metric import GRAINS, GROUPING_SETS
from transforms.metrics.measure import (
    CUTS,
    Measure,
    Sum,
    as_sum,
    count,
    has_cuts,
    one_of,
    require_protectable,
    rows_of,
    total,
)
from transforms.metrics.unit import Unit

ADDITIVITIES = ("additive", "ratio", "nps", "semi_additive", "histogram", "exposure", "distinct", "identity")
FACT_FEEDS = {
    "fact_ticket": ("feed_ticket",),
    "fact_ticket_event": ("feed_ticket_event",),
    "fact_contact": ("feed_contact",),
    "fact_survey_invitation": ("feed_survey",),
    "fact_survey_response": ("feed_survey",),
    "fact_employee_invitation": ("feed_survey",),
    "fact_employee_answer": ("feed_survey",),
    "fact_agent_day": ("feed_agent_day",),
    "fact_required_staff": ("feed_contact",),
    "fact_cost_allocation": ("feed_cost",),
    "fact_quality_review": ("feed_quality_review",),
    "fact_quality_category": ("feed_quality_review",),
    "fact_order": ("feed_order",),
    "fact_service_revenue": ("feed_order", "feed_contact", "feed_ticket"),
    "fact_cart": ("feed_cart",),
    "fact_cart_customer_period": ("feed_cart",),
    "fact_customer_period": ("feed_customer",),
    "fact_customer_cohort": ("feed_order",),
    "fact_customer_value": ("feed_order",),
    "fact_article_view": ("feed_article_view",),
    "fact_help_session": ("feed_article_view",),
    "fact_bot_session": ("feed_bot_session",),
    "fact_backlog_daily": ("feed_ticket",),
    "fact_duration_histogram": ("feed_ticket",),
}
Better = Literal["higher", "lower", "neutral"]
Interval = Literal["none", "wilson", "adjusted_wald", "student_t"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Metric:
    """The words of a metric, and what holds for any of them."""

    name: str
    title: str
    title_fr: str
    asks: str
    asks_fr: str
    family: str
    unit: Unit
    better: Better
    interval: Interval = "none"
    additivity: str = "ratio"
    maturity_days: int = 0
    is_headline: bool = False
    version: int = 1
    grains: tuple[str, ...] = GRAINS
    suppress_below: int = 0
    """Answers below which nothing is told, nor what would tell it by subtraction; 0: everything is told."""
    needs: tuple[str, ...] = ()
    """Feeds it needs; derived from its facts where nothing is said."""
    cut_by: tuple[str, ...] | None = None
    """The cuts that tell something of it, where its facts know cuts that do not mean the same in each."""
    settings: tuple[str, ...] = ()
    """Settings of the site without which it is not computed."""

    def __post_init__(self) -> None:
        """Refuse a metric without words, with an unknown grain, or of which nothing can be read."""
        if not self.name.replace("_", "").isalnum() or self.name != self.name.lower():
            msg = f"metric {self.name!r} is not a name; use lower case letters, digits and _"
            raise DefinitionError(msg)
        for word in ("title", "title_fr", "asks", "asks_fr", "family"):
            if not getattr(self, word).strip():
                msg = f"metric {self.name!r} has no {word}: write it, the catalogue and the BI tables show it"
                raise DefinitionError(msg)
        for grain in self.grains:
            one_of(f"metric {self.name!r}", "grain", grain, GRAINS)
        for feed in self.needs:
            one_of(f"metric {self.name!r}", "feed", feed, FEEDS)
        for cut in self.cut_by or ():
            one_of(f"metric {self.name!r}", "cut", cut, {cut for cuts in GROUPING_SETS.values() for cut in cuts})
        one_of(f"metric {self.name!r}", "kind of additivity", self.additivity, ADDITIVITIES)
        if self.version < 1 or self.maturity_days < 0:
            msg = f"metric {self.name!r}: version {self.version} starts at 1, maturity_days {self.maturity_days} at 0"
            raise DefinitionError(msg)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Everything it reads."""
        raise NotImplementedError

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts it reads, in order."""
        return tuple(dict.fromkeys(m.fact for m in self.measures))

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds it needs."""
        return self.needs or tuple(dict.fromkeys(feed for fact in self.facts for feed in FACT_FEEDS[fact]))

    @cached_property
    def grouping_sets(self) -> tuple[str, ...]:
        """The cuts that all its facts know, unless it says that fewer tell something."""
        told = {s: cuts for s, cuts in GROUPING_SETS.items() if self.cut_by is None or set(cuts) <= set(self.cut_by)}
        return tuple(s for s, cuts in told.items() if all(has_cuts(f, cuts) for f in self.facts))

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates that put its rows into a period."""
        return tuple(dict.fromkeys(f"{m.fact}.{m.date}" for m in self.measures))


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratio(Metric):
    """Two sums and one division at the very end; without a denominator, a plain sum."""

    numerator: Measure | Sum
    denominator: Measure | Sum | None = None
    rests_on: Measure | None = None
    """Whose sum is n; by default the rows below the line, or above it where there is no line."""
    among: Measure | None = None
    """Of a plain sum: the rows that make a zero a zero; by default every row of the fact."""
    answers: Measure | None = None
    """What `suppress_below` counts; by default the rows of n."""

    def __post_init__(self) -> None:
        """Refuse an interval that does not fit the two sums, and a secret that cannot be kept."""
        super().__post_init__()
        if self.suppress_below:
            require_protectable(self.name, self.facts, self.grouping_sets, self.grains)
        if self.is_plain_sum != (self.additivity in {"additive", "semi_additive"}):
            msg = f"metric {self.name!r}: {self.additivity!r} does not go with a denominator of {self.denominator}"
            raise DefinitionError(msg)
        if self.interval == "student_t" and not self._is_mean:
            msg = f"metric {self.name!r}: a mean is one sum over counted rows; use another interval than student_t"
            raise DefinitionError(msg)
        if self.interval == "adjusted_wald" and not (self.above.plus and self.above.minus):
            msg = f"metric {self.name!r}: adjusted_wald is for promoters − detractors; use wilson for a share"
            raise DefinitionError(msg)
        if len({m.over_time for m in self.above.measures}) > 1:
            msg = f"metric {self.name!r} mixes a stock with a flow above the line"
            raise DefinitionError(msg)

    @property
    def is_plain_sum(self) -> bool:
        """No denominator."""
        return self.denominator is None

    @property
    def above(self) -> Sum:
        """The numerator."""
        return as_sum(self.numerator)

    @property
    def below(self) -> Sum:
        """The denominator; no measures where there is none."""
        return Sum(()) if self.denominator is None else as_sum(self.denominator)

    @property
    def _is_mean(self) -> bool:
        """One sum over one count."""
        return len(self.above.measures) == len(self.below.measures) == 1 and self.below.measures[0].is_count

    @property
    def single_rows(self) -> Measure | None:
        """Of a mean over rows that may stand for several: the rows, which tell a spread where each stands for one."""
        is_weighted = self.interval == "student_t" and self.below.measures[0].value is not None
        return rows_of(self.below.measures[0]) if is_weighted else None

    @property
    def support(self) -> Measure:
        """Whose sum is n."""
        if self.rests_on is not None:
            return self.rests_on
        base = (self.below.measures or self.above.measures)[0]
        return base if base.value is None else rows_of(base)

    @property
    def guard(self) -> Measure:
        """What `suppress_below` counts."""
        return self.answers or self.support

    @property
    def presence(self) -> Measure:
        """Where this is more than 0, a plain sum of 0 is a fact and not an absence."""
        return self.among or rows_of(self.above.measures[0], where=pl.lit(True))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Everything it reads."""
        single = [] if self.single_rows is None else [self.single_rows]
        presence = [self.presence] if self.is_plain_sum else []
        guard = [self.guard] if self.suppress_below else []
        return (*self.above.measures, *self.below.measures, self.support, *single, *presence, *guard)


@dataclass(frozen=True, kw_only=True, eq=False)
class Statistic(Metric):
    """A value computed from the rows of each published cell: it is never added up."""

    sample: Measure
    """The number of each row that takes part."""
    kind: Literal["p50", "p90", "kaplan_meier_p50", "mean_on_one_scale"]
    happened: pl.Expr = field(default_factory=lambda: pl.lit(True))
    """Kaplan-Meier: false where the row is still waiting, and its number only a lower bound."""
    additivity: str = "histogram"

    def __post_init__(self) -> None:
        """Refuse a sample without a number and a condition over columns that do not exist."""
        super().__post_init__()
        if self.suppress_below:
            msg = f"metric {self.name!r}: a statistic cannot be suppressed; declare a Ratio"
            raise DefinitionError(msg)
        if self.additivity not in {"histogram", "distinct"} or self.interval != "none":
            msg = (
                f"metric {self.name!r}: a statistic is histogram or distinct, without interval; not {self.additivity!r}"
            )
            raise DefinitionError(msg)
        if self.sample.value is None:
            msg = f"metric {self.name!r}: a statistic needs a number of each row, {self.sample.name!r} counts rows"
            raise DefinitionError(msg)
        for column in self.happened.meta.root_names():
            one_of(
                f"metric {self.name!r}", f"column of {self.sample.fact}", column, tuple(FACTS[self.sample.fact].columns)
            )

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Everything it reads."""
        return (self.sample,)


def registry(*families: Sequence[Metric]) -> dict[str, Metric]:
    """The metrics by name, in order; a name used twice is refused, and a measure that means two things."""
    metrics: dict[str, Metric] = {}
    measures: dict[str, Measure] = {}
    for metric in (m for family in families for m in family):
        if metric.name in metrics:
            msg = f"metric {metric.name!r} is declared twice, in {metrics[metric.name].family} and {metric.family}"
            raise DefinitionError(msg)
        metrics[metric.name] = metric
        for measure in metric.measures:
            known = measures.setdefault(measure.id, measure)
            if not known.per_row.meta.eq(measure.per_row) or known.over_time != measure.over_time:
                msg = f"metric {metric.name!r}: {measure.id!r} already names another measure; give it a name of its own"
                raise DefinitionError(msg)
    return metrics


__all__ = [
    "CUTS",
    "FACT_FEEDS",
    "Measure",
    "Metric",
    "Ratio",
    "Statistic",
    "Sum",
    "Unit",
    "as_sum",
    "count",
    "has_cuts",
    "registry",
    "total",
]
