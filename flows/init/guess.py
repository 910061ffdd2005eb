"""Which feed an unknown file fills, and which of its columns is which of ours. Proposals for a person to confirm."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from expectations.schema import INSTANT, Column, Table
from expectations.tables import FEEDS
from flows.init import formats
from flows.init.look import Look
from flows.init.words import known_headers, resembles, spoken
from flows.sources import Source
from transforms.grammars import FALSE_WORDS, TRUE_WORDS
from transforms.labels import label_key
from transforms.mapping import DEFAULTED, DERIVED, FINGERPRINTED, PROVIDED

SURE, ALIKE = "known", "alike"
_REQUIRED_WEIGHT, _OTHER_WEIGHT, _LACKING_WEIGHT = 3, 1, -2
_CATEGORIES_AT_MOST, _ANSWERS_AT_MOST, _FLAG_WORDS = 60, 11, 6
"""Different texts a column of words may have."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A column of the file in a column of ours."""

    header: str
    by: str
    """`known`: a mapping or the word list has this header; `alike`: it only resembles one."""
    dates: formats.Dates | None = None
    unit: str = ""
    unit_because: str = ""


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A feed with the columns found for it."""

    table: Table
    placed: Mapping[str, Placed]
    lacking: tuple[str, ...]
    """Required columns of ours for which nothing was found."""
    unplaced: tuple[str, ...]
    """Headers of the file that nothing was found for."""
    score: int = 0


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How much a mapping at hand looks like the file."""

    source: Source
    found: Mapping[str, str]
    """Column of ours to the header of the file it would read."""
    lacking: tuple[str, ...] = ()
    """Columns it needs and does not find."""
    share: float = 0.0
    """Of the columns it needs."""


def likeness(look: Look, sources: Iterable[Source]) -> list[Likeness]:
    """The mappings that would read most of the file, best first."""
    theirs = {_exact(name): name for name in reversed(look.header)}
    found = []
    for one in sources:
        columns = {name: _headers(given) for name, given in one.said.get("columns", {}).items()}
        hits = {
            name: theirs[_exact(hit)]
            for name, (headers, _) in columns.items()
            if (hit := next((it for it in headers if _exact(it) in theirs), None)) is not None
        }
        needed = [name for name, (_, is_optional) in columns.items() if not is_optional]
        lacking = tuple(name for name in needed if name not in hits)
        share = (len(needed) - len(lacking)) / len(needed) if needed else 0.0
        found.append(Likeness(source=one, found=hits, lacking=lacking, share=share))
    found.sort(key=lambda it: (not it.lacking, it.share, len(it.found), it.source.name), reverse=True)
    return [it for it in found if len(it.found) > 1]


def guesses(look: Look, sources: Iterable[Source], feed: str = "") -> list[Guess]:
    """What the file could fill, the likeliest first; only the feed asked for, where one is."""
    known = known_headers(one.said for one in sources)
    month_first = _month_first(look)
    wanted = [FEEDS[feed]] if feed else list(FEEDS.values())
    found = [_guess(look, table, known.get(table.name, {}), month_first=month_first) for table in wanted]
    return sorted(found, key=lambda it: (not it.placed, -it.score, it.table.name))


def _guess(look: Look, table: Table, known: Mapping[str, set[str]], *, month_first: bool | None) -> Guess:
    placed: dict[str, Placed] = {}
    taken: set[str] = set()
    for by in (SURE, ALIKE):
        for name, column in table.columns.items():
            if name in PROVIDED or name in DERIVED.get(table.name, {}) or name in placed:
                continue
            for header in look.header:
                if header not in taken and _is_called(header, known.get(name, set()), by=by):
                    fitting = _fitting(name, column, header, look, by=by, month_first=month_first)
                    if fitting is not None:
                        placed[name] = fitting
                        taken.add(header)
                        break
    lacking = _lacking(table, placed)
    score = sum(_REQUIRED_WEIGHT if table.columns[name].required else _OTHER_WEIGHT for name in placed)
    return Guess(
        table=table,
        placed=placed,
        lacking=lacking,
        unplaced=tuple(name for name in look.header if name not in taken),
        score=score + _LACKING_WEIGHT * len(lacking),
    )


def _is_called(header: str, words: set[str], *, by: str) -> bool:
    return spoken(header) in words if by == SURE else resembles(header, words)


def _fitting(name: str, column: Column, header: str, look: Look, *, by: str, month_first: bool | None) -> Placed | None:
    """The column, when what it holds can be what its name says; None when it cannot."""
    texts, placed = look.values[header], Placed(header=header, by=by)
    if column.dtype in (INSTANT, pl.Date()):
        found = formats.dates(texts, month_first=month_first)
        return replace(placed, dates=found) if found else None
    if column.unit == "seconds":
        unit, because = formats.duration_unit(header, texts)
        return replace(placed, unit=unit, unit_because=because) if unit else None
    return placed if _can_hold(name, column, texts) else None


def _can_hold(name: str, column: Column, texts: Sequence[str]) -> bool:
    """Whether a column that is no time may hold these texts."""
    if column.dtype == pl.Boolean():
        known = {label_key(word) for word in (*TRUE_WORDS, *FALSE_WORDS)}
        return bool(texts) and (len(texts) <= _FLAG_WORDS or all(label_key(text) in known for text in texts))
    if column.one_of:
        return 0 < len(texts) <= _CATEGORIES_AT_MOST
    if name == "score_milli":
        return formats.are_numbers(texts) or 0 < len(texts) <= _ANSWERS_AT_MOST
    if column.dtype != pl.String():
        return formats.are_numbers(texts)
    return bool(texts) or not column.required


def _lacking(table: Table, placed: Mapping[str, Placed]) -> tuple[str, ...]:
    """Required columns that nothing gives."""
    derived, defaulted = DERIVED.get(table.name, {}), DEFAULTED.get(table.name, {})
    stated = {"feed_survey": {"kind", "scale"}, "feed_contact": set()}.get(table.name, set())
    lacking = []
    for name in table.required:
        ways = derived.get(name, (name, defaulted.get(name, name)))
        given = set(placed) | stated | set(PROVIDED) | {FINGERPRINTED.get(table.name, "")}
        if not given & set(ways):
            lacking.append(ways[0] if name in derived else name)
    return tuple(dict.fromkeys(lacking))


def _month_first(look: Look) -> bool | None:
    """Whether the file writes the month before the day, where any of its columns proves it."""
    for name in look.header:
        texts = look.values[name]
        if texts and (found := formats.dates(texts)):
            proven = formats.proves_month_first(found.formats, texts)
            if proven is not None:
                return proven
    return None


def _headers(given: Any) -> tuple[list[str], bool]:  # noqa: ANN401 -- whatever a TOML file holds
    if isinstance(given, dict):
        headers = given.get("headers", [])
        return [one for one in headers if isinstance(one, str)], bool(given.get("optional", False))
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else [], False


def _exact(header: str) -> str:
    return " ".join(header.replace("\ufeff", "").split())
