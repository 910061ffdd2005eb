"""Where tickets are many their customers are numbered month after month: as at once, and a night begins where it must."""

from __future__ import annotations

import shutil
from pathlib import Path

from flows.io import publish
from flows.io.kept import Parts, frames_of
from flows.io.publish import Shelf
from tests.flows.conftest import empty_site
from tests.flows.counter import EVENTS, PIPELINE, TICKETS
from tests.flows.test_files_by_month import FEW, FIRST_NIGHT, MONTHS, WHOLE_MONTHS, run_in_parts, tell
from transforms.facts.parts import UNSPLIT

LATE = ("T-late", "a-2", "2026-03-02 08:00", "", "c-new")


def customers_of(data: Path) -> Parts:
    manifest = publish.current(Shelf(data / "published"))
    assert manifest is not None
    return frames_of(manifest)["customers"]


def dimensions_of(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data / "published" / "current" / "facts").glob("dim_*.parquet")}


def test_a_night_numbers_anew_from_the_month_on_that_has_another_customer(tmp_path: Path) -> None:
    first, later, at_once = (tmp_path / name for name in ("first", "later", "at_once"))
    for data in (first, at_once):
        empty_site(data, pipeline=PIPELINE, demandes=TICKETS, vie=EVENTS)
    tell(first, FIRST_NIGHT)
    run_in_parts(first, FIRST_NIGHT)
    shutil.copytree(first, later, symlinks=True)
    for data, rows_a_part in ((later, WHOLE_MONTHS), (at_once, FEW)):
        tell(data, FIRST_NIGHT, LATE)
        run_in_parts(data, FIRST_NIGHT, rows_a_part=rows_a_part)

    was, now = customers_of(first), customers_of(later)
    assert [month[:7] for month in was] == MONTHS
    assert [month[:7] for month in was if now[month] != was[month]] == MONTHS[1:]
    assert list(customers_of(at_once)) == [UNSPLIT]
    assert dimensions_of(later) == dimensions_of(at_once) != dimensions_of(first)
