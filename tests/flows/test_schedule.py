"""The schedule: the right instants when clocks change, and nights that come right whatever dies in between."""

from __future__ import annotations

import configparser
import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flows.__main__ import main
from flows.io import lock
from flows.io.lock import Busy, exclusive
from flows.io.toml import SettingsError
from flows.schedule.timetable import Timetable, next_time
from flows.settings import load
from tests.flows.conftest import PIPELINE
from tests.flows.test_pipeline import run

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
PARIS = ZoneInfo("Europe/Paris")


def say(site: Path, schedule: str) -> None:
    (site / "pipeline.toml").write_text(PIPELINE + "\n[schedule]\n" + schedule, "utf-8")


def fired(cron: str, *, after: str) -> list[str]:
    """The next three times, as the scheduler finds them one after another."""
    found = [dt.datetime.fromisoformat(after).replace(tzinfo=PARIS)]
    for _ in range(3):
        found.append(next_time(cron, found[-1].astimezone(dt.UTC), PARIS))
    return [f"{it:%d %H:%M %Z}" for it in found[1:]]


def test_every_night_has_one_run_when_clocks_change() -> None:
    march, october = "2026-03-27 12:00", "2026-10-23 12:00"
    assert fired("0 5 * * *", after=march) == ["28 05:00 CET", "29 05:00 CEST", "30 05:00 CEST"]
    assert fired("0 5 * * *", after=october) == ["24 05:00 CEST", "25 05:00 CET", "26 05:00 CET"]
    assert fired("30 2 * * *", after=march) == ["28 02:30 CET", "29 03:00 CEST", "30 02:30 CEST"]
    assert fired("30 2 * * *", after=october) == ["24 02:30 CEST", "25 02:30 CEST", "26 02:30 CET"]


def test_the_timetable_is_said_as_an_hour_or_as_a_cron(site: Path) -> None:
    assert load(str(site)).timetable == Timetable(cron="0 5 * * *", when_busy="skip", wait_at_most_min=180)
    say(site, 'at = "06:30"\nwhen_busy = "wait"\nwait_at_most_min = 20\n')
    assert load(str(site)).timetable == Timetable(cron="30 6 * * *", when_busy="wait", wait_at_most_min=20)
    say(site, 'cron = "0 5 * * 1-5"\n')
    assert load(str(site)).timetable.cron == "0 5 * * 1-5"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('at = "5h"', "at is '5h'. Give a time of day"),
        ('at = "24:00"', "at is '24:00'"),
        ('cron = "0 5 * *"', "cron is '0 5"),
        ('cron = "0 25 * * *"', "cron is '0 25"),
        ('at = "05:00"\ncron = "0 5 * * *"', "both at and cron"),
        ('when_busy = "kill"', "when_busy is 'kill'. It is one of skip, wait"),
        ("hour = 5", "unknown key 'hour'"),
    ],
)
def test_a_mistake_in_the_schedule_says_how_to_mend_it(site: Path, wrong: str, message: str) -> None:
    say(site, wrong)
    with pytest.raises(SettingsError, match=message):
        load(str(site))


def test_a_schedule_refuses_what_would_go_stale_and_a_second_scheduler(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["schedule", "--cron", "5 o'clock", "--data", str(site)]) == 1
    assert "Give minute, hour, day of month" in capsys.readouterr().err
    with exclusive(site / ".schedule") as announce:
        announce("a schedule")
        assert main(["schedule", "--data", str(site)]) == 3
    assert f"process {os.getpid()}, a schedule" in capsys.readouterr().err
    monkeypatch.setenv("BAROMETRE_AS_OF", "2026-03-31")
    assert main(["schedule", "--data", str(site)]) == 1
    assert "a schedule computes it each night" in capsys.readouterr().err


def test_a_run_that_may_wait_takes_its_turn(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = exclusive(published / ".lock")
    held.__enter__()(f"a run as of {dt.date(2026, 3, 31)}")
    monkeypatch.setattr(lock, "ASKED_AGAIN_EVERY_S", 0.05)
    looks: list[float] = []

    def free_at_the_third(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            held.__exit__(None, None, None)

    monkeypatch.setattr(lock.time, "sleep", free_at_the_third)
    assert run(published, "--wait") == 0
    assert len(looks) == 3
    with exclusive(published / ".lock"), pytest.raises(Busy), exclusive(published / ".lock", wait_s=0.01):
        pytest.fail("two runs at once")


def test_status_tells_when_no_run_came_to_its_end(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    age = ["status", "--max-age", "26h", "--data", str(published)]
    assert main(age) == 0
    last = published / "journal" / "last.json"
    entry = json.loads(last.read_bytes())
    entry["completed_at"] = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=27)).isoformat()
    last.write_text(json.dumps(entry), "utf-8")
    assert main(age) == 1
    assert "no run came to its end since" in capsys.readouterr().out
    last.unlink()
    assert main(age) == 1
    assert "no run came to its end ever" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        main(["status", "--max-age", "26"])


def test_the_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    text = (DEPLOY / "barometre.service").read_text("utf-8")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(text)
    assert unit["Service"]["ExecStart"].endswith("/.venv/bin/python -m flows schedule")
    assert unit["Service"]["Restart"] == "always"
    here = text.replace("/srv/barometre/.venv/bin/python", sys.executable).replace("User=barometre\n", "")
    (tmp_path / "barometre.service").write_text(here, "utf-8")
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "barometre.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_lines_of_the_crontab_run_and_speak_only_of_trouble(published: Path) -> None:
    text = (DEPLOY / "crontab").read_text("utf-8")
    found = re.findall(r"^(?:\S+ ){5} *(.+)$", text, re.MULTILINE)
    jobs = [it for it in found if it.startswith("cd ")]
    assert len(jobs) == 2
    told = dict(re.findall(r"^(\w+)=(.+)$", text, re.MULTILINE))
    assert told["SHELL"] == "/bin/sh"
    assert told["BAROMETRE_DATA"].startswith(told["PROJECT"])
    assert not any("%" in job for job in jobs), "a % ends a line of cron"

    def done(job: str) -> str:
        env = {"PATH": "/usr/bin:/bin", "PROJECT": str(ROOT), "BAROMETRE_DATA": str(published)}
        line = job.replace(".venv/bin/python", sys.executable)
        return subprocess.run(["/bin/sh", "-c", line], env=env, capture_output=True, text=True, check=False).stdout

    assert [done(job) for job in jobs] == ["", ""]
    (published / "pipeline.toml").write_text("[site", "utf-8")
    assert "not TOML" in done(jobs[0])
