"""The headline metrics by channel and by team, and how the NPS answers divide."""

from __future__ import annotations

from dataclasses import dataclass

from flows.outputs.cards import YEAR
from flows.outputs.published import TOTAL_KEY, UNKNOWN_KEY, Metric, Published, Reading, months_before
from flows.outputs.words import PERCENTS, POINTS, Language

MARKS = {2: "++", 1: "+", 0: "", -1: "\u2212", -2: "\u2212\u2212"}
"""The shade of a cell as a sign, so that colour is never alone."""
ADDED_UP = frozenset({"additive", "semi_additive"})
NEAR_POINTS, FAR_POINTS = 1.0, 5.0
NEAR_SHARE, FAR_SHARE = 0.05, 0.20


@dataclass(frozen=True, kw_only=True)
class Shaded:
    """A value of the table, and how far on which side of its reference it lies."""

    text: str
    n: str
    step: int
    mark: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class CutRow:
    """A metric across the codes of a cut."""

    metric: Metric
    target: str
    overall: Shaded
    cells: tuple[Shaded, ...]


@dataclass(frozen=True, kw_only=True)
class CutTable:
    """The headline metrics that have this cut."""

    cut: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[CutRow, ...]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Promoters, passives and detractors of a period or a channel."""

    label: str
    counts: tuple[str, str, str]
    shares: tuple[float, float, float]
    share_texts: tuple[str, str, str]
    n: str
    nps: str
    opens_group: bool


def cut_table(tables: Published, cut: str, title: str, language: Language) -> CutTable | None:
    """The table of one cut; None where no headline metric has it."""
    names = {metric.metric_id for metric in tables.headlines}
    found = {
        key
        for (metric_id, of, key, month), reading in tables.cells.items()
        if of == cut and month == tables.month and metric_id in names and reading.status != "no_data"
    }
    keys = sorted(found, key=lambda key: (key == UNKNOWN_KEY, key))
    rows = tuple(_cut_row(tables, metric, cut, keys, language) for metric in tables.headlines)
    rows = tuple(row for row in rows if any(cell.text for cell in row.cells))
    if not rows:
        return None
    labels = tables.labels[cut]
    return CutTable(cut=cut, title=title, columns=tuple(labels.get(key, str(key)) for key in keys), rows=rows)


def nps_splits(tables: Published, language: Language) -> tuple[Split, ...]:
    """The month shown, the one before, the same a year before; then each channel in the month shown."""
    month = tables.month
    periods = (month, months_before(month, 1), months_before(month, YEAR))
    splits = [_split(tables.reading("nps", m), language.month(m), language) for m in periods]
    first_channel = True
    for key, label in sorted(tables.labels["channel"].items(), key=lambda item: (item[0] == UNKNOWN_KEY, item[0])):
        if key != TOTAL_KEY:
            reading = tables.reading("nps", month, "channel", key)
            split = _split(reading, label, language, opens_group=first_channel)
            first_channel = first_channel and split is None
            splits.append(split)
    return tuple(split for split in splits if split is not None)


def shade(reading: Reading, reference: float | None, metric: Metric) -> int:
    """Steps away from the reference, -2 to 2; 0 where the interval holds it or no side is better."""
    value = reading.shown
    if value is None or reference is None or metric.better == "neutral":
        return 0
    if reading.interval and reading.interval[0] <= reference <= reading.interval[1]:
        return 0
    near, far = (NEAR_POINTS, FAR_POINTS) if metric.unit in PERCENTS | POINTS else (NEAR_SHARE, FAR_SHARE)
    size = 1.0 if metric.unit in PERCENTS | POINTS else abs(reference)
    distance = abs(value - reference)
    steps = (distance >= near * size) + (distance >= far * size)
    return steps if (value > reference) == (metric.better == "higher") else -steps


def _cut_row(tables: Published, metric: Metric, cut: str, keys: list[int], language: Language) -> CutRow:
    month = tables.month
    overall = tables.reading(metric.metric_id, month)
    target = overall.target_value if overall else None
    cells = []
    for key in keys:
        reading = tables.reading(metric.metric_id, month, cut, key)
        cells.append(_shaded(reading, _reference(reading, overall, metric), metric, language))
    return CutRow(
        metric=metric,
        target="" if target is None else language.target(target, metric.unit, signed=metric.additivity == "nps"),
        overall=_shaded(overall, target, metric, language),
        cells=tuple(cells),
    )


def _reference(reading: Reading | None, overall: Reading | None, metric: Metric) -> float | None:
    """What a cell is held against: its target, or the overall value; a part of a sum only against its own target."""
    target = overall.target_value if overall else None
    own = reading.target_value if reading else None
    if metric.additivity in ADDED_UP:
        return own if own != target else None
    if own is not None or target is not None:
        return own if own is not None else target
    return overall.shown if overall else None


def _shaded(reading: Reading | None, reference: float | None, metric: Metric, language: Language) -> Shaded:
    if reading is None or reading.status == "no_data" or (reading.status == "ok" and reading.value is None):
        return Shaded(text="", n="", step=0, mark="", verdict="")
    if reading.shown is None:
        return Shaded(text=language.page["too_few_short"], n="", step=0, mark="", verdict="too_few")
    step = shade(reading, reference, metric)
    return Shaded(
        text=language.quantity(reading.shown, metric.unit, signed=metric.additivity == "nps"),
        n="" if metric.unit == "count" else language.number(reading.n),
        step=step,
        mark=MARKS[step],
        verdict=language.page[f"step_{step}"] if step else "",
    )


def _split(reading: Reading | None, label: str, language: Language, *, opens_group: bool = False) -> Split | None:
    """The answers of one reading; None where there are none to show."""
    if reading is None or reading.shown is None or reading.n_positive is None or reading.n_negative is None:
        return None
    counts = (reading.n_positive, reading.n - reading.n_positive - reading.n_negative, reading.n_negative)
    shares = tuple(100 * count / reading.n for count in counts)
    return Split(
        label=label,
        counts=(language.number(counts[0]), language.number(counts[1]), language.number(counts[2])),
        shares=(shares[0], shares[1], shares[2]),
        share_texts=(
            language.number(shares[0]) + language.percent_mark,
            language.number(shares[1]) + language.percent_mark,
            language.number(shares[2]) + language.percent_mark,
        ),
        n=language.number(reading.n),
        nps=language.quantity(reading.shown, "points", signed=True),
        opens_group=opens_group,
    )
