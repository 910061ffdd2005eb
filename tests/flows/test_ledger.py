"""The ledger: the same bytes under the same rules are read once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from flows.io import ledger
from flows.io.ledger import Entry, Record
from flows.settings import load
from tests.flows.conftest import FEBRUARY, MAPPING, deliver


def keys(data: Path) -> dict[str, str]:
    return {job["slot"]: job["key"] for job in ledger.jobs(load(str(data)), now_s=time.time())}


def record(slot: str = "a.csv", key: str = "k1", rows: int = 10, state: str = "accepted") -> Record:
    return {
        "slot": slot, "mapping": "avis", "table": "feed_survey", "key": key, "sha256": "s", "bytes": 1, "state": state,
        "reason": "" if state == "accepted" else "why.", "rows_in": rows, "rows_good": rows, "rows_quarantined": 0,
        "rows_not_ours": 0, "rows_erased": 0, "erasures": "", "reasons": {}, "warnings": {}, "unknown_headers": [], "encoding": "utf-8",
        "good": None, "quarantine": None,
    }  # fmt: skip


def job(key: str, problem: str = "") -> ledger.Job:
    return {
        "slot": "a.csv",
        "mapping": "avis",
        "path": "/a.csv",
        "sha256": "s",
        "bytes": 1,
        "key": key,
        "problem": problem,
        "erased": (),
    }


def settled(told: list[Record], parent: list[Entry], *, accept_shrink: bool = False, key: str = "k2") -> Entry:
    manifest = {"exports": ledger.as_document(parent)}
    work = [job(key)]
    return ledger.entries(work, told, manifest, declared={"avis"}, accept_shrink=accept_shrink)[0]


BEFORE = [Entry("a.csv", "avis", "k1", "accepted", "", record())]


def test_a_key_follows_the_bytes_the_mapping_and_the_person_key(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = keys(site)
    assert keys(site) == first
    deliver(site, "avis_2026-02.csv", *FEBRUARY[:2])
    second = keys(site)
    assert {slot for slot in first if first[slot] != second[slot]} == {"avis_2026-02.csv"}
    (site / "sources" / "avis.toml").write_text(MAPPING + '[values.channel]\nemail = ["mel"]\n', "utf-8")
    third = keys(site)
    assert all(second[slot] != third[slot] for slot in second)
    monkeypatch.setenv("BAROMETRE_KEY", "another secret for the persons")
    assert all(third[slot] != key for slot, key in keys(site).items())


def test_a_record_that_was_touched_is_not_believed(tmp_path: Path) -> None:
    ledger.keep(tmp_path, record())
    assert ledger.record(tmp_path, "k1") == record()
    path = tmp_path / "k1.json"
    path.write_text(path.read_text().replace('"rows_good": 10', '"rows_good": 11'))
    assert ledger.record(tmp_path, "k1") is None
    path.write_text("{")
    assert ledger.record(tmp_path, "k1") is None


def test_a_better_delivery_replaces_the_last(tmp_path: Path) -> None:
    assert settled([record(key="k2", rows=6)], BEFORE).used == record(key="k2", rows=6)


def test_a_delivery_under_half_is_held_unless_confirmed() -> None:
    held = settled([record(key="k2", rows=4)], BEFORE)
    assert (held.state, held.used) == ("held", record())
    assert "10 good rows became 4" in held.reason
    assert settled([record(key="k2", rows=4)], BEFORE, accept_shrink=True).state == "accepted"


def test_other_rules_are_no_shrink_of_the_export() -> None:
    """Half of the rows may rightly go when a rule becomes stricter, but somebody should look."""
    assert settled([record(key="k2", rows=4)], BEFORE).state == "held"


def test_a_refused_delivery_keeps_the_last_good_rows() -> None:
    entry = settled([record(key="k2", rows=0, state="refused")], BEFORE)
    assert (entry.state, entry.used) == ("refused", record())
    assert entry.reason == "why. The rows of its last good delivery stay."


def test_a_file_that_is_gone_keeps_its_rows_while_its_export_is_declared() -> None:
    manifest = {"exports": ledger.as_document(BEFORE)}
    assert ledger.entries([], [], manifest, declared={"avis"}, accept_shrink=False)[0].used == record()
    assert ledger.entries([], [], manifest, declared={"other"}, accept_shrink=False) == []


def test_links_and_unsettled_files_are_not_read(site: Path) -> None:
    (site / "raw" / "avis_2026-04.csv").symlink_to(site / "raw" / "avis_2026-03.csv")
    text = (site / "pipeline.toml").read_text("utf-8")
    (site / "pipeline.toml").write_text(text + "\n[reading]\nsettle_s = 600\n", "utf-8")
    problems = {it["slot"]: it["problem"] for it in ledger.jobs(load(str(site)), now_s=time.time())}
    assert "is a link" in problems["avis_2026-04.csv"]
    assert "once it has settled" in problems["avis_2026-03.csv"]


def test_brackets_in_a_file_name_are_letters(site: Path) -> None:
    deliver(site, "export[2026].csv", *FEBRUARY)
    deliver(site, "export2.csv", *FEBRUARY)
    text = (site / "pipeline.toml").read_text("utf-8").replace("avis_*.csv", "export[2026].csv")
    (site / "pipeline.toml").write_text(text, "utf-8")
    assert list(keys(site)) == ["export[2026].csv"]
