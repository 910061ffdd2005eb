"""In which part the rows of each ticket lie, of each invitation to a survey, which follows its ticket, and of all else.

What exports tell of it is kept, and a night asks those alone that are new, as long as all that was known lies where it
lay: ten million tickets are looked up once, and not every night.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from expectations.schema import Table
from expectations.tables import FEEDS
from flows.io import durable
from flows.io.kept import Making, Parts
from flows.io.ledger import Entry
from flows.io.publish import as_json
from flows.stages.delivered import Export
from flows.stages.draft import Draft
from transforms.calendar import local_day
from transforms.facts.families import FAMILIES, LAID, TICKET
from transforms.facts.parts import DAY_BITS, UNSPLIT, Routing, Words, followers, grain_of, is_one_part, once, packed
from transforms.facts.whereabouts import Whereabouts

_UNROUTED = Routing(np.empty(0, np.uint64), UNSPLIT)
_SPREAD = ("export", "part", "numbers")
_TOLD_AGAIN_AT_MOST = 4_000_000
"""What more rows told before and tell now is asked of all exports anew: to compare them takes as long, and memory."""


def lay_out(draft: Draft, taken: list[Entry]) -> None:
    """Say in which part the rows of each family lie, in the work folder: all in one, while they are few."""
    for family in FAMILIES:
        _lay_out(family, draft, taken)


def _lay_out(family: str, draft: Draft, taken: list[Entry]) -> None:
    exports = {feed: Export.of(feed, taken) for feed in FAMILIES[family]}
    rows = sum(it.record["rows_good"] for found in exports.values() for it in found)
    if is_one_part(rows):
        return
    for feed, found in exports.items():
        parts = {export.name: _spoken_of(export, FEEDS[feed], draft) for export in found}
        draft.note_parts(_index(feed), {name: draft.keeper.kept({"": it})[""] for name, it in parts.items()})
    known, is_added_to = _keep_whereabouts(family, draft)
    grain = grain_of(known.all_days, rows, feeds=sum(map(bool, exports.values())))
    words = {family: known.tickets} | {feed: known.followers for feed in exports if LAID[feed].follows}
    for name, their_words in words.items():
        durable.put(_path(name, draft), partial(_save, their_words), is_lasting=False)
    about = as_json({"grain": grain, "near": known.reached(grain)})
    durable.put_bytes(_about_path(family, draft), about, is_lasting=False)
    for feed in exports:
        _keep_spread(feed, grain, draft, lies_as_before=is_added_to)


def routing_of(name: str, draft: Draft) -> Routing:
    """In which part the rows of a feed lie, by what keeps them together, or all that a family tells of."""
    laid = LAID.get(name)
    family = laid.family if laid is not None else name
    if not _about_path(family, draft).is_file():
        return _UNROUTED
    words = np.load(_path(name if laid is not None and laid.follows else family, draft), mmap_mode="r")
    return Routing(np.asarray(words), _about(family, draft)["grain"])


def near_of_followers(draft: Draft) -> dict[str, list[str]]:
    """By part of the invitations to surveys, the parts of the tickets that their rows name."""
    near: dict[str, list[str]] = _about(TICKET, draft)["near"]
    return near


def spread_of(feed: str, draft: Draft) -> dict[str, list[tuple[str, str]]]:
    """By export, the parts in which it has rows, each with a fingerprint of the numbers that lie there."""
    return _by_export(draft.inside(_spread(feed)))


def spread_before(feed: str, draft: Draft) -> dict[str, list[tuple[str, str]]]:
    """The same of the exports of the run before, as far as it is known."""
    kept = draft.kept_before(_spread(feed))
    return _by_export(draft.keeper.frame(kept)) if kept and all(map(draft.keeper.is_sound, kept.values())) else {}


def _by_export(spread: pl.LazyFrame) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for export, part, numbers in spread.select(_SPREAD).collect().iter_rows():
        found[export].append((part, numbers))
    return found


def _spoken_of(export: Export, table: Table, draft: Draft) -> Making:
    """What an export tells of the day on which tickets were opened (calls, orders...), or of those that it follows."""
    laid = LAID[table.name]
    day = local_day(laid.clock, draft.settings.site.zone)

    def told() -> pl.LazyFrame:
        rows = export.rows(draft, table)
        if laid.follows:
            return followers(rows, laid.by, day)
        return packed(rows, laid.by, day if laid.tells is None else pl.when(laid.tells).then(day))

    return Making(
        name=f"what an export of {table.name} tells of its parts", made_of=[], and_of=export.content, make=told
    )


def _keep_whereabouts(family: str, draft: Draft) -> tuple[Whereabouts, bool]:
    """Where all numbers lie, kept; and whether the run before knew it, but for what new exports added."""
    index = {feed: draft.parts_of(_index(feed)) for feed in FAMILIES[family]}
    before = draft.kept_before(_whereabouts(family))
    made: list[tuple[Whereabouts, bool]] = []

    def words(name: str) -> pl.LazyFrame:
        if not made:
            made.append(_told_anew(index, before, draft))
        return pl.LazyFrame({"word": getattr(made[0][0], name)})

    told = [it["sha256"] for parts in index.values() for it in parts.values()]
    makings = {
        name: Making(name=f"{_whereabouts(family)}: {name}", made_of=[], and_of=told, make=partial(words, name))
        for name in Whereabouts.names()
    }
    kept = draft.keeper.kept(makings)
    draft.note_parts(_whereabouts(family), kept)
    return made[0] if made else (_known(kept, draft), False)


def _told_anew(index: Mapping[str, Parts], before: Parts, draft: Draft) -> tuple[Whereabouts, bool]:
    """What the run before knew, and new exports add; where something lies elsewhere, what all exports tell."""
    if before and all(map(draft.keeper.is_sound, before.values())):
        new = _not_asked_before(index, draft)
        more = None if new is None else _known(before, draft).with_more(_words(new, draft), _following(new, draft))
        if more is not None:
            return more, True
    return Whereabouts.told(_words(index, draft), _following(index, draft)), False


def _not_asked_before(index: Mapping[str, Parts], draft: Draft) -> dict[str, Parts] | None:
    """By feed, the exports that the run before did not ask; None where it knew what they do not tell."""
    found: dict[str, Parts] = {}
    for feed, parts in index.items():
        then = draft.kept_before(_index(feed))
        found[feed] = {name: it for name, it in parts.items() if it != then.get(name)}
        gone = {name: it for name, it in then.items() if it != parts.get(name)}
        if not _tell_all_of(gone, found[feed], draft):
            return None
    return found


def _tell_all_of(gone: Parts, new: Parts, draft: Draft) -> bool:
    """Whether new exports tell all that those told which are gone: the file of a month that grows every night does."""
    rows = sum(it["rows"] for it in (*gone.values(), *new.values()))
    if not gone or not new or rows > _TOLD_AGAIN_AT_MOST or not all(draft.keeper.is_sound(it) for it in gone.values()):
        return not gone
    was = draft.keeper.frame(gone)
    lost = was.join(draft.keeper.sound(new), on=was.collect_schema().names(), how="anti")
    return lost.collect(engine="streaming").is_empty()


def _known(kept: Parts, draft: Draft) -> Whereabouts:
    """Where all numbers lie, as it is kept."""
    return Whereabouts(**{name: draft.keeper.sound({"": it}).collect()["word"].to_numpy() for name, it in kept.items()})


def _words(index: Mapping[str, Parts], draft: Draft) -> Words:
    """What exports tell of the opening of tickets, or the beginning of what else a family tells of."""
    told = [it for feed, parts in index.items() if not LAID[feed].follows for it in parts.values()]
    words, at = np.empty(sum(it["rows"] for it in told), np.uint64), 0
    for it in told:  # into its place: all of it twice takes gigabytes
        words[at : at + it["rows"]] = draft.keeper.sound({"": it}).collect()["packed"].to_numpy()
        at += it["rows"]
    return words


def _following(index: Mapping[str, Parts], draft: Draft) -> Iterator[list[Words]]:
    """What each export tells of what follows tickets (`followers`)."""
    for it in (it for feed, parts in index.items() if LAID[feed].follows for it in parts.values()):
        yield [column.to_numpy() for column in draft.keeper.sound({"": it}).collect()]


def _keep_spread(feed: str, grain: str, draft: Draft, *, lies_as_before: bool) -> None:
    """The parts in which each export has rows, kept; of exports that the run before had, as it was kept then."""
    index, before = draft.parts_of(_index(feed)), draft.kept_before(_spread(feed))
    lies = draft.parts_of(_whereabouts(LAID[feed].family))["followers" if LAID[feed].follows else "tickets"]
    is_known = lies_as_before and bool(before) and all(draft.keeper.is_sound(it) for it in before.values())

    def rows() -> pl.LazyFrame:
        schema = pl.Schema(dict.fromkeys((*_SPREAD, "grain"), pl.String()))
        is_there = (pl.col("grain") == grain) & pl.col("export").is_in(list(index))
        known = draft.keeper.frame(before).filter(is_there).collect() if is_known else schema.to_frame()
        others = {name: it for name, it in index.items() if name not in set(known["export"])}
        told = [(*row, grain) for row in _spread_anew(feed, others, draft)]
        return pl.concat([known, pl.DataFrame(told, schema, orient="row")]).sort(pl.all()).lazy()

    made_of = [grain, lies["sha256"], [[name, it["sha256"]] for name, it in sorted(index.items())]]
    making = Making(name=_spread(feed), made_of=[], and_of=made_of, make=rows)
    draft.note_parts(_spread(feed), draft.keeper.kept({UNSPLIT: making}))


def _spread_anew(feed: str, index: Parts, draft: Draft) -> Iterator[tuple[str, str, str]]:
    """One row for each export and part in which it has rows."""
    routing = routing_of(feed, draft)
    for name, it in index.items():
        told = draft.keeper.sound({"": it}).select(pl.first()).collect().to_series()
        numbers = once(told.to_numpy(writable=True)) if LAID[feed].follows else told.to_numpy()
        for part, here in routing.split(numbers).items():
            yield name, part, hashlib.sha256((here >> DAY_BITS).tobytes()).hexdigest()


def _save(words: Words, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, words)


def _about(family: str, draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_about_path(family, draft).read_bytes())
    return found


def _about_path(family: str, draft: Draft) -> Path:
    return draft.work / f"routing_{family}.json"


def _path(name: str, draft: Draft) -> Path:
    return draft.work / f"routing_{name}.npy"


def _index(feed: str) -> str:
    return f"index_{feed}"


def _spread(feed: str) -> str:
    return f"spread_{feed}"


def _whereabouts(family: str) -> str:
    return f"whereabouts_{family}"
