"""The stage of the metrics: what facts add up to by day, then the long and the wide table of each grain."""

import polars as pl

from expectations.tables.metric import METRIC_VALUES
from flows.io import durable, parquet
from flows.stages.draft import Draft, Output, require_contract, write_output
from flows.stages.revising import values_before, with_history

_SUMS, _MEMBERS, _PIECE = "sums_", "members_", "piece_"
"""Of the frames of the work folder that metrics are made of."""


def tell_members(draft: Draft) -> list[str]:
    """The members of each cut that are told one by one, in the work folder; names of the sums by day to be made."""
    from transforms.metrics import METRICS  # noqa: PLC0415 -- stages import what they do when they do it
    from transforms.metrics.days import days_of  # noqa: PLC0415

    days = days_of(draft.all_inside("fact"), METRICS.values())
    for cut, members in days.members.items():
        parquet.write(members, draft.work / f"{_MEMBERS}{cut}.parquet")
    return sorted(days.sums)


def add_up_days(clock: str, draft: Draft) -> None:
    """What a fact adds up to by day, on one of its dates: in the work folder, for all grains."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.days import days_of  # noqa: PLC0415

    days = days_of(draft.all_inside("fact"), METRICS.values(), _named(_MEMBERS, draft))
    parquet.write(days.sums[clock], draft.work / f"{_SUMS}{clock}.parquet")


def build_metrics(grain: str, draft: Draft) -> list[Output]:
    """The long and the wide table of a grain."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.wide import kpi_wide, wide_table  # noqa: PLC0415

    table = METRIC_VALUES[grain]
    _write_cells(grain, draft)
    long = write_output(_values(grain, draft), table, draft)
    durable.copy(draft.staging / long["name"], draft.work / f"{table.name}.parquet")
    require_contract(table.name, table, draft)
    wide = kpi_wide(draft.inside(table.name), METRICS, grain=grain)
    return [long, write_output(wide, wide_table(METRICS, grain), draft)]


def _write_cells(grain: str, draft: Draft) -> None:
    """The sums of a grain, from those by day, in the work folder."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.compute import metric_cells  # noqa: PLC0415
    from transforms.metrics.days import Days  # noqa: PLC0415

    days = Days(sums=_named(_SUMS, draft), members=_named(_MEMBERS, draft))
    cells = metric_cells(draft.all_inside("fact"), METRICS, days, grain=grain, as_of=draft.settings.as_of)
    parquet.write(cells, draft.work / f"cells_{grain}.parquet")


def _values(grain: str, draft: Draft) -> pl.LazyFrame:
    """The rows of a grain, worked out some months at a time: ten years of days at once would take gigabytes."""
    from transforms.analysis.benchmark import with_benchmark  # noqa: PLC0415
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.compute import published_values, values_of  # noqa: PLC0415
    from transforms.metrics.periods import ALWAYS, spans  # noqa: PLC0415

    settings, facts, dimensions = draft.settings, draft.all_inside("fact"), draft.all_inside("dim")
    cells, before = draft.inside(f"cells_{grain}"), values_before(grain, draft)
    start = pl.col("period_start")
    first, last, rows = cells.select(start.min(), last=start.max(), rows=pl.len()).collect().row(0)
    pieces = []
    for number, span in enumerate(spans(first, last, cells=rows) if rows else [ALWAYS]):
        values = values_of(cells, facts, METRICS, grain=grain, as_of=settings.as_of, site=settings.site, span=span)
        long = with_benchmark(published_values(values, dimensions, draft.run_key), settings.site)
        piece = f"{_PIECE}{grain}_{number:03d}"
        parquet.write(with_history(long, before, span, draft), draft.work / f"{piece}.parquet")
        pieces.append(draft.inside(piece))
    return pl.concat(pieces)


def _named(prefix: str, draft: Draft) -> dict[str, pl.LazyFrame]:
    """The frames of the work folder whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): frame for name, frame in draft.all_inside(prefix.removesuffix("_")).items()}
