"""Numbers of groups in order: one sort of whole words, each a group and a number of it side by side.

The group fills the upper half of a word of 64 bits, the number the lower: sorted words are sorted groups, and within
each its sorted numbers. Groups need not be dense. Numbers that do not fit into 32 bits give way to their ranks among
all numbers, which do, and come back after the sort: exact for every number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
HALF = 32
_LOWER = np.uint64(2**HALF - 1)


@dataclass(frozen=True)
class InOrder:
    """Groups in order, each with its numbers in order."""

    groups: Numbers
    """Each once."""
    starts: Places
    """Where the numbers of each begin."""
    counts: Places
    """How many there are of each; never none."""
    numbers: Numbers

    def at(self, within: Places) -> Numbers:
        """The number of each group at a place, counted from 0."""
        return self.numbers.take(self.starts + within)


def in_order(groups: Numbers, numbers: Numbers) -> InOrder:
    """The numbers of each group, of any size; groups are from 0 to below 2**32."""
    codes, levels = coded(numbers, HALF)
    words = groups.view(np.uint64) << np.uint64(HALF)
    words |= codes.view(np.uint64)
    words.sort()
    here = words >> np.uint64(HALF)
    starts = starts_of(here)
    words &= _LOWER
    ordered = words.view(np.int64)
    return InOrder(
        groups=here[starts].view(np.int64),
        starts=starts,
        counts=np.diff(starts, append=len(words)),
        numbers=ordered if levels is None else levels[ordered],
    )


def coded(numbers: Numbers, bits: int) -> tuple[Numbers, Numbers | None]:
    """The numbers themselves where they fit into so many bits, else their ranks and what these stand for."""
    if not numbers.size or (numbers.min() >= 0 and int(numbers.max()) < 2**bits):
        return numbers, None
    levels, ranks = np.unique(numbers, return_inverse=True)
    return ranks.astype(np.int64), levels


def starts_of(ordered: npt.NDArray[np.uint64] | Numbers) -> Places:
    """Where each run of like words begins."""
    return np.flatnonzero(np.append([True], ordered[1:] != ordered[:-1])[: len(ordered)])
