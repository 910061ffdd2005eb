"""Who is there: the agents of each team on each day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from flows.sample import clock, company
from flows.sample.clock import Seconds
from flows.sample.company import Spell
from flows.sample.demand import Draw


class Staff:
    """Agents as numbers, by team and day."""

    def __init__(self, copies: int) -> None:
        """Look up tables over the days of the sample and some more: tickets are answered after its end too."""
        self.spells: tuple[Spell, ...] = company.roster(copies)
        self.codes = tuple(sorted({spell.agent for spell in self.spells}))
        days = len(clock.DAY_STARTS)
        number = {code: i for i, code in enumerate(self.codes)}
        there = np.zeros((len(company.TEAMS), len(self.codes), days), dtype=bool)
        for spell in self.spells:
            first = max((spell.valid_from - company.FIRST_DAY).days, 0)
            last = days if spell.valid_to is None else (spell.valid_to - company.FIRST_DAY).days + 1
            there[company.TEAMS.index(spell.team), number[spell.agent], first:last] = True
        self.there = there
        self._count = there.sum(axis=1)
        order = np.argsort(~there, axis=1, kind="stable")
        self._ranked = order[:, : int(self._count.max())]

    def someone(self, draw: Draw, team: Seconds, at: Seconds) -> Seconds:
        """An agent of the team who works there on that day; the first of a team does less."""
        day = np.clip(clock.day_index(at), 0, self._count.shape[1] - 1)
        rank = (draw.random(len(team)) ** 0.85 * self._count[team, day]).astype(np.int64)
        return np.asarray(self._ranked[team, rank, day], dtype=np.int64)

    def same_or_other(self, draw: Draw, agent: Seconds, team: Seconds, at: Seconds) -> Seconds:
        """The same agent where still in the team, else a colleague."""
        day = np.clip(clock.day_index(at), 0, self._count.shape[1] - 1)
        other = self.someone(draw, team, at)
        return np.where((agent >= 0) & self.there[team, agent, day], agent, other)

    def teams_on(self, day: dt.date) -> dict[str, str]:
        """Team of every agent employed on a day."""
        return {
            s.agent: s.team for s in self.spells if s.valid_from <= day and (s.valid_to is None or day <= s.valid_to)
        }
