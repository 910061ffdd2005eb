"""Reviews of tickets by the heads of the teams: a grid of six categories, one of which may spoil everything."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from flows.sample import clock, company
from flows.sample.demand import Draw, chance, strikes
from flows.sample.tables import coded


class Category(NamedTuple):
    """A category of the grid: points in halves, so that 7.5 is 15."""

    name: str
    high: int
    weight: int
    is_critical: bool
    not_applicable: float


GRID = (
    Category("Accueil et identification", 2, 10, is_critical=False, not_applicable=0.12),
    Category("Écoute", 5, 20, is_critical=False, not_applicable=0.0),
    Category("Exactitude de la réponse", 5, 30, is_critical=False, not_applicable=0.01),
    Category("Ton et orthographe", 4, 15, is_critical=False, not_applicable=0.0),
    Category("Procédure", 10, 15, is_critical=False, not_applicable=0.15),
    Category("Protection des données", 2, 10, is_critical=True, not_applicable=0.05),
)
KINDS = ("review", "calibration", "self")
_KIND_SHARE = (0.86, 0.08, 0.06)
_REVIEWED, _DISPUTED, _NOTHING_APPLIES = 0.075, 0.04, 0.01
_BREACH, _BREACH_IN_STRIKE = 0.035, 0.10
_DAY_S, _HOUR_S = 86_400, 3_600
_ERROR_BELOW, _PASSES_HALF_BELOW, _UNSAID = 0.52, 0.4, 0.3
COMMENTS = ("Bonne écoute", "Réponse à compléter", "Pas de reformulation", "Vérifier l’identité avant de répondre")


def reviews_of(draw: Draw, tickets: pl.DataFrame, *, first_id: int) -> pl.DataFrame:
    """A row a category of a version of a review; reviews come two to nine days after the reply."""
    told = tickets.filter(
        pl.col("excluded").is_null() & pl.col("replied").is_not_null() & pl.col("agent").is_not_null()
        & (pl.col("agent") != company.BOT.agent)
    )  # fmt: skip
    n = round(_REVIEWED * told.height)
    chosen = told[np.sort(draw.choice(told.height, n, replace=False))]
    after = draw.integers(2, 10, n) * _DAY_S
    day = clock.DAY_STARTS[np.minimum(clock.day_index(chosen["replied"].to_numpy() + after), len(clock.DAY_STARTS) - 1)]
    at = day + 9 * _HOUR_S + draw.integers(0, 8 * _HOUR_S, n) // 60 * 60
    heads = chosen.select("ticket", "team", "channel", "segment", "topic", "agent", "replied").with_columns(
        at=pl.Series(at), kind=coded(KINDS, draw.choice(3, n, p=_KIND_SHARE)),
        disputed=chance(draw, n, _DISPUTED), nothing=chance(draw, n, _NOTHING_APPLIES),
        skill=_skill(draw, chosen), striking=strikes(clock.day_index(chosen["replied"].to_numpy())),
        words=coded(COMMENTS, draw.integers(-6, len(COMMENTS), n)),
    )  # fmt: skip
    heads = heads.filter(pl.col("at") < clock.END).sort("at", "ticket")
    heads = heads.with_columns(review=pl.int_range(first_id, first_id + heads.height))
    rows = pl.concat(_rated(draw, heads, number) for number in range(len(GRID)))
    return pl.concat([rows, _disputed(rows)]).sort("review", "changed", "category")


def _skill(draw: Draw, chosen: pl.DataFrame) -> pl.Series:
    """People differ, always in the same way; the whole team gets better with time, and worse in the strike."""
    person = chosen["agent"].cast(pl.Int64).to_numpy() * 37 % 17 / 20
    day = clock.day_index(chosen["replied"].to_numpy())
    skill = 0.7 + person + 0.5 * day / clock.DAYS - 0.9 * strikes(day)
    return pl.Series(skill + 0.6 * draw.standard_normal(chosen.height))


def _rated(draw: Draw, heads: pl.DataFrame, number: int) -> pl.DataFrame:
    """One category of every review."""
    category, n = GRID[number], heads.height
    share = 1 / (1 + np.exp(-(heads["skill"].to_numpy() + 0.5 * draw.standard_normal(n))))
    steps = category.high if category.high % 2 else 2 * category.high
    points = np.rint(share * steps).astype(np.int64) * 2 * category.high // steps
    if category.is_critical:
        breach = draw.random(n) < np.where(heads["striking"].to_numpy(), _BREACH_IN_STRIKE, _BREACH)
        points = np.where(breach, 0, np.where(share < _PASSES_HALF_BELOW, category.high, 2 * category.high))
    applies = ~chance(draw, n, category.not_applicable) & ~heads["nothing"].to_numpy()
    unsaid = chance(draw, n, _UNSAID)
    return heads.with_columns(
        category=pl.lit(number, pl.Int64), changed="at", halves=pl.when(pl.Series(applies)).then(pl.Series(points)),
    ).with_columns(
        error=pl.when(pl.Series(unsaid) & (pl.col("halves") == 2 * category.high)).then(pl.lit(None))
        .when(pl.col("halves").is_not_null()).then(pl.col("halves") < _ERROR_BELOW * 2 * category.high)
    )  # fmt: skip


def _disputed(rows: pl.DataFrame) -> pl.DataFrame:
    """The second version of reviews an agent did not agree with: the reply was more exact than it seemed."""
    high = pl.col("category").replace_strict({i: 2 * c.high for i, c in enumerate(GRID)}, return_dtype=pl.Int64)
    exact = pl.col("category") == [c.name for c in GRID].index("Exactitude de la réponse")
    better = pl.when(exact).then(pl.min_horizontal(pl.col("halves") + 2, high)).otherwise("halves")
    again = rows.filter(pl.col("disputed") & (pl.col("changed") + 3 * _DAY_S < clock.END))
    return again.with_columns(halves=better, changed=pl.col("changed") + 3 * _DAY_S + 1_800)
