"""README.md and docs/ say what is so: their commands run, their settings load, their code executes, their links lead somewhere.

Commands run in a folder that looks like the project, with a small deployment in `data/`. `run` and `backfill` run
`--plain` and with a few metrics: that the nightly flow gives the same bytes is for test_nightly.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from expectations.schema import Layer
from expectations.tables import TABLES
from flows.__main__ import _parser, main
from flows.settings import SHIPPED_SOURCES, load
from flows.stages.draft import IN_METRICS
from tests.conftest import ROOT
from tests.flows.conftest import PIPELINE, new_site
from tests.flows.persons import by_expressions, quicken
from transforms.metrics import METRICS

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
NOT_RUN = {
    "sudo ": "changes this machine; test_schedule holds the unit against systemd itself",
    ".venv/bin/python -m pip install ": "asks a registry; make setup has installed the same lock",
    ".venv/bin/python -m dask ": "serves until it is stopped; test_runners starts both",
    "make run TASKS=dask:tcp:": "needs that cluster; test_runners runs on one over the network",
}
PYTHON_NOT_RUN = {"s3://": "needs a bucket; flows/io/test_object_store reads one in this way"}
FIGURES_OF_THE_SAMPLE = {"2026-06": "2026-03"}
"""Periods of the sample that a command names, and one that the small deployment has."""
ELSEWHERE = "/tmp/barometre-moved"  # noqa: S108 -- as a reader would type it
"""Where a page moves a deployment to."""
LANGUAGES = {"sh", "text", "toml", "python", "sql", "csv", "powerquery"}
_FENCE = re.compile(r"^```(\w*)[ ]*(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block of a page."""

    page: str
    language: str
    about: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """The fenced blocks of all pages; those of docs/mapping.md in TOML have a test of their own."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for it in _FENCE.finditer(text):
            language, about, body = it.groups()
            line = text[: it.start()].count("\n") + 1
            found.append(Block(page=page.name, language=language, about=about, text=body, line=line))
    return [it for it in found if it.language in languages]


def commands(text: str) -> list[str]:
    """The commands of a block, without comments."""
    lines = text.replace("\\\n", " ").splitlines()
    return [bare for line in lines if (bare := line.partition("  #")[0].strip()) and not bare.startswith("#")]


def inline_commands() -> list[str]:
    """Commands in the running text and in tables."""
    texts = (_FENCE.sub("", page.read_text("utf-8")) for page in PAGES)
    told = {span for text in texts for span in re.findall(r"`([^`\n]+)`", text)}
    return sorted(it for it in told if re.match(r"(make|(\S*/)?python -m flows) ", it))


def few(patch: pytest.MonkeyPatch) -> None:
    quicken(patch)
    patch.setattr("flows.stages.reading.judged", by_expressions)
    patch.setattr("transforms.metrics.METRICS", {name: METRICS[name] for name in ("csat", "ticket_volume")})


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    data = new_site(tmp_path_factory.mktemp("docs") / "site")
    with pytest.MonkeyPatch.context() as patch:
        few(patch)
        assert main(["run", "--plain", "--data", str(data)]) == 0
        yield data


@pytest.fixture
def project(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the project, with a small published deployment of its own in `data/`."""
    home = tmp_path / "project"
    home.mkdir()
    for name in ("Makefile", "docs", "flows", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        (home / name).symlink_to(ROOT / name)
    (home / ".venv").symlink_to(sys.prefix)
    shutil.copytree(small, home / "data", symlinks=True)
    (home / "data" / "sample").symlink_to(small)
    (tmp_path / "Downloads").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BAROMETRE_DATA", str(home / "data"))
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """A command as it stands in a page, and its exit code."""

    def serves(data: str, *, cron: str) -> None:
        assert load(data).timetable.cron
        assert cron == ""

    monkeypatch.setattr("flows.schedule.command.run_schedule", serves)  # it would serve; test_schedule_nights lets it

    def run_one(command: str) -> int:
        for said, here in FIGURES_OF_THE_SAMPLE.items():
            command = command.replace(said, here)
        if command.startswith("make "):
            dry, *further = made(command, project)
            for name, value in (it.split("=", 1) for it in shlex.split(command)[1:] if "=" in it):
                monkeypatch.setenv(f"BAROMETRE_{name}", value)
            assert dry or further, f"{command}: make does nothing"
            return max((flows(it) for it in (dry, *further) if " -m flows " in it), default=0)
        if " -m flows " in command:
            return flows(command)
        return subprocess.run(["bash", "-euc", command], cwd=project, check=False).returncode

    return run_one


def flows(command: str) -> int:
    """A command line of ours, in this process."""
    words = shlex.split(command.split(" -m flows ", 1)[1])
    words = [str(Path(it).expanduser()) if it.startswith("~") else it for it in words]
    plain = ["--plain"] if words[0] in {"run", "backfill"} and "--plain" not in words else []
    code = main([*words, *plain])
    return 0 if words[0] == "schedule" else code


def made(command: str, folder: Path) -> list[str]:
    """The commands that make would give."""
    words = shlex.split(command)
    done = subprocess.run(["make", "-n", *words[1:]], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.splitlines() or [""]


def is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


OWN_DATA = next(it for it in blocks("csv"))
"""The export of README.md, by which its commands are run one after the other."""
APART = [it for it in blocks("sh") if it.page != "README.md"]


def test_pages_have_no_block_that_nobody_tests() -> None:
    every = {it.language for page in PAGES for it in blocks(*LANGUAGES, "", "console", "bash") if it.page == page.name}
    assert every <= LANGUAGES
    found = [command for it in blocks("sh") for command in commands(it.text)]
    assert len(found) > 20
    assert [prefix for prefix in NOT_RUN if not any(it.startswith(prefix) for it in found)] == []


def test_readme_from_a_file_nobody_knows_to_a_schedule(
    project: Path, run: Callable[[str], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(project / "data")
    (project / "data").mkdir()
    (project / "data" / "sample").symlink_to(ROOT / "data" / "sample")
    monkeypatch.setenv("BAROMETRE_AS_OF", "2026-03-31")
    (project.parent / "Downloads" / OWN_DATA.about).write_text(OWN_DATA.text, "cp1252")
    told, began, published = "", False, False
    for it in (it for it in blocks("sh", "text", "toml") if it.page == "README.md"):
        if it.language == "sh":
            began = began or " init " in it.text
            if not began:
                assert all(made(command, project) for command in commands(it.text))
                continue
            for command in filter(is_run, commands(it.text)):
                if published and "data/sample" in command:
                    continue  # of the sample: the next test
                capsys.readouterr()
                assert run(command) == 0, command
                told = capsys.readouterr().out
                published = published or command == "make run"
        elif it.language == "text":
            shown = [line.strip() for line in told.splitlines()]
            assert [line for line in it.text.splitlines() if line.strip() not in shown] == []
        elif it.about:
            mapping = project / "data" / "sources" / it.about
            section = re.compile(r"^\[values\.status\].*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)
            settled, count = section.subn(it.text + "\n", mapping.read_text("utf-8"))
            assert count == 1
            mapping.write_text(settled, "utf-8")
    assert published
    assert (project / "data/published/current/facts/fact_ticket.parquet").is_file()


def test_readme_explains_a_figure_of_the_sample(run: Callable[[str], int]) -> None:
    (command,) = [one for it in blocks("sh") for one in commands(it.text) if "explain" in one]
    assert run(command) == 0


@pytest.mark.parametrize("block", APART, ids=str)
def test_commands_run(block: Block, run: Callable[[str], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = tmp_path / "moved"
    for command in filter(is_run, commands(block.text)):
        with monkeypatch.context() as patch:
            if ELSEWHERE in command:
                patch.delenv("BAROMETRE_DATA")
            assert run(command.replace(ELSEWHERE, str(moved))) == 0, command


@pytest.mark.parametrize("command", inline_commands())
def test_commands_in_the_text_are_understood(command: str, project: Path) -> None:
    if command.startswith("make "):
        words = [it for it in made(command, project) if " -m flows " in it]
        command = words[-1] if words else "make"
    if " -m flows " in command and (words := shlex.split(command.split(" -m flows ", 1)[1])):
        asked = [it for it in words if it.isascii()]
        assert _parser().parse_args(asked).command == words[0]


@pytest.mark.parametrize("block", [it for it in blocks("toml") if it.page != "mapping.md" and not it.about], ids=str)
def test_settings_load(block: Block, site: Path) -> None:
    (site / "pipeline.toml").write_text(f"{PIPELINE}\n{block.text}", "utf-8")
    assert load(str(site)).exports


@pytest.mark.parametrize("block", blocks("python", "sql"), ids=str)
def test_code_executes(block: Block, project: Path) -> None:
    if block.language == "sql":
        assert duckdb.sql(block.text).columns
        return
    if any(word in block.text for word in PYTHON_NOT_RUN):
        compile(block.text, str(block), "exec")
        return
    exec(compile(block.text, str(block), "exec"), {})  # noqa: S102 -- the point of the test


def test_the_counts_of_the_readme_are_those_of_the_code() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    dimensions = [name for name, table in TABLES.items() if table.layer == Layer.DIMENSION and name not in IN_METRICS]
    assert f"each of the {len(METRICS)} metrics" in text
    assert f"lists the {len(list(SHIPPED_SOURCES.glob('*.toml')))}:" in text
    assert f"the {len(dimensions)} dimensions" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    named = _LINK.findall(text) + re.findall(r"`(docs/[\w./-]+)`", text)
    there = [(page.parent / it).exists() or (ROOT / it).exists() for it in named]
    assert [it for it, is_there in zip(named, there, strict=True) if not is_there] == []


def test_messages_and_their_remedies_are_messages_of_ours() -> None:
    table = (ROOT / "docs" / "operating.md").read_text("utf-8").split("## What to do about which message")[1]
    told = re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
    source = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "flows").rglob("*.py")))
    assert len(told) >= 20
    assert [it for it in told if it not in source] == []
