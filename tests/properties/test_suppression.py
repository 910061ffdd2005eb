"""From everything that is published about the team's answers, nobody can compute a cell that is hidden.

The published cells are known numbers, the hidden ones unknowns; teams add up to the total, months to quarters and
quarters to years. A hidden cell is safe when some solution of these equations differs in it. Where a cell is absent,
the attacker knows that nobody answered.
"""

import datetime as dt
from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from transforms.metrics.cells import Cut
from transforms.metrics.metric import total
from transforms.metrics.suppression import hidden_cells

FEW = 5
AS_OF = dt.date(2026, 12, 31)
GRAINS = ("month", "quarter", "year")
Cell = tuple[str, str, dt.date]
"""Grain, total or team, first day."""
Answers = dict[tuple[str, int], int]
"""By team and month, numbered from July 2025."""
ANSWERS = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b", "c", "d", ""]), st.integers(0, 7)),
    st.integers(1, 12),
    min_size=1,
    max_size=24,
)
QUICK = settings(
    max_examples=150,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def day_of(month: int) -> dt.date:
    return dt.date(2025 + (month + 6) // 12, (month + 6) % 12 + 1, 1)


def start_of_period(day: dt.date, grain: str) -> dt.date:
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[grain]
    return day.replace(month=month, day=1)


def end_of_period(grain: str, _part: str, start: dt.date) -> dt.date:
    last = start.month + {"month": 0, "quarter": 2, "year": 11}[grain]
    return dt.date(start.year + last // 12, last % 12 + 1, 1) - dt.timedelta(days=1)


def published(answers: Answers, as_of: dt.date = AS_OF) -> dict[Cell, int | None]:
    """The answers of every cell there is, the total included; None where it is hidden, or not over."""
    rows = [(team or None, day_of(month), n) for (team, month), n in sorted(answers.items())]
    frame = pl.LazyFrame(
        rows, schema={"team": pl.String, "answered_on": pl.Date, "index_parts": pl.Int64}, orient="row"
    )
    guard = total("answers", "fact_employee_answer", "answered_on", pl.col("index_parts"), pl.lit(value=True))
    facts = {"fact_employee_answer": frame}
    hidden = [hidden_cells(facts, guard, FEW, Cut(grain=grain, as_of=as_of)) for grain in GRAINS]
    shown: dict[Cell, int | None] = dict(truth(answers))
    for grain, found in zip(GRAINS, pl.collect_all(hidden), strict=True):
        for of, team, start in found.select("grouping_set", "team", "period_start").rows():
            shown[grain, "total" if of == "total" else f"team {team or ''}", start] = None
    running = {cell: None for cell in shown if end_of_period(*cell) > as_of}
    return shown | running


def truth(answers: Answers) -> dict[Cell, int]:
    """The answers of every cell there is, the total included."""
    found: dict[Cell, int] = {}
    for (team, month), n in answers.items():
        day = day_of(month)
        for grain in GRAINS:
            start = start_of_period(day, grain)
            for part in (f"team {team}", "total"):
                found[grain, part, start] = found.get((grain, part, start), 0) + n
    return found


def equations(unknown: list[Cell]) -> np.ndarray:
    """A row for each sum that the hidden cells take part in: +1 for its parts, -1 for the whole."""
    place = {cell: index for index, cell in enumerate(unknown)}
    sums: dict[tuple[str, ...], np.ndarray] = {}
    for grain, part, start in unknown:
        row = sums.setdefault(("teams", grain, str(start)), np.zeros(len(unknown)))
        row[place[grain, part, start]] = -1 if part == "total" else 1
        for fine, coarse in pairwise(GRAINS):
            if grain in {fine, coarse}:
                whole = start_of_period(start, coarse)
                row = sums.setdefault((part, coarse, str(whole)), np.zeros(len(unknown)))
                row[place[grain, part, start]] = 1 if grain == fine else -1
    return np.array(list(sums.values()))


def computable(shown: dict[Cell, int | None]) -> set[Cell]:
    """The hidden cells whose number follows from the equations."""
    unknown = [cell for cell, n in shown.items() if n is None]
    if not unknown:
        return set()
    matrix = equations(unknown)
    rank = np.linalg.matrix_rank(matrix)
    return {
        cell
        for index, cell in enumerate(unknown)
        if np.linalg.matrix_rank(np.vstack([matrix, np.eye(len(unknown))[index]])) == rank
    }


@QUICK
@given(ANSWERS)
def test_no_small_cell_is_told_or_can_be_computed(answers: Answers) -> None:
    shown, real = published(answers), truth(answers)
    small = {cell for cell, n in real.items() if n < FEW}
    assert all(shown[cell] is None for cell in small)
    assert not computable(shown) & small


@QUICK
@given(ANSWERS)
def test_what_is_hidden_together_is_never_few(answers: Answers) -> None:
    shown, real = published(answers), truth(answers)
    for grain, part, start in real:
        if part == "total" and shown[grain, part, start] is not None:
            hidden = [c for c, n in shown.items() if (c[0], c[2]) == (grain, start) and n is None]
            together = sum(real.get(cell, 0) for cell in hidden)
            assert len(hidden) != 1
            assert not 0 < together < FEW


@QUICK
@given(ANSWERS, st.integers(0, 360))
def test_nothing_can_be_computed_in_the_course_of_a_year_either(answers: Answers, days: int) -> None:
    as_of = dt.date(2025, 7, 9) + dt.timedelta(days=days)
    known = {(team, month): n for (team, month), n in answers.items() if day_of(month) <= as_of}
    if known:
        shown, real = published(known, as_of), truth(known)
        assert not computable(shown) & {cell for cell, n in real.items() if n < FEW}


def test_the_proof_finds_a_leak_where_there_is_one() -> None:
    start = dt.date(2026, 1, 1)
    naive = {("month", "total", start): 20, ("month", "team a", start): None, ("month", "team b", start): 17}
    assert computable(naive) == {("month", "team a", start)}
