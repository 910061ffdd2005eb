"""What is said of the metrics elsewhere, generated from their declarations: catalogue, `dim_metric`, `dim_target`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

import polars as pl

from expectations.tables.dimensions import DIM_METRIC, DIM_TARGET
from transforms.metrics.formulas import dax, tableau
from transforms.metrics.metric import Metric, Ratio, Statistic
from transforms.site import Site

_KINDS = {
    "p50": "median of",
    "p90": "90th percentile of",
    "kaplan_meier_p50": "Kaplan-Meier median of",
    "mean_on_one_scale": "mean, on one scale, of",
}
_HEADER = """# The metrics

Generated from the declarations in this folder by `make catalogue`; edit those, not this page.

Value = scale x numerator / (denominator x parts), null where the denominator is 0. *Settled* is the number of days
after the end of a period until late facts can no longer move its value.
"""


def catalogue(metrics: Mapping[str, Metric]) -> str:
    """The page that lists every metric, by family, as Markdown."""
    parts = [_HEADER]
    for family, members in groupby(metrics.values(), key=lambda metric: metric.family):
        parts.append(f"## {family[0].upper()}{family[1:]}\n")
        parts.extend(_entry(metric) for metric in members)
    return "\n".join(parts)


def metric_dimension(metrics: Mapping[str, Metric]) -> pl.LazyFrame:
    """One row per metric: `dim_metric`."""
    return pl.LazyFrame([_row(metric) for _, metric in sorted(metrics.items())], schema=DIM_METRIC.schema)


def target_dimension(site: Site, metrics: Mapping[str, Metric]) -> pl.LazyFrame:
    """One row per target of a known metric: `dim_target`."""
    rows = [
        {name: getattr(target, name) for name in DIM_TARGET.columns}
        for target in site.targets
        if target.metric_id in metrics
    ]
    return pl.LazyFrame(rows, schema=DIM_TARGET.schema).sort(DIM_TARGET.key)


def _entry(metric: Metric) -> str:
    """One metric as a paragraph and a list."""
    above, below = _lines(metric)
    unit = metric.unit.value
    facts = {
        "Above": above,
        "Below": below,
        "Unit": f"{unit.label} (scale {unit.scale}, parts {unit.parts})",
        "Better": metric.better,
        "Dated by": _listed(metric.dates),
        "Cuts": ", ".join(metric.grouping_sets),
        "Grains": ", ".join(metric.grains),
        "Interval": metric.interval,
        "Additivity": metric.additivity,
        "Settled": f"{metric.maturity_days} days",
        "Told from": f"{metric.suppress_below} answers on, and nothing that would tell of fewer by subtraction"
        if metric.suppress_below
        else "",
        "Needs": _listed(metric.feeds),
        "Version": str(metric.version),
    }
    lines = "\n".join(f"- {name}: {value}" for name, value in facts.items() if value)
    heading = f"### `{metric.name}` · {metric.title} · {metric.title_fr}"
    return f"{heading}\n\n{metric.asks}\n\n*{metric.asks_fr}*\n\n{lines}\n"


def _row(metric: Metric) -> dict[str, object]:
    """One metric as a row of `dim_metric`."""
    above, below = _lines(metric)
    unit = metric.unit.value
    return {
        "metric_id": metric.name,
        "metric_version": metric.version,
        "family": metric.family,
        "label_fr": metric.title_fr,
        "label_en": metric.title,
        "definition_fr": metric.asks_fr,
        "definition_en": metric.asks,
        "unit": unit.label,
        "better": metric.better,
        "additivity": metric.additivity,
        "scale": unit.scale,
        "parts": unit.parts,
        "date_of": ", ".join(metric.dates),
        "fact": ", ".join(metric.facts),
        "numerator": above,
        "denominator": below,
        "interval": metric.interval,
        "maturity_days": metric.maturity_days,
        "needs": ", ".join(metric.feeds),
        "dax": dax(metric),
        "tableau": tableau(metric),
        "is_headline": metric.is_headline,
    }


def _lines(metric: Metric) -> tuple[str, str]:
    """What stands above and below the line, in words; nothing below for a plain sum or a statistic."""
    if isinstance(metric, Statistic):
        return f"{_KINDS[metric.kind]} {metric.sample.name}", ""
    if isinstance(metric, Ratio):
        return metric.above.words, metric.below.words
    return "", ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
