"""One file of the sample, and how months are gathered into files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from flows.sample.files import Style
from flows.sample.world import Month

UTF8, UTF8_MARK, WINDOWS = Style(), Style(encoding="utf-8-sig"), Style(encoding="cp1252")


@dataclass(frozen=True)
class Export:
    """One file of the sample."""

    file: str
    feed: str
    style: Style
    frame: pl.DataFrame


def spans(months: list[Month], length: int) -> Iterator[tuple[str, list[Month]]]:
    """The months by quarter, half-year or year, with the name of each: 2025-T1, 2025-S1, 2025."""
    letter = {3: "-T", 6: "-S", 12: ""}[length]
    for start in range(0, len(months), length):
        first = months[start].month_on
        number = str((first.month - 1) // length + 1) if letter else ""
        yield f"{first.year}{letter}{number}", months[start : start + length]
