"""In which part the rows of each ticket lie, and of each invitation to a survey, which follows its ticket."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from expectations.schema import Table
from expectations.tables import FEEDS
from flows.io import durable
from flows.io.kept import Making
from flows.io.ledger import Entry
from flows.io.publish import as_json
from flows.stages.delivered import Export
from flows.stages.draft import Draft
from transforms.calendar import local_day
from transforms.facts import FED_IN_PARTS
from transforms.facts.parts import UNSPLIT, Routing, Words, day_of, followers, grain_of, is_one_part, once, packed
from transforms.facts.survey import INVITATION

ANCHORS = {
    "feed_ticket": pl.col("ticket_id"),
    "feed_ticket_event": pl.col("ticket_id"),
    "feed_survey": pl.struct(INVITATION),
}
"""By feed that lies in parts, what keeps rows together."""
_FOLLOWING, _ABOUT = "feed_survey", "routing.json"
_UNROUTED = Routing(np.empty(0, np.uint64), UNSPLIT)


def lay_out(draft: Draft, taken: list[Entry]) -> None:
    """Say in which part the rows of each ticket lie, in the work folder: all in one, while they are few."""
    exports = {feed: Export.of(feed, taken) for feed in FED_IN_PARTS}
    rows = sum(it.record["rows_good"] for found in exports.values() for it in found)
    if is_one_part(rows):
        return
    for feed, found in exports.items():
        parts = {export.name: _spoken_of(export, FEEDS[feed], draft) for export in found}
        draft.note_parts(_index(feed), {name: draft.keeper.kept({"": it})[""] for name, it in parts.items()})
    tickets = Routing.of(_words([feed for feed in FED_IN_PARTS if feed != _FOLLOWING], draft))
    days = [tickets.days, *(day_of(days) for *_, days in _following(draft))]
    tickets = Routing(tickets.words, grain_of(np.concatenate(days), rows))
    following, near = tickets.of_followers(_following(draft))
    for name, routing in (("tickets", tickets), (_FOLLOWING, following)):
        durable.put(_path(name, draft), partial(_save, routing.words), is_lasting=False)
    durable.put_bytes(draft.work / _ABOUT, as_json({"grain": tickets.grain, "near": near}), is_lasting=False)


def routing_of(feed: str, draft: Draft) -> Routing:
    """In which part the rows of a feed lie, by what keeps them together; of other frames, by their ticket."""
    if (feed in FEEDS and feed not in FED_IN_PARTS) or not (draft.work / _ABOUT).is_file():
        return _UNROUTED
    words = np.load(_path(feed if feed == _FOLLOWING else "tickets", draft), mmap_mode="r")
    return Routing(np.asarray(words), _about(draft)["grain"])


def near_of_followers(draft: Draft) -> dict[str, list[str]]:
    """By part of the invitations to surveys, the parts of the tickets that their rows name."""
    near: dict[str, list[str]] = _about(draft)["near"]
    return near


def numbers_of(export: Export, table: Table, draft: Draft) -> Words:
    """The hashes of what keeps the rows of an export together, sorted, each once."""
    told = draft.part_inside(_index(table.name), export.name).select(pl.first()).collect().to_series()
    return once(told.to_numpy(writable=True)) if table.name == _FOLLOWING else told.to_numpy()


def _spoken_of(export: Export, table: Table, draft: Draft) -> Making:
    """What an export tells of the day on which tickets were opened, or of the tickets that invitations follow."""
    zone = draft.settings.site.zone

    def told() -> pl.LazyFrame:
        rows = export.rows(draft, table)
        match table.name:
            case "feed_ticket":
                return packed(rows, local_day("created_at", zone))
            case "feed_ticket_event":
                return packed(rows, pl.when(pl.col("kind") == "created").then(local_day("occurred_at", zone)))
            case _:
                return followers(rows, INVITATION, local_day("dated_at", zone))

    return Making(name=f"what an export of {table.name} tells of tickets", made_of=[], and_of=export.content, make=told)


def _words(feeds: list[str], draft: Draft) -> Words:
    """What all exports tell of the opening of tickets."""
    told = [it for feed in feeds for it in draft.parts_of(_index(feed)).values()]
    words, at = np.empty(sum(it["rows"] for it in told), np.uint64), 0
    for it in told:  # into its place: all of it twice takes gigabytes
        words[at : at + it["rows"]] = draft.keeper.sound({"": it}).collect()["packed"].to_numpy()
        at += it["rows"]
    return words


def _following(draft: Draft) -> Iterator[list[Words]]:
    """What each export tells of what follows tickets (`followers`)."""
    for it in draft.parts_of(_index(_FOLLOWING)).values():
        yield [column.to_numpy() for column in draft.keeper.sound({"": it}).collect()]


def _save(words: Words, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, words)


def _about(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((draft.work / _ABOUT).read_bytes())
    return found


def _path(name: str, draft: Draft) -> Path:
    return draft.work / f"routing_{name}.npy"


def _index(feed: str) -> str:
    return f"index_{feed}"
