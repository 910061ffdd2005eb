"""What customers buy: orders, carts, and the customers themselves."""

from __future__ import annotations

import polars as pl

from expectations.schema import Layer, Rule, Table, cents, count, day, flag, instant, text
from expectations.tables import common

FEED_ORDER = Table(
    name="feed_order",
    layer=Layer.FEED,
    grain="an order, or a line of one: a refund is a line with a negative amount",
    key=("source", "order_id", "line_id"),
    clock="ordered_at",
    version="updated_at",
    columns={
        "source": common.SOURCE,
        "order_id": text("Number of the order in its source.", required=True),
        "line_id": text("Number of the line in its order; where the export has none, a fingerprint.", required=True),
        "ordered_at": instant("When the order was placed; a refund names the instant of its order.", required=True),
        "updated_at": instant("When the source last changed the row; the latest version wins."),
        "customer_id": common.CUSTOMER,
        "amount_cents": cents("Amount net of tax and of discounts.", required=True),
        "refunded_cents": cents("Part of the amount paid back, net of tax, as a positive number.", at_least=0),
        "item_count": count("Articles ordered."),
        **common.CUTS,
        "topic": common.TOPIC,
        "product": text("Product or range."),
        "ticket_id": text("Ticket that led to the sale: an explicit link."),
        "agent_id": common.AGENT,
        "coupon": text("Voucher used."),
        "is_service_sale": flag("The source itself calls the sale one of the service: its coupon, its agent."),
        "is_cancelled": flag("Cancelled before delivery."),
        "is_test": flag("A test of the team's own."),
        **common.PROVENANCE,
    },
)

FEED_CART = Table(
    name="feed_cart",
    layer=Layer.FEED,
    grain="a cart",
    key=("source", "cart_id"),
    clock="created_at",
    version="updated_at",
    columns={
        "source": common.SOURCE,
        "cart_id": text("Number of the cart in its source.", required=True),
        "created_at": instant("When the cart was created.", required=True),
        "updated_at": instant("When the source last changed the row; the latest version wins."),
        "customer_id": common.CUSTOMER,
        "item_count": count("Articles in the cart; null where the source lists no empty carts."),
        "value_cents": cents("Value of the cart net of tax."),
        "ordered_at": instant("When it became an order.", not_before="created_at"),
        "is_ordered": flag("It became an order, where the export has no instant of it."),
        "order_id": text("Order it became."),
        **common.CUTS,
        "product": text("Product or range."),
        "is_test": flag("A test of the team's own."),
        **common.PROVENANCE,
    },
)

FEED_CUSTOMER = Table(
    name="feed_customer",
    layer=Layer.FEED,
    grain="a spell of a customer: from the day the person became one to the day the person was one no longer",
    key=("source", "customer_id", "valid_from"),
    version="observed_on",
    columns={
        "source": common.SOURCE,
        "customer_id": common.required(common.CUSTOMER),
        "valid_from": day("First day as a customer; a customer who returned has a spell more.", required=True),
        "valid_to": day("Last day as a customer; null while it lasts.", not_before="valid_from"),
        "observed_on": day("Day the row was true, for exports that say who left but not when."),
        "is_lost": flag(
            "No longer a customer on the day observed, where the export does not say since when: lost on that day."
        ),
        "churn_reason": text("Why the customer left."),
        **common.CUTS,
        **common.PROVENANCE,
    },
    rules={
        "loss_has_a_day": Rule(
            holds=~pl.col("is_lost") | pl.col("valid_to").is_not_null() | pl.col("observed_on").is_not_null(),
            columns=("is_lost", "valid_to", "observed_on"),
            about="Who is lost has a last day, or was observed on a day.",
        ),
    },
)
