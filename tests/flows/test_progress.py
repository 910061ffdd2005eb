"""How far a run is: the words, the lines in a log, the bar on a terminal."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
from rich.console import Console

from flows import progress
from flows.io.passed import PASSED
from flows.io.source_bytes import SourceBytes
from flows.progress import bar, one_by_one, watched
from flows.tally import Tally, rows_of, sizes_of, spoken

MB = 1_000_000
FILES = [{"slot": "a.csv", "bytes": 28 * MB}, {"slot": "b.csv", "bytes": 8 * MB}, {"slot": "c.csv", "bytes": 58 * MB}]


def test_a_file_counts_by_its_bytes_and_a_little_for_itself() -> None:
    tally = Tally(label="reading", total=3, sizes=sizes_of(FILES))
    assert tally.under_way(1) == "1 s, 0 of 3 files, 0.0 of 94.0 MB"
    tally.step(0, {"rows_in": 1200})
    tally.step(1, {"rows_in": 34})
    assert tally.share == 0.4
    assert tally.under_way(8) == "8 s, about 12 s left, 2 of 3 files, 36.0 of 94.0 MB, 4.5 MB/s, 1,234 rows"
    tally.step(2, {"rows_in": 0})
    assert tally.ended(20) == "done in 20 s, 3 files, 94.0 MB, 4.7 MB/s, 1,234 rows"


def test_files_may_end_in_any_order() -> None:
    tally = Tally(label="reading", total=3, sizes=sizes_of(FILES))
    tally.step(2)
    assert tally.share == 0.6


def test_a_file_that_went_through_the_door_is_half_read() -> None:
    tally = Tally(label="reading", total=1, sizes=[58 * MB])
    tally.read_bytes = 30 * MB
    assert tally.under_way(5) == "5 s, about 15 s left, 15.0 of 58.0 MB, 3.0 MB/s"
    tally.read_bytes = 500 * MB
    assert tally.share < 1
    tally.step()
    assert tally.share == 1.0


def test_files_known_before_are_not_gone_through() -> None:
    tally = Tally(label="reading", total=2, sizes=[58 * MB, 38 * MB])
    tally.step()
    tally.read_bytes = 10 * MB
    assert tally.share == 0.6


def test_items_without_bytes_are_counted() -> None:
    tally = Tally(label="building facts", total=4, sizes=sizes_of(["fact_ticket", "fact_contact"]))
    tally.step(0, [{"rows": 5}, {"rows": 7}])
    assert tally.under_way(30) == "30 s, about 1 min 30 s left, 1 of 4, 12 rows"


def test_nothing_is_foretold_that_nobody_knows() -> None:
    closing = Tally(label="closing")
    assert closing.under_way(12) == "12 s"
    assert closing.seconds_left(12) is None
    assert closing.ended(13) == "done in 13 s"
    early = Tally(label="reading", total=2, done=1)
    assert early.seconds_left(1.9) is None
    assert early.seconds_left(2) == 2


def test_an_empty_file_and_no_files_divide_by_nothing() -> None:
    assert Tally(label="reading", total=1, sizes=[0], done=1).under_way(0) == "0 s"
    assert Tally(label="reading").share == 0


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (3725, "1 h 02 min")])
def test_durations_as_one_says_them(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_only_accounts_tell_of_rows() -> None:
    assert rows_of({"rows_in": 3, "rows": 2}) == 3
    assert rows_of([{"rows": 2}, {"rows": 5}, "fact"]) == 7
    assert rows_of(OSError("no")) == rows_of(None) == rows_of("fact") == 0


def test_the_door_counts_each_byte_once_however_often_a_file_is_gone_through() -> None:
    before = PASSED.total
    delivered = SourceBytes(io.BytesIO(b"x" * 1000), is_hashed=True)
    for _ in range(2):
        assert sum(map(len, delivered.pieces(300))) == 1000
    list(SourceBytes(io.BytesIO(b"turned into UTF-8")).pieces())
    assert PASSED.total - before == 1000


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds and ten are over at once."""
    for name in ("QUIET_S", "LINE_S", "_FRAME_S"):
        monkeypatch.setattr(progress, name, 0.001)


class Terminal(io.StringIO):
    """What was written, and a way to wait until something was."""

    def __init__(self) -> None:
        super().__init__()
        self.is_written = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        self.is_written.set()
        return written


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    screen = Terminal()
    monkeypatch.setattr(progress, "CONSOLE", Console(file=screen, force_terminal=True, width=100, color_system=None))
    return screen


@pytest.mark.usefixtures("quick")
def test_a_log_shows_that_something_moves_and_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Terminal()
    monkeypatch.setattr("sys.stderr", log)
    with bar("reading exports", 2, [MB, 3 * MB]) as step:
        assert log.is_written.wait(30)
        step(1, {"rows_in": 12})
        step(0)
    first, *_, last = log.getvalue().splitlines()
    assert first == "reading exports: 0 s, 0 of 2 files, 0.0 of 4.0 MB"
    assert last.startswith("reading exports: done in 0 s, 2 files, 4.0 MB, ")
    assert last.endswith(" MB/s, 12 rows")


def test_what_is_over_at_once_says_nothing(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    assert one_by_one("reading", str, [1, 2]) == ["1", "2"]
    assert terminal.getvalue() == ""
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("quick")
def test_a_terminal_shows_a_bar_that_is_full_at_the_end(terminal: Terminal) -> None:
    with bar("reading exports", 2, [MB, 3 * MB]) as step:
        assert terminal.is_written.wait(30)
        step(0, {"rows_in": 3})
        step(1)
    assert "━━━━ done in 0 s, 2 files, 4.0 MB" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[?25h")


def fail_once_seen(screen: Terminal) -> None:
    assert screen.is_written.wait(30)
    raise OSError("the disk is full")


@pytest.mark.usefixtures("quick")
def test_a_stage_that_fails_leaves_the_terminal_in_order(terminal: Terminal) -> None:
    with pytest.raises(OSError, match="full"):
        one_by_one("reading", fail_once_seen, [terminal])
    assert terminal.getvalue().endswith("\x1b[?25h")
    assert "done" not in terminal.getvalue()
    assert not any(thread.name == "progress" for thread in threading.enumerate())


@pytest.mark.usefixtures("quick")
def test_a_stage_that_fails_is_not_said_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Terminal()
    monkeypatch.setattr("sys.stderr", log)
    with pytest.raises(OSError, match="full"):
        one_by_one("reading", fail_once_seen, [log])
    assert "reading: 0 s" in log.getvalue()
    assert "done" not in log.getvalue()
    assert not any(thread.name == "progress" for thread in threading.enumerate())


def test_whoever_watches_is_told_of_each_step() -> None:
    seen: list[Any] = []
    with watched(lambda *told: seen.append(told)):
        one_by_one("reading", str, [1, 2])
    one_by_one("reading", str, [3])
    assert seen == [("reading", 1, 2), ("reading", 2, 2)]
