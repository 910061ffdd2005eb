"""Units of values, and how a sum becomes a value in one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class UnitOf:
    """How a sum becomes a value: value = scale x numerator / (denominator x parts), within its bounds."""

    label: str
    scale: int = 1
    parts: int = 1
    lowest: float | None = None
    highest: float | None = None


class Unit(Enum):
    """Units of values."""

    PERCENT = UnitOf("percent", scale=100, lowest=0, highest=100)
    NET_POINTS = UnitOf("points", scale=100, lowest=-100, highest=100)
    INDEX = UnitOf("index points", parts=9000, lowest=0, highest=100)
    STEPS = UnitOf("steps of the scale", parts=1000)
    SECONDS = UnitOf("seconds", lowest=0)
    COUNT = UnitOf("count", lowest=0)
    YEARLY_PERCENT = UnitOf("percent a year", scale=100, lowest=0)
    EUROS = UnitOf("euros", parts=100)
    PPM_PERCENT = UnitOf("percent", parts=10_000, lowest=0, highest=100)
    """Of a mean of parts per million."""
