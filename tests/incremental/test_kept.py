"""A frame is kept from night to night until something that it is made of has another content, or its time is over."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
import pytest

from flows.io.kept import Check, Keeper, Kept, Making, frames_of, sweep
from flows.io.parquet import Damaged

END = dt.datetime(2026, 3, 31, 22, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@dataclass
class Shop:
    """A keeper, and how often each frame was made."""

    keeper: Keeper
    made: list[str] = field(default_factory=list)

    def making(
        self, name: str, *rows: int, made_of: tuple[Kept, ...] = (), and_of: object = None, until: str = ""
    ) -> Making:
        def make() -> pl.LazyFrame:
            self.made.append(name)
            return pl.LazyFrame({"number": list(rows)}, schema={"number": pl.Int64})

        at = dt.datetime.fromisoformat(until) if until else None
        holds = (lambda lf: lf.select(pl.lit(at, pl.Datetime("us", "UTC")).first())) if until else None
        return Making(name=name, made_of=made_of, and_of=and_of, make=make, holds_until=holds)

    def one(self, making: Making, check: Check | None = None) -> Kept:
        return self.keeper.kept({"": making}, check)[""]

    def numbers(self, kept: Kept) -> list[int]:
        return self.keeper.frame({"": kept}).collect()["number"].to_list()

    def on(self, end: dt.datetime) -> Shop:
        """The same shop on another day."""
        return replace(self, keeper=replace(self.keeper, end=end))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(Keeper(home=tmp_path / "kept", premises="rules", end=END))


def test_a_frame_is_made_once(shop: Shop) -> None:
    first = shop.one(shop.making("one", 1, 2))
    again = shop.one(shop.making("one", 3))
    assert again == first
    assert shop.numbers(again) == [1, 2]
    assert shop.made == ["one"]


def test_what_is_made_of_other_content_is_made_again(shop: Shop) -> None:
    source, other = shop.one(shop.making("source", 1)), shop.one(shop.making("source", 2, and_of="tonight"))
    shop.one(shop.making("reader", 10, made_of=(source,)))
    reader = shop.one(shop.making("reader", 20, made_of=(other,)))
    assert shop.numbers(reader) == [20]
    assert shop.made == ["source", "source", "reader", "reader"]


def test_what_is_made_anew_with_the_same_content_leaves_its_readers_alone(shop: Shop) -> None:
    source, same = shop.one(shop.making("source", 1)), shop.one(shop.making("source", 1, and_of="tonight"))
    assert source["key"] != same["key"]
    reader = shop.one(shop.making("reader", 10, made_of=(source,)))
    assert shop.one(shop.making("reader", 20, made_of=(same,))) == reader


@pytest.mark.parametrize("what", ["name", "and_of", "premises", "order"])
def test_whatever_else_decides_it_makes_it_another(shop: Shop, what: str) -> None:
    one, two = shop.one(shop.making("source", 1)), shop.one(shop.making("source", 2, and_of=2))
    before = shop.making("reader", 10, made_of=(one, two), and_of=["7 days"])
    after = {
        "name": replace(before, name="other reader"),
        "and_of": replace(before, and_of=["8 days"]),
        "premises": before,
        "order": replace(before, made_of=(two, one)),
    }[what]
    then = shop.one(before)
    later = replace(shop, keeper=replace(shop.keeper, premises="other rules")) if what == "premises" else shop
    assert later.one(after)["key"] != then["key"]


@pytest.mark.parametrize(
    ("end", "is_made_again"),
    [
        (END, False),
        (END + DAY, False),
        (END + 2 * DAY - dt.timedelta(microseconds=1), False),
        (END + 2 * DAY, True),
        (END + 3 * DAY, True),
        (END - DAY, True),
    ],
    ids=["the same day", "before it", "just before", "at it", "after it", "an earlier day"],
)
def test_a_frame_serves_later_days_before_the_instant_it_names(
    shop: Shop, end: dt.datetime, *, is_made_again: bool
) -> None:
    until = (END + 2 * DAY).isoformat()
    shop.one(shop.making("one", 1, until=until))
    shop.on(end).one(shop.making("one", 1, until=until))
    assert len(shop.made) == 1 + is_made_again


def test_an_instant_between_two_seconds_is_told_from_both(shop: Shop) -> None:
    until = END + DAY + dt.timedelta(microseconds=500_000)
    shop.one(shop.making("one", 1, until=until.isoformat()))
    shop.on(END + DAY).one(shop.making("one", 1))
    assert shop.made == ["one"]
    shop.on(END + DAY + dt.timedelta(seconds=1)).one(shop.making("one", 1))
    assert shop.made == ["one", "one"]


def test_what_time_never_changes_serves_every_later_day_and_no_earlier_one(shop: Shop) -> None:
    shop.one(shop.making("one", 1))
    shop.on(END + 9000 * DAY).one(shop.making("one", 1))
    assert shop.made == ["one"]
    shop.on(END - DAY).one(shop.making("one", 1))
    assert shop.made == ["one", "one"]


def test_an_earlier_day_leaves_the_rows_of_the_later_one_to_the_run_that_has_them(shop: Shop) -> None:
    later = shop.one(shop.making("one", 1))
    earlier = shop.on(END - DAY).one(shop.making("one", 2))
    assert (shop.numbers(later), shop.numbers(earlier)) == ([1], [2])
    assert shop.keeper.is_sound(later)
    assert shop.numbers(shop.one(shop.making("one", 3))) == [2], "what it was on an earlier day, it still is"


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def another_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def half_told(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def of_another(path: Path) -> None:
    told = json.loads(path.read_bytes())
    told["kept"]["rows"] += 1
    path.write_text(json.dumps(told), "utf-8")


@pytest.mark.parametrize("harm", [another_byte, half_told, of_another, Path.unlink])
def test_without_a_sound_record_it_is_made_again(shop: Shop, harm: Callable[[Path], None]) -> None:
    kept = shop.one(shop.making("one", 1))
    harm(shop.keeper.home / f"{kept['key']}.json")
    assert shop.one(shop.making("one", 1)) == kept
    assert shop.made == ["one", "one"]


@pytest.mark.parametrize("harm", [shortened, Path.unlink])
def test_rows_that_are_short_or_gone_are_made_again(shop: Shop, harm: Callable[[Path], None]) -> None:
    kept = shop.one(shop.making("one", 1))
    harm(shop.keeper.path(kept))
    assert shop.one(shop.making("one", 1)) == kept
    assert shop.keeper.is_sound(kept)


@pytest.mark.parametrize("harm", [another_byte, shortened, Path.unlink])
def test_nothing_is_made_of_damaged_rows_and_the_next_run_makes_them_again(
    shop: Shop, harm: Callable[[Path], None]
) -> None:
    source = shop.one(shop.making("source", 1))
    harm(shop.keeper.path(source))
    with pytest.raises(Damaged, match="Run again: the frame is made anew"):
        shop.one(shop.making("reader", 10, made_of=(source,)))
    assert shop.made == ["source"]
    again = shop.one(shop.making("source", 1))
    assert shop.numbers(shop.one(shop.making("reader", 10, made_of=(again,)))) == [10]
    assert shop.made == ["source", "source", "reader"]


class BrokenError(Exception):
    """What a check says of rows that may not be relied upon."""


def test_rows_that_fail_their_check_are_not_there_tomorrow(shop: Shop) -> None:
    parts = {"a": shop.making("a", 1), "b": shop.making("b", 2), "c": shop.making("c", 3)}
    shop.keeper.kept({"a": parts["a"]})
    shown: list[list[int]] = []

    def check(rows: pl.LazyFrame) -> None:
        shown.append(rows.collect()["number"].to_list())
        if len(shown) == 1:
            raise BrokenError

    with pytest.raises(BrokenError):
        shop.keeper.kept(parts, check)
    assert [shop.keeper.there(parts[it]) is not None for it in "abc"] == [True, False, False]
    shop.keeper.kept(parts, check)
    shop.keeper.kept(parts, check)
    assert shown == [[2, 3], [2, 3]], "rows that are there were judged when they were made"


def test_the_parts_of_a_frame_are_one_in_the_order_of_their_names(shop: Shop) -> None:
    parts = shop.keeper.kept({"2026-02": shop.making("later", 3, 4), "2026-01": shop.making("sooner", 1, 2)})
    assert shop.keeper.frame(parts).collect()["number"].to_list() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("at_once", "rows_at_once", "is_whole"),
    [
        pytest.param(True, 2_000_000, True, id="in memory"),
        pytest.param(True, 299_999, False, id="too long for that"),
        pytest.param(False, 2_000_000, False, id="as rows pass by"),
    ],
)
def test_a_frame_is_made_in_memory_where_it_says_so_and_reads_few_rows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, *, at_once: bool, rows_at_once: int, is_whole: bool
) -> None:
    monkeypatch.setattr("flows.io.kept._ROWS_AT_ONCE", rows_at_once)
    read = shop.one(shop.making("read", *range(300_000)))
    seen: list[int] = []

    def look(block: pl.DataFrame) -> pl.DataFrame:
        seen.append(block.height)
        return block

    def make() -> pl.LazyFrame:
        return shop.keeper.frame({"": read}).map_batches(look, schema={"number": pl.Int64}, streamable=True)

    made = shop.one(Making(name="made", made_of=[read], make=make, at_once=at_once))
    assert (len(seen) == 1) is is_whole
    assert sum(seen) == made["rows"] == 300_000
    assert made["sha256"] == read["sha256"], "the same bytes either way"


def test_frames_that_the_run_was_not_made_of_go_and_the_others_stay(shop: Shop) -> None:
    stays, goes, shared = (shop.one(shop.making(name, 1)) for name in ("stays", "goes", "shared"))
    draft = shop.keeper.home / f".{stays['key']}.parquet.part"
    draft.write_bytes(b"")
    manifest = {"kept": {"fact": {"a": stays, "b": shared}, "feed": {"": shared}}}
    sweep(shop.keeper.home, manifest)
    names = {path.name for path in shop.keeper.home.iterdir()}
    assert names == {f"{it['key']}{end}" for it in (stays, shared) for end in (".json", ".2026-03-31.parquet")}
    assert shop.keeper.there(shop.making("goes", 1)) is None
    assert [shop.keeper.there(shop.making(name, 1)) for name in ("stays", "shared")] == [stays, shared]
    assert goes["key"] not in str(names)
    sweep(shop.keeper.home / "nowhere", manifest)


def test_a_run_of_old_knows_of_no_kept_frames() -> None:
    assert frames_of({}) == {}
