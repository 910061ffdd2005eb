"""Contacts, worked days and shared costs."""

from __future__ import annotations

import polars as pl

from expectations.schema import Layer, Rule, Table, cents, count, day, flag, instant, seconds, text
from expectations.tables import common

FACT_CONTACT = Table(
    name="fact_contact",
    layer=Layer.FACT,
    grain="a call, chat or callback",
    key=("source", "contact_id"),
    clock="started_on",
    columns={
        "source": common.SOURCE,
        "contact_id": text("Number of the contact in its source.", required=True),
        **common.CUTS,
        "agent_id": common.AGENT,
        "customer_id": common.CUSTOMER,
        "topic": common.TOPIC,
        "ticket_id": text("Ticket it belongs to."),
        "direction": text("Who started it.", one_of=("inbound", "outbound")),
        "started_at": instant("When the person entered the queue.", required=True),
        "started_on": day("Day of that.", required=True),
        "wait_s": seconds("Time in the queue until the answer or the abandonment."),
        "handle_s": seconds(
            "Talk, hold and work after, shared out over the chats held at once; null where not handled."
        ),
        "threshold_s": seconds("Time within which an answer counts for the service level of the channel."),
        "short_abandon_s": seconds("Abandonments below this time are left out."),
        "is_counted": flag("Inbound and not a test.", required=True),
        "is_offered": flag("Counted, and not abandoned too early to be served.", required=True),
        "is_handled": flag("Answered by a person."),
        "is_abandoned": flag("Given up after the short time."),
        "is_answered_within": flag("Answered within the threshold; null where the waiting time is unknown."),
    },
)

FACT_AGENT_DAY = Table(
    name="fact_agent_day",
    layer=Layer.FACT,
    grain="an agent on a day on which the agent worked or was employed",
    key=("source", "agent_id", "work_on"),
    clock="work_on",
    columns={
        "source": common.SOURCE,
        "agent_id": common.required(common.AGENT),
        "work_on": day("Day.", required=True),
        "team": common.TEAM,
        "paid_s": seconds("Paid time."),
        "available_s": seconds("Time ready and waiting for work."),
        "handling_s": seconds("Time on contacts."),
        "productive_s": seconds("Time on work of any kind the team counts as productive."),
        "headcount_days": count(
            "Days of employment: 1, or the sum of a team's people where only a monthly count is known.", required=True
        ),
        "leavers": count("Left the company: counted on the day after the last working day.", required=True),
        "voluntary_leavers": count("Of those, by their own choice.", required=True),
    },
)

FACT_COST_ALLOCATION = Table(
    name="fact_cost_allocation",
    layer=Layer.FACT,
    grain="the cost of a channel in a month",
    key=("month_on", "channel"),
    clock="month_on",
    columns={
        "month_on": day("First day of the accounting month.", required=True),
        "channel": common.CHANNEL,
        "direct_cents": cents("Cost booked on the channel itself.", required=True),
        "pool_cents": cents("Share of labour and overhead.", required=True),
        "allocated_cents": cents("Both together.", required=True),
        "handle_s": seconds("Handle time by which the pool was shared.", required=True),
        "allocation": text(
            "How the pool was shared: by handle seconds, by the weights declared for the channels, or not at all.",
            required=True,
            one_of=("handle_seconds", "weights", "none"),
        ),
        "handled_contacts": count(
            "Contacts handled in the month: calls and chats answered, tickets with a human reply elsewhere.",
            required=True,
        ),
        "resolved_tickets": count("Tickets resolved in the month.", required=True),
    },
    rules={
        "allocation_adds_up": Rule(
            holds=pl.col("allocated_cents") == pl.col("direct_cents") + pl.col("pool_cents"),
            columns=("allocated_cents", "direct_cents", "pool_cents"),
            about="Allocated is direct plus the share of the pool.",
        ),
    },
)
