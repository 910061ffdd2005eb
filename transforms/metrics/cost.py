"""What service costs. Dated by the accounting month, so there is no finer grain than the month."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Unit, total

_FACT, _DATE = "fact_cost_allocation", "month_on"
_ALL = pl.lit(True)
_cost = total("allocated cost, cents", _FACT, _DATE, pl.col("allocated_cents"), _ALL)
_contacts = total("contacts handled in the month", _FACT, _DATE, pl.col("handled_contacts"), _ALL)
_resolved = total("tickets resolved in the month", _FACT, _DATE, pl.col("resolved_tickets"), _ALL)
_of_costs = partial(Ratio, family="cost", unit=Unit.EUROS, grains=("month", "quarter", "year"), numerator=_cost)
_FEEDS = ("feed_cost", "feed_contact", "feed_ticket")

COST_PER_CONTACT = _of_costs(
    name="cost_per_contact",
    title="Cost per contact",
    title_fr="Coût par contact (CPC)",
    asks="What does a handled contact cost: direct cost, and its share of labour and overhead?",
    asks_fr="Que coûte un contact traité : coût direct et part de main-d’œuvre et de frais généraux ?",
    denominator=_contacts,
    rests_on=_contacts,
    better="lower",
    needs=_FEEDS,
    is_headline=True,
)
COST_PER_RESOLUTION = _of_costs(
    name="cost_per_resolution",
    title="Cost per resolution",
    title_fr="Coût par résolution",
    asks="What does a resolved ticket cost?",
    asks_fr="Que coûte une demande résolue ?",
    denominator=_resolved,
    rests_on=_resolved,
    better="lower",
    needs=("feed_cost", "feed_ticket"),
)
SERVICE_COST = _of_costs(
    name="service_cost",
    title="Cost of service",
    title_fr="Coût du service",
    asks="What does service cost in all, as the ledger has it?",
    asks_fr="Que coûte le service au total, selon la comptabilité ?",
    better="lower",
    additivity="additive",
)
COST: tuple[Metric, ...] = (COST_PER_CONTACT, COST_PER_RESOLUTION, SERVICE_COST)
