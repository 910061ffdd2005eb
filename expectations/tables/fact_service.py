"""Contacts, worked days, the staff they needed, and shared costs."""

from __future__ import annotations

import polars as pl

from expectations.schema import Layer, Rule, Table, cents, count, day, flag, instant, number, seconds, text
from expectations.tables import common

FACT_CONTACT = Table(
    name="fact_contact",
    layer=Layer.FACT,
    grain="a call, chat or callback; of a source that only counts them, those of a day that ended alike",
    key=("source", "contact_id"),
    clock="started_on",
    columns={
        "source": common.SOURCE,
        "contact_id": text("Number of the contact in its source.", required=True),
        "contacts": count("How many contacts the row stands for: 1, or the count of a day.", required=True),
        "is_tally": flag("The row is a count of a day, not a single contact.", required=True),
        **common.CUTS,
        "agent_id": common.AGENT,
        "customer_id": common.CUSTOMER,
        "topic": common.TOPIC,
        "ticket_id": text("Ticket it belongs to."),
        "direction": text("Who started it.", one_of=("inbound", "outbound")),
        "started_at": instant("When the person entered the queue.", required=True),
        "started_on": day("Day of that.", required=True),
        "wait_s": seconds("Time in the queue until the answer or the abandonment, of all contacts of the row."),
        "handle_s": seconds(
            "Talk, hold and work after of all contacts of the row, shared out over the chats held at once; "
            "null where not handled."
        ),
        "threshold_s": seconds("Time within which an answer counts for the service level of the channel."),
        "short_abandon_s": seconds("Abandonments below this time are left out."),
        "is_counted": flag("Inbound and not a test.", required=True),
        "is_offered": flag("Counted, and not abandoned too early to be served.", required=True),
        "is_handled": flag("Answered by a person; null where an agent who is none took it, or nothing tells."),
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
        "is_on_queue": flag(
            "The agent, or someone of the team, had calls or chats in the month; null where no contacts are told of."
        ),
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

FACT_REQUIRED_STAFF = Table(
    name="fact_required_staff",
    layer=Layer.FACT,
    grain="a half hour, channel and team in which calls or chats were offered",
    key=("starts_at", "channel", "team"),
    clock="day_on",
    columns={
        "starts_at": instant("Beginning of the half hour.", required=True),
        "day_on": day("Day of that.", required=True),
        "channel": common.CHANNEL,
        "team": common.TEAM,
        "contacts": count("Contacts offered, short abandonments left out.", required=True),
        "handle_mean_s": seconds("Mean handle time of the channel and team in the month.", required=True),
        "threshold_s": seconds("Time within which an answer counts for the service level.", required=True),
        "positions": count("People on the queue at once that reach the goal of the site.", required=True),
        "answered_within": number(
            "Share they answer in time, by Erlang C.", unit="share", required=True, at_least=0, at_most=1
        ),
        "occupancy": number("Share of their time on contacts.", unit="share", required=True, at_least=0, at_most=1),
        "required_staff": count("People to roster for that many positions, shrinkage added.", required=True),
        "required_s": seconds("Paid time for that many positions, shrinkage added.", required=True),
        "is_rostered": flag("Paid time is known for the day, so that it can be compared.", required=True),
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
