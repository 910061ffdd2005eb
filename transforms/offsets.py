"""By how much the clocks of a zone differ from UTC, and when that changes."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY_S = 86_400


@lru_cache(maxsize=64)  # each part of a history asks anew
def offset_spans(zone: ZoneInfo, first_day: int, last_day: int) -> tuple[tuple[int, int, int], ...]:
    """(start, end, offset from UTC) in seconds, in order: the stretches over which the offset does not change.

    Days are counted from 1970. The zone is asked once a day, and where its answer changes the moment is found by
    bisection; two changes within a day that undo each other would go unnoticed, and since 1970 no zone had any.
    """

    def offset(at: int) -> int:
        shift = dt.datetime.fromtimestamp(at, zone).utcoffset()
        return int(shift.total_seconds()) if shift else 0

    spans, start, current = [], first_day * _DAY_S, offset(first_day * _DAY_S)
    for day in range(first_day, last_day):
        low, high = day * _DAY_S, (day + 1) * _DAY_S
        while offset(high) != current:
            left, right = low, high
            while right - left > 1:
                middle = (left + right) // 2
                left, right = (middle, right) if offset(middle) == current else (left, middle)
            spans.append((start, right, current))
            start, low, current = right, right, offset(right)
    return *spans, (start, last_day * _DAY_S, current)
