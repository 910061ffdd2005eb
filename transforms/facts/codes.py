"""Which codes the facts use: told of each part of a fact, and from that of all; customers are numbered by months.

Customers are many: a month brings some that were never seen before, and these have the numbers behind those of all
months before it. What later months bring changes neither who they are nor their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from expectations.schema import INSTANT
from expectations.tables import FACTS

DERIVED = (
    "fact_backlog_daily",
    "fact_duration_histogram",
    "fact_service_revenue",
    "fact_cart_customer_period",
    "fact_customer_cohort",
    "fact_customer_value",
)
"""Facts made of other facts: they tell of no code of their own."""
CUSTOMER, PART = "customer", "part"
CUSTOMER_KEY = f"{CUSTOMER}_key"
_SEGMENT, _CREATED_AT = pl.col("segment"), pl.col("created_at")
_LATEST = {"segment": _SEGMENT.drop_nulls().last(), "created_at": _CREATED_AT.filter(_SEGMENT.is_not_null()).last()}
"""Of the rows of a customer in order; a ticket that tells of no segment says nothing of it."""


def nothing_told() -> pl.LazyFrame:
    """None of the rows of `told_codes`."""
    days = {"first_seen_on": pl.Date(), "last_seen_on": pl.Date()}
    return pl.LazyFrame(schema={"dimension": pl.String(), "code": pl.String(), **days})


def nobody_told() -> pl.LazyFrame:
    """None of the rows of `told_customers`."""
    schema = {"code": pl.String(), "first_seen_on": pl.Date(), "segment": pl.String(), "created_at": INSTANT}
    return pl.LazyFrame(schema=schema)


def no_customers() -> pl.LazyFrame:
    """None of the rows of `new_customers`."""
    return pl.LazyFrame(schema={CUSTOMER_KEY: pl.Int32(), "code": pl.String(), "first_seen_on": pl.Date()})


def has_customers(fact: str) -> bool:
    """Whether a fact tells of customers."""
    return bool(_columns(fact, CUSTOMER))


def told_codes(fact: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a code that rows of a part use, no customer's, with the first day; one has the days of all rows."""
    clock = pl.col(FACTS[fact].clock)
    days = rows.select(dimension=pl.lit(PART), first_seen_on=clock.min(), last_seen_on=clock.max())
    others = sorted({it.dimension for it in FACTS[fact].columns.values()} - {CUSTOMER, ""})
    uses = [
        _used(fact, column, rows).with_columns(dimension=pl.lit(dimension))
        for dimension in others
        for column in _columns(fact, dimension)
    ]
    return pl.concat([nothing_told(), days, *uses], how="diagonal")


def told_customers(fact: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a customer that rows of a part tell of, with the first day; of tickets with the latest segment."""
    if fact == "fact_ticket":
        told = rows.filter(pl.col("customer_id").is_not_null())
        uses = [_customers(told.select(_SEGMENT, _CREATED_AT, code="customer_id", first_seen_on="created_on"))]
    else:
        uses = [_used(fact, column, rows) for column in _columns(fact, CUSTOMER)]
    return pl.concat([nobody_told(), *uses], how="diagonal")


def _columns(fact: str, dimension: str) -> list[str]:
    """The columns of a fact with codes of a dimension; a derived fact tells of none of its own."""
    columns = FACTS[fact].columns
    return [] if fact in DERIVED else [name for name, it in columns.items() if it.dimension == dimension]


def _used(fact: str, column: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a code of a column, with the first day."""
    used = rows.filter(pl.col(column).is_not_null()).group_by(code=pl.col(column))
    return used.agg(first_seen_on=pl.col(FACTS[fact].clock).min()).sort("code")


def _customers(told: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a customer, with the first day and the latest segment: of two at one instant the first by name."""
    ordered = told.sort("code", "created_at", "segment", descending=[False, False, True])
    return ordered.group_by("code", maintain_order=True).agg(pl.col("first_seen_on").min(), **_LATEST)


def seen(dimension: str, codes: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a code of a dimension and the first day on which a fact uses it."""
    return codes.filter(dimension=dimension).group_by("code").agg(pl.col("first_seen_on").min())


def numbered_customers(told: pl.LazyFrame, known: pl.LazyFrame, count: int) -> pl.LazyFrame:
    """One row is a customer that some rows tell of, with the number and the latest segment told, in order of numbers.

    `known` are the customers of the months before, as many as `count`. Who is new has a first day; others have none.
    """
    customers = _customers(told)
    # To look among millions for those that a month tells of, only these need be in memory.
    found = known.select("code", CUSTOMER_KEY).join(customers.select("code"), on="code", how="semi")
    key = pl.col(CUSTOMER_KEY)
    return (
        customers.join(found, on="code", how="left")
        .sort(CUSTOMER_KEY, "first_seen_on", "code", nulls_last=True)
        .select(
            key.fill_null(count + key.is_null().cum_sum()).cast(pl.Int32),
            "code",
            pl.when(key.is_null()).then("first_seen_on").alias("first_seen_on"),
            "segment",
            "created_at",
        )
    )


def new_customers(numbered: pl.LazyFrame) -> pl.LazyFrame:
    """Those of `numbered_customers` who were never seen before: each customer once, in the order of their numbers."""
    return numbered.filter(pl.col("first_seen_on").is_not_null()).select(CUSTOMER_KEY, "code", "first_seen_on")


class LatestSegments:
    """The latest segment of each customer, by number, heard month after month: a few bytes for each of millions."""

    def __init__(self, names: Iterable[str], count: int) -> None:
        """Of so many customers nothing is heard yet; `names` are all segments that there are."""
        self._names = sorted(names)
        self._heard = np.full(count + 1, len(self._names), np.uint32)
        self._heard_at = np.full(count + 1, np.iinfo(np.int64).min)

    def hear(self, numbered: pl.DataFrame) -> None:
        """What some of `numbered_customers` say, each once."""
        told = numbered.drop_nulls("segment")
        keys, told_at = told[CUSTOMER_KEY].to_numpy(), told["created_at"].to_physical().to_numpy()
        segments = told["segment"].cast(pl.Enum(self._names)).to_physical().cast(pl.UInt32).to_numpy()
        is_first_by_name = (told_at == self._heard_at[keys]) & (segments < self._heard[keys])
        is_latest = (told_at > self._heard_at[keys]) | is_first_by_name
        self._heard[keys[is_latest]] = segments[is_latest]
        self._heard_at[keys[is_latest]] = told_at[is_latest]

    def by_number(self) -> pl.LazyFrame:
        """One row is a customer, in the order of their numbers."""
        names = pl.Series("segment", [*self._names, None], pl.String())
        return names.gather(pl.Series(self._heard[1:])).to_frame().lazy()
