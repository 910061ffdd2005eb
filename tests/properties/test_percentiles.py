"""Percentiles against their definition in fractions, rounded once at the very end."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.metrics.packed import Ascending
from transforms.metrics.percentiles import EXACT_UP_TO, PERCENTILES, percentile

LARGEST = 2**63 - 1
KINDS = sorted(PERCENTILES)
ORDINARY = st.integers(-EXACT_UP_TO, EXACT_UP_TO)
SECONDS = st.integers(0, 10)
SAMPLES = st.lists(st.one_of(st.lists(ORDINARY), st.lists(SECONDS, max_size=40)), min_size=1, max_size=8)


def percentiles(samples: list[list[int] | None], kind: str) -> list[float | None]:
    """What the pipeline says of each sample; a group without numbers is none."""
    drawn = [(group, number) for group, numbers in enumerate(samples) for number in numbers or ()]
    groups, numbers = np.array(drawn, dtype=np.int64).reshape(-1, 2).T
    ordered = Ascending.of(numbers).by(groups)
    found = dict(zip(ordered.groups.tolist(), percentile(ordered, kind), strict=True))
    return [found.get(group) for group in range(len(samples))]


def by_definition(sample: list[int], kind: str) -> Fraction | None:
    """The place of the percentile on the line from the first to the last number, and the number at that place."""
    if not sample:
        return None
    ordered = sorted(sample)
    place = Fraction(*PERCENTILES[kind]) * (len(ordered) - 1)
    below = math.floor(place)
    above = math.ceil(place)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def rounded(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


@settings(max_examples=200)
@given(SAMPLES, st.sampled_from(KINDS))
def test_every_percentile_is_the_fraction_rounded_once(samples: list[list[int]], kind: str) -> None:
    assert percentiles([*samples], kind) == [rounded(by_definition(sample, kind)) for sample in samples]


GROUPS = st.sampled_from([0, 1, 255, 2**16 - 1, 2**16, 3 * 2**16 + 1, 2**32 - 1])
ROWS = st.lists(st.tuples(GROUPS, st.integers(-3, 3) | st.integers(-LARGEST, LARGEST)), max_size=30)


@settings(max_examples=200)
@given(ROWS)
def test_rows_laid_out_by_their_groups_are_those_of_each_group_sorted(rows: list[tuple[int, int]]) -> None:
    groups, numbers = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    ordered = Ascending.of(numbers).by(groups)
    found = {
        int(group): ordered.numbers[start : start + count].tolist()
        for group, start, count in zip(ordered.groups, ordered.starts, ordered.counts, strict=True)
    }
    assert found == {group: sorted(number for it, number in rows if it == group) for group, _ in rows}
    assert list(found) == sorted(found)


@settings(max_examples=100)
@given(st.lists(st.integers(-LARGEST, LARGEST), min_size=1), st.sampled_from(KINDS))
def test_the_largest_numbers_there_are_do_not_overflow(sample: list[int], kind: str) -> None:
    (found,) = percentiles([sample], kind)
    assert found == pytest.approx(float(by_definition(sample, kind)), rel=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_no_list_no_number_and_one_number(kind: str) -> None:
    assert percentiles([None, [], [7], [0], [-3]], kind) == [None, None, 7.0, 0.0, -3.0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", range(1, 24))
def test_every_rest_of_the_division_comes_up(kind: str, n: int) -> None:
    steep = [EXACT_UP_TO - 1000 * number * number for number in range(n)]
    assert percentiles([steep], kind) == [float(by_definition(steep, kind))]


def test_the_ninetieth_percentile_of_a_million_rows() -> None:
    rows = list(range(0, 3_000_000, 3))
    assert percentiles([rows], "p90") == [float(by_definition(rows, "p90"))] == [2_699_997.3]
