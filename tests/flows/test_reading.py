"""An export is read: rows that were not counted are missed, and the run stops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows import settings
from flows.io import ledger
from flows.io.prints import Prints
from flows.stages import reading
from tests.flows.conftest import new_site

LATER_S = 2.0**32
"""Long after the files were delivered."""


def test_a_row_that_breaks_a_rule_and_was_not_counted_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = settings.load(new_site(tmp_path / "site"))
    jobs = ledger.jobs(site, now_s=LATER_S, prints=Prints.of(site, now_s=LATER_S))
    (march,) = (job for job in jobs if job["slot"] == "avis_2026-03.csv")
    judged = reading.judged

    def counting_nothing(*args: object, **options: object) -> object:
        verdict = judged(*args, **options)
        return replace(verdict, counts=dict.fromkeys(verdict.counts, 0))

    assert reading.read_export(march | {"key": "counted"}, site)["rows_quarantined"] == 1
    monkeypatch.setattr(reading, "judged", counting_nothing)
    with pytest.raises(reading.RowsLost, match="4 rows were delivered, 3 are accounted for"):
        reading.read_export(march | {"key": "uncounted"}, site)


def test_typed_rows_laid_down_are_stored_as_those_that_are_held(
    tmp_path: Path, sample_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = settings.load(str(sample_run))
    elsewhere = replace(site, data=tmp_path)
    monkeypatch.setattr(reading, "_CELLS_HELD", 0)
    for job in ledger.jobs(site, now_s=LATER_S, prints=Prints.of(site, now_s=LATER_S)):
        if not job["problem"]:
            reading.read_export(job, elsewhere)
    found = {path.name: path.read_bytes() for path in elsewhere.store.iterdir()}
    assert found
    assert found == {name: (site.store / name).read_bytes() for name in found}
