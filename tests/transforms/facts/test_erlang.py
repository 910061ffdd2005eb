from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.facts.erlang import staffed


def needed(load: float, patience: float, goal: float) -> tuple[int, float, float]:
    found = staffed(np.array([load]), patience=np.array([patience]), goal=goal)
    return int(found.positions[0]), float(found.answered_within[0]), float(found.occupancy[0])


def by_factorials(n: int, load: float, patience: float) -> float:
    """The textbook formula, in exact logarithms of factorials."""
    tops = [k * math.log(load) - math.lgamma(k + 1) for k in range(n)]
    last = n * math.log(load) - math.lgamma(n + 1) + math.log(n / (n - load))
    most = max(*tops, last)
    waits = math.exp(last - most) / (sum(math.exp(top - most) for top in tops) + math.exp(last - most))
    return 1 - waits * math.exp(-(n - load) * patience)


def test_a_hundred_calls_in_half_an_hour_need_fourteen_positions() -> None:
    positions, answered, occupancy = needed(100 * 180 / 1800, 20 / 180, 0.8)
    assert positions == 14
    assert answered == pytest.approx(0.88835, abs=5e-6)
    assert occupancy == pytest.approx(0.7143, abs=5e-5)


@settings(max_examples=60)
@given(st.floats(0.01, 3000), st.floats(0.001, 2), st.floats(0.2, 0.99))
def test_the_positions_are_the_fewest_that_reach_the_goal(load: float, patience: float, goal: float) -> None:
    positions, answered, _ = needed(load, patience, goal)
    assert positions > load
    assert answered == pytest.approx(by_factorials(positions, load, patience), rel=1e-9, abs=1e-9)
    assert answered >= goal
    if positions - 1 > load:
        assert by_factorials(positions - 1, load, patience) < goal + 1e-9


def test_ten_thousand_erlangs_are_no_trouble_and_none_need_nobody() -> None:
    found = staffed(np.array([10_000.0, 0.0, 10.0]), patience=np.array([0.1, 0.1, 20 / 180]), goal=0.8)
    assert found.positions.tolist()[1:] == [0, 14]
    assert 10_000 < found.positions[0] < 10_100
    assert np.isfinite(found.answered_within).all()
    assert found.occupancy[1] == 0
