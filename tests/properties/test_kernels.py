"""What is no plain polars expression, each against a slow twin that a reader sees through at once.

Business time, percentiles and suppression have files of their own, as has Erlang C (`transforms/facts/test_erlang.py`).
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.properties.test_business_time import ZONES
from transforms.facts.merge import inherited, merged, with_inheritance
from transforms.metrics import significance, student, tails
from transforms.metrics.intervals import adjusted_wald, variance, wilson
from transforms.metrics.kaplan_meier import Medians, Waiting
from transforms.metrics.student import Z
from transforms.offsets import offset_spans

QUICK = settings(max_examples=100)
FEW = settings(max_examples=40)
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
WAITING = st.lists(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=14), min_size=1, max_size=4
)
ANSWERS = st.lists(st.sampled_from([-1, 0, 1]), min_size=5, max_size=60)
NUMBERS = st.lists(st.integers(-(10**6), 10**6), min_size=5, max_size=30)


def one(expression: pl.Expr, **numbers: float | None) -> float | None:
    return pl.select(**{name: pl.lit(number) for name, number in numbers.items()}).select(expression).item()


def both(now: str, before: str) -> tuple[pl.Expr, pl.Expr]:
    return pl.col(now), pl.col(before)


def two_sided(z: float) -> float:
    return 2 * statistics.NormalDist().cdf(-abs(z))


@FEW
@given(COUNTS)
def test_wilson_s_ends_lie_z_standard_errors_from_the_observed_share(counts: tuple[int, int]) -> None:
    positive, n = counts
    for end in wilson(pl.col("x"), pl.col("n")):
        share = one(end, x=positive, n=n)
        assert share is not None
        assert abs(positive / n - share) == pytest.approx(Z * math.sqrt(max(share * (1 - share), 0) / n), abs=1e-8)
    wanted = stats.binomtest(positive, n).proportion_ci(method="wilson")
    assert [one(end, x=positive, n=n) for end in wilson(pl.col("x"), pl.col("n"))] == pytest.approx(
        list(wanted), abs=1e-12
    )


@QUICK
@given(ANSWERS)
def test_the_adjusted_interval_of_nps_is_the_plain_one_of_three_answers_more(answers: list[int]) -> None:
    weighted = [(answer, Fraction(1)) for answer in answers]
    weighted += [(1, Fraction(3, 4)), (-1, Fraction(3, 4)), (0, Fraction(3, 2))]
    n = sum(weight for _, weight in weighted)
    mean = sum(answer * weight for answer, weight in weighted) / n
    spread = sum(weight * (answer - mean) ** 2 for answer, weight in weighted) / n
    width = Z * math.sqrt(spread / n)
    observed = sum(answers) / len(answers)
    bounds = adjusted_wald(pl.col("p"), pl.col("d"), pl.col("n"))
    low, high = (one(end, p=answers.count(1), d=answers.count(-1), n=len(answers)) for end in bounds)
    assert low == pytest.approx(min(float(mean) - width, observed))
    assert high == pytest.approx(max(float(mean) + width, observed))


@QUICK
@given(ANSWERS, ANSWERS)
def test_two_nps_are_compared_by_the_variance_of_their_answers(now: list[int], before: list[int]) -> None:
    p = significance.two_nps(both("p", "q"), both("d", "e"), both("n", "m"))
    sums = {"p": now.count(1), "d": now.count(-1), "n": len(now)}
    sums |= {"q": before.count(1), "e": before.count(-1), "m": len(before)}
    error = math.sqrt(statistics.pvariance(now) / len(now) + statistics.pvariance(before) / len(before))
    difference = statistics.mean(now) - statistics.mean(before)
    found = one(p, **sums)
    if error > 1e-9:
        assert found == pytest.approx(two_sided(difference / error), abs=1e-9)
    else:
        assert found == (1.0 if difference == 0 else None)


@QUICK
@given(ANSWERS, ANSWERS)
def test_two_shares_are_compared_by_the_share_of_both_together(now: list[int], before: list[int]) -> None:
    p = significance.two_proportions(both("x", "y"), both("n", "m"))
    good = [[answer == 1 for answer in answers] for answers in (now, before)]
    spread = statistics.pvariance([float(it) for it in good[0] + good[1]])
    difference = sum(good[0]) / len(now) - sum(good[1]) / len(before)
    found = one(p, x=sum(good[0]), y=sum(good[1]), n=len(now), m=len(before))
    if spread > 0:
        error = math.sqrt(spread * (1 / len(now) + 1 / len(before)))
        assert found == pytest.approx(two_sided(difference / error), abs=1e-9)
    else:
        assert found == 1.0


@FEW
@pytest.mark.filterwarnings("ignore:Precision loss:RuntimeWarning")
@given(NUMBERS, NUMBERS)
def test_two_means_are_compared_as_scipy_compares_their_rows(now: list[int], before: list[int]) -> None:
    p = significance.two_means(both("x", "y"), both("q", "r"), both("n", "m"))
    sums = {"x": sum(now), "q": sum(it * it for it in now), "n": len(now)}
    sums |= {"y": sum(before), "r": sum(it * it for it in before), "m": len(before)}
    found = one(p, **sums)
    if len({*now}) == len({*before}) == 1:
        assert found is None
    else:
        assert found == pytest.approx(stats.ttest_ind(now, before, equal_var=False).pvalue, rel=1e-7, abs=1e-12)


@QUICK
@given(st.lists(st.integers(-(2**40), 2**40), min_size=2, max_size=20))
def test_the_variance_of_large_numbers_loses_nothing(numbers: list[int]) -> None:
    squares = pl.Series("q", [sum(it * it for it in numbers)], dtype=pl.Int128)
    frame = pl.DataFrame({"x": [sum(numbers)], "n": [len(numbers)]}).with_columns(squares)
    mean = Fraction(sum(numbers), len(numbers))
    wanted = sum((it - mean) ** 2 for it in numbers) / (len(numbers) - 1)
    found = frame.select(variance(pl.col("x"), pl.col("q"), pl.col("n"))).item()
    assert found == pytest.approx(float(wanted), rel=1e-15)


@QUICK
@given(st.floats(0, 60), st.floats(1, 1e6))
@example(6.103515625e-05, 41239.0)  # 1 - x has no digits left here
@example(1.71875, 838151.2417075457)  # nor has the difference of two logarithms of gamma
def test_student_s_tail_is_scipy_s_and_null_where_nothing_is_known(t: float, freedom: float) -> None:
    found = student.two_sided(pl.col("t"), pl.col("f"))
    assert one(found, t=t, f=freedom) == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-8, abs=1e-300)
    frame = pl.DataFrame({"t": [None, 1.0], "f": [3.0, 3.0]})
    assert frame.select(found.is_null()).to_series().to_list() == [True, False]


@FEW
@given(st.integers(1, 5000))
def test_student_s_quantile_is_scipy_s(freedom: int) -> None:
    assert one(student.quantiles(pl.col("f")), f=freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-10)


@QUICK
@given(st.floats(0, 300), st.integers(1, 60))
def test_the_chi_square_tail_is_scipy_s(x: float, freedom: int) -> None:
    found = one(tails.chi_square(pl.col("x"), pl.col("f")), x=x, f=freedom)
    assert found == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-10, abs=1e-300)


@QUICK
@given(st.floats(0, 37))
def test_the_normal_tail_is_scipy_s(z: float) -> None:
    assert one(tails.normal_two_sided(pl.col("z")), z=z) == pytest.approx(2 * stats.norm.sf(z), rel=1e-12)


@QUICK
@given(st.lists(st.floats(0, 0.2) | st.none(), min_size=1, max_size=12))
def test_false_discoveries_are_those_of_scipy(p: list[float | None]) -> None:
    frame = pl.DataFrame({"cell": [1] * len(p), "p": p}, schema={"cell": pl.Int64, "p": pl.Float64})
    found = frame.select(significance.beyond_chance(pl.col("p"), "cell")).to_series().to_list()
    tested = [it for it in p if it is not None]
    adjusted = iter(stats.false_discovery_control(tested)) if tested else iter(())
    wanted = [None if it is None else next(adjusted) for it in p]
    assert [it is None for it in found] == [it is None for it in wanted]
    near = 1e-9  # a tie at 5 % may fall either way
    assert all(
        a is None or b is None or a == (b <= significance.FALSE_DISCOVERIES)
        for a, b in zip(found, wanted, strict=True)
        if b is None or abs(b - significance.FALSE_DISCOVERIES) > near
    )


def median_by_walking(rows: list[tuple[int, bool]]) -> int | None:
    """Through the moments in order: of those still there, the share to whom nothing happens goes on waiting."""
    waiting = Fraction(1)
    for moment in sorted({time for time, _ in rows}):
        there = sum(time >= moment for time, _ in rows)
        events = sum(time == moment and happened for time, happened in rows)
        waiting *= Fraction(there - events, there)
        if waiting <= Fraction(1, 2):
            return moment
    return None


@QUICK
@given(WAITING)
def test_kaplan_meier_is_a_walk_through_the_moments(groups: list[list[tuple[int, bool]]]) -> None:
    found = medians(groups)
    wanted = [(number, len(rows), median_by_walking(rows)) for number, rows in enumerate(groups)]
    assert list(zip(found.groups, found.n, found.median, strict=True)) == wanted


@QUICK
@given(WAITING, st.integers(1, 20))
def test_where_all_is_settled_waiting_longer_moves_no_median(groups: list[list[tuple[int, bool]]], more: int) -> None:
    """And where it is not, somebody waits who has not waited as long as the median, or the last event."""
    found = medians(groups)
    later = medians([[(time if done else time + more, done) for time, done in rows] for rows in groups])
    for number, rows in enumerate(groups):
        events = [time for time, done in rows if done]
        decisive = found.median[number] if found.median[number] is not None else max(events, default=0)
        assert found.is_unsettled[number] == any(not done and time < decisive for time, done in rows if events)
        if not found.is_unsettled[number]:
            assert later.median[number] == found.median[number]


def medians(groups: list[list[tuple[int, bool]]]) -> Medians:
    drawn = [(number, *row) for number, rows in enumerate(groups) for row in rows]
    number, time, done = (np.array(column) for column in zip(*drawn, strict=True))
    return Waiting.of(time, done).medians(number)


def survivor_of(number: int, merged_into: dict[int, int]) -> int:
    while number in merged_into:
        number = merged_into[number]
    return number


@QUICK
@given(st.lists(st.tuples(st.integers(0, 30), st.none() | st.integers(0, 9), st.booleans()), min_size=1, max_size=12))
def test_merged_tickets_leave_all_they_have_to_the_last_of_their_chain(
    tickets: list[tuple[int, int | None, bool]],
) -> None:
    """Each ticket may be merged into a later one, so that chains and trees come up, and no rings."""
    merged_into = {
        i: min(i + 1 + step % 4, len(tickets) - 1) for i, (step, _, is_merged) in enumerate(tickets) if is_merged
    }
    merged_into = {ticket: into for ticket, into in merged_into.items() if into != ticket}
    at = {i: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=step) for i, (step, *_) in enumerate(tickets)}
    frame = pl.LazyFrame(
        [("s", str(i), str(merged_into[i]) if i in merged_into else None, at[i], contacts)
         for i, (_, contacts, _) in enumerate(tickets)],
        schema={"source": pl.String, "ticket_id": pl.String, "merged_into_id": pl.String,
                "first_customer_message_at": pl.Datetime("us", "UTC"), "customer_contact_count": pl.Int64},
        orient="row",
    )  # fmt: skip
    rows = with_inheritance(frame, inherited(merged(frame))).collect().rows(named=True)
    for row in rows:
        mine = int(row["ticket_id"])
        left = [i for i in merged_into if survivor_of(i, merged_into) == mine]
        left_to_it = sum(tickets[i][1] or 0 for i in left)
        own = tickets[mine][1]
        assert row["first_customer_message_at"] == min(at[i] for i in [mine, *left])
        assert row["customer_contact_count"] == ((own or 0) + left_to_it if left_to_it else own)


@pytest.mark.parametrize("zone", ZONES)
def test_offsets_are_those_the_clocks_show(zone: str) -> None:
    first = dt.datetime(min(ZONES[zone]).year, 1, 1, tzinfo=dt.UTC)
    day = int(first.timestamp()) // 86_400
    spans = offset_spans(ZoneInfo(zone), day, day + 370)
    assert (spans[0][0], spans[-1][1]) == (day * 86_400, (day + 370) * 86_400)
    assert all(before[1] == after[0] and before[2] != after[2] for before, after in pairwise(spans))
    looked_at = [at for start, end, _ in spans for at in (*range(start, end, 7 * 3600), end - 1)]
    for at in looked_at:
        shown = dt.datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()
        (told,) = [offset for start, end, offset in spans if start <= at < end]
        assert shown == dt.timedelta(seconds=told)
