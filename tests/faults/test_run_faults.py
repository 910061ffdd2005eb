"""Every change that a real run makes to the disk, failed six ways, in Python and in polars alike.

A small shim (shim.c) stands between the whole process and the kernel. Faults pile up: a deployment meets up to five in a
row, each in a run of its own, before a run that meets none; that one must leave the bytes of a run that never failed.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import failing
from tests.faults.conftest import Proof
from tests.faults.failing import WAYS, Way, Zygote, counted_run, state_of, torn
from tests.faults.test_publish import release, snapshot, tree
from tests.flows.conftest import MARCH, deliver, new_site

IN_A_ROW = 5
FAULTS_OF_A_WAY, SHORT_WRITES = 92, 30
FAULTS_OF_A_FULL_WAY = 4
KILLS = 40


@dataclass(frozen=True)
class Night:
    """A deployment whose second run is at hand, and what that run leaves when nothing fails."""

    waiting: Path
    whole: Path
    small: bool
    calls: list[tuple[str, Path, int]]
    before: str
    after: str
    left: tuple[str, ...]


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with failing.a_zygote(tmp_path_factory.mktemp("shim")) as it:
        yield it


def a_night(zygote: Zygote, home: Path, *, small: bool) -> Night:
    """A first run, then a correction and a new export; the second run, in a copy."""
    waiting = new_site(home / "waiting")
    assert zygote.run(waiting, small=small).code == 0
    before = counted_run(waiting)
    deliver(waiting, "avis_2026-03.csv", *MARCH[:3], "7;05/03/2026 09:00;5;chat")
    deliver(waiting, "avis_2026-01.csv", "9;05/01/2026 09:00;2;email", "10;05/01/2026 09:00;7;email")
    zygote.run(shutil.copytree(waiting, home / "once", symlinks=True), small=small)  # it leaves its verdicts
    whole = shutil.copytree(waiting, home / "whole", symlinks=True)
    ended = zygote.run(whole, small=small)
    assert ended.code == 0, ended.said
    calls = zygote.calls()
    assert len(calls) == ended.seen
    return Night(waiting, whole, small, calls, before, counted_run(whole), state_of(whole))


@pytest.fixture(scope="module")
def night(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Night:
    return a_night(zygote, tmp_path_factory.mktemp("night"), small=True)


def spread(night: Night, way: Way, how_many: int, *, seed: int) -> list[int]:
    """Changes at even distances over the run, in an order nobody chose; a short write needs a write."""
    numbers = [
        n for n, (call, _, _) in enumerate(night.calls, 1) if way.how is not failing.How.SHORT or call == "write"
    ]
    step = max(len(numbers) / how_many, 1)
    chosen = [numbers[int(i * step)] for i in range(min(how_many, len(numbers)))]
    random.Random(seed).shuffle(chosen)  # noqa: S311 -- a game of dice, not a secret
    return chosen


@dataclass
class Tally:
    """Faults that were met, and runs after them that left other bytes."""

    met: int = 0
    lost: int = 0


def meet(zygote: Zygote, night: Night, way: Way, data: Path, at: int) -> tuple[str, bool]:
    """One run with a fault, and what readers find: the run that counts afterwards, and whether the fault was met.

    A run that takes up what a dead one left has less to do, and may end before its fault.
    """
    ended = zygote.run(data, way, at, small=night.small)
    where = f"{way} at change {at} ({night.calls[at - 1][0]} {night.calls[at - 1][1].name})"
    assert torn(data) == [], f"{where}: {ended}"
    seen = counted_run(data)
    assert seen in {night.before, night.after}, where
    if ended.code == 0:
        assert seen == night.after, f"{where}: the run said that it had published"
    elif way.how is failing.How.KILL:
        assert ended.code == -9, f"{where}: {ended}"
    else:
        assert ended.code == 1, f"{where}: {ended}"
        assert ended.said.strip(), where
    return seen, ended.code == -9 or ended.seen >= at


def meet_all(zygote: Zygote, night: Night, way: Way, home: Path, changes: list[int]) -> Tally:
    """All the faults, up to five in a row on one deployment, and a run without a fault after them."""
    tally = Tally()
    while changes:
        data = shutil.copytree(night.waiting, home / "data", symlinks=True)
        for _ in range(IN_A_ROW):
            seen, is_met = meet(zygote, night, way, data, changes.pop())
            tally.met += is_met
            if not changes or seen == night.after:
                break  # once it is published, later faults would meet a run that has nothing to do
        ended = zygote.run(data, small=night.small)
        assert ended.code == 0, ended.said
        tally.lost += state_of(data) != night.left
        shutil.rmtree(data)
    return tally


def test_the_shim_sees_every_byte_that_a_run_writes(night: Night) -> None:
    """Sum of the writes to a file under any of its names = its size: nothing passes by the shim."""
    run = night.whole / "published" / "runs" / "000002"
    staging = run.with_name(".staging-000002")
    written: Counter[str] = Counter()
    for call, path, size in night.calls:
        if call == "write" and path.is_relative_to(staging):
            written[path.name.removeprefix(".").removesuffix(".part").removesuffix(".draft")] += size
    fresh = {path.name: path.stat().st_size for path in run.rglob("*") if path.is_file() and path.stat().st_nlink == 1}
    assert len(fresh) > 20
    assert {name: written[name] for name in fresh} == fresh


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with failing.a_zygote(tmp_path_factory.mktemp("shim"), does="publishing") as it:
        yield it


@pytest.mark.parametrize(
    ("name", "every"),
    [("kill -9", 3), *((name, 13) for name in WAYS), *(pytest.param(name, 1, marks=pytest.mark.slow) for name in WAYS)],
)
def test_a_publishing_whose_disk_fails(
    publisher: Zygote, tmp_path: Path, proves: Callable[[Proof], None], name: str, every: int
) -> None:
    for generation in (1, 2):
        release(tmp_path / "whole", generation)
    release(tmp_path / "count", 1)
    changes = range(1, publisher.run(tmp_path / "count", generation=2).seen + 1, every)
    lost = 0
    for at in changes:
        home = tmp_path / str(at)
        release(home, 1)
        ended = publisher.run(home, WAYS[name], at, generation=2)
        assert snapshot(home) in ({2} if ended.code == 0 else {1, 2}), f"{at}: {ended}"
        assert publisher.run(home, generation=2).code == 0
        lost += tree(home) != tree(tmp_path / "whole")
    proves(Proof(4, f"a change of the disk in a publishing: {name}", len(changes)))
    proves(Proof(6, "the same, then a publishing without a fault", len(changes), lost=lost))


@pytest.fixture(scope="module")
def full_night(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Night:
    return a_night(zygote, tmp_path_factory.mktemp("full_night"), small=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
def test_a_run_whose_disk_fails(
    zygote: Zygote, night: Night, tmp_path: Path, proves: Callable[[Proof], None], name: str
) -> None:
    is_short = WAYS[name].how is failing.How.SHORT
    changes = spread(night, WAYS[name], SHORT_WRITES if is_short else FAULTS_OF_A_WAY, seed=1)
    tally = meet_all(zygote, night, WAYS[name], tmp_path, changes)
    proves(Proof(4, f"a change of the disk in a run: {name}", tally.met))
    proves(Proof(6, "the same, up to five in a row, then a run", tally.met, lost=tally.lost))


@pytest.mark.slow
def test_a_run_of_all_metrics_whose_disk_fails(
    zygote: Zygote, full_night: Night, tmp_path: Path, proves: Callable[[Proof], None]
) -> None:
    met = lost = 0
    for name, way in WAYS.items():
        changes = spread(full_night, way, FAULTS_OF_A_FULL_WAY, seed=2)
        tally = meet_all(zygote, full_night, way, tmp_path / name, changes)
        met, lost = met + tally.met, lost + tally.lost
    proves(Proof(4, "a change of the disk in a run of all metrics and checks", met, lost=lost))


@pytest.mark.slow
def test_a_run_killed_at_any_moment(
    zygote: Zygote, night: Night, tmp_path: Path, proves: Callable[[Proof], None]
) -> None:
    """Between the changes of the disk as well as in them."""
    chance = random.Random(5)  # noqa: S311 -- a game of dice, not a secret
    begun_s = time.monotonic()
    zygote.run(shutil.copytree(night.waiting, tmp_path / "timed", symlinks=True))
    lasts_s = time.monotonic() - begun_s
    killed = bad = lost = 0
    while killed < KILLS:
        data = shutil.copytree(night.waiting, tmp_path / f"{killed}", symlinks=True)
        for _ in range(IN_A_ROW):
            ended = zygote.run(data, killed_after_s=max(lasts_s * chance.random(), 0.001))
            killed += ended.code == -9
            bad += torn(data) != [] or counted_run(data) not in {night.before, night.after}
            if ended.code == 0 or counted_run(data) == night.after:
                break
        assert zygote.run(data).code == 0
        lost += state_of(data) != night.left
        shutil.rmtree(data)
    proves(Proof(6, "kill -9 of a run, at random moments, up to five in a row", killed, lost=lost, torn=bad))
