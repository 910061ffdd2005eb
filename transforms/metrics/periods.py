"""Days, ISO weeks, months, quarters and years, cut on dates of the site's zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

INTERVALS = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}
_CELLS_AT_ONCE = 5_000
"""So that a night, which moves the last weeks, works out little else; of fewer, the way there costs as much again."""
_MONTHS_AT_ONCE = (1, 2, 3, 4, 6, 12, 24, 60)
_LONGEST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
"""In days."""
_PERIODS_A_YEAR = {"day": 364, "month": 12, "quarter": 4, "year": 1}
_WEEKS_A_YEAR = (52, 53)


def start_of(day: pl.Expr, grain: str) -> pl.Expr:
    """First day of the period a day lies in; weeks start on Monday."""
    return day.dt.truncate(INTERVALS[grain])


def end_of(start: pl.Expr, grain: str) -> pl.Expr:
    """Last day of the period that starts on a day."""
    return start.dt.offset_by(INTERVALS[grain]).dt.offset_by("-1d")


def back(periods: int) -> pl.Expr:
    """The cell so many periods before, null where the member had not begun.

    Cells are numbered in order of time without gaps, `age` being the number of each among those of its member.
    """
    return pl.when(pl.col("age") >= periods).then(pl.col("cell") - periods)


def a_year_back(grain: str) -> pl.Expr:
    """The cell of the same period of last year.

    A day is compared with the same weekday 364 days before, a week with the week of the same ISO number (null for
    week 53 where last year had none).
    """
    if grain != "week":
        return back(_PERIODS_A_YEAR[grain])
    start = pl.col("period_start")
    return pl.coalesce(
        pl.when(start.dt.offset_by(f"-{weeks}w").dt.week() == start.dt.week()).then(back(weeks))
        for weeks in _WEEKS_A_YEAR
    )


@dataclass(frozen=True, kw_only=True)
class Span:
    """Periods that start from one day to another, both included."""

    first: dt.date
    last: dt.date

    def looked_at(self, grain: str) -> tuple[Span, Span]:
        """What values of the span are made of: what they are compared with of a year ago; the span and the one before.

        The months between are nothing to them, but for which metrics a member had by then.
        """
        a_year_ago = Span(
            first=_earlier(self.first, weeks=max(_WEEKS_A_YEAR)), last=_earlier(self.last, weeks=min(_WEEKS_A_YEAR))
        )
        return a_year_ago, Span(first=_earlier(self.first, days=_LONGEST[grain]), last=self.last)

    def has(self, start: pl.Expr) -> pl.Expr:
        """Whether a period starts in it."""
        return start.is_between(self.first, self.last)


def _earlier(day: dt.date, **by: int) -> dt.date:
    return max(day, dt.date.min + dt.timedelta(**by)) - dt.timedelta(**by)


ALWAYS = Span(first=dt.date.min, last=dt.date.max)


def spans(first: dt.date, last: dt.date, *, cells: int) -> list[Span]:
    """All periods from the first day to the last: at once where their cells allow, else some months at a time.

    Cut where the calendar is, so that the spans of one night are those of the next.
    """
    begin = first.replace(month=1, day=1)  # a month may begin a week later than its first week
    whole = 12 * (last.year - begin.year) + last.month
    fitting = [months for months in _MONTHS_AT_ONCE if months * cells <= whole * _CELLS_AT_ONCE]
    months = whole if cells <= _CELLS_AT_ONCE else max(fitting, default=1)
    starts = [begin]
    while (following := months_later(starts[-1], months)) <= last:
        starts.append(following)
    return [Span(first=start, last=months_later(start, months) - dt.timedelta(days=1)) for start in starts]


def months_later(day: dt.date, months: int) -> dt.date:
    """The first of the month so many months later."""
    years, month = divmod(day.month - 1 + months, 12)
    return dt.date(day.year + years, month + 1, 1)
