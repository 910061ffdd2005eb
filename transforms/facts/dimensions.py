"""The dimensions of the star: codes that the facts use, numbered in the order in which they first appear.

A code keeps its number when later days bring others. Keys -1 and 0 are always there: the total and the unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import polars as pl

from expectations.tables import TABLES
from transforms.facts.codes import (
    CUSTOMER,
    has_customers,
    no_customers,
    nobody_told,
    nothing_told,
    numbered_customers,
    seen,
    told_codes,
    told_customers,
)
from transforms.facts.dates import dim_date
from transforms.facts.people import People
from transforms.facts.shape import ABSENT, in_shape, tier
from transforms.scales import SCALES, Scale
from transforms.site import Site

TOTAL, UNKNOWN = -1, 0
FEEDS_TOLD = ("feed_employee", "feed_article_view")
"""Feeds that tell more of codes than the facts do."""
CODED = ("channel", "team", "segment", "topic", "survey", "scale", "agent", "customer", "article")


def build_dimensions(
    facts: Mapping[str, pl.LazyFrame],
    feeds: Mapping[str, pl.LazyFrame],
    site: Site,
    as_of: dt.date,
    *,
    scales: Mapping[str, Scale] = SCALES,
) -> dict[str, pl.LazyFrame]:
    """The dimensions by name; each row is a code of the facts, the total or the unknown, or a day."""
    codes = pl.concat([nothing_told(), *(told_codes(fact, lf) for fact, lf in facts.items())])
    told = pl.concat([nobody_told(), *(told_customers(fact, lf) for fact, lf in facts.items() if has_customers(fact))])
    customers = numbered_customers(told, no_customers(), 0)
    return dimensions_of(codes, customers, feeds, site, as_of, scales=scales)


def dimensions_of(
    codes: pl.LazyFrame,
    customers: pl.LazyFrame,
    feeds: Mapping[str, pl.LazyFrame],
    site: Site,
    as_of: dt.date,
    *,
    scales: Mapping[str, Scale] = SCALES,
) -> dict[str, pl.LazyFrame]:
    """The dimensions by name, of what `told_codes` tells and of customers with their segments, in order of numbers."""
    extras = _extras(feeds, site, as_of, scales)
    dimensions = {
        f"dim_{name}": _whole(name, _labelled(customers, name, site))
        if name == CUSTOMER
        else _dimension(name, codes, site, extras.get(name))
        for name in CODED
    }
    return {"dim_date": dim_date(codes, site, as_of), **dimensions}


def _dimension(
    name: str, codes: pl.LazyFrame, site: Site, extra: Callable[[pl.LazyFrame], pl.LazyFrame] | None
) -> pl.LazyFrame:
    key = f"{name}_key"
    numbered = (
        seen(name, codes)
        .sort("first_seen_on", "code")
        .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias(key))
    )
    labelled = _labelled(numbered, name, site)
    return _whole(name, labelled if extra is None else extra(labelled)).sort(key)


def _whole(name: str, known: pl.LazyFrame) -> pl.LazyFrame:
    """The codes of a dimension after the total and the unknown."""
    table, key = TABLES[f"dim_{name}"], f"{name}_key"
    special = pl.LazyFrame(
        {
            key: [TOTAL, UNKNOWN],
            "code": ["(all)", "(unknown)"],
            "label_fr": ["Total", "Inconnu"],
            "label_en": ["Total", "Unknown"],
        },
        schema_overrides={key: pl.Int32()},
    )
    return in_shape(pl.concat([table.empty(), special, known], how="diagonal"), table)


def _labelled(codes: pl.LazyFrame, name: str, site: Site) -> pl.LazyFrame:
    labels = [label for label in site.labels if label.dimension == name]
    declared = [label.code for label in labels]
    return codes.with_columns(
        label_fr=pl.col("code").replace(declared, [label.fr for label in labels]),
        label_en=pl.col("code").replace(declared, [label.en for label in labels]),
    )


def _extras(
    feeds: Mapping[str, pl.LazyFrame], site: Site, as_of: dt.date, scales: Mapping[str, Scale]
) -> dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]]:
    """What a dimension knows of its codes beyond their labels."""

    def with_tier(lf: pl.LazyFrame) -> pl.LazyFrame:
        return lf.with_columns(tier=tier(site.tiers, pl.col("code"), pl.lit(as_of)))

    def with_employment(lf: pl.LazyFrame) -> pl.LazyFrame:
        if "feed_employee" not in feeds:
            return lf.with_columns(team=ABSENT.cast(pl.String), is_human=ABSENT.cast(pl.Boolean))
        people = People(feeds["feed_employee"], as_of).days().sort("agent_id", "day_on")
        present = people.unique("agent_id", keep="last", maintain_order=True)
        return lf.join(present.select("team", "is_human", code="agent_id"), on="code", how="left")

    def with_ends(lf: pl.LazyFrame) -> pl.LazyFrame:
        return lf.join(_scale_ends(scales), on="code", how="left")

    def with_title(lf: pl.LazyFrame) -> pl.LazyFrame:
        if "feed_article_view" not in feeds:
            return lf.with_columns(title=ABSENT.cast(pl.String))
        told = feeds["feed_article_view"].filter(
            pl.col("article_id").is_not_null(), pl.col("article_title").is_not_null()
        )
        latest = told.group_by(code="article_id").agg(
            title=pl.col("article_title").sort_by("viewed_at", "slot", "line").last()
        )
        return lf.join(latest, on="code", how="left")

    return {
        "team": with_tier,
        "agent": with_employment,
        "scale": with_ends,
        "article": with_title,
    }


def _scale_ends(scales: Mapping[str, Scale]) -> pl.LazyFrame:
    known = list(scales.values())
    return pl.LazyFrame(
        {
            "code": list(scales),
            "low_milli": [scale.low_milli for scale in known],
            "high_milli": [scale.high_milli for scale in known],
            "polarity": ["down" if scale.is_low_good else "up" for scale in known],
            "good_from_milli": [scale.good_from_milli for scale in known],
        },
        schema_overrides={"low_milli": pl.Int64(), "high_milli": pl.Int64(), "good_from_milli": pl.Int64()},
    )
