"""Carts that become no order within 7 days. Dated by the creation of the cart."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Unit, count, total

_FACT, _DATE = "fact_cart", "created_on"
_BY_CUSTOMER, _PERIOD = "fact_cart_customer_period", "period_end_on"
_CONVERTED = pl.col("is_converted")
_JUDGED = pl.col("is_counted") & _CONVERTED.is_not_null()
_VALUE = pl.col("value_cents")
_carts = count("carts with an article", _FACT, _DATE, _JUDGED)
_customers = total("customers with a cart", _BY_CUSTOMER, _PERIOD, pl.col("customers"), pl.lit(True))
_of_carts = partial(Ratio, family="carts", unit=Unit.PERCENT, interval="wilson", better="lower", maturity_days=7)
_amount = partial(
    _of_carts,
    denominator=None,
    unit=Unit.EUROS,
    interval="none",
    additivity="additive",
    among=count("carts of known value", _FACT, _DATE, _JUDGED & _VALUE.is_not_null()),
)

CART_ABANDONMENT_RATE = _of_carts(
    name="cart_abandonment_rate",
    title="Cart abandonment rate",
    title_fr="Taux d’abandon de panier",
    asks="What share of the carts with at least one article became no order within 7 days?",
    asks_fr="Quelle part des paniers d’au moins un article n’est pas devenue une commande sous 7 jours ?",
    numerator=count("carts abandoned", _FACT, _DATE, _JUDGED & ~_CONVERTED),
    denominator=_carts,
    is_headline=True,
)
CART_CUSTOMER_ABANDONMENT_RATE = _of_carts(
    name="cart_customer_abandonment_rate",
    title="Cart abandonment rate, by customer",
    title_fr="Taux d’abandon de panier, par client",
    asks="What share of the customers who filled a cart in the period bought none of their carts within 7 days?",
    asks_fr="Quelle part des clients ayant rempli un panier sur la période n’en a commandé aucun sous 7 jours ?",
    numerator=total("customers who abandon", _BY_CUSTOMER, _PERIOD, pl.col("abandoning_customers"), pl.lit(True)),
    denominator=_customers,
    rests_on=_customers,
    additivity="distinct",
)
CART_COUNT = _of_carts(
    name="cart_count",
    title="Carts",
    title_fr="Paniers",
    asks="How many carts with at least one article were created?",
    asks_fr="Combien de paniers d’au moins un article ont été créés ?",
    numerator=_carts,
    denominator=None,
    unit=Unit.COUNT,
    interval="none",
    additivity="additive",
    better="neutral",
    maturity_days=0,
)
CART_VALUE_ABANDONED = _amount(
    name="cart_value_abandoned",
    title="Value of abandoned carts",
    title_fr="Valeur des paniers abandonnés",
    asks="What are the carts worth, net of tax, that became no order within 7 days?",
    asks_fr="Combien valent, hors taxes, les paniers qui ne sont pas devenus une commande sous 7 jours ?",
    numerator=total("value abandoned, cents", _FACT, _DATE, _VALUE, _JUDGED & ~_CONVERTED),
)
CART_VALUE_CONVERTED = _amount(
    name="cart_value_converted",
    title="Value of converted carts",
    title_fr="Valeur des paniers convertis",
    asks="What are the carts worth, net of tax, that became an order within 7 days?",
    asks_fr="Combien valent, hors taxes, les paniers devenus une commande sous 7 jours ?",
    numerator=total("value converted, cents", _FACT, _DATE, _VALUE, _JUDGED & _CONVERTED),
    better="higher",
)
CARTS: tuple[Metric, ...] = (
    CART_ABANDONMENT_RATE,
    CART_CUSTOMER_ABANDONMENT_RATE,
    CART_COUNT,
    CART_VALUE_ABANDONED,
    CART_VALUE_CONVERTED,
)
