"""Revenue, customers and carts: the worked cases of the specification."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

ORDERS = """
    ordered_on | net_cents | is_counted | is_service_sale | is_influenced | channel
    2026-01-05 | 10000     | yes        | yes             | yes           | web
    2026-01-06 | 5000      | yes        | no              | yes           | web
    2026-01-07 | 3000      | yes        | no              | no            | shop
    2026-01-08 | 2000      | yes        | -               | -             | shop
    2026-01-08 | 9900      | no         | yes             | yes           | shop
"""


@pytest.mark.parametrize(
    ("metric", "sums"),
    [
        ("revenue", {"numerator": 20_000, "n": 4, "value": 200.0}),
        ("order_count", {"numerator": 4, "n": 4, "value": 4.0}),
        ("average_basket", {"numerator": 20_000, "denominator": 4, "value": 50.0}),
        ("service_revenue", {"numerator": 10_000, "n": 1, "value": 100.0}),
        ("service_revenue_share", {"numerator": 10_000, "denominator": 18_000, "n": 3, "value": 55.56}),
        ("revenue_influenced", {"numerator": 5_000, "n": 1, "value": 50.0}),
    ],
)
def test_no_order_is_both_linked_and_influenced(spec: Callable[..., None], metric: str, sums: dict[str, float]) -> None:
    spec(metric, expect=sums, fact_order=ORDERS)


@pytest.mark.parametrize("metric", ["service_revenue", "service_revenue_share", "revenue_influenced"])
def test_where_no_link_can_be_known_there_is_no_zero(values: Callable[..., pl.DataFrame], metric: str) -> None:
    assert values(metric, fact_order="ordered_on | net_cents\n2026-01-05 | 1000").is_empty()


def test_no_sale_of_the_service_in_a_month_is_a_zero(spec: Callable[..., None]) -> None:
    spec(
        "service_revenue",
        as_of=dt.date(2026, 2, 28),
        expect="""
        period_start | numerator | n
        2026-01-01   | 0         | 0
        2026-02-01   | 700       | 1
        """,
        fact_order="""
        ordered_on | net_cents | is_service_sale
        2026-01-05 | 1000      | no
        2026-02-05 | 700       | yes
        """,
    )


def test_revenue_per_contact(spec: Callable[..., None]) -> None:
    spec(
        "revenue_per_contact",
        expect={"numerator": 10_050, "denominator": 40, "n": 40, "value": 2.5125},
        fact_service_revenue="""
        day_on     | channel | service_net_cents | handled_contacts
        2026-01-05 | phone   | 10000             | 30
        2026-01-06 | email   | 50                | 10
        """,
    )


SPEC_MONTH = "100 | 125 | 80 | 20 | 30 | 15"
THOUSAND = "1000 | 950 | 830 | 170 | 120 | 0"


@pytest.mark.parametrize(
    ("metric", "row", "numerator", "value"),
    [
        ("retention_rate", SPEC_MONTH, 80, 80.0),
        ("retention_rate_balance", SPEC_MONTH, 95, 95.0),
        ("churn_rate", SPEC_MONTH, 20, 20.0),
        ("retention_rate_balance", THOUSAND, 830, 83.0),
        ("retention_rate", THOUSAND, 830, 83.0),
    ],
)
def test_retention_by_cohort_and_by_balance(
    spec: Callable[..., None], metric: str, row: str, numerator: int, value: float
) -> None:
    start = int(row.partition(" | ")[0])
    spec(
        metric,
        expect={"numerator": numerator, "denominator": start, "n": start, "value": value},
        fact_customer_period=f"""
        grain   | period_end_on | active_at_start | active_at_end | kept | lost | gained | returned
        month   | 2026-01-31    | {row}
        quarter | 2026-01-20    | 7 | 7 | 7 | 0 | 0 | 0
        """,
    )


def test_customers_are_those_of_the_last_day(spec: Callable[..., None]) -> None:
    spec(
        "active_customers",
        grain="quarter",
        as_of=dt.date(2026, 4, 15),
        expect="""
        period_start | numerator | value
        2026-01-01   | 125       | 125.0
        2026-04-01   | 130       | 130.0
        """,
        fact_customer_period="""
        grain   | period_end_on | active_at_end
        quarter | 2026-03-31    | 125
        quarter | 2026-04-15    | 130
        month   | 2026-03-31    | 9
        """,
    )


VALUES = """
    period_end_on | customers | order_count | net_cents | lifetime_net_cents | lifetime_value_cents
    2025-12-31    | 10        | 40          | 200000    | 600000             | 198948
    2026-01-31    | 1         | 4           | 20000     | 60000              | 19895
"""


@pytest.mark.parametrize(
    ("metric", "value"), [("ltv_revenue", 600.0), ("ltv", 198.95), ("orders_per_customer_year", 4.0)]
)
@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
def test_lifetime_value_is_read_at_the_end_of_the_period(
    spec: Callable[..., None], metric: str, value: float, grain: str
) -> None:
    spec(metric, grain=grain, as_of=dt.date(2025, 12, 31), expect={"value": value, "n": 10}, fact_customer_value=VALUES)


def test_without_a_lifetime_there_is_no_lifetime_value(values: Callable[..., pl.DataFrame]) -> None:
    row = "period_end_on | customers | order_count | net_cents\n2025-12-31 | 10 | 40 | 200000"
    assert values("ltv", as_of=dt.date(2025, 12, 31), fact_customer_value=row).is_empty()


COHORT = """
    cohort_on  | months_since | customers | active_customers | second_orders | net_cents
    2026-01-01 | 0            | 10        | 10               | 1             | 50000
    2026-01-01 | 1            | 10        | 4                | 3             | 8000
    2026-01-01 | 2            | 10        | 2                | 1             | 2000
"""


@pytest.mark.parametrize(
    ("metric", "numerator", "value"),
    [
        ("ltv_realised", 60_000, 60.0),
        ("ltv_realised_12_months", 60_000, 60.0),
        ("repeat_purchase_rate", 5, 50.0),
        ("cohort_retention_month_1", 4, 40.0),
    ],
)
def test_a_cohort_is_dated_by_its_first_order(
    spec: Callable[..., None], metric: str, numerator: int, value: float
) -> None:
    sums = {"numerator": numerator, "denominator": 10, "n": 10, "value": value}
    spec(metric, expect=sums, fact_customer_cohort=COHORT)


CARTS = """
    created_on | is_counted | is_converted | value_cents | rows
    2026-01-05 | yes        | no           | 1000        | 2500
    2026-01-05 | yes        | yes          | 2000        | 650
    2026-01-05 | no         | no           | 500         | 40
    2026-01-05 | yes        | -            | 500         | 40
"""


@pytest.mark.parametrize(
    ("metric", "sums"),
    [
        ("cart_abandonment_rate", {"numerator": 2500, "denominator": 3150, "value": 79.37, "is_mature": True}),
        ("cart_count", {"numerator": 3150}),
        ("cart_value_abandoned", {"numerator": 2_500_000, "value": 25_000.0}),
        ("cart_value_converted", {"numerator": 1_300_000, "value": 13_000.0}),
    ],
)
def test_3150_carts_and_650_orders(spec: Callable[..., None], metric: str, sums: dict[str, float]) -> None:
    spec(metric, expect=sums, fact_cart=CARTS)


def test_the_last_week_of_carts_is_not_mature(spec: Callable[..., None]) -> None:
    february = CARTS.replace("2026-01-05", "2026-02-27")
    for as_of, is_mature in ((dt.date(2026, 3, 6), False), (dt.date(2026, 3, 7), True)):
        spec(
            "cart_abandonment_rate",
            as_of=as_of,
            expect={"is_complete": True, "is_mature": is_mature},
            fact_cart=february,
        )


def test_carts_by_customer(spec: Callable[..., None]) -> None:
    spec(
        "cart_customer_abandonment_rate",
        expect={"numerator": 25, "denominator": 100, "n": 100, "value": 25.0},
        fact_cart_customer_period="""
        grain | period_end_on | customers | abandoning_customers
        month | 2026-01-31    | 100       | 25
        day   | 2026-01-31    | 7         | 7
        """,
    )
