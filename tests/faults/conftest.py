"""What each promise of the house was put through, as a table at the end: `make faults`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

PROMISES = {
    1: "every byte ends in one account",
    2: "rows in = rows accounted for",
    3: "no value is guessed",
    4: "a reader sees one whole run",
    5: "published survives a power loss",
    6: "the next run repairs any fault",
    7: "same inputs, same bytes",
    8: "damage is seen before it is used",
    9: "two runs never mix",
    10: "corrections replace, shrinks are held",
    11: "an erased person is gone",
    12: "hostile files cost bounded time and memory",
}
"""Numbered as in the design of the pipeline's reliability; DECISIONS.md names the proofs."""


class Proof(NamedTuple):
    """What a test did to the pipeline, and what came of it."""

    promise: int
    injected: str
    how_many: int
    lost: int = 0
    torn: int = 0
    guessed: int = 0


@pytest.fixture
def proves(request: pytest.FixtureRequest) -> Callable[[Proof], None]:
    """Note a proof for the table; a fault that went through fails the test at once."""

    def note(proof: Proof) -> None:
        request.node.user_properties.append(("proof", list(proof)))
        assert proof.how_many > 0
        assert (proof.lost, proof.torn, proof.guessed) == (0, 0, 0), proof

    return note


def _proofs(reporter: Any) -> Iterator[Proof]:
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                yield from (Proof(*value) for name, value in report.user_properties if name == "proof")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line a proof, in the order of the promises."""
    kinds: dict[tuple[int, str], list[Proof]] = {}
    for it in sorted(_proofs(terminalreporter)):
        kinds.setdefault((it.promise, it.injected), []).append(it)
    if kinds:
        terminalreporter.section("promises")
        row = "{:>2}  {:<42} {:<52} {:>9} {:>5} {:>5} {:>8}"
        terminalreporter.write_line(row.format("#", "promise", "injected", "how many", "lost", "torn", "guessed"))
        for (promise, injected), found in kinds.items():
            how_many, *through = (sum(column) for column in zip(*(it[2:] for it in found), strict=True))
            terminalreporter.write_line(row.format(promise, PROMISES[promise], injected, f"{how_many:,}", *through))
