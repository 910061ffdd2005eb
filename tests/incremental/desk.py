"""A deployment that lives from night to night, and one that is told the same and made anew: what they publish."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from flows.io import publish
from flows.io.kept import frames_of
from flows.io.publish import Shelf
from tests.faults.test_inbox_model import quietly
from tests.incremental.deployment import SOURCES, deliver, mapping_of, new_deployment, settle
from tests.incremental.rows import FIRST, PERSONS, Row
from tests.incremental.rows_beside import BESIDE, MakerBeside
from tests.incremental.staged import differing, split_finely

OF_HISTORY = ("first_published_value", "run_key")
"""Columns in which a run may remember those before it."""
LOGS = ("metric_revision", "meta_table")
"""Tables that are the memory of runs, and the one that lists the bytes of files with such columns."""
Tables = dict[str, pl.DataFrame]


class Desk:
    """The raw folder as it is delivered to, with the settings and the persons who go, night after night."""

    def __init__(self, home: Path, seed: int, *, tickets: int = 60) -> None:
        self.home, self.data = home, new_deployment(home / "site")
        self.chance = random.Random(seed)  # noqa: S311 -- no secret
        self.maker = MakerBeside(self.chance, tickets)
        self.files: dict[str, list[Row]] = {}
        self.gone: dict[str, list[Row]] = {}
        self.erased: set[str] = set()
        self.settings = {"sla_s": 28_800, "opens": 9, "window": 7}
        self.as_of = dt.date(2026, 1, 10)
        self.split: int | None = None
        """About how many rows a part has; None: all lie in one."""
        self._split_of_run: dict[int, int | None] = {}
        self.seen: Counter[str] = Counter()
        """What the deployment was put through."""

    # --- a day ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The first exports of everything."""
        for name in SOURCES:
            self.put(f"{name}_1.csv", self.new_rows(name, 24))

    def a_day(self) -> None:
        """Some of what may happen to a deployment, and time that goes on."""
        happenings: list[Callable[[], None]] = [
            self.new_export, self.new_export, self.correct, self.correct, self.reopen, self.grow, self.shrink,
            self.take_away, self.late_rows, self.older_code, self.change_staff, self.change_settings, self.nothing,
        ]  # fmt: skip
        for happens in self.chance.sample(happenings, self.chance.randint(0, 3)):
            happens()
            self.seen[happens.__name__] += 1
        self.as_of += dt.timedelta(days=self.chance.choice((0, 1, 1, 1, 2, 7, 40)))
        if self.chance.random() < 0.12:
            self.as_of -= dt.timedelta(days=self.chance.choice((1, 9, 45)))
            self.seen["an earlier day"] += 1

    def new_rows(self, name: str, count: int) -> list[Row]:
        """Rows of an export, of any of the months."""
        make, first = self.maker, self.chance.randrange(60)
        match name:
            case "tickets_a" | "tickets_b":
                tells = name == "tickets_a" or "first_response" in self.seen
                return [make.ticket(tells=tells) for _ in range(count)]
            case "events_a" | "events_b":
                return [event for _ in range(count // 2) for event in make.life()]
            case "bots":
                return [make.bot_session(first + number) for number in range(count // 2)]
            case "surveys":
                return [make.survey(first + number) for number in range(count)]
            case "people":
                return make.roster()
        return make.beside(name, range(first, first + count))

    def new_export(self) -> None:
        """Another file."""
        name = self.chance.choice([it for it in SOURCES if it != "people"])
        self.put(f"{name}_{self.chance.randint(2, 9)}.csv", self.new_rows(name, 4))

    def late_rows(self) -> None:
        """A source that told nothing of answers begins to, in an export of its own."""
        self.seen["first_response"] += 1
        self.put("tickets_b_late.csv", self.new_rows("tickets_b", 3))

    def older_code(self) -> None:
        """A late row brings a code that is older than others: these get other numbers, also where no row changed."""
        number = self.chance.randint(1, 9)
        late = self.maker.ticket(f"T-old{number}") | {"channel": f"fax {number}", "customer_id": f"C-{number}"}
        row = {name: None if name.endswith("_at") else value for name, value in late.items()}
        self.put(f"tickets_b_old{number}.csv", [row | {"created_at": FIRST + dt.timedelta(hours=number)}])

    def correct(self) -> None:
        """Known rows again, later and with other values: in a new file or in that of old."""
        name = self.a_file("tickets", "events", "bots", "surveys", *BESIDE)
        again = [self.corrected(mapping_of(name), row) for row in self.some(self.files[name])]
        if self.chance.random() < 0.5:
            self.put(f"{mapping_of(name)}_{self.chance.randint(2, 9)}.csv", again)
        else:
            self.put(name, self.files[name] + again)

    def corrected(self, mapping: str, row: Row) -> Row:
        """The row with other values, of the same number; an event may turn out to be another ticket's."""
        later = {"updated_at": self.maker.after(row["updated_at"])} if row.get("updated_at") else {}
        match mapping:
            case "tickets_a" | "tickets_b":
                return self.maker.ticket(row["ticket_id"]) | later
            case "events_a" | "events_b":
                moved = {"ticket_id": self.maker.number()} if self.chance.random() < 0.4 else {}
                return row | {"occurred_at": self.maker.after(row["occurred_at"])} | moved
            case "bots":
                return row | {"ticket_id": self.maker.number(), "handed_off_at": self.maker.after(row["started_at"])}
            case "surveys":
                return self.maker.survey(int(row["response_id"].removeprefix("Q-"))) | later
        return self.maker.again(mapping, row) | later

    def reopen(self) -> None:
        """Old tickets go on."""
        name = self.a_file("events")
        last = {row["ticket_id"]: row for row in self.files[name]}
        again = []
        for row in self.some(list(last.values())):
            at = self.maker.after(row["occurred_at"], days=20)
            for state in ("open", "solved"):
                number = f"{row['ticket_id']}.r{self.chance.randrange(1000)}"
                event = self.maker.event(row["ticket_id"], "status", at)
                again.append(event | {"event_id": number, "status": state})
                at = self.maker.after(at)
        self.put(name, self.files[name] + again)

    def grow(self) -> None:
        """The same file with more rows."""
        name = self.a_file(*SOURCES)
        if name != "people_1.csv":
            self.put(name, self.files[name] + self.new_rows(mapping_of(name), 4))

    def shrink(self) -> None:
        """The same file with fewer rows."""
        name = self.a_file("tickets", "events", "bots", "surveys", *BESIDE)
        self.put(name, self.chance.sample(self.files[name], len(self.files[name]) * 2 // 3 or 1))

    def take_away(self) -> None:
        """A file leaves the raw folder; its rows stay."""
        name = self.a_file("tickets", "events", "surveys")
        if len(self.files) > len(SOURCES) - 2:
            (self.data / "raw" / name).unlink()
            self.gone[name] = self.files.pop(name)

    def change_staff(self) -> None:
        """Who works where turns out otherwise."""
        self.put("people_1.csv", self.maker.roster())

    def change_settings(self) -> None:
        """Another promise, other hours, or another window."""
        self.settings |= self.chance.choice(({"sla_s": 7200}, {"sla_s": 28_800}, {"opens": 8}, {"window": 5}))
        settle(self.data, **self.settings)

    def nothing(self) -> None:
        """A day without news."""

    def erase(self) -> bool:
        """A customer asks to be forgotten; the command publishes by itself."""
        person = self.chance.choice(PERSONS)
        self.erased.add(person)
        with pytest.MonkeyPatch.context() as patch:
            self.lie(patch)
            done = quietly(["erase", "--customer", person, "--data", str(self.data)])
        self.note_split()
        return done == 0

    # --- a night --------------------------------------------------------------------------------------------------

    def night(self) -> None:
        """A run of the deployment that lives on."""
        assert self.run(self.data) == 0
        self.note_split()

    def twin(self) -> Path:
        """A deployment that is told all of it tonight, after its first run."""
        data = self.home / "twin"
        shutil.rmtree(data, ignore_errors=True)
        new_deployment(data)
        settle(data, **self.settings)
        for name, rows in {**self.gone, **self.files}.items():
            deliver(data, name, rows)
        if (self.data / "erased.json").exists():
            shutil.copy2(self.data / "erased.json", data)
        assert self.run(data) == 0
        return data

    def run(self, data: Path) -> int:
        with pytest.MonkeyPatch.context() as patch:
            self.lie(patch)
            words = ["run", "--plain", "--accept-shrink", "--as-of", str(self.as_of), "--data", str(data)]
            return quietly(words)

    def lie(self, patch: pytest.MonkeyPatch) -> None:
        """Let the rows lie in parts as small as they are tonight."""
        if self.split is not None:
            split_finely(patch, rows_a_part=self.split)

    def different(self) -> list[str]:
        """What the two deployments do not publish alike; empty where they are the same to the last bit."""
        twin = self.twin()
        return differing(published(self.data), published(twin)) + other_bytes(self.data, twin)

    def reused(self) -> float:
        """The share of the frames of the last night that were made for a day before."""
        manifest = publish.current(Shelf(self.data / "published")) or {}
        made_at = [it["made_at"] for parts in frames_of(manifest).values() for it in parts.values()]
        return sum(at != max(made_at) for at in made_at) / len(made_at)

    def note_split(self) -> None:
        """Without news there is no run: what counts lies as it did, and the twin is to lie so too."""
        counts = (publish.current(Shelf(self.data / "published")) or {})["run"]
        self.split = self._split_of_run.setdefault(counts, self.split)

    # --- helpers --------------------------------------------------------------------------------------------------

    def put(self, name: str, rows: list[Row]) -> None:
        self.gone.pop(name, None)
        self.files[name] = rows
        deliver(self.data, name, rows)

    def a_file(self, *kinds: str) -> str:
        return self.chance.choice([it for it in sorted(self.files) if it.startswith(kinds)])

    def some(self, rows: list[Row]) -> list[Row]:
        return self.chance.sample(rows, min(len(rows), self.chance.randint(1, 4)))


def published(data: Path) -> Tables:
    """The tables of the run that counts, but for what only its history decides."""
    shelf = Shelf(data / "published")
    manifest = publish.current(shelf)
    assert manifest is not None
    home, found = shelf.folder_of(manifest["run"]), {}
    for name in manifest["outputs"]:
        if name.endswith(".parquet") and Path(name).stem not in LOGS:
            rows = pl.read_parquet(home / name)
            found[name] = rows.drop(it for it in OF_HISTORY if it in rows.columns)
    return found


def other_bytes(one: Path, other: Path) -> list[str]:
    """The files of facts and dimensions of which not even the bytes are the same."""
    told = []
    for data in (one, other):
        manifest = publish.current(Shelf(data / "published")) or {}
        told.append({name: it["sha256"] for name, it in manifest["outputs"].items() if name.startswith("facts/")})
    return [
        f"{name}: other bytes" for name in sorted(told[0].keys() & told[1].keys()) if told[0][name] != told[1][name]
    ]
