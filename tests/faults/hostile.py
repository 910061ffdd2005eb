"""A hostile input and the fate it must have: what the tables of such inputs are made of."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlsxwriter

from flows.io.landing import Limits, Refused, read_rows
from transforms.layout import Layout

HEADER = ["id", "channel", "score", "verbatim"]
DEFAULT = Layout()
ROWS = [[f"T{n:03d}", ["mail", "chat", "tel"][n % 3], str(n % 11), f"texte {n}"] for n in range(60)]
ACCENTED = [[*row[:3], f"réclamation n° {row[0]} – déçu"] for row in ROWS]
SMALL = Limits(file_bytes=1 << 20, text_bytes=1 << 21, unpacked_floor=1 << 16, unpacked_ratio=20, columns=50)


def text(rows: list[list[str]], *, separator: str = ";", end: str = "\n", header: list[str] = HEADER) -> str:
    return "".join(separator.join(row) + end for row in [header, *rows])


@dataclass(frozen=True)
class Lands:
    """The rows that are accepted and the (line, reason) of those that are refused."""

    rows: list[list[str]]
    refused: tuple[tuple[int, str], ...] = ()
    blank: int = 0


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    expect: Lands | str
    """A string: the whole file is refused with these words in the message."""
    layout: Layout = DEFAULT
    suffix: str = ".csv"


def named(case: Case) -> str:
    return case.name


def land(case: Case, folder: Path, limits: Limits = Limits()) -> Lands:  # noqa: B008
    path = folder / f"export{case.suffix}"
    path.write_bytes(case.data)
    landed = read_rows(path, case.layout, limits=limits)
    rows = landed.rows.collect()
    assert landed.rows_in == rows.height + landed.refused.height
    refused = tuple(landed.refused.select("line", "reason").rows())
    return Lands([list(row[:-1]) for row in rows.rows()], refused, landed.blank_lines)


def refuse(case: Case, folder: Path, limits: Limits = SMALL) -> None:
    """The whole file is refused, with a message of four parts that holds the words of the case."""
    with pytest.raises(Refused) as refused:
        land(case, folder, limits)
    message = str(refused.value)
    assert str(case.expect) in message
    assert message.startswith(f"export{case.suffix}: looked for ")
    assert "; found " in message
    assert message.endswith(".")


def workbook(build: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as made:
        build(made)
    return target.getvalue()
