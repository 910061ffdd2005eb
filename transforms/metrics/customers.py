"""How many customers stay, and what they are worth. Dated by the end of the period; cohorts by the first order.

Each period counts a customer once, so that months do not add up to quarters: every grain has sums of its own.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Measure, Metric, Ratio, Unit, total

_FACT, _DATE = "fact_customer_period", "period_end_on"
_COHORT, _FIRST = "fact_customer_cohort", "cohort_on"
_YEAR = "fact_customer_value"
_GRAINS = ("month", "quarter", "year")
_since, _ALL = pl.col("months_since"), pl.lit(True)
_LIFETIME = pl.col("lifetime_value_cents").is_not_null()


def _customers(name: str, column: str) -> Measure:
    return total(name, _FACT, _DATE, pl.col(column), _ALL)


def _cohort(name: str, column: str, where: pl.Expr) -> Measure:
    return total(name, _COHORT, _FIRST, pl.col(column), where)


def _of_year(name: str, column: str, where: pl.Expr) -> Measure:
    """A sum of twelve months, as it stands at the end of the period."""
    return Measure(name=name, fact=_YEAR, date=_DATE, where=where, value=pl.col(column), over_time="last")


_at_start = _customers("customers at the start", "active_at_start")
_kept = partial(
    Ratio,
    family="customers",
    unit=Unit.PERCENT,
    grains=_GRAINS,
    denominator=_at_start,
    rests_on=_at_start,
    additivity="distinct",
    better="higher",
)

RETENTION_RATE = _kept(
    name="retention_rate",
    title="Customer retention rate",
    title_fr="Taux de rétention client",
    asks="What share of the customers at the start of the period still are customers at its end?",
    asks_fr="Quelle part des clients du début de la période le sont encore à la fin ?",
    numerator=_customers("customers kept", "kept"),
    interval="wilson",
    is_headline=True,
)
RETENTION_RATE_BALANCE = _kept(
    name="retention_rate_balance",
    title="Customer retention rate, by balance",
    title_fr="Taux de rétention client, par solde",
    asks="The customers at the end less the new ones, as a share of those at the start: higher than retention where "
    "lost customers returned.",
    asks_fr="Les clients de fin moins les nouveaux, rapportés à ceux du début : au-dessus de la rétention si des "
    "clients perdus sont revenus.",
    numerator=_customers("customers at the end", "active_at_end") - _customers("customers gained", "gained"),
)
CHURN_RATE = _kept(
    name="churn_rate",
    title="Churn rate",
    title_fr="Taux d’attrition client (churn)",
    asks="What share of the customers at the start of the period are customers no longer at its end?",
    asks_fr="Quelle part des clients du début de la période ne le sont plus à la fin ?",
    numerator=_customers("customers lost", "lost"),
    interval="wilson",
    better="lower",
)
_at_end = Measure(
    name="customers at the end of the period",
    fact=_FACT,
    date=_DATE,
    where=_ALL,
    value=pl.col("active_at_end"),
    over_time="last",
)
ACTIVE_CUSTOMERS = Ratio(
    name="active_customers",
    title="Customers",
    title_fr="Clients actifs",
    asks="How many customers are there at the end of the period?",
    asks_fr="Combien de clients à la fin de la période ?",
    family="customers",
    unit=Unit.COUNT,
    grains=_GRAINS,
    numerator=_at_end,
    rests_on=_at_end,
    additivity="semi_additive",
    better="higher",
)
_buyers = _of_year("customers of twelve months", "customers", _ALL)
_valued = _of_year("customers of twelve months, lifetime declared", "customers", _LIFETIME)
_lifetime = partial(Ratio, family="customers", unit=Unit.EUROS, grains=_GRAINS, additivity="distinct", better="higher")
_declared = partial(_lifetime, denominator=_valued, rests_on=_valued, settings=("[ltv] lifetime_years",))

LTV = _declared(
    name="ltv",
    title="Customer lifetime value (LTV)",
    title_fr="Valeur vie client (LTV)",
    asks="Average basket x orders a customer places in a year x years of the lifetime declared, at the margin and the "
    "yearly discount declared: what will a customer of the last twelve months bring?",
    asks_fr="Panier moyen x commandes par client et par an x années de vie déclarées, avec la marge et l’actualisation "
    "déclarées : combien rapportera un client des douze derniers mois ?",
    numerator=_of_year("lifetime value, cents", "lifetime_value_cents", _LIFETIME),
    is_headline=True,
)
LTV_REVENUE = _declared(
    name="ltv_revenue",
    title="Customer lifetime value, as revenue",
    title_fr="Valeur vie client, en chiffre d’affaires",
    asks="Average basket x orders a customer places in a year x years of the lifetime declared, whatever the margin.",
    asks_fr="Panier moyen x commandes par client et par an x années de vie déclarées, quelle que soit la marge.",
    numerator=_of_year("lifetime revenue, cents", "lifetime_net_cents", _LIFETIME),
)
ORDERS_PER_CUSTOMER = _lifetime(
    name="orders_per_customer_year",
    title="Orders per customer in a year",
    title_fr="Commandes par client et par an",
    asks="How many orders did a customer of the last twelve months place in them?",
    asks_fr="Combien de commandes un client des douze derniers mois a-t-il passées ?",
    numerator=_of_year("orders of twelve months", "order_count", _ALL),
    denominator=_buyers,
    rests_on=_buyers,
    unit=Unit.COUNT,
)
_of_cohorts = partial(Ratio, family="customers", unit=Unit.PERCENT, grains=_GRAINS, interval="wilson", better="higher")
_new = _cohort("customers of the cohort", "customers", _since == 0)


def _realised(name: str, words: str, words_fr: str, asks: str, asks_fr: str, *, months: int | None) -> Ratio:
    """Revenue of the cohorts that began in the period, over so many months from the first, or all there are."""
    counted = _ALL if months is None else _since < months
    days = 0 if months is None else 31 * months
    return _of_cohorts(
        name=name,
        title=f"Lifetime value realised{words}",
        title_fr=f"Valeur vie client réalisée{words_fr}",
        asks=f"How much revenue did a customer whose first order lies in the period bring {asks}?",
        asks_fr=f"Combien un client dont la première commande date de la période a-t-il rapporté {asks_fr} ?",
        numerator=_cohort(f"revenue of the cohort{words}, cents", "net_cents", counted),
        denominator=_new,
        rests_on=_new,
        unit=Unit.EUROS,
        interval="none",
        maturity_days=days,
    )


LTV_REALISED = _realised("ltv_realised", "", "", "so far", "jusqu’ici", months=None)
LTV_REALISED_YEAR = _realised(
    "ltv_realised_12_months",
    " in 12 months",
    " en 12 mois",
    "in the month of that order and the eleven after it",
    "le mois de cette commande et les onze suivants",
    months=12,
)


def _again(months: int) -> Ratio:
    """Customers of a cohort who order so many months after the month of the first order."""
    then = _cohort(f"customers of the cohort, {months} months on", "customers", _since == months)
    plural = "s" if months > 1 else ""
    return _of_cohorts(
        name=f"cohort_retention_month_{months}",
        title=f"Cohort: ordering again {months} month{plural} later",
        title_fr=f"Cohorte : commandes à nouveau {months} mois après",
        asks=f"What share of the customers whose first order lies in the period order again {months} month{plural} on?",
        asks_fr=f"Quelle part des clients qui ont commandé d’abord dans la période recommande {months} mois après ?",
        numerator=_cohort(f"customers ordering {months} months on", "active_customers", _since == months),
        denominator=then,
        rests_on=then,
        maturity_days=31 * months,
    )


COHORT_RETENTION = tuple(_again(months) for months in (1, 3, 12))
REPEAT_PURCHASE_RATE = _of_cohorts(
    name="repeat_purchase_rate",
    title="Repeat purchase rate",
    title_fr="Taux de réachat",
    asks="What share of the customers whose first order lies in the period ordered again since?",
    asks_fr="Quelle part des clients dont la première commande date de la période a commandé de nouveau depuis ?",
    numerator=_cohort("customers with a second order", "second_orders", _ALL),
    denominator=_new,
    rests_on=_new,
)
CUSTOMERS: tuple[Metric, ...] = (
    RETENTION_RATE,
    RETENTION_RATE_BALANCE,
    CHURN_RATE,
    ACTIVE_CUSTOMERS,
    LTV,
    LTV_REVENUE,
    LTV_REALISED,
    LTV_REALISED_YEAR,
    ORDERS_PER_CUSTOMER,
    REPEAT_PURCHASE_RATE,
    *COHORT_RETENTION,
)
