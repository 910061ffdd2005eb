"""The core work: which metrics, cuts and periods every engine computes, and how their outputs are compared."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

GRAINS = ("day", "week", "month", "quarter")
SETS = {"total": (), "channel": ("channel",), "team": ("team",), "channel_team": ("channel", "team")}
RATIOS = (
    *("ticket_volume", "resolved_volume", "backlog", "csat", "nps", "ces_easy_rate", "ces_ease_index"),
    *("first_response_time_calendar_mean", "first_response_time_business_mean"),
    *("resolution_time_calendar_mean", "resolution_time_business_mean"),
    *("fcr_rate", "reopen_rate", "contacts_per_case", "cost_per_contact"),
)
DURATIONS = (
    *("first_response_time_calendar", "first_response_time_business"),
    *("resolution_time_calendar", "resolution_time_business"),
)
STATISTICS = tuple(f"{name}_{kind}" for name in DURATIONS for kind in ("p50", "p90"))
METRICS = (*RATIOS, *STATISTICS)
COST = "cost_per_contact"
CUTS_OF = {COST: ("channel",)}
"""The cuts of a metric that does not know them all."""
KEY = ("metric_id", "period_start", "grouping_set", "channel", "team")
SUMS = ("numerator", "denominator")
_DIFFERENCES_SHOWN = 10
_TOLERANCE = 1e-9
_NOBODY = ("(unknown)", "(all)")


def ours(metrics_folder: Path, grain: str, dimensions: Path) -> pl.DataFrame:
    """The core values of a grain as the pipeline published them, in codes; rows that say nothing are left out."""
    values = _scanned(metrics_folder, f"metric_value_{grain}")
    for cut in ("channel", "team"):
        codes = _scanned(dimensions, f"dim_{cut}")
        values = values.join(codes.select(f"{cut}_key", pl.col("code").alias(cut)), on=f"{cut}_key", how="left")
    told = values.filter(pl.col("metric_id").is_in(METRICS), pl.col("grouping_set").is_in(list(SETS)))
    return _told(told.collect(engine="streaming"))


def _scanned(folder: Path, table: str) -> pl.LazyFrame:
    """A published table: a file, or a folder of files."""
    whole = folder / f"{table}.parquet"
    return pl.scan_parquet(whole if whole.is_file() else sorted((folder / table).glob("*.parquet")), glob=False)


def theirs(folder: Path, grain: str) -> pl.DataFrame:
    """The same of a peer."""
    return _told(pl.read_parquet(folder / f"core_{grain}.parquet"))


def _told(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with something in them, absent sums as 0, members in codes and empty ones as unknown."""
    members = {
        cut: pl.when(~pl.col(cut).is_in(_NOBODY)).then(pl.col(cut).cast(pl.String)) for cut in ("channel", "team")
    }
    is_statistic = pl.col("metric_id").is_in(STATISTICS)
    return (
        rows.with_columns(
            **members,
            **{name: pl.when(~is_statistic).then(pl.col(name).cast(pl.Int64)).fill_null(0) for name in SUMS},
            value=pl.when(is_statistic).then(pl.col("value").cast(pl.Float64)),
        )
        .filter(pl.any_horizontal(pl.col(*SUMS) != 0, pl.col("value").is_not_null()))
        .select(*KEY, *SUMS, "value")
    )


def differences(mine: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """The cells in which two engines do not agree: sums to the last digit, percentiles to a billionth."""
    both = mine.join(other, on=KEY, how="full", coalesce=True, nulls_equal=True, suffix="_other")
    same_sums = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_other")) for name in SUMS)
    gap = (pl.col("value") - pl.col("value_other")).abs()
    near = (gap <= _TOLERANCE * pl.max_horizontal(pl.col("value").abs(), 1.0)).fill_null(
        pl.col("value").is_null() & pl.col("value_other").is_null()
    )
    return both.filter(~(same_sums & near))


def require_equal(name: str, grain: str, mine: pl.DataFrame, other: pl.DataFrame) -> int:
    """Stop the bench where a peer computed something else: a time of other work is no comparison; the cells compared."""
    wrong = differences(mine, other)
    if wrong.height or not mine.height:
        print(wrong.group_by("metric_id").len().sort("metric_id"), wrong.head(_DIFFERENCES_SHOWN), file=sys.stderr)
        sys.exit(f"{name}, {grain}: {wrong.height} of {mine.height} cells differ. No time is shown for other work.")
    return mine.height


def values(folder: Path, grain: str) -> pl.DataFrame:
    """The core values of a grain, of the pipeline or of a peer."""
    if (folder / f"core_{grain}.parquet").is_file():
        return theirs(folder, grain)
    return ours(folder / "metrics", grain, folder / "facts")


def main() -> None:
    """Compare what two wrote, grain by grain: the days alone are millions of cells."""
    mine, other = map(Path, sys.argv[1:])
    cells = sum(
        require_equal(f"{mine} against {other}", grain, values(mine, grain), values(other, grain)) for grain in GRAINS
    )
    print(f"{cells} cells are equal")


if __name__ == "__main__":
    main()
