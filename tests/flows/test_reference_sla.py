from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from flows.io.toml import Part, SettingsError
from flows.reference import site
from transforms.site import Site, SlaPolicy


def read(tmp_path: Path, *, sla: str = "", pipeline: str = "") -> Site:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "holidays.toml").write_text("public = false", "utf-8")
    (tmp_path / "reference" / "sla.toml").write_text(sla, "utf-8")
    (tmp_path / "pipeline.toml").write_text(pipeline, "utf-8")
    return site(tmp_path / "reference", Part.of(tmp_path / "pipeline.toml"))


def test_a_policy_says_what_is_promised_to_whom_by_which_clock_and_from_when(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        sla="""
        [[policy]]
        what = "first_response"
        seconds = 3600
        [[policy]]
        what = "resolution"
        seconds = 86400
        clock = "calendar"
        channel = "email"
        priority = "urgent"
        segment = "pro"
        valid_from = 2026-01-01
        """,
    )
    assert found.sla == (
        SlaPolicy(what="first_response", seconds=3600),
        SlaPolicy(
            what="resolution",
            seconds=86_400,
            clock="calendar",
            channel="email",
            priority="urgent",
            segment="pro",
            valid_from=dt.date(2026, 1, 1),
        ),
    )


def test_without_the_file_nothing_is_promised(tmp_path: Path) -> None:
    assert read(tmp_path).sla == ()


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        ('what = "first_reply"\nseconds = 1', "It is one of first_response, resolution"),
        ("seconds = 1", "'what' is missing"),
        ('what = "resolution"', "'seconds' is missing"),
        ('what = "resolution"\nseconds = 0', "It lies between 1 and"),
        ('what = "resolution"\nseconds = 1\nclock = "office"', "It is one of business, calendar"),
        ('what = "resolution"\nseconds = 1\nteam = "a"', "unknown key 'team'"),
        ('what = "resolution"\nseconds = 1\n[[policy]]\nwhat = "resolution"\nseconds = 2', "two policies hold"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_with_what_to_write(
    tmp_path: Path, policy: str, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint) as raised:
        read(tmp_path, sla=f"[[policy]]\n{policy}")
    assert "sla.toml" in str(raised.value)


def test_the_goal_and_the_shrinkage_of_the_staff_are_settings(tmp_path: Path) -> None:
    found = read(tmp_path, pipeline="[staffing]\nanswered_within_percent = 90\nshrinkage_percent = 25")
    assert (found.staffing_percent, found.shrinkage_percent) == (90, 25)
