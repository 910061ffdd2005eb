"""A long fact is a folder with a file for each month: the same rows, and a night leaves the months of old alone."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import io
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from flows.__main__ import main
from flows.io import durable, publish
from flows.io.publish import Manifest, Shelf
from flows.settings import load
from flows.stages.publishing import by_month, stretches
from flows.verify import verify
from tests.flows.conftest import empty_site
from tests.flows.counter import EVENTS, PIPELINE, TICKETS, Row, deliver
from tests.flows.persons import by_expressions, quicken
from tests.flows.test_verify import flip
from transforms.metrics import METRICS

FIRST_NIGHT, SECOND_NIGHT = "2026-04-20", "2026-04-21"
MONTHS = ["2026-02", "2026-03", "2026-04"]
TICKET, EVENT = "fact_ticket", "fact_ticket_event"
FILES = {TICKET: MONTHS, EVENT: [*MONTHS, "undated"]}


def tickets(until: str) -> list[Row]:
    """Two tickets a day; every third day a customer who was never there before, from March on another agent."""
    days = pl.date_range(dt.date(2026, 2, 1), dt.date.fromisoformat(until), eager=True).to_list()
    return [
        (
            f"T{day:%m%d}{turn}",
            "a-2" if day.month > 2 else "a-1",
            f"{day} 1{turn}:00",
            f"{day} 18:00",
            f"c-{count // 3:03}",
        )
        for count, day in enumerate(days)
        for turn in range(2)
    ]


def events(opened: Iterable[Row]) -> list[Row]:
    """Each ticket is opened and answered; one of February tells of April, one number of nothing else."""
    found = [
        (ticket, agent, f"{ticket}.{kind}", at, kind, "")
        for ticket, agent, at, *_ in opened
        for kind in ("created", "message")
    ]
    late = ("T02050", "a-2", "late", "2026-04-05 09:00", "message", "")
    return [*found, late, ("T-nobody", "a-1", "lost", "2026-02-02 09:00", "message", "")]


def tell(data: Path, until: str, *more: Row) -> None:
    opened = [*tickets(until), *more]
    deliver(data, opened, events(opened))


THIRDS, WHOLE_MONTHS, FEW = 20, 33, 1_000_000
"""How many rows of each feed a part has, on average; with so few of them as there are, or all in one."""


def run_in_parts(data: Path, as_of: str, *, rows_a_part: int = WHOLE_MONTHS) -> Manifest:
    """A run in a house in which a few rows are many."""
    with pytest.MonkeyPatch.context() as patch:
        quicken(patch)
        patch.setattr("flows.stages.reading.judged", by_expressions)
        patch.setattr("transforms.metrics.METRICS", {"ticket_volume": METRICS["ticket_volume"]})
        if rows_a_part != FEW:
            patch.setattr("transforms.facts.parts.ROWS_UNSPLIT", 100)
            patch.setattr("transforms.facts.parts.ROWS_A_PART", rows_a_part)
            patch.setattr("flows.stages.publishing.CELLS_A_FILE", 100)
            patch.setattr("flows.stages.publishing.CELLS_AT_ONCE", 0 if rows_a_part == THIRDS else FEW)
        assert main(["run", "--plain", "--data", str(data), "--as-of", as_of]) == 0
    manifest = publish.current(Shelf(data / "published"))
    assert manifest is not None
    return manifest


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A deployment of its own, a copy of another or new, after a run."""

    def made(*more: Row, of: Path | None = None, as_of: str = FIRST_NIGHT, rows_a_part: int = WHOLE_MONTHS) -> Path:
        data = tmp_path_factory.mktemp("months") / "site"
        if of is None:
            empty_site(data, pipeline=PIPELINE, demandes=TICKETS, vie=EVENTS)
        else:
            shutil.copytree(of, data, symlinks=True)
        tell(data, as_of, *more)
        run_in_parts(data, as_of, rows_a_part=rows_a_part)
        return data

    return made


@pytest.fixture(scope="module")
def whole(make: Callable[..., Path]) -> Path:
    """The first night of a house in which these rows are few."""
    return make(rows_a_part=FEW)


@pytest.fixture(scope="module")
def split(make: Callable[..., Path]) -> Path:
    """The first night of a house in which they are many."""
    return make()


@pytest.fixture(scope="module")
def grown(whole: Path, make: Callable[..., Path]) -> tuple[Path, str]:
    """The second night of a house in which they became many, and what the run said."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        return make(of=whole, as_of=SECOND_NIGHT), said.getvalue()


def folder(data: Path, fact: str) -> Path:
    return data / "published" / "current" / "facts" / fact


def bytes_of(data: Path) -> dict[str, bytes]:
    return {Path(name).name: (data / "published" / "current" / name).read_bytes() for name in files_of(data)}


def files_of(data: Path) -> list[str]:
    return [f"facts/{fact}/{path.name}" for fact in FILES for path in folder(data, fact).glob("*.parquet")]


def changed(before: Path, after: Path) -> set[str]:
    """The files that are not the same file any more, and so not the same bytes."""
    was, now = bytes_of(before), bytes_of(after)
    return {name for name in now if was.get(name) != now[name]}


def same_columns(paths: Iterable[Path]) -> bool:
    """No reader says that one file of a table has other columns, types or words than another: this does."""
    first, *others = (pq.read_schema(path) for path in sorted(paths))
    return all(first.equals(it, check_metadata=True) for it in others)


@pytest.mark.parametrize("fact", FILES)
def test_a_long_fact_is_a_folder_with_a_file_for_each_month(split: Path, fact: str) -> None:
    paths = sorted(folder(split, fact).iterdir())
    assert [path.name for path in paths] == [f"{fact}_{month}.parquet" for month in FILES[fact]]
    assert not folder(split, fact).with_suffix(".parquet").exists()
    assert same_columns(paths)
    clock = "created_on" if fact == TICKET else "occurred_on"
    assert all(pl.read_parquet(path)[clock].is_sorted() for path in paths)


def test_a_month_has_its_tickets_and_their_events_whenever_these_happened(split: Path) -> None:
    opened = pl.read_parquet(folder(split, TICKET) / "fact_ticket_2026-02.parquet")
    happened = pl.read_parquet(folder(split, EVENT) / "fact_ticket_event_2026-02.parquet")
    assert opened["created_on"].dt.month().unique().to_list() == [2]
    assert happened["occurred_on"].max() == dt.date(2026, 4, 5)
    assert pl.read_parquet(folder(split, EVENT) / "fact_ticket_event_undated.parquet")["ticket_id"].len() == 1


@pytest.mark.parametrize("fact", FILES)
def test_every_reader_finds_in_the_folder_what_the_one_file_has(whole: Path, split: Path, fact: str) -> None:
    one, many = folder(whole, fact).with_suffix(".parquet"), folder(split, fact)
    rows = pl.read_parquet(one)
    assert rows.height > 150
    order = rows.columns
    for found in (
        pl.read_parquet(many / "*.parquet"),
        pl.read_parquet(many),
        duckdb.read_parquet(f"{many}/*.parquet").pl(),
        pl.from_arrow(pq.read_table(many)),
        pl.from_arrow(ds.dataset(many).to_table()),
    ):
        assert isinstance(found, pl.DataFrame)
        assert_frame_equal(rows.sort(order), found.sort(order))
    assert pq.read_schema(one).equals(pq.read_schema(min(many.iterdir())), check_metadata=True)


def test_a_file_with_another_column_type_or_word_is_seen(split: Path, tmp_path: Path) -> None:
    path = folder(split, TICKET) / "fact_ticket_2026-02.parquet"
    as_it_is = pq.read_table(path)
    place = as_it_is.schema.get_field_index("reopen_count")
    field = as_it_is.schema.field(place)
    others = (as_it_is.schema.set(place, it) for it in (field.with_type(pa.int32()), field.with_metadata({})))
    for schema in others:
        pq.write_table(as_it_is.cast(schema), tmp_path / "other.parquet")
        assert not same_columns([path, tmp_path / "other.parquet"])
    assert same_columns([path, path])


def test_the_account_of_a_run_names_each_file_and_adds_up_all_of_a_fact(split: Path) -> None:
    current = split / "published" / "current"
    files = pl.read_parquet(current / "reports" / "meta_table.parquet").filter(table=EVENT)
    assert files["file"].to_list() == [f"facts/{EVENT}/{EVENT}_{month}.parquet" for month in FILES[EVENT]]
    identity = pl.read_parquet(current / "reports" / "reconciliation.parquet").filter(
        subject=EVENT, identity="rows built = rows published"
    )
    assert identity["right"].to_list() == [files["rows"].sum()]
    assert verify(load(str(split))).damages == []


def test_another_day_rewrites_the_month_it_lies_in(
    split: Path, grown: tuple[Path, str], make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    later = make(of=split, as_of=SECOND_NIGHT)
    assert changed(split, later) == {f"{fact}_2026-04.parquet" for fact in FILES}
    runs = later / "published" / "runs"
    for name in files_of(later):
        is_same_file = (runs / "000001" / name).samefile(runs / "000002" / name)
        assert is_same_file == ("2026-04" not in name), name
    assert bytes_of(later) == bytes_of(grown[0]), "where all of them were written that night"
    told = pl.read_parquet(later / "published" / "current" / "reports" / "meta_table.parquet").filter(table=TICKET)
    assert told["run_key"].n_unique() == 2, "which says what run each file is of"
    assert "now lies in" not in capsys.readouterr().out


def test_a_late_row_renumbers_those_that_came_after_and_no_others(split: Path, make: Callable[..., Path]) -> None:
    late = ("T-late", "a-2", "2026-03-02 08:00", "", "c-new")
    later = make(late, of=split)
    of_tickets, of_events = (f"{fact}_2026-" for fact in FILES)
    assert changed(split, later) == {f"{of_tickets}03.parquet", f"{of_tickets}04.parquet", f"{of_events}03.parquet"}
    assert bytes_of(later) == bytes_of(make(late))


def test_a_month_in_order_stretch_by_stretch_is_the_same_file(split: Path, make: Callable[..., Path]) -> None:
    assert bytes_of(make(rows_a_part=THIRDS)) == bytes_of(split)


@given(st.lists(st.dates(dt.date(2026, 2, 25), dt.date(2026, 4, 5)) | st.none(), max_size=40))
def test_stretches_of_days_together_are_all_rows_in_order(days: list[dt.date | None]) -> None:
    rows = pl.LazyFrame({"day": days}, {"day": pl.Date()})
    for parts in (["2026-03-01"], ["2026-03-01", "2026-03-11"], ["2026-03-21", "2026-03-01", "2026-03-11"]):
        found = [rows.filter(is_here).sort("day").collect() for is_here in stretches(pl.col("day"), parts)]
        assert len(found) == len(parts)
        assert pl.concat(found).equals(rows.sort("day").collect())


@pytest.mark.slow
def test_an_agent_who_is_numbered_anew_is_so_in_every_file(split: Path, make: Callable[..., Path]) -> None:
    early = ("T-early", "a-9", "2026-02-02 08:00", "", "c-000")
    later = make(early, of=split)
    assert changed(split, later) == set(bytes_of(later)) - {"fact_ticket_event_undated.parquet"}
    assert bytes_of(later) == bytes_of(make(early, rows_a_part=THIRDS)), "how many parts a month has does not show"


def test_a_damaged_month_is_published_anew(split: Path, make: Callable[..., Path]) -> None:
    data = make(of=split)
    flip(folder(data, TICKET) / "fact_ticket_2026-02.parquet")
    assert verify(load(str(data))).damages
    manifest = run_in_parts(data, FIRST_NIGHT)
    assert bytes_of(data) == bytes_of(split)
    assert publish.damaged(Shelf(data / "published"), manifest) == []


@pytest.mark.slow
def test_a_disk_without_links_has_the_bytes_twice(
    split: Path, make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "no links here", str(target))

    monkeypatch.setattr(durable, "link", refuse)
    data = make()
    assert bytes_of(data) == bytes_of(split)
    assert {(data / "published" / "current" / name).stat().st_nlink for name in files_of(data)} == {1}


def test_the_run_in_which_a_fact_became_a_folder_says_so(grown: tuple[Path, str]) -> None:
    data, said = grown
    assert "fact_ticket now lies in facts/fact_ticket/*.parquet, no longer in facts/fact_ticket.parquet" in said
    assert not folder(data, TICKET).with_suffix(".parquet").exists()


def test_explain_finds_the_rows_of_a_number_in_the_files_of_its_fact(
    split: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "ticket_volume", "2026-02", "--data", str(split)]) == 0
    assert "fact_ticket by created_on: 56 rows" in capsys.readouterr().out


def test_a_month_begins_with_its_first_part() -> None:
    kept = {"key": "", "rows": 1, "bytes": 0, "sha256": "", "made_at": "", "holds_until": ""}
    parts = dict.fromkeys(("2026-01-01", "2026-01-11", "2026-01-21", "2026-04-01", "undated"), kept)
    found = by_month(parts | {"2026-07-01": kept | {"rows": 0}})  # type: ignore[arg-type, dict-item]
    assert {month: list(it) for month, it in found.items()} == {
        "2026-01": ["2026-01-01", "2026-01-11", "2026-01-21"],
        "2026-04": ["2026-04-01"],
        "undated": ["undated"],
    }
