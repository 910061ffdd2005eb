"""Feeds in parts: what a night makes of them again, and what is told of them from part to part."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import hypothesis
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from expectations.tables import FEEDS
from flows.io.kept import premises_of, sweep
from flows.io.parquet import Damaged
from flows.io.publish import Manifest
from flows.settings import Settings, load
from flows.stages import building, delivered, routing
from flows.stages.analysing import evidence_of
from flows.stages.draft import Draft
from tests.frames_made import names_made
from tests.incremental.deployment import EVENT, SURVEY, TICKET, new_deployment
from tests.incremental.rows import Row, feed_frame
from tests.incremental.staged import Export, differing, elsewhere, feeds_of, split_finely, stored
from transforms.facts import latest
from transforms.facts.whereabouts import Whereabouts

UTC = dt.UTC
AS_OF = dt.date(2026, 3, 31)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Settings]:
    loaded = load(str(new_deployment(tmp_path_factory.mktemp("feeds") / "site")))
    return lambda: loaded


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the frames that were made."""
    return names_made(monkeypatch)


@pytest.fixture(autouse=True)
def _split(monkeypatch: pytest.MonkeyPatch) -> None:
    split_finely(monkeypatch)


def at(month: int, day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=UTC)


def ticket(number: int, opened_at: dt.datetime, updated_at: dt.datetime | None = None) -> Row:
    return {"ticket_id": str(number), "created_at": opened_at, "updated_at": updated_at or opened_at}


def event(number: int, ticket_id: int, occurred_at: dt.datetime) -> Row:
    return {"event_id": str(number), "ticket_id": str(ticket_id), "occurred_at": occurred_at, "kind": "comment"}


def export(feed: str, slot: str, *rows: Row) -> Export:
    return Export(feed, feed_frame(feed, rows, slot=slot, source="alpha"))


HISTORY = [
    export(
        TICKET, "t1", ticket(1, at(1, 2)), ticket(2, at(2, 2)), ticket(3, at(3, 2, 23)), ticket(1, at(1, 2), at(3, 3))
    ),
    # Event 12 was moved from ticket 1 to ticket 3, which lies in another part.
    export(EVENT, "e1", event(11, 1, at(1, 3)), event(12, 1, at(1, 4)), event(13, 2, at(2, 4))),
    export(EVENT, "e2", event(12, 3, at(1, 4)), event(14, 3, at(3, 4))),
]


RULES = {"rules_sha256": "r", "documents_sha256": "d"}


def laid(exports: list[Export], settings: Settings, parent: Manifest | None = None) -> Draft:
    """A run up to its feeds, after which only what it was made of is kept."""
    draft = Draft(settings=settings, run=1, run_key="k", premises=premises_of(*RULES.values()), parent=parent)
    for path in draft.work.glob("*.json"):
        path.unlink()
    taken = stored(exports, settings)
    draft.work.mkdir(parents=True, exist_ok=True)
    routing.lay_out(draft, taken)
    for feed in sorted({it.feed for it in exports}):
        told = building.latest_feed(feed, draft, taken)
        assert told["parts"] == accounts(feed, draft, exports)
    sweep(settings.kept, {"kept": draft.all_parts()})
    return draft


def as_parent(draft: Draft, exports: list[Export]) -> Manifest:
    """What the manifest of such a run says to the next one."""
    taken = stored(exports, draft.settings)
    told = [{"slot": it.slot, "mapping": it.mapping, "used": it.used} for it in taken]
    return {**RULES, "kept": draft.all_parts(), "exports": told}


def accounts(feed: str, draft: Draft, exports: list[Export]) -> list[dict[str, object]]:
    """What each export gave to its feed, counted row by row."""
    clock, zone = FEEDS[feed].clock, ZoneInfo("Europe/Paris")
    rows = draft.inside(feed).collect().rows(named=True)
    found: list[dict[str, object]] = []
    for it in sorted((it for it in exports if it.feed == feed), key=lambda it: it.slot):
        days = [row[clock].astimezone(zone).date().isoformat() for row in rows if row["slot"] == it.slot]
        span = {"first_on": min(days, default=None), "last_on": max(days, default=None)}
        found.append({"slot": it.slot, "mapping": "m", "duplicates": it.rows.height - len(days), **span})
    return found


def test_a_night_without_news_makes_no_part_again(
    site: Callable[[], Settings], tmp_path: Path, made: list[str]
) -> None:
    settings = elsewhere(site(), tmp_path, AS_OF)
    draft = laid(HISTORY, settings)
    assert len(draft.parts_of(EVENT)) == 3
    assert draft.inside(EVENT).filter(event_id="12").collect()["ticket_id"].to_list() == ["3"]
    made.clear()
    laid(HISTORY, settings)
    assert made == []


def test_a_row_of_one_ticket_makes_its_part_again_and_no_other(
    site: Callable[[], Settings], tmp_path: Path, made: list[str]
) -> None:
    settings = elsewhere(site(), tmp_path, AS_OF)
    laid(HISTORY, settings)
    made.clear()
    draft = laid([*HISTORY, export(TICKET, "t2", ticket(2, at(2, 2), at(3, 5)))], settings)
    assert Counter(made) == {
        "what an export of feed_ticket tells of its parts": 1,
        **{f"whereabouts_ticket: {name}": 1 for name in Whereabouts.names()},
        "spread_feed_ticket": 1,
        "feed_ticket": 1,
        "delivered_feed_ticket": 1,
    }
    assert draft.inside(TICKET).filter(ticket_id="2").collect()["slot"].to_list() == ["t2"]


NEWS = {
    "nothing": [],
    "a ticket nobody heard of": [export(TICKET, "t2", ticket(9, at(3, 9)))],
    "another version": [export(TICKET, "t2", ticket(2, at(2, 2), at(3, 5)))],
    # Event 11 is one of ticket 2 now, in another part; event 13 comes once more and stays.
    "an event that moves": [export(EVENT, "e3", event(11, 2, at(1, 3)), event(13, 2, at(2, 4)))],
}


def nothing_anew(*_: object) -> None:
    pytest.fail("what all exports tell is asked anew")


@pytest.mark.parametrize("news", NEWS)
def test_a_night_asks_its_own_exports_where_numbers_lie_and_no_others(
    news: str, site: Callable[[], Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = [*HISTORY, *NEWS[news]]
    wanted = laid(exports, elsewhere(site(), tmp_path / "at once", AS_OF))
    before = laid(HISTORY, elsewhere(site(), tmp_path / "by night", AS_OF))
    monkeypatch.setattr(Whereabouts, "told", nothing_anew)
    monkeypatch.setattr("flows.stages.once._in_several_of_all", nothing_anew)
    asked, rows = set(), delivered.Export.rows
    monkeypatch.setattr(delivered.Export, "rows", lambda self, *given: asked.add(self.slot) or rows(self, *given))
    found = laid(exports, before.settings, as_parent(before, HISTORY))
    for feed in (TICKET, EVENT):
        contents = [{part: it["sha256"] for part, it in run.parts_of(feed).items()} for run in (found, wanted)]
        assert contents[0] == contents[1]
    assert asked == {it.slot for it in NEWS[news]}
    assert found.parts_of("shared_feed_ticket_event")["all"]["rows"] == (2 if news == "an event that moves" else 1)


GROWN = [
    export(EVENT, "e2-again", event(12, 3, at(1, 4)), event(14, 3, at(3, 4)), event(15, 2, at(3, 5))),
    export(EVENT, "e2-again", event(14, 3, at(3, 4)), event(15, 3, at(3, 5)), event(12, 3, at(1, 5))),
]


@pytest.mark.parametrize("grown", GROWN)
def test_a_file_that_takes_the_place_of_another_and_tells_as_much_is_asked_alone(
    grown: Export, site: Callable[[], Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = [*HISTORY[:-1], grown]
    wanted = laid(exports, elsewhere(site(), tmp_path / "at once", AS_OF))
    before = laid(HISTORY, elsewhere(site(), tmp_path / "by night", AS_OF))
    monkeypatch.setattr(Whereabouts, "told", nothing_anew)
    found = laid(exports, before.settings, as_parent(before, HISTORY))
    names = ["whereabouts_ticket", f"spread_{EVENT}", EVENT]
    for name in names:
        contents = [{part: it["sha256"] for part, it in run.parts_of(name).items()} for run in (found, wanted)]
        assert contents[0] == contents[1]


def test_a_ticket_that_no_file_tells_of_any_more_lies_nowhere(site: Callable[[], Settings], tmp_path: Path) -> None:
    exports = [export(TICKET, "t1-again", ticket(2, at(2, 2)), ticket(3, at(3, 2, 23))), *HISTORY[1:]]
    before = laid(HISTORY, elsewhere(site(), tmp_path, AS_OF))
    found = laid(exports, before.settings, as_parent(before, HISTORY))
    assert len(found.parts_of(TICKET)) == 2
    assert found.parts_of("whereabouts_ticket")["tickets"]["rows"] == 3, "events of ticket 1 still tell of it"
    assert found.inside(EVENT).filter(event_id="11").collect().height == 1
    assert "undated" in found.parts_of(EVENT)


def test_all_exports_are_asked_where_a_ticket_was_opened_earlier(site: Callable[[], Settings], tmp_path: Path) -> None:
    earlier = [*HISTORY, export(TICKET, "t2", ticket(3, at(1, 30), at(4, 1)))]
    wanted = laid(earlier, elsewhere(site(), tmp_path / "at once", AS_OF))
    before = laid(HISTORY, elsewhere(site(), tmp_path / "by night", AS_OF))
    found = laid(earlier, before.settings, as_parent(before, HISTORY))
    assert found.parts_of(EVENT).keys() == wanted.parts_of(EVENT).keys()
    assert set(found.parts_of(EVENT)) == {"2026-01-01", "2026-01-21", "2026-02-01"}
    for feed in (TICKET, EVENT):
        assert_frame_equal(found.inside(feed).collect(), wanted.inside(feed).collect())


@pytest.mark.parametrize("frame", ["whereabouts_ticket", "spread_feed_ticket", "shared_feed_ticket_event", EVENT])
def test_what_the_run_before_knew_is_not_relied_upon_where_it_is_damaged(
    frame: str, site: Callable[[], Settings], tmp_path: Path
) -> None:
    before = laid(HISTORY, elsewhere(site(), tmp_path, AS_OF))
    kept, *_ = before.parts_of(frame).values()
    before.keeper.path(kept).write_bytes(b"rotten")
    exports = [*HISTORY, *NEWS["an event that moves"]]
    found = laid(exports, before.settings, as_parent(before, HISTORY))
    assert found.inside(EVENT).filter(event_id="11").collect()["ticket_id"].to_list() == ["2"]


TOLD = st.tuples(st.integers(1, 4), st.integers(0, 3).map(lambda it: at(4, 1 + it)))
VERSIONS = st.lists(st.lists(TOLD, min_size=1, max_size=6), min_size=1, max_size=4)
"""By export, tickets and when they were changed."""


@hypothesis.settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=VERSIONS, is_one_part=st.booleans())
def test_the_row_of_each_key_that_counts_stays_where_its_export_has_it(
    told: list[list[tuple[int, dt.datetime]]], site: Callable[[], Settings], tmp_path: Path, *, is_one_part: bool
) -> None:
    exports = [
        export(TICKET, f"t{place}", *(ticket(number, at(number % 3 + 1, 2), changed) for number, changed in rows))
        for place, rows in enumerate(told)
    ]
    with pytest.MonkeyPatch.context() as patch:
        if is_one_part:
            patch.setattr("transforms.facts.parts.ROWS_UNSPLIT", 1_000_000)
        here = elsewhere(site(), tmp_path / str(uuid4()), AS_OF)
        some = exports[:: 2 if len(exports) > 1 else 1]
        draft = laid(exports, here, as_parent(laid(some, here), some))
    counts = latest(pl.concat([it.rows for it in exports]).lazy(), FEEDS[TICKET]).sort("slot", "line").collect()
    parts = [draft.part_inside(TICKET, part).drop("mapping").collect() for part in draft.parts_of(TICKET)]
    assert sum(rows.height for rows in parts) == counts.height
    for rows in parts:
        assert_frame_equal(rows, counts.join(rows, on="ticket_id", how="semi", maintain_order="left"))


def test_days_delivered_are_those_of_all_parts_together(site: Callable[[], Settings], tmp_path: Path) -> None:
    draft = laid(HISTORY, elsewhere(site(), tmp_path, AS_OF))
    told = evidence_of(draft).days[TICKET].collect()
    rows = {(row["slot"], row["day_on"]): row["rows"] for row in told.to_dicts()}
    assert rows == {("t1", dt.date(2026, *on)): 1 for on in ((1, 2), (2, 2), (3, 3))}, "the 3rd of March in Paris"


def test_an_analysis_opens_no_frame_but_those_it_asks_for(site: Callable[[], Settings], tmp_path: Path) -> None:
    draft = laid(HISTORY, elsewhere(site(), tmp_path, AS_OF))
    kept, *_ = draft.parts_of(TICKET).values()
    draft.keeper.path(kept).unlink()
    evidence = evidence_of(draft)
    assert evidence.get("fact_ticket") is None
    assert evidence.days[TICKET].select(pl.len()).collect().item() == 3
    with pytest.raises(Damaged):
        evidence[TICKET]


ASKED = {"invitation_id": "i1", "sent_at": at(3, 6), "kind": "csat", "question": "q"}
ASKED |= {"scale": "1-5", "scale_low_milli": 1000, "scale_high_milli": 5000}
ANSWERS = [ASKED | {"response_id": it, "ticket_id": it, "dated_at": at(3, 5 + int(it))} for it in "12"]
SURVEYS = export(SURVEY, "s1", *ANSWERS)


def test_the_tickets_that_surveys_name_say_what_their_parts_reach(site: Callable[[], Settings], tmp_path: Path) -> None:
    draft = laid([*HISTORY, SURVEYS], elsewhere(site(), tmp_path, AS_OF))
    assert list(draft.parts_of(SURVEY)) == ["2026-01-01"], "the invitation lies with the first ticket that it names"
    assert routing.near_of_followers(draft) == {"2026-01-01": ["2026-01-01", "2026-02-01"]}


def test_parts_are_as_long_as_the_feeds_at_hand_ask(
    site: Callable[[], Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.facts.parts.ROWS_A_PART", 12)
    desk = [*HISTORY, export(TICKET, "t2", ticket(4, at(1, 15)))]
    before = laid(desk, elsewhere(site(), tmp_path / "nightly", AS_OF))
    assert list(before.parts_of(TICKET)) == ["2026-01-01", "2026-01-11", "2026-02-01", "2026-03-01"], "thirds"
    night = laid([*desk, SURVEYS], before.settings, as_parent(before, desk))
    assert list(night.parts_of(TICKET)) == ["2026-01-01", "2026-02-01", "2026-03-01"], "months, with the first surveys"
    anew = laid([*desk, SURVEYS], elsewhere(site(), tmp_path / "new", AS_OF))
    assert differing(feeds_of(night), feeds_of(anew)) == []
