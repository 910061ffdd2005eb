"""What customers want of the team: when tickets come, over which channel, about what."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from flows.sample import clock, company
from flows.sample.clock import Seconds

Draw = np.random.Generator
_WEEKDAY = np.array([1.25, 1.10, 1.0, 1.0, 0.95, 0.45, 0.30])
_SEASON = {1: 1.15, 2: 1.10, 6: 0.95, 7: 0.88, 8: 0.80, 9: 0.98, 11: 1.10, 12: 1.25}
_HOLIDAY, _STRIKE, _GROWTH = 0.4, 1.7, 0.12
_BLACK_FRIDAY = dt.date(2025, 11, 28)
_CHANNEL_SHARE = np.array([0.34, 0.21, 0.18, 0.19, 0.08])
_SEGMENT_SHARE = np.array([0.72, 0.18, 0.10])
_TOPIC_SHARE = np.array([0.34, 0.20, 0.14, 0.20, 0.12])
_TOPIC_SHARE_STRIKE = np.array([0.66, 0.16, 0.05, 0.08, 0.05])
_PRIORITY_SHARE = np.array([0.15, 0.65, 0.15, 0.05])
_HOUR_SHARE = np.array([0] * 7 + [2, 5, 9, 10, 9, 6, 7, 8, 8, 8, 7, 6, 5, 4, 3, 2, 1], dtype=float)
PHONE, CHAT = company.CHANNELS.index("phone"), company.CHANNELS.index("chat")


@dataclass
class Requests:
    """Tickets as they arrive: one array a column, one position a ticket."""

    created: Seconds
    channel: Seconds
    topic: Seconds
    segment: Seconds
    customer: Seconds
    priority: Seconds

    def __len__(self) -> int:
        """How many tickets."""
        return len(self.created)

    def take(self, which: npt.NDArray[np.bool_] | Seconds) -> Requests:
        """Some of them, or all in another order."""
        return Requests(*(getattr(self, f.name)[which] for f in fields(self)))


def together(batches: list[Requests]) -> Requests:
    """Several batches, one after the other."""
    return Requests(*(np.concatenate([getattr(b, f.name) for b in batches]) for f in fields(Requests)))


def chance(draw: Draw, n: int, share: float) -> npt.NDArray[np.bool_]:
    """Yes for about that share of `n`."""
    return draw.random(n) < share


def strikes(day: Seconds) -> npt.NDArray[np.bool_]:
    """Whether the carriers are on strike, by number of the day."""
    first, last = ((d - company.FIRST_DAY).days for d in company.STRIKE)
    return (day >= first) & (day <= last)


def day_weights() -> npt.NDArray[np.float64]:
    """Share of all tickets that falls on each day."""
    days = [company.FIRST_DAY + dt.timedelta(days=i) for i in range(clock.DAYS)]
    index = np.arange(clock.DAYS)
    weights = _WEEKDAY[[d.weekday() for d in days]] * (1 + _GROWTH * index / clock.DAYS)
    weights *= [_SEASON.get(d.month, 1.0) for d in days]
    weights *= [_HOLIDAY if d in company.HOLIDAYS else 1.0 for d in days]
    weights *= np.where(strikes(index), _STRIKE, 1.0)
    weights *= [_STRIKE if d == _BLACK_FRIDAY else 1.0 for d in days]
    return np.asarray(weights / weights.sum())


def arrivals(draw: Draw, per_day: Seconds, first_index: int, customers: int) -> Requests:
    """New requests of some days on end, `per_day` of them on each."""
    day = np.repeat(np.arange(first_index, first_index + len(per_day)), per_day)
    n = len(day)
    channel = draw.choice(len(_CHANNEL_SHARE), n, p=_CHANNEL_SHARE)
    hour = draw.choice(24, n, p=_HOUR_SHARE / _HOUR_SHARE.sum())
    created = clock.DAY_STARTS[day] + hour * 3600 + draw.integers(0, 3600, n)
    created, channel = _in_open_hours(draw, created, channel, day)
    topic = np.where(strikes(day), draw.choice(5, n, p=_TOPIC_SHARE_STRIKE), draw.choice(5, n, p=_TOPIC_SHARE))
    customer = (customers * draw.random(n) ** 1.4).astype(np.int64)
    found = Requests(created, channel, topic, segment_of(customer), customer, draw.choice(4, n, p=_PRIORITY_SHARE))
    return found.take(np.argsort(created, kind="stable"))


def segment_of(customer: Seconds) -> Seconds:
    """Segment of a customer: always the same one."""
    return np.searchsorted(np.cumsum(_SEGMENT_SHARE), (customer * 7919 % 10_007) / 10_007, side="right")


def _in_open_hours(draw: Draw, created: Seconds, channel: Seconds, day: Seconds) -> tuple[Seconds, Seconds]:
    """Calls and chats only come while somebody is there; on a closed day people write instead."""
    live = np.isin(channel, [PHONE, CHAT])
    k = np.searchsorted(clock.OPENS, clock.DAY_STARTS[day])
    is_open = clock.OPENS[k] < clock.DAY_STARTS[day + 1]
    share = draw.random(len(created))
    inside = clock.OPENS[k] + (share * (clock.CLOSES[k] - clock.OPENS[k] - 60)).astype(np.int64)
    return np.where(live & is_open, inside, created), np.where(live & ~is_open, 0, channel)
