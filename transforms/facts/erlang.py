"""Erlang C: how many positions answer a share of the calls in time, when calls arrive at random and wait in one queue.

Erlang, Solution of some Problems in the Theory of Probabilities of Significance in Automatic Telephone Exchanges, 1917.
The probability of waiting comes from the recurrence of Erlang B, B(n) = A B(n-1) / (n + A B(n-1)), and from
C(n) = n B(n) / (n - A (1 - B(n))) (Cooper, Introduction to Queueing Theory, 1981): every term lies between 0 and 1, so
that thousands of erlangs neither overflow nor cancel, which factorials and powers would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Staffed:
    """The least number of positions that reach the goal, and what they reach."""

    positions: Ints
    answered_within: Floats
    """Share of the calls answered within the threshold."""
    occupancy: Floats
    """Share of the time on calls."""


def staffed(load: Floats, *, patience: Floats, goal: float) -> Staffed:
    """The positions for each load in erlangs, where `patience` is the threshold over the mean handle time.

    Each element is worked out for itself, so that its value does not depend on those beside it.
    """
    positions = np.zeros(load.size, np.int64)
    reached = np.zeros(load.size)
    blocked = np.ones(load.size)
    waiting = np.flatnonzero(load > 0)
    n = 0
    while waiting.size:
        n += 1
        offered = load[waiting]
        blocked[waiting] = offered * blocked[waiting] / (n + offered * blocked[waiting])
        answered = _answered_within(n, offered, blocked[waiting], patience[waiting])
        is_enough = (n > offered) & (answered >= goal)
        positions[waiting[is_enough]] = n
        reached[waiting[is_enough]] = answered[is_enough]
        waiting = waiting[~is_enough]
    return Staffed(positions, reached, np.divide(load, positions, out=np.zeros(load.size), where=positions > 0))


def _answered_within(n: int, load: Floats, blocked: Floats, patience: Floats) -> Floats:
    """Share answered in time by n positions; 0 where the queue only grows."""
    spare = np.maximum(n - load, 0)
    waits = n * blocked / (spare + load * blocked)
    in_time: Floats = 1 - waits * np.exp(-spare * patience)
    return np.where(n > load, in_time, 0.0)
