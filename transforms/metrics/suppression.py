"""What may not be told of few people, and what would tell it by subtraction.

A cell is a team in a period. Its answers are few when there are some, but fewer than the metric demands. Subtraction
works along two lines: the total less the other teams, and a quarter less its other months (a year less its other
quarters). So cells are hidden in blocks, all periods of the next coarser one at once: a team is told month by month
in a quarter where every month may be told, else by the quarter alone; the same of the quarters of a year.

Within a block, coarse before fine:

1. hidden is a team with few answers in one of the periods, or hidden in the coarser period;
2. where the total itself is hidden by that rule, so is every team;
3. else the next smallest teams are hidden with them until there are two at least, and until in no period the hidden
   ones together are few.

Why nothing leaks: move some answers, in one period, from one hidden team to another, and back again in another
period of the block: no number that is told changes, so none tells how many it was. In a year, the coarsest, one way
is enough: who is hidden there is hidden in all that is finer. Where only one period of a block has answers, its cells
are those of the coarser period, and hidden with them.

A period that is not over is hidden too: tonight's number less yesterday's would be the answer of one person.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import polars as pl

from transforms.metrics.cells import Cut
from transforms.metrics.measure import Measure
from transforms.metrics.periods import end_of, start_of

COARSER = {"year": "year", "quarter": "year", "month": "quarter"}
_BLOCK, _PERIOD = "block_start", "period_start"
CELL = ["grouping_set", "team", _PERIOD]
HIDDEN = "is_hidden"
_SCHEMA = pl.Schema({"grouping_set": pl.String(), "team": pl.String(), _PERIOD: pl.Date(), HIDDEN: pl.Boolean()})


def hidden_cells(facts: Mapping[str, pl.LazyFrame], guard: Measure, below: int, cut: Cut) -> pl.LazyFrame:
    """One row per total or team and period that is over and must not be told, with `is_hidden`.

    Worked out on the few sums by month as one step of the plan: each grain reads the coarser one several times, and
    the plan would multiply.
    """
    rows = cut.rows(facts[guard.fact], guard.fact, guard.date)
    month = start_of(pl.col(guard.date), "month").alias(_PERIOD)
    return (
        rows.group_by(month, "team")
        .agg(n=guard.per_row.sum())
        .map_batches(
            partial(_hidden, below=below, cut=cut),
            schema=_SCHEMA,
            predicate_pushdown=False,
            projection_pushdown=False,
            slice_pushdown=False,
        )
    )


def _hidden(months: pl.DataFrame, *, below: int, cut: Cut) -> pl.DataFrame:
    """The hidden cells of the grain of the cut, from the answers by team and month."""
    hidden = pl.DataFrame(schema=_SCHEMA)
    for grain in ("year", "quarter", "month"):
        hidden = _of_blocks(_cells(months.filter(pl.col("n") > 0), grain, cut, hidden), hidden, below)
        if grain == cut.grain:
            break
    return hidden


def _cells(months: pl.DataFrame, grain: str, cut: Cut, coarser: pl.DataFrame) -> pl.DataFrame:
    """One row per team of a block and period of the block that is over, with its answers, possibly none.

    A team hidden in the coarser period is there without any answers too: that it has none would tell of the others.
    """
    told = (
        months.group_by(start_of(pl.col(_PERIOD), grain), "team")
        .agg(pl.col("n").sum())
        .filter(end_of(pl.col(_PERIOD), grain) <= cut.as_of)
        .with_columns(start_of(pl.col(_PERIOD), COARSER[grain]).alias(_BLOCK))
    )
    whole = pl.date_ranges(_BLOCK, end_of(pl.col(_BLOCK), COARSER[grain]), interval="1mo")
    periods = (
        told.select(_BLOCK)
        .unique()
        .with_columns(whole.alias(_PERIOD))
        .explode(_PERIOD, empty_as_null=True)
        .filter(start_of(pl.col(_PERIOD), grain) == pl.col(_PERIOD), end_of(pl.col(_PERIOD), grain) <= cut.as_of)
    )
    inherited = coarser.filter(pl.col("grouping_set") == "team").select(pl.col(_PERIOD).alias(_BLOCK), "team")
    teams = pl.concat([told.select(_BLOCK, "team"), inherited]).unique()
    grid = teams.join(periods, on=_BLOCK)
    return grid.join(told, on=[_BLOCK, _PERIOD, "team"], how="left", nulls_equal=True).with_columns(
        pl.col("n").fill_null(0)
    )


def _of_blocks(cells: pl.DataFrame, coarser: pl.DataFrame, below: int) -> pl.DataFrame:
    """The hidden cells of one grain, given those of the next coarser one."""
    judged = _in_order_of_need(_first_hidden(cells, coarser, below), below)
    teams = judged.filter(pl.col("all_hidden") | pl.col("is_needed")).select(
        "team", _PERIOD, grouping_set=pl.lit("team")
    )
    totals = judged.filter("all_hidden").select(_PERIOD, grouping_set=pl.lit("total")).unique()
    found = pl.concat([teams, totals], how="diagonal")
    return found.select(*CELL, pl.lit(value=True).alias(HIDDEN))


def _first_hidden(cells: pl.DataFrame, coarser: pl.DataFrame, below: int) -> pl.DataFrame:
    """The cells with `must`: few, or hidden in the coarser period; and `all_hidden`: so is the total."""
    inherited = coarser.rename({_PERIOD: _BLOCK, HIDDEN: "was_hidden"})
    of_total = inherited.filter(pl.col("grouping_set") == "total").select(_BLOCK, total_was_hidden="was_hidden")
    of_team = inherited.filter(pl.col("grouping_set") == "team").drop("grouping_set")
    return (
        cells.join(of_total, on=_BLOCK, how="left")
        .join(of_team, on=[_BLOCK, "team"], how="left", nulls_equal=True)
        .with_columns(pl.col("n").sum().over(_BLOCK, _PERIOD).alias("of_all"))
        .with_columns(_is_few("of_all", below).alias("all_few"), _is_few("n", below).alias("few"))
        .with_columns(
            all_hidden=pl.col("all_few").any().over(_BLOCK) | pl.col("total_was_hidden").fill_null(value=False),
            must=pl.col("few").any().over(_BLOCK, "team") | pl.col("was_hidden").fill_null(value=False),
            of_team=pl.col("n").sum().over(_BLOCK, "team"),
        )
    )


def _in_order_of_need(cells: pl.DataFrame, below: int) -> pl.DataFrame:
    """The cells with `is_needed`: hidden themselves, or to keep those secret that are."""
    return (
        cells.sort(_BLOCK, _PERIOD, pl.col("must").not_(), "of_team", "team")
        .with_columns(
            before=pl.col("n").cum_sum().over(_BLOCK, _PERIOD) - pl.col("n"),
            place=pl.int_range(pl.len()).over(_BLOCK, _PERIOD),
            has_secrets=pl.col("must").any().over(_BLOCK),
        )
        .with_columns(_is_few("before", below).alias("too_few_before"))
        .with_columns(is_not_enough=(pl.col("place") == 1) | pl.col("too_few_before").any().over(_BLOCK, "team"))
        .with_columns(is_needed=pl.col("has_secrets") & (pl.col("must") | pl.col("is_not_enough")))
    )


def _is_few(column: str, below: int) -> pl.Expr:
    return (pl.col(column) > 0) & (pl.col(column) < below)
