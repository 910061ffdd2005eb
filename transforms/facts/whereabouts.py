"""Where ticket numbers lie, and surveys that follow them, as all exports tell it: added to night by night.

A night's exports mostly tell of tickets that nobody heard of before, or say of others what is known. What they tell is
then added, and whatever lay somewhere lies there still. Where they say something else (an earlier day, the opening of a
ticket that surveys named before it was told of), all exports are asked again. It is the same with calls, orders
and all else that lies in parts (`families`), where nothing follows: what is said of tickets holds for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from transforms.facts.parts import NO_DAY, Words, codes_of, day_of, days_of, in_order, is_new_number, once, words_of


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """All that exports tell, in words: a hash each, with a day behind; each word once, and in order."""

    tickets: Words
    """Tickets, each once, with the first day that rows tell of its opening."""
    followers: Words
    """What follows tickets, each once, with the first day of a ticket that it names, else with the first of its own."""
    named: Words
    """What follows tickets, with the day of each ticket that it names."""
    unnamed: Words
    """What follows tickets, with the days of its rows that name no ticket whose day is known."""
    sought: Words
    """Tickets that are named, and of whose opening nobody tells."""
    days: Words
    """The days of the rows of what follows tickets."""

    @classmethod
    def told(cls, tickets: Words, followers: Iterable[Sequence[Words]]) -> Whereabouts:
        """What exports tell of tickets (`packed`, put in order here) and of what follows them (`followers`)."""
        nothing = cls(**dict.fromkeys(cls.names(), np.empty(0, np.uint64)))
        return nothing._and(tickets, followers)

    @classmethod
    def names(cls) -> list[str]:
        """How the words are called."""
        return [it.name for it in fields(cls)]

    @property
    def all_days(self) -> Words:
        """The days that anything is told of."""
        return np.union1d(self.days, np.unique(day_of(self.tickets)))

    def with_more(self, tickets: Words, followers: Iterable[Sequence[Words]]) -> Whereabouts | None:
        """The same with what more exports tell; None where by what they tell something lies elsewhere."""
        told = list(followers)
        in_order(tickets)
        more = self._and(tickets, told)
        new_numbers = once(np.concatenate([numbers for numbers, *_ in told])) if told else tickets[:0]
        moves = _is_other(self.tickets, more.tickets, tickets) or _is_other(self.followers, more.followers, new_numbers)
        is_found = days_of(more.tickets, self.sought) != NO_DAY
        return None if moves or is_found.any() else more

    def _and(self, tickets: Words, followers: Iterable[Sequence[Words]]) -> Whereabouts:
        opened = _first_days(np.concatenate([self.tickets, tickets]) if self.tickets.size else tickets)
        named, unnamed, sought, days = [self.named], [self.unnamed], [self.sought], [self.days]
        for numbers, their_tickets, their_days in followers:
            opened_on = days_of(opened, their_tickets)
            named.append((numbers | opened_on)[their_tickets > 0])
            unnamed.append((numbers | their_days)[opened_on == NO_DAY])
            sought.append(their_tickets[(their_tickets > 0) & (opened_on == NO_DAY)])
            days.append(np.unique(their_days))
        found = {name: once(np.concatenate(it)) for name, it in (("named", named), ("unnamed", unnamed))}
        return Whereabouts(
            tickets=opened,
            followers=_following(**found),
            **found,
            sought=once(np.concatenate(sought)),
            days=once(np.concatenate(days)),
        )

    def reached(self, grain: str) -> dict[str, list[str]]:
        """By part of what follows tickets, the parts of the tickets that it names."""
        codes, names = codes_of(grain)
        is_first = is_new_number(self.named)
        firsts = self.named[is_first]
        lies_on, is_undated = firsts & NO_DAY, day_of(firsts) == NO_DAY
        lies_on[is_undated] = days_of(self.followers, firsts[is_undated])
        at, reached = codes[lies_on][np.cumsum(is_first) - 1], codes[day_of(self.named)]
        is_there = np.zeros(len(names), bool)
        is_there[at] = is_there[reached] = True
        there, place = np.flatnonzero(is_there), np.cumsum(is_there) - 1  # all days of all years squared are too many
        is_reached = np.zeros((there.size, there.size), bool)
        is_reached[place[at], place[reached]] = True
        found: dict[str, set[str]] = defaultdict(set)
        for part, other in there[np.argwhere(is_reached)].tolist():
            found[names[part]].add(names[other])
        return {part: sorted(others) for part, others in sorted(found.items())}


def _first_days(words: Words) -> Words:
    """Of the words of each number the one with the first day; they are put in order."""
    in_order(words)
    return words[is_new_number(words)]


def _following(named: Words, unnamed: Words) -> Words:
    """What follows a ticket lies with the first one that it names, else where its own day is."""
    with_ticket = _first_days(named[day_of(named) != NO_DAY])
    by_day = _first_days(unnamed.copy())
    rest = by_day[days_of(with_ticket, by_day) == NO_DAY]
    return once(np.concatenate([with_ticket, rest]))


def _is_other(before: Words, now: Words, numbers: Words) -> bool:
    """Whether one of some numbers in order had another word before."""
    (was, was_there), (word, _) = (words_of(words, numbers) for words in (before, now))
    return bool((was_there & (was != word)).any())
