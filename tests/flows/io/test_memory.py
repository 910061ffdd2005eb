"""Freed memory goes back to the machine."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

FREED = """
from pathlib import Path
import numpy as np
from flows.io.memory import give_back

def held_mb():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) // 1024

arrays = [np.zeros(12_000, np.uint8) for _ in range(20_000)]
for array in arrays:
    array[:] = 1
last = arrays.pop()
arrays.clear()
before = held_mb()
give_back()
print(before - held_mb())
"""


IS_ASKED = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim")


@pytest.mark.skipif(not IS_ASKED, reason="the C library is another, and nothing is asked of it")
def test_what_was_freed_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100
