"""Lines, bands and bars as SVG path texts: geometry only, no colour and no words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Values = Sequence[float | None]
Pairs = Sequence[tuple[float, float] | None]

MAX_REACH = 1.0
"""How far, in spreads of the line, an interval may widen the drawing: beyond, the edge cuts it."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A rectangle with equally wide steps from left to right and a value axis from bottom to top."""

    width: float
    height: float
    steps: int
    low: float
    high: float
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0

    @property
    def step(self) -> float:
        """Width of a step."""
        return (self.width - self.left - self.right) / self.steps

    @property
    def floor(self) -> float:
        """Where the lowest value lies."""
        return self.height - self.bottom

    def x(self, index: int) -> float:
        """Middle of a step."""
        return self.left + (index + 0.5) * self.step

    def y(self, value: float) -> float:
        """Height of a value, from the top."""
        share = (value - self.low) / (self.high - self.low)
        return self.floor - share * (self.floor - self.top)

    def at(self, index: int, value: float) -> str:
        """A point as a path writes it."""
        return f"{number(self.x(index))} {number(self.y(value))}"


def number(value: float) -> str:
    """A coordinate with one decimal, the same text for the same value."""
    return f"{value + 0.0:.1f}".replace("-0.0", "0.0").removesuffix(".0")


def runs(items: Sequence[object | None]) -> Iterator[range]:
    """The stretches without a gap."""
    start = None
    for index, item in enumerate([*items, None]):
        if item is not None and start is None:
            start = index
        elif item is None and start is not None:
            yield range(start, index)
            start = None


def line(plot: Plot, values: Values) -> str:
    """A path through the values, broken where there is none; a lone value is a dot."""
    pieces = []
    for run in runs(values):
        points = [plot.at(i, v) for i in run if (v := values[i]) is not None]
        pieces.append("M" + "L".join(points) + ("h0" if len(points) == 1 else ""))
    return "".join(pieces)


def band(plot: Plot, pairs: Pairs) -> str:
    """The area between the lower and the upper ends, one closed shape for each stretch."""
    pieces = []
    for run in runs(pairs):
        ends = [(i, pair) for i in run if (pair := pairs[i]) is not None]
        if len(ends) > 1:
            upper = [plot.at(i, high) for i, (_, high) in ends]
            lower = [plot.at(i, low) for i, (low, _) in reversed(ends)]
            pieces.append("M" + "L".join([*upper, *lower]) + "Z")
    return "".join(pieces)


def bars(plot: Plot, values: Values, *, share: float = 0.62) -> str:
    """One path of all bars, standing on the floor."""
    pieces = []
    for index, value in enumerate(values):
        if value is not None and value > plot.low:
            left, top, wide = plot.x(index) - share * plot.step / 2, plot.y(value), share * plot.step
            pieces.append(f"M{number(left)} {number(plot.floor)}V{number(top)}h{number(wide)}V{number(plot.floor)}Z")
    return "".join(pieces)


def domain(values: Values, pairs: Pairs, target: float | None) -> tuple[float, float]:
    """Lowest and highest value to draw: all values, the target, and the intervals as far as they do not flatten it."""
    shown = [v for v in (*values, target) if v is not None]
    if not shown:
        return 0.0, 1.0
    low, high = min(shown), max(shown)
    reach = MAX_REACH * max(high - low, 0.02 * max(abs(low), abs(high)), 1e-9)
    low = max(low - reach, min([low, *(pair[0] for pair in pairs if pair)]))
    high = min(high + reach, max([high, *(pair[1] for pair in pairs if pair)]))
    margin = 0.06 * max(high - low, reach)
    return low - margin, high + margin


def ticks(high: float, *, about: int = 4) -> tuple[float, ...]:
    """Round whole values from 0 to at least `high`, some `about` steps apart."""
    rough = max(high / about, 1.0)
    power = 10.0 ** math.floor(math.log10(rough))
    steps = (multiple * power for multiple in (1.0, 2.0, 2.5, 5.0, 10.0))
    step = next(step for step in steps if step >= rough * (1 - 1e-9) and step.is_integer())
    return tuple(step * i for i in range(max(1, math.ceil(high / step - 1e-9)) + 1))
