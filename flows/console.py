"""What a person reads on a terminal or in a mail: one width, plain tables, short paths."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from flows.home import PROJECT

WIDTH_PIPED = 110


def console() -> Console:
    """Where the summary goes: in colour on a terminal, plain and of one width elsewhere."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_PIPED, highlight=False, soft_wrap=False)


def shown(path: Path) -> str:
    """A path as short as it can be said here."""
    for home in (Path.cwd(), PROJECT):
        if path.is_relative_to(home):
            return os.path.relpath(path, Path.cwd())
    return str(path)


def plain_table(*heads: str, numbers: Iterable[str] = ()) -> Table:
    """A table that looks the same on a terminal and in a mail."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    right = set(numbers)
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left", no_wrap=head in right)
    return table
