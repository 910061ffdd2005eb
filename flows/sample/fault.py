"""What a planted fault is, and what may become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from flows.sample.files import Line

QUARANTINED, DUPLICATE, ACCEPTED, BLANK, NOT_OURS = "quarantined", "duplicate", "accepted", "blank", "not_ours"


@dataclass(frozen=True)
class Fault:
    """One fault: the file, the kind, what must become of it, and how it is made."""

    file: str
    kind: str
    becomes: str
    after: int = 0
    """Comes after that many proper rows."""
    cells: Mapping[str, str] = field(default_factory=dict)
    """A copy of the row before it with these cells."""
    line: str | None = None
    """A line of text instead; `{row}` stands for the row before it."""
    ends_line: bool = True
    other_encoding: str = ""


class Planted(NamedTuple):
    """A fault, and the line on which it stands."""

    fault: Fault
    line: Line
