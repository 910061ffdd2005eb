"""Orders, carts, and how many customers stay."""

from __future__ import annotations

import polars as pl

from expectations.schema import Layer, Rule, Table, cents, count, day, flag, instant, text
from expectations.tables import common

NOT_COUNTED = ("test", "cancelled", "refund_alone", "no_value")
_GRAIN = text("Length of the period; grains never add up: each counts a customer once.", required=True)
_PERIOD_END = day("Last day of the period, or the as-of day while it lasts.", required=True)

FACT_ORDER = Table(
    name="fact_order",
    layer=Layer.FACT,
    grain="an order, with its lines and refunds added up",
    key=("source", "order_id"),
    clock="ordered_on",
    columns={
        "source": common.SOURCE,
        "order_id": text("Number of the order in its source.", required=True),
        "ordered_at": instant("When it was placed.", required=True),
        "ordered_on": day("Day of that; refunds count on it too.", required=True),
        "customer_id": common.CUSTOMER,
        **common.CUTS,
        "agent_id": common.AGENT,
        "topic": common.TOPIC,
        "product": text("Product or range, where all lines name one."),
        "ticket_id": text("Ticket that led to it."),
        "net_cents": cents("Amount net of tax and refunds; cancelled lines left out.", required=True),
        "item_count": count("Articles ordered; cancelled lines left out."),
        "exclusion_reason": text(
            "Why the order is not counted: a test, cancelled, refunds of an order that is not known, "
            "or nothing left to pay; null where it is.",
            one_of=NOT_COUNTED,
        ),
        "is_counted": flag("Not excluded.", required=True),
        "is_service_sale": flag(
            "Linked to the service by its ticket, agent or coupon; null where the source tells of no such link."
        ),
        "is_influenced": flag(
            "The customer was in contact with the service in the 7 days before; null where the customer or "
            "the contacts are not known."
        ),
    },
    rules={
        "exclusion_says_why": Rule(
            holds=pl.col("is_counted") == pl.col("exclusion_reason").is_null(),
            columns=("is_counted", "exclusion_reason"),
            about="An order is counted exactly when it has no reason for exclusion.",
        ),
    },
)

FACT_SERVICE_REVENUE = Table(
    name="fact_service_revenue",
    layer=Layer.FACT,
    grain="a day of a channel, team and segment: sales linked to the service, and contacts handled",
    key=("day_on", "channel", "team", "segment"),
    clock="day_on",
    columns={
        "day_on": day("Day, from the first on which a linked sale can be known.", required=True),
        **common.CUTS,
        "service_orders": count("Orders linked to the service.", required=True),
        "service_net_cents": cents("Their amount, net of tax and refunds.", required=True),
        "handled_contacts": count(
            "Calls and chats answered; tickets with a human reply where no calls or chats are told of.", required=True
        ),
    },
)

FACT_CART = Table(
    name="fact_cart",
    layer=Layer.FACT,
    grain="a cart",
    key=("source", "cart_id"),
    clock="created_on",
    columns={
        "source": common.SOURCE,
        "cart_id": text("Number of the cart in its source.", required=True),
        "created_at": instant("When it was created.", required=True),
        "created_on": day("Day of that.", required=True),
        "customer_id": common.CUSTOMER,
        **common.CUTS,
        "product": text("Product or range."),
        "item_count": count("Articles in it."),
        "value_cents": cents("Value net of tax."),
        "is_counted": flag("At least one article, and not a test.", required=True),
        "is_converted": flag("It became an order within 7 days; null where the source never tells of orders."),
    },
)

FACT_CART_CUSTOMER_PERIOD = Table(
    name="fact_cart_customer_period",
    layer=Layer.FACT,
    grain="the customers who filled a cart in a period of a grain, by channel, team and segment of their first cart",
    key=("grain", "period_end_on", "channel", "team", "segment"),
    clock="period_end_on",
    columns={
        "grain": _GRAIN,
        "period_end_on": _PERIOD_END,
        **common.CUTS,
        "customers": count("Customers with a cart created in the period.", required=True),
        "abandoning_customers": count("Of those, customers none of whose carts became an order.", required=True),
    },
)

FACT_CUSTOMER_PERIOD = Table(
    name="fact_customer_period",
    layer=Layer.FACT,
    grain="the customers of a segment, channel and team in a period of a grain",
    key=("grain", "period_end_on", "channel", "team", "segment"),
    clock="period_end_on",
    columns={
        "grain": _GRAIN,
        "period_end_on": _PERIOD_END,
        **common.CUTS,
        "active_at_start": count("Customers on the day before the period.", required=True),
        "active_at_end": count(
            "Customers on the last day; one who moved to another segment counts where the period began.", required=True
        ),
        "kept": count("Customers on both days.", required=True),
        "lost": count("Customers at the start who were none at the end.", required=True),
        "gained": count("Customers at the end who never were before.", required=True),
        "returned": count("Customers at the end who were none at the start, and had been before.", required=True),
    },
    rules={
        "start_adds_up": Rule(
            holds=pl.col("kept") + pl.col("lost") == pl.col("active_at_start"),
            columns=("kept", "lost", "active_at_start"),
            about="Who was a customer at the start was kept or lost.",
        ),
        "end_adds_up": Rule(
            holds=pl.col("kept") + pl.col("gained") + pl.col("returned") == pl.col("active_at_end"),
            columns=("kept", "gained", "returned", "active_at_end"),
            about="Who is a customer at the end was kept, gained, or returned.",
        ),
    },
)

FACT_CUSTOMER_COHORT = Table(
    name="fact_customer_cohort",
    layer=Layer.FACT,
    grain="the customers of a month of first order, so many months later, by the cuts of the first order",
    key=("cohort_on", "months_since", "channel", "team", "segment"),
    clock="cohort_on",
    columns={
        "cohort_on": day("First day of the month of the first order.", required=True),
        "months_since": count("Months since then; 0 is the month itself.", required=True),
        "ordered_month_on": day("First day of the month told of.", required=True),
        **common.CUTS,
        "customers": count("Customers of the cohort.", required=True),
        "active_customers": count("Of those, who ordered in this month.", required=True),
        "second_orders": count("Of those, who placed their second order in this month.", required=True),
        "order_count": count("Orders of the month, those without value too.", required=True),
        "net_cents": cents("Revenue of the month, net of tax and refunds.", required=True),
    },
)

FACT_CUSTOMER_VALUE = Table(
    name="fact_customer_value",
    layer=Layer.FACT,
    grain="the customers who ordered in the twelve months up to the end of a month, by the cuts of their first order",
    key=("period_end_on", "channel", "team", "segment"),
    clock="period_end_on",
    columns={
        "period_end_on": _PERIOD_END,
        **common.CUTS,
        "customers": count("Customers who ordered in the twelve months.", required=True),
        "order_count": count("Their orders in the twelve months.", required=True),
        "net_cents": cents("Revenue of the twelve months, net of tax and refunds.", required=True),
        "lifetime_net_cents": cents(
            "The same over the lifetime declared for the site, to the cent; null where none is declared."
        ),
        "lifetime_value_cents": cents(
            "The margin on it, discounted year by year, as declared for the site; null where no lifetime is declared."
        ),
    },
)
