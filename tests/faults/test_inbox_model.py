"""The inbox against a plain dictionary: whatever is delivered, corrected, broken or erased, the tables say the same.

Each rule changes the raw folder or the mapping and the model alike, then runs; some runs die at a change of the disk
and are run again. After each, the published answers, the account of each file and the absence of erased persons.
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from flows.__main__ import main
from tests.faults.conftest import Proof
from tests.faults.test_publish import PowerCutError, fail_at
from tests.flows.conftest import PIPELINE
from tests.flows.test_erasure import HEADER, MAPPING, hits

pytestmark = pytest.mark.filterwarnings("ignore")
OPEN_SCORES = '[values.score_milli]\n4 = ["vert"]\n'
FILES = tuple(f"avis_{year}-{month:02}.csv" for year, month in ((2024, 2), (2025, 7), (2026, 2), (2026, 3)))
PERSONS = tuple(f"C-{number}" for number in range(4711, 4716))
SEEN: Counter[str] = Counter()
"""What the model was put through, over all its examples."""


class Answer(NamedTuple):
    """One line of an export."""

    number: int
    score: str
    person: str
    day: int

    @property
    def is_good(self) -> bool:
        return self.score in "12345"


class Delivery(NamedTuple):
    """What lies in the raw folder under a name."""

    lines: tuple[Answer, ...]
    is_broken: bool = False


def text_of(name: str, delivery: Delivery) -> str:
    if delivery.is_broken:
        return "<html>Session expirée</html>"
    month = f"{name[10:12]}/{name[5:9]}"
    lines = (f"{it.number};{it.day:02}/{month} 10:00;{it.score};{it.person};A-1;ok" for it in delivery.lines)
    return "\n".join((HEADER, *lines)) + "\n"


class Inbox(RuleBasedStateMachine):
    """The raw folder as the user changes it, beside what the published tables must say."""

    home: Path
    """Where each example has its deployment."""
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.data = self.home / f"{SEEN['examples']:06d}"
        SEEN["examples"] += 1
        self.raw: dict[str, Delivery] = {}
        self.used: dict[str, tuple[Answer, ...]] = {}
        """By file: the lines of its last good delivery."""
        self.refused: dict[str, str] = {}
        self.erased: set[str] = set()
        self.next_number = 1
        self.chance = random.Random(0)  # noqa: S311 -- no secret
        shutil.copytree(self.template, self.data)

    def teardown(self) -> None:
        shutil.rmtree(self.data)

    @initialize(chance=st.integers(0, 1000))
    def first_night(self, chance: int) -> None:
        self.chance = random.Random(chance)  # noqa: S311
        for name in FILES[2:]:
            self.put(name, self.new_lines(6))
        self.night()

    @rule(name=st.sampled_from(FILES), lines=st.integers(4, 8))
    def deliver(self, name: str, lines: int) -> None:
        """A file with new rows after its own: of this month, or late ones of an old one."""
        before = self.raw[name].lines if name in self.raw else self.used.get(name, ())
        self.put(name, before + self.new_lines(lines))
        self.night("late or new rows")

    @rule()
    def deliver_the_same(self) -> None:
        """The same bytes again."""
        runs = sorted((self.data / "published" / "runs").iterdir())
        for name, delivery in self.raw.items():
            self.put(name, delivery.lines, is_broken=delivery.is_broken)
        self.night("same bytes")
        assert sorted((self.data / "published" / "runs").iterdir()) == runs

    @precondition(lambda self: self.whole())
    @rule()
    def correct(self) -> None:
        """A line of a file gets another score."""
        name = self.chance.choice(self.whole())
        lines = list(self.raw[name].lines)
        place = self.chance.randrange(len(lines))
        lines[place] = lines[place]._replace(score=self.chance.choice("12345"))
        self.put(name, tuple(lines))
        self.night("corrections")

    @precondition(lambda self: self.whole())
    @rule()
    def repeat_in_another_file(self) -> None:
        """A line of one file stands in another one as well, with another score: the later file counts."""
        line = self.chance.choice([it for name in self.whole() for it in self.raw[name].lines])
        name = self.chance.choice(FILES)
        before = self.raw[name].lines if name in self.whole() else self.used.get(name, self.new_lines(3))
        others = tuple(it for it in before if it.number != line.number)
        self.put(name, (*others, line._replace(score=self.chance.choice("12345"))))
        self.night("duplicates in another file")

    @precondition(lambda self: self.whole())
    @rule(is_accepted=st.booleans())
    def shrink(self, is_accepted: bool) -> None:  # noqa: FBT001
        """A file loses most of its lines: held until somebody says that it is right."""
        name = self.chance.choice(self.whole())
        self.put(name, self.raw[name].lines[:1])
        self.night("shrunk files")
        if is_accepted:
            self.night("shrinks accepted", "--accept-shrink")

    @rule(name=st.sampled_from(FILES))
    def break_file(self, name: str) -> None:
        """A login page in place of an export: its old rows stay."""
        self.put(name, (), is_broken=True)
        self.night("broken files")

    @precondition(lambda self: len(self.raw) > 0)
    @rule()
    def take_away(self) -> None:
        """A file leaves the raw folder: its rows stay."""
        name = self.chance.choice(sorted(self.raw))
        (self.data / "raw" / name).unlink()
        del self.raw[name]
        self.night("files gone")

    @rule()
    def fix_the_mapping(self) -> None:
        """A score in a word is refused, until the mapping knows the word; then every file is read again."""
        if not self.knows_words():
            (self.data / "sources" / "avis.toml").write_text(MAPPING + OPEN_SCORES, "utf-8")
        self.night("quarantine replayed")

    @precondition(lambda self: len(self.erased) < 2 and any(self.used.values()))
    @rule(dies=st.booleans())
    def erase(self, dies: bool) -> None:  # noqa: FBT001
        """A person is gone for good; when the command dies, it is given again."""
        person = self.chance.choice(sorted(set(PERSONS) - self.erased))
        self.erased.add(person)
        self.night("erasures", command=("erase", "--customer", person), dies=dies)

    def whole(self) -> list[str]:
        return sorted(name for name, it in self.raw.items() if not it.is_broken)

    def knows_words(self) -> bool:
        return OPEN_SCORES in (self.data / "sources" / "avis.toml").read_text("utf-8")

    def new_lines(self, count: int) -> tuple[Answer, ...]:
        first, self.next_number = self.next_number, self.next_number + count
        scores = "1234545453" * 2 + "b"
        return tuple(
            Answer(
                number, "vert" if (score := self.chance.choice(scores)) == "b" else score,
                self.chance.choice(PERSONS), self.chance.randint(1, 28),
            )
            for number in range(first, first + count)
        )  # fmt: skip

    def put(self, name: str, lines: tuple[Answer, ...], *, is_broken: bool = False) -> None:
        self.raw[name] = Delivery(lines, is_broken)
        (self.data / "raw" / name).write_text(text_of(name, self.raw[name]), "utf-8")

    def night(
        self,
        what: str = "first nights",
        *words: str,
        command: tuple[str, ...] = ("run",),
        dies: bool | None = None,
    ) -> None:
        """Run, sometimes over the body of a run that died; then compare."""
        SEEN[what] += 1
        troubled = self.expect(accept_shrink="--accept-shrink" in words)
        asked = [*command, "--data", str(self.data), *(["--plain"] if command == ("run",) else []), *words]
        if self.chance.random() < 0.3 if dies is None else dies:
            with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PowerCutError):
                fail_at(patch, self.chance.randint(1, 200), PowerCutError, after=self.chance.random() < 0.5)
                quietly(asked)
            SEEN["runs that died"] += 1
        assert quietly(asked) == (2 if troubled else 0)
        SEEN["runs"] += 1
        self.compare()

    def expect(self, *, accept_shrink: bool) -> bool:
        """The model's own night: which lines of each file count from now on; whether one was refused or held."""
        troubled = False
        for name, delivery in self.raw.items():
            before, now = self.left(self.used.get(name, ())), self.left(delivery.lines)
            good = self.good(now)
            is_poor = len(now) > 0 and len(good) * 2 < len(now)
            is_shrunk = name in self.used and len(good) * 2 < len(self.good_before(name, before)) and not accept_shrink
            if delivery.is_broken or is_poor or is_shrunk:
                troubled = True
            else:
                self.used[name] = delivery.lines
                self.read_with_words[name] = self.knows_words()
        return troubled

    @property
    def read_with_words(self) -> dict[str, bool]:
        return self.__dict__.setdefault("_read_with_words", {})

    def left(self, lines: tuple[Answer, ...]) -> tuple[Answer, ...]:
        return tuple(it for it in lines if it.person not in self.erased)

    def good(self, lines: tuple[Answer, ...]) -> list[Answer]:
        return [it for it in lines if it.is_good or self.knows_words()]

    def good_before(self, name: str, lines: tuple[Answer, ...]) -> list[Answer]:
        return [it for it in lines if it.is_good or self.read_with_words.get(name, False)]

    def compare(self) -> None:
        """The published tables, and every file, against the model."""
        due: dict[str, int] = {}
        for name in sorted(self.used):
            for it in self.good_before(name, self.left(self.used[name])):
                due[str(it.number)] = 4000 if it.score == "vert" else int(it.score) * 1000
        current = self.data / "published" / "current"
        facts = pl.read_parquet(current / "facts" / "fact_survey_response.parquet")
        found = dict(facts.select("response_id", "score_milli").iter_rows())
        assert found == due
        assert facts.height == len(due)
        for row in pl.read_parquet(current / "reports" / "meta_export.parquet").iter_rows(named=True):
            lines = self.used.get(row["slot"], ())
            told = {part: row[f"rows_{part}"] for part in ("in", "accepted", "quarantined", "duplicate", "erased")}
            assert told["in"] == len(lines)
            assert told["in"] == sum(told.values()) - told["in"] + row["rows_not_ours"]
            assert told["erased"] == len(lines) - len(self.left(lines))
        for person in self.erased:
            assert hits(self.data, person) == []
            SEEN["searches for an erased person"] += 1


def quietly(words: list[str]) -> int:
    """Run one command; what it says is shown where it fails."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(words)
    assert code in {0, 2}, said.getvalue()
    return code


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Inbox]:
    """The model in a folder of its own, with the exports judged as ever and the tables of ours taken as they are."""
    monkeypatch.setattr("flows.draft.judged", lambda *_, **__: SimpleNamespace(blocked_by=(), counts={}))
    for name in ("DATA", "RAW", "AS_OF", "KEY"):
        monkeypatch.delenv(f"BAROMETRE_{name}", raising=False)
    template = tmp_path / "template"
    for folder in ("raw", "sources", "reference"):
        (template / folder).mkdir(parents=True)
    (template / "pipeline.toml").write_text(PIPELINE, "utf-8")
    (template / "sources" / "avis.toml").write_text(MAPPING, "utf-8")
    Inbox.home, Inbox.template = tmp_path, template
    SEEN.clear()
    return Inbox


def put_through(inbox: type[Inbox], proves: Callable[[Proof], None], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        inbox,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=[Phase.generate],
        ),
    )
    tell(proves)


def tell(proves: Callable[[Proof], None]) -> None:
    for what in sorted(SEEN.keys() - {"examples"}):
        promise = 11 if "eras" in what else 10
        proves(Proof(promise, f"inbox against a model: {what}", SEEN[what]))


def test_one_of_each(inbox: type[Inbox], proves: Callable[[Proof], None]) -> None:
    """Everything that may happen to the inbox, once, in a life of its own."""
    it = inbox()
    it.first_night(chance=3)
    it.deliver(FILES[0], 4)
    it.repeat_in_another_file()
    it.erase(dies=True)
    it.correct()
    it.take_away()
    it.break_file(FILES[3])
    it.fix_the_mapping()
    it.shrink(is_accepted=True)
    it.erase(dies=False)
    it.deliver_the_same()
    it.deliver(FILES[3], 5)
    it.teardown()
    tell(proves)


@pytest.mark.slow
def test_the_tables_follow_the_inbox(inbox: type[Inbox], proves: Callable[[Proof], None]) -> None:
    put_through(inbox, proves, examples=30, steps=20)
