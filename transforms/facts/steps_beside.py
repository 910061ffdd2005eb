"""What is made of all else, step by step: calls, staff, commerce, costs, quality, self-service."""

from __future__ import annotations

from transforms.facts.bench import (
    CREDIT,
    TOLD_BUYER,
    TOLD_CALLED,
    TOLD_CART,
    TOLD_CUSTOMER,
    TOLD_EVENT,
    TOLD_HELP,
    TOLD_KNOWN,
    TOLD_OF_BOTS,
    TOLD_OF_CARTS,
    TOLD_OF_CONTACTS,
    TOLD_OF_ORDERS,
    TOLD_OF_REVIEWS,
    TOLD_PLACED,
    TOLD_REACHED,
    TOLD_REVIEW,
    TOLD_TALLY,
    TOLD_WORK,
    Lies,
    Near,
    Step,
    by_source,
)
from transforms.facts.bot import RECONTACTED_WITHIN, fact_bot_session, naming_sources
from transforms.facts.cart import customer_carts, fact_cart, fact_cart_customer_period, placed, telling_sources
from transforms.facts.cohort import customer_months, fact_customer_cohort, fact_customer_value
from transforms.facts.contact import fact_contact, tallied, tell_contacts
from transforms.facts.cost import fact_cost_allocation
from transforms.facts.customer import customer_events, fact_customer_period
from transforms.facts.families import BOT_SESSION, CART, CONTACT, ORDER, REVIEW, VISIT
from transforms.facts.help_centre import DEFLECTED_WITHIN, fact_article_view, fact_help_session, helped
from transforms.facts.order import INFLUENCE, fact_order, fact_service_revenue, linking_sources
from transforms.facts.quality import fact_quality_category, fact_quality_review, judging_sources, reviewed
from transforms.facts.reached import known_moments, reached_by_contacts, reached_by_tickets
from transforms.facts.settled import next_row
from transforms.facts.staffing import FEEDS as STAFFING_FEEDS
from transforms.facts.staffing import fact_agent_day
from transforms.facts.workload import fact_required_staff

_CONTACTED = (TOLD_REACHED, TOLD_CALLED)
_ASK_WHO_WAS_IN_CONTACT = ("feed_order", "feed_bot_session", "feed_article_view")

STEPS_BESIDE: dict[str, Step] = {
    TOLD_TALLY: Step(
        needs=("feed_contact_day",),
        build=lambda b: tallied(b["feed_contact_day"], b.site, end=b.end),
        lies=Lies.SCATTERED,
        family=CONTACT,
    ),
    **by_source(
        TOLD_OF_CONTACTS,
        Step(
            needs=("feed_contact",),
            also=("feed_employee",),
            build=lambda b: tell_contacts(b["feed_contact"], b.people, b.site, end=b.end),
            lies=Lies.PARTS,
            family=CONTACT,
            changes_at=lambda b: next_row(b["feed_contact"], ("started_at",), b.end),
        ),
    ),
    "fact_contact": Step(
        needs=("feed_contact", TOLD_TALLY),
        also=(TOLD_OF_CONTACTS, "feed_employee"),
        build=lambda b: fact_contact(
            b.get("feed_contact"), b.get(TOLD_OF_CONTACTS), b.get(TOLD_TALLY), b.people, b.site, end=b.end
        ),
        at_once=True,
        lies=Lies.PARTS,
        family=CONTACT,
        changes_at=lambda b: next_row(b.get("feed_contact"), ("started_at",), b.end),
    ),
    "fact_agent_day": Step(
        needs=STAFFING_FEEDS,
        also=("feed_employee", "fact_contact"),
        build=lambda b: fact_agent_day(b.frames, b.people, b.get("fact_contact"), as_of=b.as_of),
    ),
    "fact_required_staff": Step(
        needs=("fact_contact",),
        also=("fact_agent_day",),
        where=("feed_contact",),
        build=lambda b: fact_required_staff(b["fact_contact"], b.get("fact_agent_day"), b.site),
    ),
    TOLD_REACHED: Step(
        needs=("fact_ticket",),
        also=(TOLD_EVENT,),
        where=_ASK_WHO_WAS_IN_CONTACT,
        build=lambda b: reached_by_tickets(b["fact_ticket"], b.get(TOLD_EVENT)),
        lies=Lies.PARTS,
    ),
    TOLD_CALLED: Step(
        needs=("fact_contact",),
        where=_ASK_WHO_WAS_IN_CONTACT,
        build=lambda b: reached_by_contacts(b["fact_contact"]),
        lies=Lies.PARTS,
        family=CONTACT,
    ),
    TOLD_KNOWN: Step(
        needs=_CONTACTED,
        build=lambda b: known_moments(b.get(TOLD_REACHED), b.get(TOLD_CALLED)),
    ),
    **by_source(
        TOLD_OF_ORDERS,
        Step(
            needs=("feed_order",),
            build=lambda b: linking_sources(b["feed_order"], end=b.end),
            lies=Lies.PARTS,
            family=ORDER,
            changes_at=lambda b: next_row(b["feed_order"], ("ordered_at",), b.end),
        ),
    ),
    "fact_order": Step(
        needs=("feed_order",),
        also=(TOLD_OF_ORDERS, *_CONTACTED, TOLD_KNOWN, *CREDIT),
        build=lambda b: fact_order(b["feed_order"], b[TOLD_OF_ORDERS], b.was_served, b.credit, b.site, end=b.end),
        lies=Lies.PARTS,
        family=ORDER,
        near=(
            Near(frames=CREDIT, by="tickets"),
            Near(frames=_CONTACTED, by="days", clocks=("ordered_at",), before=INFLUENCE),
        ),
        changes_at=lambda b: next_row(b["feed_order"], ("ordered_at",), b.end),
    ),
    "fact_service_revenue": Step(
        needs=("fact_order",),
        also=("fact_contact", "fact_ticket"),
        build=lambda b: fact_service_revenue(b["fact_order"], b.get("fact_contact"), b.get("fact_ticket")),
    ),
    **by_source(
        TOLD_OF_CARTS,
        Step(
            needs=("feed_cart",),
            build=lambda b: telling_sources(b["feed_cart"], end=b.end),
            lies=Lies.PARTS,
            family=CART,
            changes_at=lambda b: next_row(b["feed_cart"], ("created_at",), b.end),
        ),
    ),
    TOLD_PLACED: Step(
        needs=("fact_order",),
        also=("feed_cart",),
        where=("feed_cart",),
        build=lambda b: placed(b["feed_cart"], b["fact_order"]),
        lies=Lies.SCATTERED,
        family=CART,
    ),
    "fact_cart": Step(
        needs=("feed_cart",),
        also=(TOLD_OF_CARTS, TOLD_PLACED),
        build=lambda b: fact_cart(b["feed_cart"], b[TOLD_OF_CARTS], b.get(TOLD_PLACED), b.site, end=b.end),
        lies=Lies.PARTS,
        family=CART,
        changes_at=lambda b: next_row(b["feed_cart"], ("created_at", "ordered_at"), b.end),
    ),
    TOLD_CART: Step(needs=("fact_cart",), build=lambda b: customer_carts(b["fact_cart"], b.share), lies=Lies.SHARES),
    "fact_cart_customer_period": Step(
        needs=(TOLD_CART,), build=lambda b: fact_cart_customer_period(b[TOLD_CART], as_of=b.as_of)
    ),
    TOLD_CUSTOMER: Step(
        needs=("feed_customer",),
        build=lambda b: customer_events(b["feed_customer"], b.share, as_of=b.as_of),
        lies=Lies.SHARES,
    ),
    "fact_customer_period": Step(
        needs=(TOLD_CUSTOMER,), build=lambda b: fact_customer_period(b[TOLD_CUSTOMER], as_of=b.as_of)
    ),
    TOLD_BUYER: Step(
        needs=("fact_order",), build=lambda b: customer_months(b["fact_order"], b.share), lies=Lies.SHARES
    ),
    "fact_customer_cohort": Step(
        needs=(TOLD_BUYER,), build=lambda b: fact_customer_cohort(b[TOLD_BUYER], as_of=b.as_of)
    ),
    "fact_customer_value": Step(
        needs=(TOLD_BUYER,), build=lambda b: fact_customer_value(b[TOLD_BUYER], b.site, as_of=b.as_of)
    ),
    "fact_cost_allocation": Step(
        needs=("feed_cost",),
        also=("fact_contact", TOLD_WORK),
        build=lambda b: fact_cost_allocation(
            b["feed_cost"], b.get("fact_contact"), b.get(TOLD_WORK), b.site, as_of=b.as_of
        ),
    ),
    **by_source(
        TOLD_OF_REVIEWS,
        Step(
            needs=("feed_quality_review",),
            build=lambda b: judging_sources(b["feed_quality_review"], end=b.end),
            lies=Lies.PARTS,
            family=REVIEW,
            changes_at=lambda b: next_row(b["feed_quality_review"], ("reviewed_at", "updated_at"), b.end),
        ),
    ),
    TOLD_REVIEW: Step(
        needs=("feed_quality_review",),
        also=(TOLD_OF_REVIEWS, "feed_employee", *CREDIT),
        build=lambda b: reviewed(b["feed_quality_review"], b[TOLD_OF_REVIEWS], b.people, b.credit, b.site, end=b.end),
        lies=Lies.PARTS,
        family=REVIEW,
        near=(Near(frames=CREDIT, by="tickets"),),
        changes_at=lambda b: next_row(b["feed_quality_review"], ("reviewed_at", "updated_at", "interaction_at"), b.end),
    ),
    "fact_quality_review": Step(
        needs=(TOLD_REVIEW,), build=lambda b: fact_quality_review(b[TOLD_REVIEW]), lies=Lies.PARTS, family=REVIEW
    ),
    "fact_quality_category": Step(
        needs=(TOLD_REVIEW,), build=lambda b: fact_quality_category(b[TOLD_REVIEW]), lies=Lies.PARTS, family=REVIEW
    ),
    TOLD_HELP: Step(
        needs=("feed_article_view",),
        build=lambda b: helped(b["feed_article_view"], b.site, end=b.end),
        lies=Lies.PARTS,
        family=VISIT,
        changes_at=lambda b: next_row(b["feed_article_view"], ("viewed_at",), b.end),
    ),
    "fact_article_view": Step(
        needs=(TOLD_HELP,), build=lambda b: fact_article_view(b[TOLD_HELP]), lies=Lies.PARTS, family=VISIT
    ),
    "fact_help_session": Step(
        needs=(TOLD_HELP,),
        also=(*_CONTACTED, TOLD_KNOWN),
        build=lambda b: fact_help_session(b[TOLD_HELP], b.turned_to_us, b.site),
        lies=Lies.PARTS,
        family=VISIT,
        near=(Near(frames=_CONTACTED, by="days", clocks=("viewed_at",), after=DEFLECTED_WITHIN),),
    ),
    **by_source(
        TOLD_OF_BOTS,
        Step(
            needs=("feed_bot_session",),
            build=lambda b: naming_sources(b["feed_bot_session"], end=b.end),
            lies=Lies.PARTS,
            family=BOT_SESSION,
            changes_at=lambda b: next_row(b["feed_bot_session"], ("started_at",), b.end),
        ),
    ),
    "fact_bot_session": Step(
        needs=("feed_bot_session",),
        also=(TOLD_OF_BOTS, *_CONTACTED, TOLD_KNOWN),
        build=lambda b: fact_bot_session(b["feed_bot_session"], b[TOLD_OF_BOTS], b.turned_to_us, b.site, end=b.end),
        lies=Lies.PARTS,
        family=BOT_SESSION,
        near=(Near(frames=_CONTACTED, by="days", clocks=("started_at", "ended_at"), after=RECONTACTED_WITHIN),),
        changes_at=lambda b: next_row(b["feed_bot_session"], ("started_at", "handed_off_at"), b.end),
    ),
}
