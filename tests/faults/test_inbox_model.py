"""The inbox against plain Python: whatever is delivered, corrected, broken or erased, the tables say what they must.

Each rule changes the raw folder or the mapping; at night the house runs, sometimes over the body of a run that died or
met a disk error. Then every published table with an answer in it is read and compared with the model, and so is what a
reader saw of a run that died: the night before or this one, never anything between.

To keep a night short, the house has one metric and a scorecard of one word, exports are judged by the expressions of
their contract without Great Expectations, and the tables of ours not at all: that is tested elsewhere. All else is the
house as it runs.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import io
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from flows.__main__ import main
from flows.settings import load
from tests.faults.conftest import Proof
from tests.faults.inbox_model import WORD, Answer, Delivery, Model, differing, published
from tests.faults.test_publish import PowerCutError, fail_at
from tests.flows.conftest import empty_site
from tests.flows.persons import MAPPING, by_expressions, hits, quicken

pytestmark = pytest.mark.filterwarnings("ignore")
KNOWS_WORD = f'[values.score_milli]\n4 = ["{WORD}"]\n'
FILES = tuple(f"avis_{month}.csv" for month in ("2024-02", "2025-07", "2026-02", "2026-03"))
PERSONS = tuple(f"C-{number}" for number in range(4711, 4716))
SEEN: Counter[str] = Counter()
"""What the model was put through, over all its examples."""


class DiskError(OSError):
    """What a disk says when it fails."""

    def __init__(self, where: str) -> None:
        super().__init__(errno.EIO, where)


class Inbox(RuleBasedStateMachine):
    """The raw folder as the user changes it, beside what the published tables must say."""

    home: Path
    """Where each example has its deployment."""
    dying = 0.35
    """Share of the nights before which a run dies, and of those in which another one does."""

    waiting = 0.3
    """Share of the changes after which the next one comes before the night."""

    def __init__(self) -> None:
        super().__init__()
        self.data = empty_site(self.home / f"{SEEN['examples']:06d}", avis=MAPPING)
        SEEN["examples"] += 1
        self.key = load(str(self.data)).key
        self.raw: dict[str, Delivery] = {}
        self.model = Model()
        self.knows_word = False
        self.next_number, self.changes = 1, 300
        self.chance = random.Random(0)  # noqa: S311 -- no secret

    def teardown(self) -> None:
        shutil.rmtree(self.data)

    @initialize(chance=st.integers(0, 1000))
    def first_night(self, chance: int) -> None:
        self.chance = random.Random(chance)  # noqa: S311
        for name in FILES[2:]:
            self.put(name, self.new_lines(name, 6))
        self.night(dies=False)

    @rule(name=st.sampled_from(FILES), lines=st.integers(4, 8))
    def deliver(self, name: str, lines: int) -> None:
        """A file with new rows after its own: of this month, or late ones of two years ago."""
        self.put(name, self.before(name) + self.new_lines(name, lines))
        self.changed("late rows" if name in FILES[:2] else "new rows")

    @rule()
    def deliver_the_same(self) -> None:
        """The same bytes again, after a night: no run, and no file touched."""
        self.night()
        runs = sorted((self.data / "published").rglob("*"))
        for name, delivery in self.raw.items():
            self.put(name, delivery.lines, is_broken=delivery.is_broken)
        SEEN["same bytes"] += 1
        self.night(dies=False)
        assert sorted((self.data / "published").rglob("*")) == runs

    @precondition(lambda self: self.whole())
    @rule()
    def correct(self) -> None:
        """A line of a file gets another score."""
        name = self.chance.choice(self.whole())
        lines = list(self.raw[name].lines)
        place = self.chance.randrange(len(lines))
        lines[place] = lines[place]._replace(score=self.chance.choice("12345"), is_half=False)
        self.put(name, tuple(lines))
        self.changed("corrections")

    @precondition(lambda self: self.whole())
    @rule(in_its_own_file=st.booleans())
    def repeat(self, in_its_own_file: bool) -> None:  # noqa: FBT001
        """A line stands in a file again, its own or another, with another score: the later file or line counts."""
        at, line = self.chance.choice([(name, it) for name in self.whole() for it in self.raw[name].lines])
        name = at if in_its_own_file else self.chance.choice(FILES)
        self.put(name, (*self.before(name), line._replace(score=self.chance.choice("12345"), is_half=False)))
        self.changed("duplicates in a file" if name == at else "duplicates in another file")

    @precondition(lambda self: self.whole())
    @rule(is_accepted=st.booleans())
    def shrink(self, is_accepted: bool) -> None:  # noqa: FBT001
        """A file loses most of its lines: held until somebody says that it is right."""
        name = self.chance.choice(self.whole())
        self.put(name, self.raw[name].lines[:1])
        SEEN["shrunk files"] += 1
        self.night()
        if is_accepted:
            SEEN["shrinks accepted"] += 1
            self.night("--accept-shrink")

    @rule(name=st.sampled_from(FILES))
    def break_file(self, name: str) -> None:
        """A login page in place of an export: its old rows stay."""
        self.put(name, (), is_broken=True)
        self.changed("broken files")

    @precondition(lambda self: len(self.raw) > 0)
    @rule()
    def take_away(self) -> None:
        """A file leaves the raw folder: its rows stay."""
        name = self.chance.choice(sorted(self.raw))
        (self.data / "raw" / name).unlink()
        del self.raw[name]
        self.changed("files gone")

    @rule()
    def fix_the_mapping(self) -> None:
        """A score in a word is refused until the mapping knows it; then every file that is there is read again."""
        self.knows_word = not self.knows_word
        (self.data / "sources" / "avis.toml").write_text(MAPPING + KNOWS_WORD * self.knows_word, "utf-8")
        self.changed("quarantine replayed" if self.knows_word else "words unlearnt")

    @precondition(lambda self: len(self.model.erased) < 2)
    @rule(dies=st.booleans())
    def erase(self, dies: bool) -> None:  # noqa: FBT001
        """A person is gone for good, also from later deliveries; when the command dies, it is given again."""
        person = self.chance.choice(sorted(set(PERSONS) - self.model.erased))
        SEEN["erasures"] += 1
        self.night(command=("erase", "--customer", person), dies=dies, erased={person})

    @precondition(lambda self: self.model.erased)
    @rule(name=st.sampled_from(FILES))
    def redeliver_the_erased(self, name: str) -> None:
        """Old and new lines of the erased come back."""
        lines = [it._replace(person=self.chance.choice(sorted(self.model.erased))) for it in self.new_lines(name, 3)]
        self.put(name, (*self.before(name), *lines))
        self.changed("redeliveries of erased persons")

    def whole(self) -> list[str]:
        return sorted(name for name, it in self.raw.items() if it.lines)

    def before(self, name: str) -> tuple[Answer, ...]:
        """The lines a file has, or had when it was last read."""
        if name in self.whole():
            return self.raw[name].lines
        return self.model.used[name].lines if name in self.model.used else self.new_lines(name, 3)

    def new_lines(self, name: str, count: int) -> tuple[Answer, ...]:
        first, self.next_number = self.next_number, self.next_number + count
        month = dt.date.fromisoformat(f"{name[5:12]}-01")
        return tuple(
            Answer(
                number,
                self.chance.choice([*"12345" * 4, WORD]),
                self.chance.choice(PERSONS),
                month.replace(day=self.chance.randint(1, 28)),
                is_half=self.chance.random() < 0.05,
            )
            for number in range(first, first + count)
        )

    def put(self, name: str, lines: tuple[Answer, ...], *, is_broken: bool = False) -> None:
        self.raw[name] = Delivery(lines, is_broken)
        (self.data / "raw" / name).write_text(self.raw[name].text, "utf-8")

    def changed(self, what: str) -> None:
        """Several changes may wait for one night."""
        SEEN[what] += 1
        if self.chance.random() > self.waiting:
            self.night()

    def night(
        self,
        *words: str,
        command: tuple[str, ...] = ("run", "--plain"),
        dies: bool | None = None,
        erased: frozenset[str] | set[str] = frozenset(),
    ) -> None:
        """Run, sometimes over the body of a run that died; then compare."""
        due = self.model.after(
            self.raw,
            knows_word=self.knows_word,
            accept_shrink="--accept-shrink" in words,
            erased=self.model.erased | erased,
        )
        asked = [*command, "--data", str(self.data), *words]
        for _ in range(2):
            if self.chance.random() < self.dying if dies is None else dies:
                self.die(asked, due)
                dies = dies and None
        with pytest.MonkeyPatch.context() as patch:
            calls = fail_at(patch, -1, PowerCutError, after=False)
            assert quietly(asked) == (2 if due.is_troubled else 0)
        self.changes = max(calls[0], 100)
        SEEN["nights"] += 1
        self.model = due
        seen = self.read()
        assert seen is not None
        assert differing(due, seen, self.key) == {}
        for person in due.erased:
            assert hits(self.data, person) == []
            SEEN["searches for an erased person"] += 1

    def die(self, asked: list[str], due: Model) -> None:
        """A run that meets a power cut, or an error of the disk, at a change of it: readers see one whole night."""
        error, nth = self.chance.choice((PowerCutError, DiskError)), self.chance.randint(1, self.changes)
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PowerCutError):
            calls = fail_at(patch, nth, error, after=self.chance.random() < 0.5)
            quietly(asked)
        if calls[0] < nth:
            SEEN["runs that ended before their fault"] += 1
        else:
            SEEN["power cuts" if error is PowerCutError else "disk errors"] += 1
        seen = self.read()
        if seen is None:
            assert self.model == Model()
        else:
            assert {} in [differing(model, seen, self.key) for model in (self.model, due)]

    def read(self) -> dict[str, Any] | None:
        seen = published(self.data)
        SEEN["tables read and compared"] += len(seen or ())
        return seen


def quietly(words: list[str]) -> int:
    """Run one command; what it says is shown where it fails."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(words)
    assert code in {0, 2} or "Errno 5" in said.getvalue(), said.getvalue()
    return code


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Inbox]:
    """The model in a folder of its own, in a house that is quick."""
    quicken(monkeypatch)
    monkeypatch.setattr("flows.stages.reading.judged", by_expressions)
    for name in ("DATA", "RAW", "AS_OF", "KEY"):
        monkeypatch.delenv(f"BAROMETRE_{name}", raising=False)
    Inbox.home = tmp_path
    SEEN.clear()
    return Inbox


def tell(proves: Callable[[Proof], None]) -> None:
    for what in sorted(SEEN.keys() - {"examples", "runs that ended before their fault"}):
        promise = 11 if "eras" in what else 10
        proves(Proof(promise, f"inbox against a model: {what}", SEEN[what]))


def test_one_of_each(inbox: type[Inbox], proves: Callable[[Proof], None]) -> None:
    """Everything that may happen to the inbox, once, in a life of its own."""
    it = inbox()
    it.dying, it.waiting = 0.1, 0.6
    it.first_night(chance=3)
    it.deliver(FILES[0], 4)
    it.repeat(in_its_own_file=False)
    it.erase(dies=True)
    it.correct()
    it.take_away()
    it.break_file(FILES[3])
    it.fix_the_mapping()
    it.redeliver_the_erased(FILES[2])
    it.shrink(is_accepted=True)
    it.deliver_the_same()
    it.teardown()
    tell(proves)


@pytest.mark.slow
def test_the_tables_follow_the_inbox(inbox: type[Inbox], proves: Callable[[Proof], None]) -> None:
    run_state_machine_as_test(
        inbox,
        settings=settings(
            max_examples=14,
            stateful_step_count=11,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=[Phase.generate],
        ),
    )
    assert SEEN["tables read and compared"] >= 1000
    tell(proves)
