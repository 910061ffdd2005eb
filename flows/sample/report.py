"""What the sample says of itself: the faults planted in it, and the figures that must come out of it."""

from __future__ import annotations

from collections.abc import Mapping

from flows.sample import answers
from flows.sample.build import Sample
from flows.sample.dirt import QUARANTINED, REASONS, Planted

_HEAD = "# Written by `python -m flows.sample`; do not edit.\n"
_WORDS = """#
# The faults planted in raw/, and what must become of each:
#   quarantined  the row is refused, with a reason that begins as told; all other rows of its file are read
#   duplicate    another row of the same number counts
#   accepted     odd, and right all the same
#   blank        no row at all
#   not_ours     a row of no concern, counted apart
# Lines count from 1 with the header; in a JSON array, records count from 1.
"""


def planted(sample: Sample) -> str:
    """Every planted fault: file, line, kind, what must become of it, and how its reason begins."""
    blocks = [
        _table(
            "fault",
            {
                "file": p.fault.file,
                "line": p.line.number,
                "kind": p.fault.kind,
                "becomes": p.fault.becomes,
                **_reason(p),
            },
        )
        for p in sample.planted
    ]
    return _HEAD + _WORDS + "\n" + "\n".join(blocks)


def _reason(planted: Planted) -> dict[str, str]:
    """The beginning of the reason, of a row that goes to quarantine."""
    if planted.fault.becomes != QUARANTINED:
        return {}
    return {"reason": REASONS.get(planted.fault.kind, "")}


def known_answers(sample: Sample) -> str:
    """Rows of each file, then the figures of the slow twin, cell by cell: value, and n where there is one."""
    rows = [
        _table(
            "file",
            {
                "file": a.file, "feed": a.feed, "rows_in": a.rows_in, "accepted": a.accepted,
                "quarantined": a.quarantined, "duplicates": a.duplicates, "not_ours": a.not_ours, "blank": a.blank,
            },
        )
        for a in sorted(sample.accounts, key=lambda a: a.file)
    ]  # fmt: skip
    return _HEAD + "\n" + "\n".join([*rows, *map(_cell, answers.known(sample.months))])


def _cell(cell: answers.Cell) -> str:
    """One period and cut."""
    where = {"grain": cell.grain, "period_start": cell.first.isoformat(), "grouping_set": "_".join(cell.cut) or "total"}
    lines = [
        f"{metric} = [{float(value)!r}]" if n is None else f"{metric} = [{float(value)!r}, {n}]"
        for metric, (value, n) in sorted(cell.figures.items())
    ]
    return _table("cell", where | cell.cut) + "[cell.figures]\n" + "\n".join(lines) + "\n"


def _table(name: str, values: Mapping[str, str | int]) -> str:
    """One table of an array, in TOML."""
    lines = [f"[[{name}]]"]
    lines += [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
