"""The alarm `scale_looks_inverted`: the people who found it easy are the dissatisfied ones."""

from __future__ import annotations

import polars as pl

PEOPLE_NEEDED = 50
CORRELATION_LIMIT = -0.2


def scale_looks_inverted(responses: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a CES scale of a source whose ease runs against CSAT over the people who answered both.

    A person's answers of a kind are averaged first. The correlation is Spearman's, with ties at their average rank.
    """
    counted = responses.filter(pl.col("is_counted") & pl.col("customer_id").is_not_null())
    mean = pl.col("index_parts").sum() / pl.len()
    ease = counted.filter(pl.col("kind") == "ces").group_by("source", "scale", "customer_id").agg(ease=mean)
    satisfaction = counted.filter(pl.col("kind") == "csat").group_by("customer_id").agg(satisfaction=mean)
    paired = ease.join(satisfaction, on="customer_id").with_columns(
        x=_twice_rank("ease"), y=_twice_rank("satisfaction")
    )
    # Twice a rank is whole: the sums are exact, whatever the order of the rows.
    found = paired.group_by("source", "scale").agg(
        n=pl.len().cast(pl.Int64),
        sum_x=pl.col("x").sum(),
        sum_y=pl.col("y").sum(),
        sum_xx=(pl.col("x") * pl.col("x")).sum(),
        sum_yy=(pl.col("y") * pl.col("y")).sum(),
        sum_xy=(pl.col("x") * pl.col("y")).sum(),
    )
    return (
        found.with_columns(value=_correlation())
        .filter((pl.col("n") >= PEOPLE_NEEDED) & (pl.col("value") < CORRELATION_LIMIT))
        .select(
            "n",
            "value",
            subject=pl.format("{} {}", "source", "scale"),
            compared_with=pl.lit(CORRELATION_LIMIT),
            detail=pl.format(
                "Ease on scale {} of {} runs against satisfaction (rank correlation {} over {} people): "
                "is its polarity declared the right way round?",
                "scale",
                "source",
                pl.col("value").round(2),
                "n",
            ),
        )
    )


def _twice_rank(column: str) -> pl.Expr:
    return (2 * pl.col(column).rank("average").over("source", "scale")).cast(pl.Int128)


def _correlation() -> pl.Expr:
    """Pearson's correlation of the ranks; null where one side does not vary."""

    def spread(a: str, b: str, both: str) -> pl.Expr:
        return (pl.col("n").cast(pl.Int128) * pl.col(both) - pl.col(a) * pl.col(b)).cast(pl.Float64)

    width = spread("sum_x", "sum_x", "sum_xx").sqrt() * spread("sum_y", "sum_y", "sum_yy").sqrt()
    return pl.when(width > 0).then(spread("sum_x", "sum_y", "sum_xy") / width)
