"""`explain`: the rows behind a published number, by the very measures that the number was computed with."""

import datetime as dt
import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from rich.text import Text

from expectations.schema import Table
from expectations.tables import FACTS
from expectations.tables.metric import GROUPING_SETS, MEMBER_CUTS
from flows.console import console, plain_table
from flows.errors import PlainError
from flows.io import publish
from flows.io.publish import Manifest, Shelf
from flows.outputs.words import language_of
from transforms.metrics import METRICS
from transforms.metrics.members import UNKNOWN
from transforms.metrics.metric import CUTS, Measure, Metric, Ratio
from transforms.metrics.periods import end_of

WORDS = language_of("en")
FORMS = {
    "day": re.compile(r"^(\d{4})-(\d{2})-(\d{2})$"),
    "week": re.compile(r"^(\d{4})-W(\d{1,2})$"),
    "month": re.compile(r"^(\d{4})-(\d{2})$"),
    "quarter": re.compile(r"^(\d{4})-Q([1-4])$"),
    "year": re.compile(r"^(\d{4})$"),
}
OK = 0


class NoSuchNumber(PlainError):  # noqa: N818 -- read aloud where it is caught
    """Nothing of that name, period or cut was published."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One published number: of a metric, in a period, in one member of a cut."""

    run: Path
    manifest: Manifest
    metric: Metric
    grain: str
    start: dt.date
    as_of: dt.date
    wanted: Mapping[str, str]

    @property
    def grouping_set(self) -> str:
        """Name of the cut."""
        cuts = tuple(cut for cut in (*CUTS, *MEMBER_CUTS) if cut in self.wanted)
        names = [name for name in self.metric.grouping_sets if GROUPING_SETS[name] == cuts]
        if not names:
            there = ", ".join(" and ".join(GROUPING_SETS[name]) or "total" for name in self.metric.grouping_sets)
            raise NoSuchNumber(f"{self.metric.name} is not cut by {' and '.join(cuts)}. It is published by: {there}.")
        return names[0]


def period_of(words: str) -> tuple[str, dt.date]:
    """The grain of a period and its first day."""
    for grain, form in FORMS.items():
        if (match := form.match(words.upper())) is None:
            continue
        year, *rest = (int(number) for number in match.groups())
        try:
            if grain == "week":
                return grain, dt.date.fromisocalendar(year, rest[0], 1)
            if grain == "quarter":
                return grain, dt.date(year, 3 * rest[0] - 2, 1)
            return grain, dt.date(year, *(*rest, 1, 1)[:2])
        except ValueError:
            break
    raise NoSuchNumber(f"{words!r} is not a period. Write 2026-03-14, 2026-W12, 2026-03, 2026-Q1 or 2026.")


def show_rows(home: Path, name: str, period: str, wanted: Mapping[str, str], *, shown: int) -> int:
    """The number as it was published, its two sums, and the rows each of them counts."""
    manifest = publish.current(Shelf(home / "published"))
    if manifest is None:
        raise NoSuchNumber(f"{home}: nothing was published yet. Do: make run")
    if name not in METRICS:
        near = difflib.get_close_matches(name, METRICS, n=1)
        raise NoSuchNumber(f"There is no metric {name!r}. " + (f"Did you mean {near[0]!r}?" if near else _all_names()))
    grain, start = period_of(period)
    run = Shelf(home / "published").folder_of(manifest["run"])
    metric, as_of = METRICS[name], dt.date.fromisoformat(manifest["as_of"])
    cell = Cell(run=run, manifest=manifest, metric=metric, grain=grain, start=start, as_of=as_of, wanted=wanted)
    _show_number(cell)
    if cell.metric.suppress_below:
        console().print("\nThe rows behind it are answers of single employees: they are not published.")
        return OK
    by_fact: dict[tuple[str, str], list[Measure]] = {}
    for measure in {it.id: it for it in _parts(cell.metric)}.values():
        by_fact.setdefault((measure.fact, measure.date), []).append(measure)
    try:
        for (fact, date), measures in by_fact.items():
            _show_fact(cell, fact, date, measures, shown=shown)
    except pl.exceptions.ColumnNotFoundError as problem:
        column = str(problem).splitlines()[0]
        raise NoSuchNumber(
            f"{run}: looked for the columns that this version reads, found {column}: an earlier version published "
            "this run. Run again, then ask again."
        ) from None
    return OK


def _show_number(cell: Cell) -> None:
    out, metric = console(), cell.metric
    row = _published_row(cell)
    cut = ", ".join(f"{cut} {code}" for cut, code in cell.wanted.items()) or "total"
    value = "no value" if row["value"] is None else WORDS.quantity(row["value"], metric.unit.value.label)
    out.print(Text.assemble((metric.title, "bold"), f", {cell.grain} from {cell.start} to {row['period_end']}, {cut}"))
    out.print(metric.asks, markup=False)
    out.print(Text.assemble("\n  ", (value, "bold"), f"   ({row['status']}, {_amount(row['n'])} rows)"))
    if isinstance(metric, Ratio):
        unit = metric.unit.value
        out.print(f"  numerator   {_amount(row['numerator'])}  {metric.above.words}", markup=False)
        if not metric.is_plain_sum:
            out.print(f"  denominator {_amount(row['denominator'])}  {metric.below.words}", markup=False)
            above = "numerator" if unit.scale == 1 else f"{unit.scale} x numerator"
            below = "denominator" if unit.parts == 1 else f"({unit.parts} x denominator)"
            out.print(f"  value = {above} / {below}", markup=False)


def _published_row(cell: Cell) -> dict[str, Any]:
    """The row of the metric table; an error that says what there is where it has none."""
    values = pl.scan_parquet(cell.run / "metrics" / f"metric_value_{cell.grain}.parquet", glob=False)
    mine = values.filter((pl.col("metric_id") == cell.metric.name) & (pl.col("grouping_set") == cell.grouping_set))
    for cut, code in cell.wanted.items():
        is_mine = pl.col("member") == code if cut in MEMBER_CUTS else pl.col(f"{cut}_key") == _key(cell, cut, code)
        mine = mine.filter(is_mine)
    found = mine.filter(pl.col("period_start") == cell.start).collect()
    if found.is_empty():
        first, last = (
            mine.select(pl.col("period_start").min(), pl.col("period_start").max().alias("last")).collect().row(0)
        )
        there = f"There are {cell.grain}s from {first} to {last}." if first else "It has no row in that cut at all."
        raise NoSuchNumber(f"{cell.metric.name} has no row for the {cell.grain} from {cell.start}. {there}")
    return found.row(0, named=True)


def _show_fact(cell: Cell, fact: str, date: str, measures: list[Measure], *, shown: int) -> None:
    """The rows of one fact, and what each adds to each measure."""
    out, table = console(), FACTS[fact]
    if not (names := publish.files_of(cell.manifest, f"facts/{fact}.parquet")):
        return
    files = [cell.run / name for name in names]
    rows = _in_codes(pl.scan_parquet(files, glob=False), table, cell.run).filter(_is_in(cell, date, measures[0]))
    if "grain" in table.columns:
        rows = rows.filter(pl.col("grain") == cell.grain)
    for cut, code in cell.wanted.items():
        member = pl.col(cut).cast(pl.String)
        rows = rows.filter(member.fill_null(UNKNOWN) == code if cut in MEMBER_CUTS else member == code)
    adds = {f"adds {number}": measure for number, measure in enumerate(measures, 1)}
    counted = rows.with_columns(measure.per_row.alias(name) for name, measure in adds.items())
    counted = counted.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in adds)).sort(date, *table.key)
    read = [column for measure in measures for column in (measure.where.meta.root_names() + _value_names(measure))]
    columns = list(dict.fromkeys([*table.key, date, *(c for c in CUTS if c in table.columns), *read]))
    frame = counted.select(*columns, *adds).collect()
    out.print(Text.assemble("\n", (fact, "bold"), f" by {date}: {frame.height:,} rows"))
    for name, measure in adds.items():
        out.print(f"  {name} = {frame[name].sum():,}  {measure.name}", markup=False)
    _show_frame(frame, keep=(*table.key, *adds), shown=shown)


def _show_frame(frame: pl.DataFrame, *, keep: Collection[str], shown: int) -> None:
    """The first rows; what is the same in all of them is said once."""
    out = console()
    same = [name for name in frame.columns if name not in keep and frame.height > 1 and frame[name].n_unique() == 1]
    if same:
        out.print(Text(f"  in all rows: {', '.join(f'{name} {_cell(frame[name][0])}' for name in same)}", style="dim"))
    rest = frame.drop(same)
    numbers = [name for name in rest.columns if rest[name].dtype.is_numeric()]
    table = plain_table(*rest.columns, numbers=numbers)
    for row in rest.head(shown).iter_rows():
        table.add_row(*(_cell(value) for value in row))
    out.print(table)
    if frame.height > shown:
        out.print(f"... and {frame.height - shown:,} more: --rows {frame.height}")


def _is_in(cell: Cell, date: str, measure: Measure) -> pl.Expr:
    """Whether a row belongs to the period; of a stock, only its last day."""
    last: dt.date = pl.select(end_of(pl.lit(cell.start), cell.grain)).item()
    end = min(last, cell.as_of)
    if measure.over_time == "last":
        return pl.col(date) == pl.lit(end)
    return pl.col(date).is_between(pl.lit(cell.start), pl.lit(end))


def _in_codes(fact: pl.LazyFrame, table: Table, run: Path) -> pl.LazyFrame:
    """A published fact with its codes again in place of keys."""
    for name, column in table.columns.items():
        if column.dimension:
            key = f"{column.dimension}_key"
            codes = pl.scan_parquet(run / "facts" / f"dim_{column.dimension}.parquet", glob=False)
            known = codes.filter(pl.col(key) > 0).select(key, pl.col("code").alias(name))
            fact = fact.join(known, on=key, how="left")
    return fact


def _key(cell: Cell, cut: str, code: str) -> int:
    """The key of a code; an error with the codes there are where it is none."""
    codes = pl.read_parquet(cell.run / "facts" / f"dim_{cut}.parquet")
    found = codes.filter(pl.col("code") == code)
    if found.is_empty():
        raise NoSuchNumber(f"There is no {cut} {code!r}. There are {', '.join(codes['code'].sort().to_list())}.")
    return int(found[f"{cut}_key"].item())


def _parts(metric: Metric) -> tuple[Measure, ...]:
    """What stands above and below the line, or what a statistic is computed from."""
    return (*metric.above.measures, *metric.below.measures) if isinstance(metric, Ratio) else metric.measures


def _value_names(measure: Measure) -> list[str]:
    return [] if measure.value is None else measure.value.meta.root_names()


def _cell(value: object) -> str:
    """A value as a person reads it in a table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _amount(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _all_names() -> str:
    return f"There are {', '.join(METRICS)}."
