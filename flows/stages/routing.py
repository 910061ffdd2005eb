"""In which part the rows of each ticket lie, and of each invitation to a survey, which follows its ticket."""

from pathlib import Path

import numpy as np
import polars as pl

from expectations.schema import Table
from expectations.tables import FEEDS
from flows.io.kept import Making
from flows.io.ledger import Entry
from flows.stages.delivered import Export
from flows.stages.draft import Draft
from transforms.calendar import local_day
from transforms.facts import FED_IN_PARTS
from transforms.facts.parts import UNSPLIT, Routing, Words, followers, grain_of, is_one_part, packed
from transforms.facts.survey import INVITATION

ANCHORS = {
    "feed_ticket": pl.col("ticket_id"),
    "feed_ticket_event": pl.col("ticket_id"),
    "feed_survey": pl.struct(INVITATION),
}
"""By feed that lies in parts, what keeps rows together."""
_FOLLOWING = "feed_survey"
_UNROUTED = Routing(np.empty(0, np.uint64), np.empty(0, np.uint64), UNSPLIT)


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
    told = draft.inside(_index(_FOLLOWING)).collect() if draft.parts_of(_index(_FOLLOWING)) else None
    days = tickets.days if told is None else np.append(tickets.days, told["day"].to_numpy())
    tickets = Routing(tickets.numbers, tickets.days, grain_of(days, rows))
    _note("tickets", tickets, draft)
    if told is not None:
        _note(_FOLLOWING, tickets.of_followers(*(told[name].to_numpy() for name in told.columns)), draft)


def routing_of(feed: str, draft: Draft) -> Routing:
    """In which part the rows of a feed lie, by what keeps them together; of other frames, by their ticket."""
    path = _path(feed if feed == _FOLLOWING else "tickets", draft)
    if (feed in FEEDS and feed not in FED_IN_PARTS) or not path.is_file():
        return _UNROUTED
    about = pl.read_parquet(path, glob=False)
    return Routing(about["number"].to_numpy(), about["day"].to_numpy(), about["grain"][0])


def numbers_of(export: Export, table: Table, draft: Draft) -> Words:
    """The hashes of what keeps the rows of an export together, sorted, each once."""
    told = draft.part_inside(_index(table.name), export.name).collect()
    return np.unique(told.to_series(0).to_numpy()) if table.name == _FOLLOWING else told["packed"].to_numpy()


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

    return Making(name=f"what an export of {table.name} speaks of", made_of=[], and_of=export.content, make=told)


def _words(feeds: list[str], draft: Draft) -> Words:
    """What all exports tell of the opening of tickets."""
    told = [draft.inside(_index(feed)) for feed in feeds if draft.parts_of(_index(feed))]
    return pl.concat(told).collect()["packed"].to_numpy(writable=True) if told else np.empty(0, np.uint64)


def _note(name: str, routing: Routing, draft: Draft) -> None:
    about = pl.LazyFrame({"number": routing.numbers, "day": routing.days, "grain": routing.grain})
    draft.put_inside(about, _path(name, draft).stem)


def _path(name: str, draft: Draft) -> Path:
    return draft.work / f"routing_{name}.parquet"


def _index(feed: str) -> str:
    return f"index_{feed}"
