"""What is installed and what is locked keep the floors and ceilings of pyproject.toml; CONTRIBUTING.md says why."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUN = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
LOCKS = {"requirements.lock": RUN, "requirements-dev.lock": DEV}


def pins(lock: str) -> dict[str, Version]:
    """Versions by name; a line that is no pin and no hash is an error."""
    found = {}
    for line in (ROOT / lock).read_text("utf-8").splitlines():
        if line.startswith("    --hash=sha256:") or not line.strip():
            continue
        pin = re.match(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", line)
        assert pin, f"{lock}: {line!r} is no pin"
        found[canonicalize_name(pin[1])] = Version(pin[2])
    return found


def keeps(asked: Requirement, found: Version) -> bool:
    return asked.specifier.contains(found, prereleases=True)


@pytest.mark.parametrize("asked", [*RUN, *DEV], ids=lambda it: it.name)
def test_what_is_installed_keeps_its_floor(asked: Requirement) -> None:
    try:
        found = Version(version(asked.name))
    except PackageNotFoundError:
        pytest.fail(f"{asked.name} is not installed: make setup")
    assert keeps(asked, found)


@pytest.mark.parametrize("asked", RUN, ids=lambda it: it.name)
def test_what_a_run_needs_has_a_floor(asked: Requirement) -> None:
    assert any(it.operator == ">=" for it in asked.specifier)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_every_direct_dependency_within_its_bounds(lock: str) -> None:
    found = pins(lock)
    assert {it.name for it in LOCKS[lock] if not keeps(it, found[canonicalize_name(it.name)])} == set()


def test_both_locks_agree() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name for name in run.keys() & dev.keys() if run[name] != dev[name]} == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(blocks) == len(re.findall("^[A-Za-z0-9]", text, re.MULTILINE))
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []
