"""Nothing but speed depends on the parts in which tickets lie: facts over many small ones are those over one."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows.settings import Settings, load
from tests.flows.persons import accepting
from tests.incremental.deployment import (
    BOT,
    CALL,
    CART,
    COUNT,
    CUSTOMER,
    EVENT,
    ORDER,
    PAGE,
    PEOPLE,
    REVIEW,
    SURVEY,
    TICKET,
    new_deployment,
)
from tests.incremental.rows import Row, feed_frame
from tests.incremental.rows_beside import MakerBeside
from tests.incremental.staged import Export, differing, elsewhere, facts_of, feeds_of, split_finely, staged, stored
from transforms.facts.families import LAID

SEEDS = st.integers(0, 1_000_000_000)
AS_OF = st.dates(dt.date(2026, 1, 15), dt.date(2026, 5, 25))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Settings]:
    loaded = load(str(new_deployment(tmp_path_factory.mktemp("parts") / "site")))
    return lambda: loaded


def exports_of(seed: int) -> list[Export]:
    """The exports of several months: versions of a row, and of an event with its ticket, lie in several of them."""
    chance = random.Random(seed)  # noqa: S311 -- no secret
    maker = MakerBeside(chance, tickets=chance.choice((6, 30)))
    found = []
    for source in ("alpha", "beta"):
        tells = chance.random() < 0.7
        lives = [event for _ in range(chance.randrange(25)) for event in maker.life()]
        for month in range(chance.randint(1, 3)):
            tickets = [maker.ticket(tells=tells) for _ in range(chance.randrange(15))]
            found.append(export(TICKET, f"tickets_{source}_{month}", tickets, source=source))
            events = [maker.life()[:1] or [it] for it in lives if chance.random() < 0.1]
            moved = [it | {"ticket_id": maker.number()} for it in lives if chance.random() < 0.15]
            shown = [it for it in lives if chance.random() < 0.6] + moved + [it for few in events for it in few]
            found.append(export(EVENT, f"events_{source}_{month}", shown, source=source))
    bots = [maker.bot_session(number) for number in range(chance.randrange(20))]
    found.append(export(BOT, "bots", bots, source=chance.choice(("alpha", "bot"))))
    scale = {"scale": "1-5", "scale_low_milli": 1000, "scale_high_milli": 5000}
    for month, kind in enumerate(("csat", "csat", "ces", "engagement")):
        surveys = [maker.survey(chance.randrange(20)) for number in range(chance.randrange(12))]
        source = chance.choice(("enquete", "sondage"))
        found.append(export(SURVEY, f"surveys_{month}", surveys, source=source, kind=kind, **scale))
    if chance.random() < 0.8:
        found.append(export(PEOPLE, "people", maker.roster(), source="rh"))
    found += beside(chance, maker)
    return [it for it in found if it.rows.height]


def beside(chance: random.Random, maker: MakerBeside) -> list[Export]:
    """Exports of all else that lies in parts: some tell of a link, an answer or a name nowhere, some in one part."""
    found = [export(COUNT, "counts", [maker.count_of_calls() for _ in range(chance.randrange(8))], source="standard")]
    spells = [maker.spell(chance.randrange(12)) for _ in range(chance.randrange(30))]
    found.append(export(CUSTOMER, "customers", spells, source="boutique"))
    for month in range(2):
        for source in ("boutique", "standard"):
            tells = chance.random() < 0.4

            def some(numbers: int) -> list[int]:
                return [chance.randrange(20) for _ in range(chance.randrange(numbers))]

            orders = [line for number in some(14) for line in maker.order(number, tells=tells)]
            carts = [maker.cart(number, tells=tells) for number in some(14)]
            calls, pages = [maker.call(number, tells=tells) for number in some(14)], [maker.page(n) for n in some(20)]
            reviews = [row for number in some(14) for row in maker.review(number, tells=tells)]
            told = {ORDER: orders, CART: carts, CALL: calls, PAGE: pages, REVIEW: reviews}
            found += [
                export(feed, f"{feed}_{source}_{month}", rows, source=source)
                for feed, rows in told.items()
                if chance.random() < 0.8
            ]
    return found


def export(feed: str, slot: str, rows: list[Row], **constants: object) -> Export:
    return Export(feed, feed_frame(feed, rows, slot=slot, **constants))


def require_the_same(seed: int, as_of: dt.date, rows_a_part: int, told: Settings, home: Path) -> None:
    exports = exports_of(seed)
    found = []
    for way in ("whole", "parts"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("flows.stages.draft.judged", accepting)
            if way == "parts":
                split_finely(patch, rows_a_part=rows_a_part)
            here = elsewhere(told, home / way, as_of)
            draft = staged(stored(exports, here), here)
            found.append((feeds_of(draft), facts_of(draft)))
            parts = {feed: len(draft.parts_of(feed)) for feed in LAID if feed in feeds_of(draft)}
            assert way == "parts" or set(parts.values()) <= {1}
    (feeds, facts), (feeds_parted, facts_parted) = found
    assert differing(feeds, feeds_parted) == []
    assert differing(facts, facts_parted) == []


def check(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        phases=[Phase.generate],  # a seed tells nothing by being smaller
    )


def test_facts_are_the_same_in_one_part_and_in_many(told: Callable[[], Settings], tmp_path: Path) -> None:
    require_the_same(8, dt.date(2026, 3, 15), 40, told(), tmp_path)


@pytest.mark.slow
@check(60)
@given(seed=SEEDS, as_of=AS_OF, rows_a_part=st.sampled_from([1, 40, 120]))
def test_facts_of_any_feeds_are_the_same_in_one_part_and_in_many(
    seed: int, as_of: dt.date, rows_a_part: int, told: Callable[[], Settings], tmp_path: Path
) -> None:
    require_the_same(seed, as_of, rows_a_part, told(), tmp_path / str(seed))
