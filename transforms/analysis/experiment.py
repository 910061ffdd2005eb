"""`survey_experiment`: the variants of a survey against its control."""

from __future__ import annotations

import polars as pl

from expectations.tables.analysis import SURVEY_EXPERIMENT
from expectations.tables.feed_survey import EMPLOYEE_KINDS
from transforms.facts.shape import in_shape
from transforms.metrics.intervals import Bounds, wilson
from transforms.metrics.significance import FEWEST, two_proportions
from transforms.metrics.tails import chi_square

EXPERIMENT = ("source", "kind", "survey")
COMPARISON = (*EXPERIMENT, "outcome")
MISMATCH_BELOW = 0.001
SIGNIFICANT_BELOW = 0.05


def survey_experiment(invitations: pl.LazyFrame, responses: pl.LazyFrame | None) -> pl.LazyFrame:
    """One row is a variant against the control (the first variant by name), by one outcome.

    Response rate over delivered invitations, CSAT over valid answers. All variants are taken to be sent to equally many
    people: where the numbers of invitations sent contradict that, whoever built the variants lost some, and nothing is
    read out.
    """
    asked = _in_experiments(invitations)
    delivered = asked.filter("is_delivered")
    arms = [_arms(delivered, "response_rate", pl.col("is_responded"))]
    if responses is not None:
        satisfied = _in_experiments(responses).filter(pl.col("is_satisfied").is_not_null())
        arms.append(_arms(satisfied, "csat", pl.col("is_satisfied")))
    compared = _compared(pl.concat(arms)).join(_sample_ratio(asked), on=EXPERIMENT, how="left", nulls_equal=True)
    return in_shape(_withheld(_adjusted(_tested(compared))), SURVEY_EXPERIMENT)


def newcombe(positive: tuple[pl.Expr, pl.Expr], n: tuple[pl.Expr, pl.Expr]) -> Bounds:
    """95 % interval of the first share less the second, from the Wilson interval of each (Newcombe's method 10).

    Interval Estimation for the Difference between Independent Proportions (Statistics in Medicine 17, 1998).
    """
    share = [p / m for p, m in zip(positive, n, strict=True)]
    (low, high), (other_low, other_high) = (wilson(p, m) for p, m in zip(positive, n, strict=True))
    difference = share[0] - share[1]
    down = ((share[0] - low) ** 2 + (other_high - share[1]) ** 2).sqrt()
    up = ((high - share[0]) ** 2 + (share[1] - other_low) ** 2).sqrt()
    return difference - down, difference + up


def _in_experiments(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The rows that count and name their variant; the team's own surveys are no field for experiments."""
    is_customer = ~pl.col("kind").is_in(EMPLOYEE_KINDS)
    return lf.filter(pl.col("is_counted") & pl.col("variant").is_not_null() & is_customer)


def _arms(lf: pl.LazyFrame, outcome: str, is_positive: pl.Expr) -> pl.LazyFrame:
    """One row is a variant of an experiment with its two counts."""
    counts = {"positive": is_positive.sum().cast(pl.Int64), "n": pl.len().cast(pl.Int64)}
    return lf.group_by(*EXPERIMENT, "variant").agg(**counts).with_columns(outcome=pl.lit(outcome))


def _compared(arms: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a variant beside the control of its experiment."""
    control = (
        arms.sort(*COMPARISON, "variant")
        .unique(COMPARISON, keep="first", maintain_order=True)
        .select(*COMPARISON, control="variant", control_positive="positive", control_n="n")
    )
    return arms.join(control, on=COMPARISON, nulls_equal=True).filter(pl.col("variant") != pl.col("control"))


def _sample_ratio(asked: pl.LazyFrame) -> pl.LazyFrame:
    """One row is an experiment, with the chi-square p-value of equal shares of the invitations sent."""
    arms = asked.group_by(*EXPERIMENT, "variant").agg(n=pl.len().cast(pl.Int64))
    squares, total, k = pl.col("n").pow(2).sum(), pl.col("n").sum(), pl.len().cast(pl.Int64)
    tested = arms.group_by(EXPERIMENT).agg(chi_square=k * squares / total - total, freedom=k - 1)
    p = chi_square(pl.col("chi_square"), pl.col("freedom"))
    return tested.select(*EXPERIMENT, sample_ratio_p=p)


def _tested(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The difference with its interval, z and p."""
    positive, n = (pl.col("positive"), pl.col("control_positive")), (pl.col("n"), pl.col("control_n"))
    pooled = (positive[0] + positive[1]) / (n[0] + n[1])
    error = (pooled * (1 - pooled) * (1 / n[0] + 1 / n[1])).sqrt()
    low, high = newcombe(positive, n)
    across = 100 * (positive[0] * n[1] - positive[1] * n[0])
    return lf.with_columns(
        value=100 * positive[0] / n[0],
        control_value=100 * positive[1] / n[1],
        difference=across / (n[0] * n[1]),
        ci_low=100 * low,
        ci_high=100 * high,
        z=pl.when(error > 0).then((positive[0] / n[0] - positive[1] / n[1]) / error),
        p=two_proportions(positive, n),
    )


def _adjusted(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Holm's p-values over the variants of an experiment: the smallest times their number, and never falling.

    A Simple Sequentially Rejective Multiple Test Procedure (Scandinavian Journal of Statistics 6, 1979).
    """
    ordered = lf.sort(*COMPARISON, "p", "variant", nulls_last=True)
    tests, rank = pl.col("p").count().over(COMPARISON), pl.int_range(pl.len()).over(COMPARISON)
    each = pl.min_horizontal((tests - rank) * pl.col("p"), 1.0)
    stepped = ordered.with_columns(p_adjusted=pl.when(pl.col("p").is_not_null()).then(each))
    return stepped.with_columns(pl.col("p_adjusted").cum_max().over(COMPARISON))


def _withheld(lf: pl.LazyFrame) -> pl.LazyFrame:
    """Whether it may be read; nothing is left of a result that may not."""
    is_few = pl.min_horizontal("n", "control_n") < FEWEST
    readout = (
        pl.when(pl.col("sample_ratio_p") < MISMATCH_BELOW)
        .then(pl.lit("sample_ratio_mismatch"))
        .when(is_few)
        .then(pl.lit("too_few"))
        .otherwise(pl.lit("ok"))
    )
    results = ("value", "control_value", "difference", "ci_low", "ci_high", "z", "p", "p_adjusted", "is_significant")
    return lf.with_columns(readout=readout, is_significant=pl.col("p_adjusted") < SIGNIFICANT_BELOW).with_columns(
        pl.when(pl.col("readout") == "ok").then(name).alias(name) for name in results
    )
