"""Shares, means and medians in fractions, and the periods they are of: what the slow twin counts with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from flows.sample.twin import Row, instant

Figures = dict[str, tuple[Fraction | int, int | None]]
"""Metric to value, and the rows it rests on where there are such."""


@dataclass(frozen=True)
class Span:
    """A period."""

    grain: str
    first: dt.date
    after: dt.date

    def holds(self, day: dt.date | None) -> bool:
        """Whether a day lies in it."""
        return day is not None and self.first <= day < self.after

    def holds_at(self, at: int | None) -> bool:
        """Whether an instant lies in it."""
        return at is not None and instant(self.first) <= at < instant(self.after)


def those(rows: list[Row], cut: dict[str, str]) -> list[Row]:
    """The rows that belong to a cut."""
    return [row for row in rows if all(row[name] == code for name, code in cut.items())] if cut else rows


def share(parts: Iterable[bool]) -> tuple[Fraction, int] | None:
    """Percentage of yes, and of how many; None of nothing."""
    answers = list(parts)
    return (Fraction(100 * sum(answers), len(answers)), len(answers)) if answers else None


def mean(values: list[Fraction] | list[int]) -> tuple[Fraction, int] | None:
    """The mean, and of how many; None of nothing."""
    return (Fraction(sum(values)) / len(values), len(values)) if values else None


def median(values: list[int]) -> tuple[Fraction, int] | None:
    """The middle one, or halfway between the two in the middle."""
    ordered, n = sorted(values), len(values)
    return (Fraction(ordered[(n - 1) // 2] + ordered[n // 2], 2), n) if n else None


def there(figures: dict[str, tuple[Fraction, int] | None]) -> Figures:
    """Only those there is a figure for."""
    return {name: figure for name, figure in figures.items() if figure is not None}
