"""The stage of the metrics: from what facts add up to by day to the long and the wide table of each grain.

Values are worked out a span of months at a time, and kept: a night works out those spans of which a cell changed, or
in which a period was over or mature since. What was made is judged as it is made; spans share no period, and the key
of a row holds its period, so that what holds for each of them holds for all.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import polars as pl

from expectations.tables import FACTS
from expectations.tables.metric import METRIC_VALUES
from flows.io import durable
from flows.io.kept import Kept, Making
from flows.stages.adding import MEMBERS, STATISTICS, SUMS
from flows.stages.before import CUTS, told_before, values_before
from flows.stages.draft import Draft, Output, require_contract, write_output
from flows.stages.revising import with_history
from transforms.metrics.cell_prints import CellPrints, periods_of
from transforms.metrics.metric import Metric
from transforms.metrics.periods import Span

VALUES, WIDE = "values_", "wide_"
"""Of the kept values of a grain, by span."""
BEGINNINGS = "beginnings_"
"""Of the first periods in which members had metrics, of the run alone."""
_PIECE = "piece_"


def build_metrics(grain: str, draft: Draft) -> list[Output]:
    """The long and the wide table of a grain."""
    from transforms.metrics import METRICS  # noqa: PLC0415 -- stages import what they do when they do it
    from transforms.metrics.wide import wide_table  # noqa: PLC0415

    table = METRIC_VALUES[grain]
    _write_cells(grain, draft)
    spans = _spans(grain, draft)
    _keep_values(grain, spans, draft)
    long = write_output(pl.concat(_published(grain, spans, draft)), table, draft)
    durable.copy(draft.staging / long["name"], draft.work / f"{table.name}.parquet")
    _keep_wide(grain, draft)
    return [long, write_output(draft.inside(f"{WIDE}{grain}"), wide_table(METRICS, grain), draft)]


def _write_cells(grain: str, draft: Draft) -> None:
    """The sums of a grain, from those by day, in the work folder."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.compute import metric_cells  # noqa: PLC0415
    from transforms.metrics.days import Days  # noqa: PLC0415

    days = Days(sums=_named(SUMS, draft), members=_named(MEMBERS, draft), statistics=_named(STATISTICS, draft))
    cells = metric_cells(_facts(draft), METRICS, days, grain=grain, as_of=draft.settings.as_of)
    draft.put_inside(cells, f"cells_{grain}")


def _facts(draft: Draft) -> dict[str, pl.LazyFrame]:
    """The facts by name; read are only those of which few answers are hidden, and these are not published."""
    names = draft.names_inside("fact_")
    return {name: pl.LazyFrame() if FACTS[name].published else draft.inside(name) for name in names}


def _spans(grain: str, draft: Draft) -> list[Span]:
    """The spans of a grain: ten years of days at once would take gigabytes."""
    from transforms.metrics.periods import ALWAYS, spans  # noqa: PLC0415

    start, cells = pl.col("period_start"), draft.inside(f"cells_{grain}")
    first, last, rows = cells.select(start.min(), last=start.max(), rows=pl.len()).collect().row(0)
    return spans(first, last, cells=rows) if rows else [ALWAYS]


def _keep_values(grain: str, spans: list[Span], draft: Draft) -> None:
    """The values of each span, with keys, and without what is of a run; those made anew are judged."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.compute import of_a_run, wanted  # noqa: PLC0415

    table, settings = METRIC_VALUES[grain], draft.settings
    metrics = wanted(draft.names_inside("fact_"), METRICS, grain)
    prints = _prints(grain, metrics, draft)
    draft.put_inside(prints.beginnings.lazy(), f"{BEGINNINGS}{grain}")  # every span asks for them
    about = [[metric.name for metric in metrics], _keys(draft)]
    makings = {
        _name(span): Making(
            name=table.name,
            made_of=[],
            and_of=[str(span), *about, *prints.of(span, as_of=settings.as_of)],
            make=partial(_values, grain, span, draft),
        )
        for span in spans
    }

    def judge(rows: pl.LazyFrame) -> None:
        require_contract(table.name, table, draft, of_a_run(rows, draft.run_key))

    draft.note_parts(f"{VALUES}{grain}", draft.keeper.kept(makings, judge))


def _prints(grain: str, metrics: Sequence[Metric], draft: Draft) -> CellPrints:
    """What the values of each span depend on."""
    from transforms.metrics.values import beginnings_of  # noqa: PLC0415

    cells = draft.inside(f"cells_{grain}")
    periods, beginnings = pl.collect_all([periods_of(cells, grain=grain), beginnings_of(cells, metrics)])
    maturities = sorted({metric.maturity_days for metric in metrics})
    return CellPrints(grain=grain, periods=periods, beginnings=beginnings, maturities=maturities)


def _values(grain: str, span: Span, draft: Draft) -> pl.LazyFrame:
    from transforms.analysis.benchmark import with_benchmark  # noqa: PLC0415
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.compute import values_of, with_keys  # noqa: PLC0415

    settings, cells, facts = draft.settings, draft.inside(f"cells_{grain}"), draft.names_inside("fact_")
    values = values_of(
        cells,
        facts,
        METRICS,
        grain=grain,
        as_of=settings.as_of,
        site=settings.site,
        span=span,
        beginnings=draft.inside(f"{BEGINNINGS}{grain}"),
    )
    return with_benchmark(with_keys(values, draft.all_inside("dim")), settings.site)


def _published(grain: str, spans: list[Span], draft: Draft) -> Iterator[pl.LazyFrame]:
    """The rows of each span as this run publishes them, with the first value ever published for each cell."""
    from transforms.metrics.compute import of_a_run  # noqa: PLC0415

    kept, before, told = draft.parts_of(f"{VALUES}{grain}"), values_before(grain, draft), told_before(grain, draft)
    for number, span in enumerate(spans):
        name = _name(span)
        if told is not None and _is_same(kept[name], told[1].get(name)):
            here = pl.col("period_start").is_between(span.first, span.last)
            yield told[0].filter(here).with_columns(run_key=pl.lit(draft.run_key))
            continue
        rows = of_a_run(draft.part_inside(f"{VALUES}{grain}", name), draft.run_key)
        if before is None:
            yield rows
            continue
        piece = f"{_PIECE}{grain}_{number:03d}"
        draft.put_inside(with_history(rows, before, span, draft), piece)
        yield draft.inside(piece)


def _keep_wide(grain: str, draft: Draft) -> None:
    """The same values with one column per metric."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.wide import kpi_wide  # noqa: PLC0415

    name = f"{VALUES}{grain}"
    makings = {
        span: Making(
            name=f"{WIDE}{grain}",
            made_of=[kept],
            make=partial(kpi_wide, draft.keeper.frame({span: kept}), METRICS, grain=grain),
        )
        for span, kept in draft.parts_of(name).items()
    }
    draft.note_parts(f"{WIDE}{grain}", draft.keeper.kept(makings))


def _keys(draft: Draft) -> list[list[tuple[int, str]]]:
    """Which code each key of the cuts stands for."""
    return [draft.inside(f"dim_{cut}").select(f"{cut}_key", "code").sort(f"{cut}_key").collect().rows() for cut in CUTS]


def _is_same(now: Kept, then: Kept | None) -> bool:
    return then is not None and (now["key"], now["sha256"]) == (then["key"], then["sha256"])


def _name(span: Span) -> str:
    return span.first.isoformat()


def _named(prefix: str, draft: Draft) -> dict[str, pl.LazyFrame]:
    """The frames of the run whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): frame for name, frame in draft.all_inside(prefix).items()}
