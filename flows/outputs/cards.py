"""The cards of the scorecard page: one headline metric each, with all that is needed to judge it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flows.outputs.published import Metric, Published, Reading, months_before
from flows.outputs.sparkline import Plot, band, domain, line
from flows.outputs.words import MINUS, Language, Part

SPARK = (240.0, 52.0)
YEAR = 12


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a value moved since another period, in words and in a number."""

    arrow: str
    direction: str
    text: str
    since: str
    verdict: str
    """Wording of the test; empty where there is none."""
    tone: str
    """good, bad or plain: good and bad only where the change is significant."""


@dataclass(frozen=True, kw_only=True)
class Spark:
    """A line over the months with its band and its target."""

    line: str
    band: str
    target_y: float | None
    last: tuple[float, float] | None
    about: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """A headline metric in the month shown."""

    metric: Metric
    parts: tuple[Part, ...]
    value: str
    state: str
    """ok, no_data or too_few."""
    last_known: str
    badges: tuple[str, ...]
    changes: tuple[Change, ...]
    target: str
    is_target_met: bool | None
    interval: str
    n: str
    spark: Spark


@dataclass(frozen=True, kw_only=True)
class Family:
    """The cards of one family, under its name."""

    code: str
    label: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, kw_only=True)
class Brief:
    """The page in three lines: targets met, and what moved beyond chance."""

    met: int
    with_target: int
    missed: tuple[Card, ...]
    moves: tuple[tuple[str, str, tuple[tuple[Card, Change], ...]], ...]
    """Wording, tone, and the cards with their change."""


def families(tables: Published, language: Language) -> tuple[Family, ...]:
    """The headline cards by family, both in the order in which they are read."""
    absent = {row["metric_id"] for row in tables.missing}
    cards: dict[str, list[Card]] = {}
    for metric in tables.headlines:
        if metric.metric_id not in absent:
            cards.setdefault(metric.family, []).append(card(tables, metric, language))
    return tuple(
        Family(
            code=code,
            label=language.page.get(f"family_{code.replace(' ', '_')}", code.capitalize()),
            cards=tuple(members),
        )
        for code, members in cards.items()
    )


def card(tables: Published, metric: Metric, language: Language) -> Card:
    """The card of one metric."""
    reading = tables.reading(metric.metric_id, tables.month)
    value = reading.shown if reading else None
    target = reading.target_value if reading else None
    interval = reading.interval if reading else None
    state = "ok" if value is not None else reading.status if reading and reading.status != "ok" else "no_data"
    signed = metric.additivity == "nps"
    return Card(
        metric=metric,
        parts=() if value is None else language.parts(value, metric.unit, signed=signed),
        value="" if value is None else language.quantity(value, metric.unit, signed=signed),
        state=state,
        last_known="" if value is not None else _last_known(tables, metric, language),
        badges=_badges(reading, metric, language) if value is not None else (),
        changes=_changes(reading, tables.month, metric, language) if reading else (),
        target="" if target is None else language.target(target, metric.unit, signed=signed),
        is_target_met=None if value is None or reading is None else reading.is_target_met,
        interval="" if interval is None else language.interval(*interval, metric.unit),
        n=language.number(reading.n) if reading and reading.status != "too_few" else "",
        spark=_spark(tables, metric, language),
    )


def brief(groups: tuple[Family, ...], language: Language) -> Brief:
    """What a reader in a hurry takes away."""
    cards = [c for family in groups for c in family.cards]
    judged = [c for c in cards if c.is_target_met is not None]
    moved = [(c, c.changes[0]) for c in cards if c.changes and c.changes[0].tone != "plain"]
    neutral = [(c, c.changes[0]) for c in cards if c.changes and c.changes[0].verdict == language.page["changed"]]
    better = tuple(pair for pair in moved if pair[1].tone == "good")
    worse = tuple(pair for pair in moved if pair[1].tone == "bad")
    moves = [(language.page["improved"], "good", better), (language.page["worsened"], "bad", worse)]
    if neutral:
        moves.append((language.page["moved"], "plain", tuple(neutral)))
    return Brief(
        met=sum(c.is_target_met is True for c in judged),
        with_target=len(judged),
        missed=tuple(c for c in judged if not c.is_target_met),
        moves=tuple(moves),
    )


def _badges(reading: Reading | None, metric: Metric, language: Language) -> tuple[str, ...]:
    """What keeps the value from being the last word."""
    if reading is None:
        return ()
    if not reading.is_complete:
        return (language.page["running"],)
    if not reading.is_mature:
        settled_on = reading.period_end + dt.timedelta(days=metric.maturity_days)
        return (f"{language.page['provisional']}, {language.page['settled_on']} {language.day(settled_on)}",)
    return ()


def _changes(reading: Reading, month: dt.date, metric: Metric, language: Language) -> tuple[Change, ...]:
    """Since the month before, with its test, and since the same month a year before, without."""
    if reading.shown is None:
        return ()
    found = []
    for before, back in ((reading.prior_value, 1), (reading.prior_year_value, YEAR)):
        if before is not None:
            tested = reading.is_significant_vs_prior if back == 1 else None
            since = language.month(months_before(month, back))
            found.append(_change(reading.shown, before, tested=tested, metric=metric, since=since, language=language))
    return tuple(found)


def _change(
    value: float, before: float, *, tested: bool | None, metric: Metric, since: str, language: Language
) -> Change:
    """One change; coloured only where the metric has a good side and the test speaks."""
    text = language.change(value, before, metric.unit)
    direction = "up" if text.startswith("+") else "down" if text.startswith(MINUS) else "flat"
    is_good = {"higher": "up", "lower": "down"}.get(metric.better, "") == direction
    verdict, tone = "", "plain"
    if tested is False:
        verdict = language.page["not_significant"]
    elif tested and metric.better == "neutral":
        verdict = language.page["changed"]
    elif tested:
        verdict, tone = (language.page["better"], "good") if is_good else (language.page["worse"], "bad")
    return Change(
        arrow={"up": "▲", "down": "▼", "flat": "＝"}[direction],
        direction=language.page[direction],
        text=text,
        since=since,
        verdict=verdict,
        tone=tone,
    )


def _last_known(tables: Published, metric: Metric, language: Language) -> str:
    """The latest month that has a value, for a card that has none."""
    for month in reversed(tables.months()):
        reading = tables.reading(metric.metric_id, month)
        if reading and reading.shown is not None:
            return f"{language.quantity(reading.shown, metric.unit)} ({language.month(month)})"
    return ""


def _spark(tables: Published, metric: Metric, language: Language) -> Spark:
    """The months up to the one shown; gaps stay gaps."""
    months = tables.months()
    readings = [tables.reading(metric.metric_id, month) for month in months]
    values = [reading.shown if reading else None for reading in readings]
    pairs = [reading.interval if reading else None for reading in readings]
    target = readings[-1].target_value if readings[-1] else None
    low, high = domain(values, pairs, target)
    plot = Plot(width=SPARK[0], height=SPARK[1], steps=len(months), low=low, high=high, top=4, bottom=4)
    last = values[-1]
    return Spark(
        line=line(plot, values),
        band=band(plot, pairs),
        target_y=None if target is None else round(plot.y(target), 1),
        last=None if last is None else (round(plot.x(len(months) - 1), 1), round(plot.y(last), 1)),
        about=_spark_about(metric, months, values, language),
    )


def _spark_about(metric: Metric, months: tuple[dt.date, ...], values: list[float | None], language: Language) -> str:
    """The line in one sentence, for a reader who does not see it."""
    known = [(month, value) for month, value in zip(months, values, strict=True) if value is not None]
    if not known:
        return language.page["spark_none"].format(label=metric.label)
    numbers = [value for _, value in known]
    return language.page["spark"].format(
        label=metric.label,
        first=language.quantity(known[0][1], metric.unit),
        first_month=language.month(known[0][0]),
        last=language.quantity(known[-1][1], metric.unit),
        last_month=language.month(known[-1][0]),
        low=language.quantity(min(numbers), metric.unit),
        high=language.quantity(max(numbers), metric.unit),
    )
