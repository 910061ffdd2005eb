"""Which kept frames a run makes, for the tests of nights that should make few."""

from __future__ import annotations

import pytest

from flows.io.kept import Keeper, Kept, Making


def names_made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the kept frames made from now on."""
    made: list[str] = []
    rows = Keeper._rows

    def noting(keeper: Keeper, making: Making) -> Kept:
        made.append(making.name)
        return rows(keeper, making)

    monkeypatch.setattr(Keeper, "_rows", noting)
    return made
