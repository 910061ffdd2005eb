"""Orders, what of them is the service's, carts, and cohorts: drawn feeds in, facts out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.facts.text_tables import OFFICE, by_id, facts
from transforms.site import Lifetime


def test_lines_and_refunds_of_an_order_are_one_order_dated_by_its_first_line() -> None:
    fact = facts(
        "2026-03-31",
        feed_order="""
        order_id | line_id | ordered_at       | amount_cents | refunded_cents | item_count | product | is_cancelled
        two      | 1       | 2026-02-27 10:00 | 3000         | -              | 1          | shoes   | -
        two      | 2       | 2026-02-27 10:00 | 2000         | 500            | 2          | shoes   | -
        back     | 1       | 2026-02-27 10:00 | 1000         | -              | 1          | shoes   | -
        back     | r       | 2026-03-05 10:00 | -400         | -              | -          | -       | -
        half     | 1       | 2026-03-01 10:00 | 1000         | -              | 1          | a       | -
        half     | 2       | 2026-03-01 10:00 | 9000         | -              | 1          | b       | yes
        later    | 1       | 2026-04-01 00:00 | 1000         | -              | 1          | a       | -
        """,
    )["fact_order"]
    columns = ("ordered_on", "net_cents", "item_count", "product", "is_counted")
    assert by_id(fact, *columns, key="order_id") == {
        "two": (dt.date(2026, 2, 27), 4500, 3, "shoes", True),
        "back": (dt.date(2026, 2, 27), 600, 1, None, True),
        "half": (dt.date(2026, 3, 1), 1000, 1, None, True),
    }


def test_an_order_that_is_not_counted_says_why() -> None:
    fact = facts(
        "2026-03-31",
        feed_order="""
        order_id | line_id | ordered_at       | amount_cents | refunded_cents | is_test | is_cancelled
        good     | 1       | 2026-03-01 10:00 | 1000         | -              | no      | no
        test     | 1       | 2026-03-01 10:00 | 1000         | -              | yes     | no
        gone     | 1       | 2026-03-01 10:00 | 1000         | -              | -       | yes
        back     | 1       | 2026-03-01 10:00 | 1000         | 1000           | -       | -
        gift     | 1       | 2026-03-01 10:00 | 0            | -              | -       | -
        alone    | 1       | 2026-03-01 10:00 | -1000        | -              | -       | -
        """,
    )["fact_order"]
    assert by_id(fact, "exclusion_reason", key="order_id") == {
        "good": None,
        "test": "test",
        "gone": "cancelled",
        "back": "no_value",
        "gift": "no_value",
        "alone": "refund_alone",
    }


def test_a_sale_of_the_service_is_linked_by_ticket_agent_voucher_or_its_source() -> None:
    fact = facts(
        "2026-03-31",
        site=replace(OFFICE, service_coupons=("SORRY-*", "SAV10")),
        feed_order="""
        source | order_id | line_id | ordered_at       | amount_cents | ticket_id | agent_id | coupon  | is_service_sale
        shop   | ticket   | 1       | 2026-03-01 10:00 | 1000         | t         | -        | -       | -
        shop   | agent    | 1       | 2026-03-01 10:00 | 1000         | -         | ann      | -       | -
        shop   | begins   | 1       | 2026-03-01 10:00 | 1000         | -         | -        | sorry-7 | -
        shop   | equal    | 1       | 2026-03-01 10:00 | 1000         | -         | -        | sav10   | -
        shop   | other    | 1       | 2026-03-01 10:00 | 1000         | -         | -        | SAV100  | -
        shop   | said     | 1       | 2026-03-01 10:00 | 1000         | -         | -        | -       | yes
        shop   | said     | 2       | 2026-03-01 10:00 | 1000         | -         | -        | -       | -
        shop   | none     | 1       | 2026-03-01 10:00 | 1000         | -         | -        | -       | -
        till   | mute     | 1       | 2026-03-01 10:00 | 1000         | -         | -        | -       | -
        """,
    )["fact_order"]
    linked = by_id(fact, "is_service_sale", key="order_id")
    assert {order for order, is_linked in linked.items() if is_linked} == {"ticket", "agent", "begins", "equal", "said"}
    assert {order for order, is_linked in linked.items() if is_linked is None} == {"mute"}


def test_an_order_is_of_the_team_and_channel_of_the_ticket_that_led_to_it() -> None:
    fact = facts(
        "2026-03-31",
        feed_ticket="""
        ticket_id | created_at       | channel | team | customer_id | agent_id
        t         | 2026-02-01 09:00 | email   | sales | c          | ann
        """,
        feed_order="""
        order_id | line_id | ordered_at       | amount_cents | ticket_id | channel
        a        | 1       | 2026-03-01 10:00 | 1000         | t         | -
        b        | 1       | 2026-03-01 10:00 | 1000         | t         | web
        """,
    )["fact_order"]
    told = by_id(fact, "channel", "team", "customer_id", "agent_id", key="order_id")
    assert told == {"a": ("email", "sales", "c", "ann"), "b": ("web", "sales", "c", "ann")}


def test_influence_is_a_contact_of_the_customer_in_the_seven_days_before() -> None:
    built = facts(
        "2026-03-31",
        feed_contact="""
        contact_id | started_at       | customer_id | is_answered
        1          | 2026-03-01 10:00 | called      | yes
        2          | 2026-03-01 10:00 | missed      | no
        3          | 2026-03-09 10:00 | afterwards  | yes
        """,
        feed_ticket="""
        ticket_id | created_at       | customer_id
        t         | 2026-02-01 09:00 | wrote
        u         | 2026-02-01 09:00 | long_ago
        """,
        feed_ticket_event="""
        event_id | ticket_id | occurred_at      | kind    | actor_kind
        1        | t         | 2026-02-01 09:00 | created | customer
        2        | t         | 2026-03-07 09:00 | message | customer
        """,
        feed_order="""
        order_id   | line_id | ordered_at       | amount_cents | customer_id
        called     | 1       | 2026-03-08 10:00 | 1000         | called
        second_too | 1       | 2026-03-08 10:01 | 1000         | called
        missed     | 1       | 2026-03-02 10:00 | 1000         | missed
        afterwards | 1       | 2026-03-08 10:00 | 1000         | afterwards
        wrote      | 1       | 2026-03-08 10:00 | 1000         | wrote
        long_ago   | 1       | 2026-03-08 10:00 | 1000         | long_ago
        nobody     | 1       | 2026-03-08 10:00 | 1000         | -
        """,
    )
    assert by_id(built["fact_order"], "is_influenced", key="order_id") == {
        "called": True,
        "second_too": False,
        "missed": False,
        "afterwards": False,
        "wrote": True,
        "long_ago": False,
        "nobody": None,
    }


def test_without_contacts_no_influence_is_known() -> None:
    orders = "order_id | line_id | ordered_at | amount_cents | customer_id\na | 1 | 2026-03-01 10:00 | 1000 | c"
    built = facts("2026-03-31", feed_order=orders)
    assert built["fact_order"]["is_influenced"].to_list() == [None]
    assert built["fact_service_revenue"].is_empty()


def test_sales_and_handled_contacts_stand_side_by_side_from_the_first_sale_that_could_be_linked() -> None:
    fact = facts(
        "2026-03-31",
        feed_contact="""
        contact_id | started_at       | is_answered | channel
        early      | 2026-02-01 10:00 | yes         | phone
        1          | 2026-03-02 10:00 | yes         | phone
        2          | 2026-03-02 11:00 | yes         | phone
        3          | 2026-03-02 11:00 | no          | phone
        """,
        feed_ticket="""
        ticket_id | created_at       | first_response_at | channel
        a         | 2026-03-02 09:00 | 2026-03-03 10:00  | email
        b         | 2026-03-02 09:00 | 2026-03-03 10:00  | phone
        """,
        feed_order="""
        order_id | line_id | ordered_at       | amount_cents | agent_id | channel
        1        | 1       | 2026-03-01 10:00 | 1000         | -        | phone
        2        | 1       | 2026-03-02 10:00 | 2500         | ann      | phone
        """,
    )["fact_service_revenue"].sort("day_on")
    assert fact.select("day_on", "channel", "service_orders", "service_net_cents", "handled_contacts").rows() == [
        (dt.date(2026, 3, 2), "phone", 1, 2500, 2),
        (dt.date(2026, 3, 3), "email", 0, 0, 1),
    ]


def test_a_cart_converts_within_seven_days() -> None:
    fact = facts(
        "2026-03-31",
        feed_order="order_id | line_id | ordered_at | amount_cents\no | 1 | 2026-03-20 10:00 | 1000",
        feed_cart="""
        cart_id | created_at       | item_count | ordered_at       | order_id | is_ordered | is_test
        soon    | 2026-03-01 10:00 | 2          | 2026-03-08 10:00 | -        | -          | -
        late    | 2026-03-01 10:00 | 2          | 2026-03-08 10:01 | -        | -          | -
        never   | 2026-03-01 10:00 | -          | -                | -        | -          | -
        empty   | 2026-03-01 10:00 | 0          | -                | -        | -          | -
        test    | 2026-03-01 10:00 | 1          | -                | -        | -          | yes
        said    | 2026-03-01 10:00 | 1          | -                | -        | yes        | -
        joined  | 2026-03-01 10:00 | 1          | -                | o        | -          | -
        far     | 2026-03-01 10:00 | 1          | -                | x        | -          | -
        after   | 2026-03-30 10:00 | 1          | 2026-04-01 10:00 | -        | -          | -
        """,
    )["fact_cart"]
    told = by_id(fact, "is_counted", "is_converted", key="cart_id")
    assert {cart for cart, (_, is_converted) in told.items() if is_converted} == {"soon", "said", "far"}
    assert {cart for cart, (is_counted, _) in told.items() if not is_counted} == {"empty", "test"}


def test_a_source_that_never_tells_of_orders_says_nothing_of_its_carts() -> None:
    built = facts("2026-03-31", feed_cart="cart_id | created_at | item_count\n1 | 2026-03-01 10:00 | 1")
    assert built["fact_cart"]["is_converted"].to_list() == [None]
    assert built["fact_cart_customer_period"].is_empty()


def test_a_customer_counts_once_in_a_period_and_buys_with_any_cart() -> None:
    fact = facts(
        "2026-03-31",
        feed_cart="""
        cart_id | created_at       | customer_id | is_ordered | channel
        1       | 2026-03-01 10:00 | buys        | no         | web
        2       | 2026-03-09 10:00 | buys        | yes        | shop
        3       | 2026-03-09 10:00 | leaves      | no         | web
        4       | 2026-02-09 10:00 | leaves      | yes        | web
        5       | 2026-03-09 10:00 | -           | no         | web
        """,
    )["fact_cart_customer_period"]
    months = fact.filter(grain="month").sort("period_end_on")
    assert months.select("period_end_on", "channel", "customers", "abandoning_customers").rows() == [
        (dt.date(2026, 2, 28), "web", 1, 0),
        (dt.date(2026, 3, 31), "web", 2, 1),
    ]
    assert fact.filter(grain="quarter").select("customers", "abandoning_customers").rows() == [(2, 0)]


ORDERS = """
    order_id | line_id | ordered_at       | amount_cents | customer_id | segment
    1        | 1       | 2026-01-05 10:00 | 1000         | a           | new
    2        | 1       | 2026-01-06 10:00 | 1000         | a           | loyal
    3        | 1       | 2026-03-01 10:00 | 500          | a           | loyal
    4        | 1       | 2026-01-07 10:00 | 0            | b           | new
    5        | 1       | 2026-02-07 10:00 | 300          | b           | new
    6        | 1       | 2026-02-08 10:00 | 700          | c           | new
    7        | 1       | 2026-02-08 10:00 | 700          | -           | new
"""


def test_a_cohort_is_followed_month_by_month_in_the_segment_of_the_first_order() -> None:
    fact = facts("2026-03-15", feed_order=ORDERS)["fact_customer_cohort"].sort("cohort_on", "months_since")
    assert set(fact["segment"]) == {"new"}
    columns = ("customers", "active_customers", "second_orders", "order_count", "net_cents")
    rows = [(row["cohort_on"].month, row["months_since"], *(row[c] for c in columns)) for row in fact.to_dicts()]
    assert rows == [
        (1, 0, 2, 2, 1, 3, 2000),
        (1, 1, 2, 1, 1, 1, 300),
        (1, 2, 2, 1, 0, 1, 500),
        (2, 0, 1, 1, 0, 1, 700),
        (2, 1, 1, 0, 0, 0, 0),
    ]


def year_of_orders(lifetime: Lifetime | None) -> pl.DataFrame:
    """One customer, 50 euros in each quarter of 2025."""
    lines = ["order_id | line_id | ordered_at | amount_cents | customer_id"]
    lines += [f"{month} | 1 | 2025-{month:02}-05 10:00 | 5000 | a" for month in (1, 4, 7, 10)]
    return facts("2026-02-15", site=replace(OFFICE, lifetime=lifetime), feed_order="\n".join(lines))[
        "fact_customer_value"
    ].sort("period_end_on")


@pytest.mark.parametrize(
    ("lifetime", "cents"),
    [
        (Lifetime(years=Fraction(3)), (60_000, 60_000)),
        (
            Lifetime(years=Fraction(3), margin_percent=Fraction(40), discount_percent=Fraction(10)),
            (60_000, 19_895),
        ),
        (Lifetime(years=Fraction("2.5"), discount_percent=Fraction(100)), (50_000, 16_250)),
        (None, (None, None)),
    ],
)
def test_a_lifetime_is_a_years_revenue_over_the_years_declared(
    lifetime: Lifetime | None, cents: tuple[int | None, ...]
) -> None:
    december = year_of_orders(lifetime).row(0, named=True)
    assert (december["period_end_on"], december["customers"]) == (dt.date(2025, 12, 31), 1)
    assert (december["order_count"], december["net_cents"]) == (4, 20_000)
    assert (december["lifetime_net_cents"], december["lifetime_value_cents"]) == cents


def test_twelve_months_roll_on_and_end_on_the_as_of_day() -> None:
    fact = year_of_orders(None)
    assert fact.select("period_end_on", "order_count").rows() == [
        (dt.date(2025, 12, 31), 4),
        (dt.date(2026, 1, 31), 3),
        (dt.date(2026, 2, 15), 3),
    ]


ANY_ORDERS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.dates(dt.date(2024, 1, 1), dt.date(2025, 12, 31)),
        st.integers(-3, 9),
        st.sampled_from("xy-"),
    ),
    max_size=40,
)


@settings(max_examples=25)
@given(ANY_ORDERS)
def test_cohorts_and_years_add_up_to_the_orders(rows: list[tuple[int, dt.date, int, str]]) -> None:
    lines = ["order_id | line_id | ordered_at | amount_cents | customer_id | segment"]
    lines += [
        f"{i} | 1 | {day} 10:00 | {euros * 100} | c{who} | {cell}" for i, (who, day, euros, cell) in enumerate(rows)
    ]
    built = facts("2025-12-31", site=replace(OFFICE, lifetime=Lifetime(years=Fraction(2))), feed_order="\n".join(lines))
    sold = [row for row in rows if row[2] >= 0]
    cohorts, values = built["fact_customer_cohort"], built["fact_customer_value"]
    assert cohorts["order_count"].sum() == len(sold)
    assert cohorts["active_customers"].sum() == len({(row[0], row[1].replace(day=1)) for row in sold})
    assert cohorts["net_cents"].sum() == 100 * sum(row[2] for row in sold)
    assert cohorts.filter(months_since=0)["customers"].sum() == len({row[0] for row in sold})
    for end in values["period_end_on"].unique():
        first = (end.replace(day=1) - dt.timedelta(days=330)).replace(day=1)
        year = [row for row in sold if row[2] > 0 and first <= row[1] <= end]
        found = values.filter(period_end_on=end).select(pl.col("customers", "order_count", "net_cents").sum()).row(0)
        assert found == (len({row[0] for row in year}), len(year), 100 * sum(row[2] for row in year))
