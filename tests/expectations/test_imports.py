"""What importing does, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_contracts_are_read_without_great_expectations() -> None:
    python(
        "import sys, expectations, expectations.schema, expectations.tables, expectations.checks, expectations.dictionary\n"
        "assert not {'great_expectations', 'pandas'} & set(sys.modules)"
    )


def test_warnings_are_still_seen_and_nothing_goes_out_or_to_the_terminal(tmp_path: Path) -> None:
    said = python(
        "import socket, sys, warnings\n"
        "def refuse(*_): raise RuntimeError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from pathlib import Path\n"
        "from expectations.gate import validate\n"
        "from expectations.tables import FEEDS\n"
        "table = FEEDS['feed_cost']\n"
        f"verdict = validate(table.empty(), table, run_name='r', home=Path({str(tmp_path)!r}), docs=True)\n"
        "seen = []\n"
        "warnings.showwarning = lambda *a, **k: seen.append(a)\n"
        "warnings.warn('a warning')\n"
        "print(verdict.is_good, len(seen))"
    )
    assert said == "True 1\n"
