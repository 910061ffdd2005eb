"""Errors that are for the person who started the command: shown as a message, without a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from expectations.errors import DefinitionError
from flows.mishap import told


class PlainError(Exception):
    """What happened, to which file, what was found there, what to do."""


PLAIN = (PlainError, DefinitionError, OSError)
"""What a person can mend; a fault of ours keeps its traceback."""


@contextmanager
def told_plainly() -> Iterator[None]:
    """Errors that are for the user become a message; the command then goes on to its exit code for failures."""
    try:
        yield
    except PLAIN as problem:
        print(f"\n{told(problem)}", file=sys.stderr)
