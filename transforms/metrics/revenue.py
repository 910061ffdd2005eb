"""What customers buy, and what of it comes of the service. Dated by the order; refunds count on their order's date.

`service_revenue` and `revenue_influenced` never count one order twice: a sale that is linked to the service is its own
revenue, and not influenced as well.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Measure, Metric, Ratio, Unit, count, total

_FACT, _DATE, _DAILY = "fact_order", "ordered_on", "fact_service_revenue"
_COUNTED, _LINKED = pl.col("is_counted"), pl.col("is_service_sale")
_CAN_BE_LINKED = _COUNTED & _LINKED.is_not_null()
_CAN_BE_INFLUENCED = _COUNTED & pl.col("is_influenced").is_not_null()
_INFLUENCED = _CAN_BE_INFLUENCED & pl.col("is_influenced") & ~_LINKED.fill_null(value=False)


def _net(name: str, where: pl.Expr) -> Measure:
    return total(name, _FACT, _DATE, pl.col("net_cents"), where)


_orders = count("orders", _FACT, _DATE, _COUNTED)
_linkable = count("orders of which a link is known", _FACT, _DATE, _CAN_BE_LINKED)
_revenue = _net("revenue, cents", _COUNTED)
_handled = total("contacts handled", _DAILY, "day_on", pl.col("handled_contacts"), pl.lit(True))
_of_orders = partial(Ratio, family="revenue", better="higher", unit=Unit.EUROS)
_amount = partial(_of_orders, denominator=None, additivity="additive", rests_on=_orders)

REVENUE_NET = _amount(
    name="revenue",
    title="Revenue",
    title_fr="Chiffre d’affaires",
    asks="What do the orders bring, net of tax and refunds?",
    asks_fr="Combien rapportent les commandes, hors taxes et remboursements déduits ?",
    numerator=_revenue,
    among=_orders,
)
ORDER_COUNT = _amount(
    name="order_count",
    title="Orders",
    title_fr="Commandes",
    asks="How many orders were placed, without tests, cancelled orders and those of which nothing is left to pay?",
    asks_fr="Combien de commandes, hors tests, annulations et commandes dont il ne reste rien à payer ?",
    numerator=_orders,
    among=_orders,
    unit=Unit.COUNT,
)
AVERAGE_BASKET = _of_orders(
    name="average_basket",
    title="Average basket",
    title_fr="Panier moyen",
    asks="What does an order bring, net of tax and refunds?",
    asks_fr="Combien rapporte une commande, hors taxes et remboursements déduits ?",
    numerator=_revenue,
    denominator=_orders,
    interval="student_t",
)
SERVICE_REVENUE = _amount(
    name="service_revenue",
    title="Revenue of the service",
    title_fr="Revenus générés par le service client",
    asks="What do the orders bring that are linked to the service by a ticket, an agent or a voucher?",
    asks_fr="Combien rapportent les commandes liées au service par une demande, un agent ou un bon d’achat ?",
    numerator=_net("revenue linked to the service, cents", _CAN_BE_LINKED & _LINKED),
    rests_on=count("orders linked to the service", _FACT, _DATE, _CAN_BE_LINKED & _LINKED),
    among=_linkable,
    is_headline=True,
)
SERVICE_REVENUE_SHARE = _of_orders(
    name="service_revenue_share",
    title="Share of revenue of the service",
    title_fr="Part du chiffre d’affaires liée au service",
    asks="What share of the revenue is linked to the service by a ticket, an agent or a voucher?",
    asks_fr="Quelle part du chiffre d’affaires est liée au service par une demande, un agent ou un bon d’achat ?",
    numerator=_net("revenue linked to the service, cents", _CAN_BE_LINKED & _LINKED),
    denominator=_net("revenue of which a link is known, cents", _CAN_BE_LINKED),
    rests_on=_linkable,
    unit=Unit.PERCENT,
)
REVENUE_INFLUENCED = _amount(
    name="revenue_influenced",
    title="Revenue influenced by the service",
    title_fr="Revenus influencés par le service client",
    asks="What do the orders bring whose customer was in contact with the service in the 7 days before, without those "
    "linked to it?",
    asks_fr="Combien rapportent les commandes des 7 jours suivant un contact, hors celles liées au service ?",
    numerator=_net("revenue influenced, cents", _INFLUENCED),
    rests_on=count("orders influenced", _FACT, _DATE, _INFLUENCED),
    among=count("orders of which an influence is known", _FACT, _DATE, _CAN_BE_INFLUENCED),
    needs=("feed_order", "feed_contact", "feed_ticket"),
)
REVENUE_PER_CONTACT = _of_orders(
    name="revenue_per_contact",
    title="Revenue per contact",
    title_fr="Revenu par contact",
    asks="How much revenue linked to the service does a handled contact stand against?",
    asks_fr="Combien de revenus liés au service pour un contact traité ?",
    numerator=total("revenue of the service, cents", _DAILY, "day_on", pl.col("service_net_cents"), pl.lit(True)),
    denominator=_handled,
    rests_on=_handled,
)
REVENUE: tuple[Metric, ...] = (
    SERVICE_REVENUE,
    REVENUE_PER_CONTACT,
    REVENUE_INFLUENCED,
    SERVICE_REVENUE_SHARE,
    REVENUE_NET,
    ORDER_COUNT,
    AVERAGE_BASKET,
)
