"""Another version over an old data folder, and a data folder in another place: the tables go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import flows.stages.reading
import transforms.metrics
from flows.__main__ import main
from flows.io import durable, ledger, publish
from flows.io.publish import Shelf
from flows.io.toml import SettingsError
from flows.settings import load
from flows.verify import verify
from tests.flows.conftest import MARCH, PIPELINE, deliver, new_site
from tests.flows.persons import by_expressions, quicken
from transforms.facts import STEPS

ONE_METRIC = {"csat": transforms.metrics.METRICS["csat"]}


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A house of one metric, whose own tables are not judged: a run takes a second."""
    quicken(monkeypatch)
    monkeypatch.setattr(flows.stages.reading, "judged", by_expressions)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)


@pytest.fixture(scope="module")
def after_two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    data = new_site(tmp_path_factory.mktemp("two") / "site")
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        assert run(data) == 0
        deliver(data, "avis_2026-02_suite.csv", "20;01/02/2026 08:00;5;accueil")
        assert run(data) == 0
        yield data


@pytest.fixture
def old(after_two_runs: Path, tmp_path: Path) -> Path:
    """A deployment of two runs, of its own for each test."""
    return shutil.copytree(after_two_runs, tmp_path / "site", symlinks=True)


def run(data: Path, *words: str) -> int:
    return main(["run", "--plain", "--data", str(data), *words])


def table(data: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(data / f"published/current/{name}.parquet")


def csat(data: Path, month: int) -> dict[str, Any]:
    values = table(data, "metrics/metric_value_month").filter(metric_id="csat", grouping_set="total")
    return values.filter(pl.col("period_start").dt.month() == month).row(0, named=True)


def causes(data: Path) -> set[str]:
    return set(table(data, "reports/metric_revision").filter(run=3)["cause"])


def inodes(data: Path, name: str) -> set[int]:
    return {path.stat().st_ino for path in (data / "published" / "runs").glob(f"*/{name}.parquet")}


def rewrite_manifest(data: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    path = data / "published/runs/000002/manifest.json"
    told = json.loads(path.read_bytes())
    change(told)
    path.write_bytes(publish.as_json(told))
    return path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join("".join(capsys.readouterr()).split())


class TestMoved:
    """`data/` in another place, copied by whatever tool."""

    def test_a_plain_copy_goes_on(self, old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert len(inodes(old, "facts/dim_scale")) == 2, "a copy with links, but not with second names"
        place = shutil.copytree(old, tmp_path / "elsewhere" / "data")
        shutil.rmtree(old)
        link = place / "published" / "current"
        assert not link.is_symlink(), "the tool followed the link"
        assert run(place) == 0
        assert "Nothing changed since run 2" in said(capsys)
        assert link.readlink() == Path("runs/000002")
        assert verify(load(str(place))).damages == []

        deliver(place, "avis_2026-03.csv", MARCH[0], "5;03/03/2026 11:00;5;chat", MARCH[2])
        assert run(place) == 0
        assert csat(place, 3)["value"] == 100.0
        assert causes(place) == {"correction"}
        assert len(inodes(place, "facts/dim_scale")) == 2, "run 3 shares the file of run 2 again"

    def test_the_store_alone_may_stay_behind(self, old: Path, capsys: pytest.CaptureFixture[str]) -> None:
        shutil.rmtree(old / "store")
        assert run(old) == 0
        assert "Nothing changed since run 2" in said(capsys)
        assert verify(load(str(old))).damages == []

    def test_rows_that_only_the_lost_store_had_are_named(self, old: Path, capsys: pytest.CaptureFixture[str]) -> None:
        shutil.rmtree(old / "store")
        (old / "raw" / "avis_2026-02.csv").unlink()
        deliver(old, "avis_2026-03.csv", *MARCH[:3])
        before = (old / "published" / "CURRENT").read_bytes()
        assert run(old) == 1
        assert "the file is gone. Put it back from a copy, or deliver its export again" in said(capsys)
        gone = [it for it in verify(load(str(old))).damages if it.what == "it is gone"]
        assert "deliver avis_2026-02.csv again" in {it.remedy[:30] for it in gone}
        assert (old / "published" / "CURRENT").read_bytes() == before

    def test_the_key_of_the_pseudonyms_may_not(self, site: Path) -> None:
        (site / "pipeline.toml").write_text(PIPELINE.replace("sample_key = true", ""), "utf-8")
        first = load(str(site)).key
        publish_something(site)
        key = (site / ".key").rename(site / "kept")
        with pytest.raises(SettingsError, match=r"looked for the key of the pseudonyms .*Copy \.key from where"):
            load(str(site))
        key.rename(site / ".key")
        assert load(str(site)).key == first


def publish_something(data: Path) -> None:
    durable.put_bytes(durable.folder(data / "published") / "CURRENT", b"000001\n")


class TestOtherRules:
    """The same exports, another version of the pipeline."""

    @pytest.fixture(autouse=True)
    def _another_version(self, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert old.is_dir(), "published by the version before"
        monkeypatch.setattr(ledger, "installed", lambda library: f"99.0 of {library}")

    def test_what_comes_out_the_same_keeps_its_files(self, old: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(old) == 0
        told = said(capsys)
        assert "The code or its libraries changed since run 2 (version" in told
        assert "published values" not in told
        assert causes(old) == set()
        for name in ("facts/fact_survey_response", "facts/dim_channel", "metrics/dim_metric"):
            paths = [old / "published" / "runs" / f"00000{n}" / f"{name}.parquet" for n in (2, 3)]
            assert paths[0].samefile(paths[1])

    def test_what_a_rule_moves_says_so(
        self, old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        step = STEPS["fact_survey_response"]
        all_pleased = {"is_satisfied": pl.col("is_satisfied").is_not_null()}
        other = replace(step, build=lambda bench: step.build(bench).with_columns(**all_pleased))
        monkeypatch.setitem(STEPS, "fact_survey_response", other)
        assert run(old) == 0
        assert csat(old, 3)["value"] == 100.0
        assert csat(old, 3)["first_published_value"] == pytest.approx(200 / 3)
        assert causes(old) == {"rule_change"}
        assert "by rule_change (reports/metric_revision)" in said(capsys)

    def test_another_version_of_a_metric_says_so_beside_news(self, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        newer = replace(ONE_METRIC["csat"], version=ONE_METRIC["csat"].version + 1)
        monkeypatch.setattr(transforms.metrics, "METRICS", {"csat": newer})
        deliver(old, "avis_2026-03.csv", *MARCH[:3], "7;05/03/2026 09:00;5;chat")
        assert run(old) == 0
        assert csat(old, 3)["metric_version"] == newer.version
        assert causes(old) == {"rule_change"}


class TestOldStore:
    """What an earlier version left is read, or a message says what to do; nothing is guessed."""

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                lambda it: it.update(format=2, version="9.1"),
                "looked for format 1, found 2; version 9.1 of the pipeline wrote it",
            ),
            (lambda it: it.update(format=0), "looked for format 1, found 0"),
            (lambda it: it.pop("format"), "found a document without format"),
            (lambda it: [it.pop(name) for name in ("exports", "outputs")], "a document without exports, outputs"),
        ],
    )
    def test_another_format_is_a_message(
        self, old: Path, change: Callable[[Any], object], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = rewrite_manifest(old, change)
        for command in (["run", "--plain"], ["status"], ["check"]):
            assert main([*command, "--data", str(old)]) == 1
            told = said(capsys)
            assert "Traceback" not in told
            assert [it for it in (str(path), message, "there are 000001", "remove CURRENT") if it not in told] == [], (
                told
            )
        assert [it.path.name for it in verify(load(str(old))).damages] == ["CURRENT", "manifest.json"]

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7"])
    def test_so_is_what_is_no_manifest(self, old: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
        (old / "published/runs/000002/manifest.json").write_bytes(content)
        assert run(old) == 1
        assert "looked for the manifest of a run, found" in said(capsys)

    @pytest.mark.slow
    def test_the_run_before_can_be_gone_back_to(self, old: Path) -> None:
        rewrite_manifest(old, lambda it: it.pop("exports"))
        assert run(old) == 1
        (old / "published" / "CURRENT").write_text("000001\n")
        assert run(old) == 0
        assert publish.kept_runs(Shelf(old / "published")) == [1, 2]
        assert csat(old, 2)["n"] == 4

    def test_fields_that_came_later_are_filled_in(self, old: Path) -> None:
        """Records, stored rows and published tables of an earlier version, of exports that are gone."""
        older(old)
        (old / "raw" / "avis_2026-02.csv").unlink()
        deliver(old, "avis_2026-03.csv", MARCH[0], "5;03/03/2026 11:00;5;chat", MARCH[2])
        assert run(old) == 0
        assert (csat(old, 2)["value"], csat(old, 3)["value"]) == (75.0, 100.0)
        assert csat(old, 2)["first_published_value"] == pytest.approx(200 / 3)
        assert causes(old) == {"correction"}
        assert table(old, "reports/meta_export")["rows_not_ours"].to_list() == [0, 0, 0]

    def test_what_another_version_published_is_not_explained(
        self, old: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        explain = ["explain", "csat", "2026-03", "--data", str(old)]
        assert main(explain) == 0
        without(old / "published/runs/000002/facts/fact_survey_response.parquet", "is_satisfied")
        assert main(explain) == 1
        assert "an earlier version published this run. Run again" in said(capsys)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda used: used.pop("good"), "found one without good"),
            (lambda used: used.update(table="feed_letter"), "its rows were read as feed_letter, a table that"),
        ],
    )
    def test_rows_that_cannot_be_told_any_more_are_named(
        self, old: Path, change: Callable[[Any], object], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rewrite_manifest(old, lambda it: change(it["exports"][0]["used"]))
        (old / "raw" / "avis_2026-02.csv").unlink()
        assert run(old) == 1
        told = said(capsys)
        assert "avis_2026-02.csv: " in told
        assert message in told


def older(data: Path) -> None:
    """The second run as an earlier version would have left it."""

    def change(told: dict[str, Any]) -> None:
        for name in ("erased", "revised", "alarms"):
            del told[name]
        for it in told["exports"]:
            for name in ("rows_erased", "rows_not_ours", "erasures", "warnings", "encoding"):
                del it["used"][name]
            path = data / "store" / f"{it['used']['key']}.parquet"
            it["used"]["good"] |= without(path, "verbatim")
        name = "metrics/metric_value_month.parquet"
        table_of_month = data / "published/runs/000002" / name
        told["outputs"][name] |= without(table_of_month, "benchmark_value", "member")

    rewrite_manifest(data, change)


def without(path: Path, *columns: str) -> dict[str, Any]:
    """The table of a file without these columns; its bytes and fingerprint."""
    pl.read_parquet(path).drop(columns).write_parquet(path)
    return {"bytes": path.stat().st_size, "sha256": durable.fingerprint(path)}
