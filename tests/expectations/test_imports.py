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


def test_what_great_expectations_imports_and_nobody_uses_is_not_loaded(tmp_path: Path) -> None:
    said = python(
        "import inspect, sys\n"
        "from expectations.unneeded import UNNEEDED, Unneeded\n"
        "from expectations.gate import validate\n"
        "from expectations.tables import FEEDS\n"
        "from pathlib import Path\n"
        "table = FEEDS['feed_cost']\n"
        f"validate(table.empty(), table, run_name='r', home=Path({str(tmp_path)!r}), docs=True)\n"
        "inspect.stack()\n"
        "print(*(isinstance(sys.modules[it], Unneeded) for it in UNNEEDED), 'scipy.stats._stats_py' in sys.modules)"
    )
    assert said == "True True False\n"


def test_whoever_uses_what_was_not_loaded_finds_it() -> None:
    said = python(
        "import expectations, sys\n"
        "import scipy.stats, altair as charts\n"
        "from scipy import stats\n"
        "from scipy.stats import norm\n"
        "import altair.utils.core\n"
        "print(norm.cdf(0), stats.norm is norm, charts.Chart.__name__, sys.modules['altair'].Chart is charts.Chart)"
    )
    assert said == "0.5 True Chart True\n"


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
