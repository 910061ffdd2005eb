"""What a ten times longer history costs: `python -m tests.benchmarks.scales build/bench-1.json build/bench-10.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.benchmarks.targets import scale_table


def main() -> None:
    """Print the lines of two kept runs of the bench, the smaller scale first."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    small, large = sorted((json.loads(Path(it).read_text("utf-8")) for it in sys.argv[1:]), key=lambda it: it["scale"])
    print(scale_table(small, large))


if __name__ == "__main__":
    main()
