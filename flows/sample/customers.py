"""Who is a customer, from which day to which: some leave, more of them after the strike, and some of those return."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from flows.sample import clock, company
from flows.sample.clock import Seconds
from flows.sample.demand import Draw, segment_of
from flows.sample.tables import coded

NEVER = 10**6
"""Number of a day that does not come."""
REASONS = ("prix", "retards de livraison", "qualité du service", "déménagement", "sans motif")
_OLD_SHARE, _OLD_DAYS = 0.62, 1_460
_LEAVING_A_DAY, _AFTER_STRIKE, _STRIKE_LASTS_DAYS = 0.00055, 2.6, 45
_FRAILTY = np.array([1.1, 0.9, 0.6])
"""How easily customers of each segment leave."""
_RETURNS, _AWAY_DAYS = 0.24, 80
_REASON_SHARE = np.array([0.30, 0.25, 0.15, 0.10, 0.20])


class Customers:
    """Days are numbers, 0 on the first day of the sample; negative before it."""

    def __init__(self, draw: Draw, size: int) -> None:
        """Every customer's spells, drawn at once: a few numbers a customer."""
        self.segment = segment_of(np.arange(size))
        old = draw.random(size) < _OLD_SHARE
        before = -1 - (_OLD_DAYS * draw.random(size) ** 0.7).astype(np.int64)
        since = (clock.DAYS * draw.random(size) ** 0.9).astype(np.int64)
        self.joined = np.where(old, before, since)
        self.began = self.joined.copy()
        """First days, before anybody was noted."""
        self.left = self._leaves(draw, self.joined)
        away = 20 + (_AWAY_DAYS * draw.exponential(size=size)).astype(np.int64)
        returns = (self.left < clock.DAYS) & (draw.random(size) < _RETURNS)
        self.back = np.where(returns & (self.left + away < clock.DAYS), self.left + away, NEVER)
        self.left_again = np.where(self.back == NEVER, NEVER, self._leaves(draw, np.minimum(self.back, clock.DAYS)))
        self.reason = draw.choice(len(REASONS), size, p=_REASON_SHARE)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.joined)

    def _leaves(self, draw: Draw, since: Seconds) -> Seconds:
        """Last day of a spell that began on a day; NEVER where it lasts beyond the sample."""
        day = np.arange(clock.DAYS)
        striking = (company.STRIKE[0] - company.FIRST_DAY).days
        restless = (day >= striking) & (day < striking + _STRIKE_LASTS_DAYS)
        risk = np.concatenate([[0.0], np.cumsum(_LEAVING_A_DAY * np.where(restless, _AFTER_STRIKE, 1.0))])
        until = risk[np.clip(since, 0, clock.DAYS)] + draw.exponential(size=len(since)) / _FRAILTY[self.segment]
        last = np.searchsorted(risk, until)
        return np.where(last < clock.DAYS, last, NEVER)

    def note(self, customer: Seconds, at: Seconds) -> None:
        """Whoever writes to the shop is its customer from that day on, if not before."""
        ours = (customer >= 0) & (customer < len(self))
        np.minimum.at(self.joined, customer[ours], clock.day_index(at[ours]))

    def active(self, customer: Seconds, day: Seconds) -> npt.NDArray[np.bool_]:
        """Whether each customer is one on a day."""
        first = (self.joined[customer] <= day) & (day <= self.left[customer])
        return first | ((self.back[customer] <= day) & (day <= self.left_again[customer]))

    def some(self, draw: Draw, at: Seconds) -> Seconds:
        """For each instant a customer who is one on that day, or -1: those with small numbers come more often."""
        found = (len(self) * draw.random(len(at)) ** 1.3).astype(np.int64)
        return np.where(self.active(found, clock.day_index(at)), found, -1)

    def newcomers(self, first: int, after: int) -> tuple[Seconds, Seconds]:
        """Customers who come to buy, for the first time or again, in a span of days, and the day."""
        bought = np.where(self.began == self.joined, self.joined, NEVER)
        parts = [(np.flatnonzero((day >= first) & (day < after)), day) for day in (bought, self.back)]
        return np.concatenate([who for who, _ in parts]), np.concatenate([day[who] for who, day in parts])

    def frame(self) -> pl.DataFrame:
        """A row a spell that has begun by the end of the sample."""
        every = np.arange(len(self))
        spells = [(self.joined, self.left), (self.back, self.left_again)]
        parts = [
            pl.DataFrame({
                "customer": every, "first": first, "last": last, "segment": coded(company.SEGMENTS, self.segment),
                "reason": coded(REASONS, self.reason),
            })
            for first, last in spells
        ]  # fmt: skip
        start, gone = pl.lit(company.FIRST_DAY), pl.col("last") < clock.DAYS
        return (
            pl.concat(parts)
            .filter(pl.col("first") < clock.DAYS)
            .sort("customer", "first")
            .with_columns(
                valid_from=start + pl.duration(days="first"),
                valid_to=pl.when(gone).then(start + pl.duration(days="last")),
                reason=pl.when(gone).then("reason"),
            )
            .drop("first", "last")
        )
