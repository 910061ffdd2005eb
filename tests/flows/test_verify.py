"""`verify`: nothing to say of a sound deployment, a remedy for each damage, and the remedies work."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.__main__ import main
from flows.io import kept, publish
from flows.settings import load
from flows.verify import verify
from tests.flows.conftest import deliver


def stored(data: Path, suffix: str) -> Path:
    return min(path for path in (data / "store").glob(f"*{suffix}") if path.name.count(".") == suffix.count("."))


def flip(path: Path) -> None:
    """One bit of a file, in its middle."""
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def test_a_sound_deployment_has_nothing_to_mend(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--data", str(published)]) == 0
    assert "none damaged" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".parquet", ".quarantine.parquet", ".json"])
def test_a_damaged_partition_is_found_and_read_again(published: Path, suffix: str) -> None:
    path = stored(published, suffix)
    flip(path)
    (damage,) = verify(load(str(published))).damages
    assert damage.path == path
    assert "reads avis_2026-0" in damage.remedy
    path.unlink()
    correct(published / "raw" / ("avis_2026-02.csv" if "2026-03" in damage.remedy else "avis_2026-03.csv"))
    assert main(["run", "--plain", "--data", str(published)]) == 0
    assert verify(load(str(published))).damages == []


def correct(export: Path) -> None:
    """A correction of another export, so that the next run needs the rows of all."""
    export.write_text(export.read_text("utf-8").replace("5;email", "3;email"), "utf-8")


def frame(data: Path, name: str) -> Path:
    """The file of a frame that the run that counts was made of."""
    manifest = publish.current(load(str(data)).shelf)
    assert manifest is not None
    (found,) = kept.frames_of(manifest)[name].values()
    return load(str(data)).kept / kept.rows_file(found)


@pytest.mark.parametrize("suffix", [".parquet", ".json"])
def test_a_damaged_frame_is_found_and_made_again(published: Path, suffix: str) -> None:
    rows = frame(published, "feed_survey")
    path = rows if suffix == ".parquet" else rows.with_name(f"{rows.name.partition('.')[0]}.json")
    flip(path)
    (damage,) = verify(load(str(published))).damages
    assert (damage.path, damage.remedy) == (path, "remove it: the next run makes it again")
    path.unlink()
    assert main(["run", "--plain", "--data", str(published), "--as-of", "2026-04-30"]) == 0
    assert verify(load(str(published))).damages == []


def test_rows_that_rotted_in_the_store_are_read_again_in_the_same_night(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = {path: path.read_bytes() for path in (published / "store").glob("*.parquet")}
    for path in whole:
        flip(path)
    deliver(published, "avis_2026-04.csv", "9;02/03/2026 10:00;5;email")
    assert main(["run", "--plain", "--data", str(published)]) == 0
    assert "Beginning anew" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in whole} == whole
    assert verify(load(str(published))).damages == []


def test_rows_that_rotted_when_their_export_was_gone_stop_the_run(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(stored(published, ".parquet"))
    for path in (published / "raw").iterdir():
        path.unlink()
    deliver(published, "avis_2026-04.csv", "9;02/03/2026 10:00;5;email")
    before = publish.current(load(str(published)).shelf)
    assert main(["run", "--plain", "--data", str(published)]) == 1
    assert "the file is damaged" in capsys.readouterr().err
    assert publish.current(load(str(published)).shelf) == before


def test_a_frame_that_rotted_is_made_again_in_the_night_that_reads_it(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(frame(published, "added_fact_survey_response.answered_on"))
    assert main(["run", "--plain", "--data", str(published), "--as-of", "2026-04-30"]) == 0
    assert "Beginning anew" in capsys.readouterr().err
    assert verify(load(str(published))).damages == []


def test_a_frame_that_rotted_and_that_no_night_reads_is_told_by_verify_alone(published: Path) -> None:
    rotten = frame(published, "feed_survey")
    flip(rotten)
    assert main(["run", "--plain", "--data", str(published), "--as-of", "2026-04-30"]) == 0
    assert [it.path for it in verify(load(str(published))).damages] == [rotten]


def test_a_damaged_table_is_found_and_published_anew(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(published / "published/runs/000001/facts/fact_survey_response.parquet")
    assert main(["verify", "--data", str(published)]) == 2
    assert "run again" in capsys.readouterr().out
    assert main(["run", "--plain", "--data", str(published)]) == 0
    told = verify(load(str(published))).damages
    assert [it.remedy for it in told] == ["remove the folder of run 1: later runs do not need it"]


def test_an_export_that_is_gone_must_be_delivered_again(published: Path) -> None:
    (published / "raw/avis_2026-02.csv").unlink()
    (published / "raw/avis_2026-03.csv").unlink()
    flip(stored(published, ".parquet"))
    (damage,) = verify(load(str(published))).damages
    assert damage.remedy.startswith("deliver avis_2026-0")


def test_a_manifest_that_cannot_be_read_is_said(published: Path) -> None:
    (published / "published/runs/000001/manifest.json").write_bytes(b"{")
    told = verify(load(str(published))).damages
    assert told
    assert all("CURRENT" in it.path.name or "manifest" in it.path.name for it in told)
