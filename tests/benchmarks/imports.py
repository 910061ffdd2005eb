"""What a night without news cannot avoid: `python -m tests.benchmarks.imports [PUBLISHED]`.

Without a folder: the imports of the command `run`, up to where it can tell that nothing has changed. With one: the
fingerprints of the files in it, for what is published is proven sound every night.
"""

from __future__ import annotations

import hashlib
import sys
from importlib import import_module
from pathlib import Path

MODULES = ("flows.__main__", "flows.commands", "flows.pipeline")


def main() -> None:
    """One of the two."""
    if not sys.argv[1:]:
        for name in MODULES:
            import_module(name)
        return
    for path in sorted(it for it in Path(sys.argv[1]).rglob("*") if it.is_file()):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")


if __name__ == "__main__":
    main()
