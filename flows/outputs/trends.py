"""Volume and backlog over the months, as two panels with a table of their figures."""

from __future__ import annotations

from dataclasses import dataclass

from flows.outputs.published import Published
from flows.outputs.sparkline import Plot, bars, line, number, ticks
from flows.outputs.words import Language

PANEL = (480.0, 200.0)
LABEL_EVERY = 3


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A label of an axis and where it stands."""

    at: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One metric over the months."""

    title: str
    about: str
    path: str
    is_bars: bool
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    last: tuple[str, str, str] | None
    """Where the last value stands, and its text."""
    figures: tuple[tuple[str, str], ...]
    left: str
    right: str
    floor: str


def panels(tables: Published, language: Language) -> tuple[Panel, ...]:
    """The panels that have at least one value."""
    wanted = (("ticket_volume", "volume_trend", True), ("backlog", "backlog_trend", False))
    found = (_panel(tables, metric_id, language.page[title], language, is_bars=b) for metric_id, title, b in wanted)
    return tuple(panel for panel in found if panel is not None)


def _panel(tables: Published, metric_id: str, title: str, language: Language, *, is_bars: bool) -> Panel | None:
    months = tables.months()
    readings = [tables.reading(metric_id, month) for month in months]
    values = [reading.shown if reading else None for reading in readings]
    known = [(month, value) for month, value in zip(months, values, strict=True) if value is not None]
    if not known:
        return None
    marks = ticks(max(value for _, value in known))
    plot = Plot(
        width=PANEL[0],
        height=PANEL[1],
        steps=len(months),
        low=0.0,
        high=marks[-1],
        left=52,
        right=20,
        top=18,
        bottom=26,
    )
    last = values[-1]
    end = len(months) - 1
    labelled = [i for i in range(len(months)) if (end - i) % LABEL_EVERY == 0]
    return Panel(
        title=title,
        about=language.page["spark"].format(
            label=title,
            first=language.number(known[0][1]),
            first_month=language.month(known[0][0]),
            last=language.number(known[-1][1]),
            last_month=language.month(known[-1][0]),
            low=language.number(min(value for _, value in known)),
            high=language.number(max(value for _, value in known)),
        ),
        path=bars(plot, values) if is_bars else line(plot, values),
        is_bars=is_bars,
        y_ticks=tuple(Tick(at=number(plot.y(mark)), text=language.number(mark)) for mark in marks),
        x_ticks=tuple(Tick(at=number(plot.x(i)), text=language.month_short(months[i])) for i in labelled),
        last=None if last is None else (number(plot.x(end)), number(plot.y(last)), language.number(last)),
        figures=tuple((language.month(month), language.number(value)) for month, value in known),
        left=number(plot.left),
        right=number(plot.width - plot.right),
        floor=number(plot.floor),
    )
