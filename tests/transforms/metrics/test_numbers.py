"""Intervals and tests against scipy, on grids a reader can repeat."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from transforms.metrics import significance
from transforms.metrics.intervals import student_t
from transforms.metrics.kaplan_meier import Waiting
from transforms.metrics.packed import Ascending
from transforms.metrics.percentiles import percentile
from transforms.metrics.student import student_quantile, student_tail

COLUMNS = {name: pl.col(name) for name in ("x", "y", "n", "m", "q", "r", "d", "e")}


def one(expression: pl.Expr, **numbers: int) -> float:
    return pl.select(**numbers).select(expression.alias("found")).item()


def pair(*names: str) -> tuple[pl.Expr, pl.Expr]:
    return COLUMNS[names[0]], COLUMNS[names[1]]


def test_student_quantiles_agree_with_scipy() -> None:
    freedom = np.array([1, 2, 3, 5, 10, 30, 199, 200, 201, 500, 10_000, 1_000_000], dtype=float)
    np.testing.assert_allclose(student_quantile(freedom), stats.t.ppf(0.975, freedom), rtol=1e-10)


def test_student_tails_agree_with_scipy() -> None:
    t, freedom = (grid.ravel() for grid in np.meshgrid([0.0, 0.1, 1, 2, 5, 30], [1.0, 1.5, 7.7, 40, 1000]))
    np.testing.assert_allclose(student_tail(t, freedom), stats.t.sf(t, freedom), rtol=1e-9)


def test_the_interval_of_a_mean_agrees_with_scipy() -> None:
    sample = np.array([3, 5, 9, 14, 2])
    low, high = student_t(pl.col("x"), pl.col("q"), pl.col("n"))
    sums = {"x": int(sample.sum()), "q": int((sample**2).sum()), "n": 5}
    wanted = stats.ttest_1samp(sample, 0).confidence_interval()
    assert (one(low, **sums), one(high, **sums)) == pytest.approx(tuple(wanted))
    assert one(low, x=3, q=9, n=1) is None


def test_nps_of_forty_against_twenty_five() -> None:
    p = significance.two_nps(pair("x", "y"), pair("d", "e"), pair("n", "m"))
    assert one(p, x=60, d=20, n=100, y=50, e=25, m=100) == pytest.approx(0.193, abs=5e-4)


def test_two_shares() -> None:
    p = significance.two_proportions(pair("x", "y"), pair("n", "m"))
    assert one(p, x=120, n=1000, y=150, m=1000) == pytest.approx(0.0496, abs=5e-5)
    assert one(p, x=10, n=10, y=20, m=20) == 1.0
    assert one(p, x=4, n=4, y=0, m=20) is None


def test_two_means_agree_with_welch() -> None:
    first, second = np.array([3, 5, 9, 14, 2, 8]), np.array([13, 15, 9, 40, 22])
    p = significance.two_means(pair("x", "y"), pair("q", "r"), pair("n", "m"))
    sums = {"x": first.sum(), "q": (first**2).sum(), "n": 6, "y": second.sum(), "r": (second**2).sum(), "m": 5}
    wanted = stats.ttest_ind(first, second, equal_var=False).pvalue
    assert one(p, **{name: int(number) for name, number in sums.items()}) == pytest.approx(wanted)
    assert one(p, x=10, q=20, n=5, y=15, r=45, m=5) is None


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    p = [0.001, 0.02, 0.03, 0.035, 0.04, 0.9, None]
    frame = pl.DataFrame({"cell": [1] * 7 + [2], "p": [*p, 0.049]}, strict=False)
    found = frame.with_columns(significance.beyond_chance(pl.col("p"), "cell").alias("found"))
    adjusted = stats.false_discovery_control([x for x in p if x is not None])
    assert found["found"].to_list() == [*(bool(x <= 0.05) for x in adjusted), None, True]


def test_a_percentile_lies_between_two_rows() -> None:
    ordered = Ascending.of(np.array([1, 2, 1, *range(10, -1, -1)])).by(np.array([0, 1, 1, *[3] * 11]))
    assert ordered.groups.tolist() == [0, 1, 3]
    assert percentile(ordered, "p50").to_list() == [1, 1.5, 5]
    assert percentile(ordered, "p90").to_list() == [1, 1.9, 9]


@pytest.mark.parametrize("far", [0, 2**40])
def test_kaplan_meier_of_two_groups(far: int) -> None:
    """One who waits since 1, and one since 2, before anything happened to the other of the second group."""
    times, done = np.array([1, 1, 5, 9, 2, 3]) + far, np.array([True, False, True, True, False, True])
    found = Waiting.of(times, done).medians(np.array([4, 4, 4, 4, 7, 7]))
    assert list(zip(found.groups, found.n, found.median, strict=True)) == [(4, 4, 5.0 + far), (7, 2, 3.0 + far)]
    assert found.is_unsettled.tolist() == [True, True]


def test_kaplan_meier_without_any_event() -> None:
    found = Waiting.of(np.array([3, 4]), np.array([False, False])).medians(np.array([1, 1]))
    assert (found.n.tolist(), found.median.to_list(), found.is_unsettled.tolist()) == ([2], [None], [False])
