"""Whatever the rows: the parts of a cut add up to the whole, months to quarters and years, wide equals long."""

import datetime as dt
import random

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from expectations.tables import FACTS
from expectations.tables.metric import GRAINS, GROUPING_SETS, METRIC_VALUES
from tests.metric_tables import metric_values
from transforms.metrics import METRICS
from transforms.metrics.compute import published_values
from transforms.metrics.days import members_told
from transforms.metrics.metric import Metric, Ratio
from transforms.metrics.wide import kpi_wide, wide_table
from transforms.site import Site

AS_OF = dt.date(2026, 4, 15)
FIRST = dt.date(2025, 11, 20)
KEPT = settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
CODES = {"channel": ["email", "phone"], "team": ["a", "b"], "segment": ["pro"]}
LABELS = {**CODES, "kind": ["csat", "nps", "ces"], "scale": ["1-5", "0-10"]}
SUMS = ("numerator", "denominator", "n", "n_positive", "n_negative", "sum_sq")


def cell(column: str, dtype: pl.DataType, chance: random.Random) -> object:
    """Any value the contract allows in a column, a null aside."""
    if column == "contacts":
        return 1  # rows that stand for several tell no squares, so that these do not add up
    if dtype == pl.Boolean:
        return chance.random() < 0.7
    if dtype == pl.Int64:
        return chance.choice([0, 1, 2, 60, chance.randint(0, 900_000)])
    if dtype == pl.Date:
        return FIRST + dt.timedelta(days=chance.randint(0, 160))
    return chance.choice(LABELS.get(column, ["x"])) if dtype == pl.String else None


def fact_rows(name: str, chance: random.Random) -> pl.LazyFrame:
    """Rows of a fact, with nulls wherever the contract allows them."""
    size = chance.choice([0, 1, 12, 60])
    columns = {
        column: [
            None if not spec.required and chance.random() < 0.15 else cell(column, spec.dtype, chance)
            for _ in range(size)
        ]
        for column, spec in FACTS[name].columns.items()
    }
    return pl.LazyFrame(columns, schema=FACTS[name].schema)


def adds_up(metric: Metric) -> bool:
    """Whether the members of a cut add up to the total: nothing of it is hidden."""
    return isinstance(metric, Ratio) and not metric.suppress_below


def flows(metric: Metric) -> bool:
    """Whether months add up to quarters too: no stock, and nothing that is counted once in each period."""
    counts_once = any("grain" in FACTS[fact].columns for fact in metric.facts)
    return adds_up(metric) and metric.additivity not in {"semi_additive", "distinct"} and not counts_once


# One metric of each kind that is computed in its own way: by facts, dates, interval, additivity, unit and cuts.
KINDS = {
    (m.dates, m.interval, m.additivity, m.unit, m.grains, m.grouping_sets, m.suppress_below): m
    for m in METRICS.values()
}
CHOSEN = {metric.name: metric for metric in KINDS.values()}
READ = sorted({name for metric in METRICS.values() for name in metric.facts})


def drawn(seed: int) -> dict[str, pl.LazyFrame]:
    """Rows of every fact that metrics read."""
    chance = random.Random(seed)  # noqa: S311 -- rows of a test
    return {name: fact_rows(name, chance) for name in READ}


ALL_FACTS = st.integers(0, 10**6).map(drawn)
ADDED = [m.name for m in CHOSEN.values() if adds_up(m)]
FLOWS = [m.name for m in CHOSEN.values() if flows(m)]
MEASURES = {
    m.id: m
    for metric in METRICS.values()
    if isinstance(metric, Ratio)
    for m in (*metric.above.measures, *metric.below.measures, metric.support)
}


def values(facts: dict[str, pl.LazyFrame], grain: str) -> pl.DataFrame:
    return metric_values(facts, CHOSEN, grain=grain, as_of=AS_OF, site=Site()).collect()


def sums(frame: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Everything that may be added, without rows that are all zero."""
    added = frame.group_by(by).agg(pl.col(SUMS).sum()).filter(pl.any_horizontal(pl.col(SUMS) != 0))
    return added.sort(by)


@KEPT
@given(ALL_FACTS, st.integers(0, 10**6).map(random.Random))
def test_whatever_the_split_of_the_rows_the_parts_of_every_measure_add_up(
    facts: dict[str, pl.LazyFrame], chance: random.Random
) -> None:
    """Every measure of every ratio in the registry, over parts drawn at random."""
    for name, lazy in facts.items():
        frame = lazy.collect()
        mine = [m.per_row.sum().alias(m.id) for m in MEASURES.values() if m.fact == name]
        part = pl.Series("part", [chance.randint(0, 3) for _ in range(frame.height)], dtype=pl.Int64)
        for by in [part, *(frame[cut] for cut in CODES if cut in frame.columns)]:
            parts = frame.group_by(by.alias("part")).agg(mine).drop("part").sum()
            assert_frame_equal(parts, frame.select(mine).sum(), check_row_order=False)


@KEPT
@given(ALL_FACTS)
@example(drawn(1532))  # the one invitation names no survey: surveys are no cut
def test_the_parts_of_a_cut_add_up_to_the_whole(facts: dict[str, pl.LazyFrame]) -> None:
    """Unless no row tells a member of the cut: then it is none, and has no row."""
    none = [name for name, told in members_told(facts).items() if told.collect().is_empty()]
    found = values(facts, "month").filter(pl.col("metric_id").is_in(ADDED))
    keys = ("metric_id", "period_start")
    total = sums(found.filter(grouping_set="total"), *keys)
    for name in GROUPING_SETS:
        known = [m for m in ADDED if name in METRICS[m].grouping_sets]
        parts = sums(found.filter(grouping_set=name), *keys)
        assert_frame_equal(parts, total.filter(pl.col("metric_id").is_in(known), pl.lit(name not in none)))


@KEPT
@given(ALL_FACTS)
def test_days_add_up_to_months_months_to_quarters_and_quarters_to_years(facts: dict[str, pl.LazyFrame]) -> None:
    keys = ("metric_id", "start", "grouping_set", "channel", "team", "segment")
    found = {grain: values(facts, grain) for grain in ("day", "month", "quarter", "year")}
    for finer, coarser, every in (("day", "month", "1mo"), ("month", "quarter", "1q"), ("quarter", "year", "1y")):
        known = [m for m in FLOWS if finer in METRICS[m].grains]
        both = [
            frame.filter(pl.col("metric_id").is_in(known)).with_columns(start=pl.col("period_start").dt.truncate(every))
            for frame in (found[finer], found[coarser])
        ]
        assert_frame_equal(sums(both[0], *keys), sums(both[1], *keys), check_exact=False, rel_tol=1e-12)


@KEPT
@given(ALL_FACTS)
def test_a_value_is_its_two_sums_and_one_division_and_lies_in_its_interval(facts: dict[str, pl.LazyFrame]) -> None:
    for row in values(facts, "quarter").filter(pl.col("metric_id").is_in(ADDED)).iter_rows(named=True):
        unit = METRICS[row["metric_id"]].unit.value
        below = 1 if row["denominator"] is None else row["denominator"]
        wanted = row["numerator"] * unit.scale / (below * unit.parts) if below else None
        assert row["value"] == wanted
        assert row["status"] == ("no_data" if wanted is None else "ok")
        if row["ci_low"] is not None:
            assert row["ci_low"] - 1e-9 <= row["value"] <= row["ci_high"] + 1e-9


def dimensions() -> dict[str, pl.LazyFrame]:
    frames = {}
    for name, codes in CODES.items():
        rows = {f"{name}_key": range(-1, len(codes) + 1), "code": ["(total)", "(unknown)", *codes]}
        frames[f"dim_{name}"] = pl.LazyFrame(rows, schema={f"{name}_key": pl.Int32, "code": pl.String})
    return frames


@KEPT
@given(ALL_FACTS, st.sampled_from(GRAINS))
def test_wide_equals_long(facts: dict[str, pl.LazyFrame], grain: str) -> None:
    long = published_values(values(facts, grain).lazy(), dimensions(), "run").collect()
    table = wide_table(METRICS, grain)
    wide = kpi_wide(long.lazy(), METRICS, grain=grain).collect()
    assert wide.schema == table.schema
    keys = ["period_start", *table.key[1:]]
    back = wide.unpivot(index=keys, on=[c for c in wide.columns if c in METRICS], variable_name="metric_id")
    shown = long.filter(pl.col("grouping_set").is_in(["total", "channel", "team", "channel_team"])).select(
        *keys, "metric_id", "value"
    )
    order = [*keys, "metric_id"]
    assert_frame_equal(
        back.drop_nulls("value").sort(order), shown.drop_nulls("value").sort(order), check_row_order=True
    )


@KEPT
@given(ALL_FACTS)
def test_published_rows_have_the_types_of_the_contract_and_one_row_a_key(facts: dict[str, pl.LazyFrame]) -> None:
    table = METRIC_VALUES["month"]
    long = published_values(values(facts, "month").lazy(), dimensions(), "run").collect()
    assert long.schema == table.schema
    assert not long.select(table.key).is_duplicated().any()
    assert long.select(table.required).null_count().sum_horizontal().sum() == 0
    numbers = long.select(pl.selectors.float())
    assert (
        numbers.select(pl.all().is_nan().any() | pl.all().is_infinite().any()).fill_null(value=False).row(0).count(True)
        == 0
    )


@pytest.mark.parametrize("grain", GRAINS)
def test_the_same_facts_give_the_same_bytes(grain: str) -> None:
    days = [FIRST + dt.timedelta(days=i % 140) for i in range(400)]
    name = "fact_ticket"
    rows = pl.LazyFrame({"created_on": days, "channel": [("email", "phone", None)[i % 3] for i in range(400)]})
    rest = [
        pl.lit(True if dtype == pl.Boolean else days[3] if dtype == pl.Date else None).cast(dtype).alias(column)
        for column, dtype in FACTS[name].schema.items()
        if column not in {"created_on", "channel"}
    ]
    ticket = rows.with_columns(rest).select(FACTS[name].schema.names())
    first, second = (values({name: frame}, grain) for frame in (ticket, ticket.reverse()))
    assert_frame_equal(first, second)
