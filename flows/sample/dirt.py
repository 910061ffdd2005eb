"""Every fault planted in the sample, and what must become of it. The simulation itself is clean.

A fault adds a row that is wrong, repeats a row, or adds a line that is none. None of them changes a figure.
"""

from __future__ import annotations

from flows.sample import faults_beside, faults_desk
from flows.sample.fault import ACCEPTED, BLANK, DUPLICATE, NOT_OURS, QUARANTINED, Fault, Planted
from flows.sample.files import Cells, Line, Style, encoded

__all__ = ["ACCEPTED", "BLANK", "DUPLICATE", "FAULTS", "NOT_OURS", "QUARANTINED", "REASONS", "Planted", "plant"]

FAULTS = faults_desk.FAULTS + faults_beside.FAULTS
REASONS = faults_desk.REASONS | faults_beside.REASONS
"""How the reason in the quarantine begins, by kind of fault; the rest tell it by their file."""


def plant(file: str, header: Cells, rows: list[Line], style: Style) -> tuple[list[Line], list[Planted]]:
    """The rows of a file with its faults among them."""
    faults = sorted((f for f in FAULTS if f.file == file), key=lambda f: f.after)
    found: list[Line] = []
    planted: list[Planted] = []
    at = 0
    for fault in faults:
        upto = min(fault.after, len(rows))
        found += rows[at:upto]
        at = upto
        line = _made(fault, header, rows[upto - 1], style)
        found.append(line)
        planted.append(Planted(fault, line))
    return found + rows[at:], planted


def _made(fault: Fault, header: Cells, before: Line, style: Style) -> Line:
    """The line of a fault."""
    if fault.line is None:
        cells = dict(zip(header, before.cells, strict=True)) | dict(fault.cells)
        if unknown := set(cells) - set(header):
            raise KeyError(f"{fault.file}: the fault {fault.kind} names columns that are not there: {sorted(unknown)}")
        return Line(list(cells.values()))
    join = style.separator.join
    text = fault.line.replace("{row}", join(before.cells)).replace("{header}", join(header))
    end = "\n" if fault.file.endswith(("jsonl", "jsonl.gz")) else "\r\n"
    whole = text + (end if fault.ends_line else "")
    return Line(raw=whole.encode(fault.other_encoding) if fault.other_encoding else encoded(whole, style))
