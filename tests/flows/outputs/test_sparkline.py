import math

from hypothesis import given
from hypothesis import strategies as st

from flows.outputs.sparkline import Plot, band, bars, domain, line, number, ticks

PLOT = Plot(width=30, height=10, steps=3, low=0, high=10)
numbers = st.floats(-1e9, 1e9)


def test_a_line_breaks_where_there_is_no_value() -> None:
    assert line(PLOT, [0, 10, 5]) == "M5 10L15 0L25 5"
    assert line(PLOT, [0, None, 5]) == "M5 10h0M25 5h0"
    assert line(PLOT, [None, None, None]) == ""


def test_a_band_goes_out_along_the_top_and_back_along_the_bottom() -> None:
    assert band(PLOT, [(2, 8), (3, 9), None]) == "M5 2L15 1L15 7L5 8Z"
    assert band(PLOT, [(2, 8), None, (2, 8)]) == ""


def test_bars_stand_on_the_floor_and_a_zero_has_none() -> None:
    assert bars(PLOT, [10, 0, None], share=0.5) == "M2.5 10V0h5V10Z"


def test_a_coordinate_has_no_minus_before_a_zero() -> None:
    assert [number(v) for v in (-0.0, -0.04, 1.0, 1.25, -1.26)] == ["0", "0", "1", "1.2", "-1.3"]


def test_a_wide_interval_does_not_flatten_the_line() -> None:
    low, high = domain([70, 72], [(0, 100), None], None)
    assert 66 < low < 70
    assert 72 < high < 76


@given(st.lists(st.none() | numbers, min_size=1, max_size=18), st.none() | numbers)
def test_every_value_and_the_target_lie_inside_the_drawing(values: list[float | None], target: float | None) -> None:
    low, high = domain(values, [None] * len(values), target)
    plot = Plot(width=240, height=52, steps=len(values), low=low, high=high, top=4, bottom=4)
    for value in [*values, target]:
        if value is not None:
            assert 0 <= plot.y(value) <= plot.height


@given(st.floats(0, 1e12))
def test_ticks_are_whole_few_and_reach_the_highest_value(high: float) -> None:
    marks = ticks(high)
    assert marks[0] == 0
    assert marks[-1] >= high * (1 - 1e-9)
    assert 2 <= len(marks) <= 6
    assert all(math.isclose(mark, round(mark)) for mark in marks)
