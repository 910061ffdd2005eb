"""A ticket as the help desk exports it: its present state, and what it remembers of its life."""

from __future__ import annotations

from expectations.schema import Layer, Table, count, flag, instant, text
from expectations.tables import common

STATUSES = ("new", "open", "pending", "hold", "solved", "closed", "deleted")

FEED_TICKET = Table(
    name="feed_ticket",
    layer=Layer.FEED,
    grain="a ticket, in the state of its latest update",
    key=("source", "ticket_id"),
    clock="created_at",
    version="updated_at",
    columns={
        "source": common.SOURCE,
        "ticket_id": text("Number of the ticket in its source.", required=True),
        "created_at": instant("When the ticket was opened.", required=True),
        "updated_at": instant("When the source last changed the row; the latest version of a ticket wins."),
        "update_number": count("Counter of the updates: of versions of one instant, or without any, the highest wins."),
        "first_customer_message_at": instant(
            "First message of the customer, where the source tells; else the creation."
        ),
        "first_response_at": instant("First public reply of a human agent.", not_before="created_at"),
        "auto_response_at": instant("First automatic reply.", not_before="created_at"),
        "first_resolved_at": instant("First time the ticket was resolved.", not_before="created_at"),
        "resolved_at": instant("Last time the ticket was resolved.", not_before="created_at"),
        "closed_at": instant("When the ticket was closed for good.", not_before="created_at"),
        "status": text("Present state.", one_of=STATUSES),
        "reopen_count": count("Times the ticket left solved or closed again."),
        "customer_contact_count": count("Runs of customer messages not separated by a human reply."),
        "human_reply_count": count("Public replies of human agents."),
        "transfer_count": count("Moves to another team of the same or a lower tier."),
        "escalation_count": count("Moves to a team of a higher tier."),
        **common.CUTS,
        "agent_id": common.AGENT,
        "customer_id": common.CUSTOMER,
        "topic": common.TOPIC,
        "priority": text("Urgency, as the source names it."),
        "resolution_kind": text(
            "How the ticket ended: solved by a person, by an automation, or closed because the customer fell silent.",
            one_of=("human", "automatic", "silence"),
        ),
        "is_test": flag("A test of the team's own."),
        "is_spam": flag("Unwanted mail."),
        "is_outbound": flag("Opened by an agent; the customer never wrote."),
        "duplicate_of_id": text("Ticket that this one repeats."),
        "merged_into_id": text("Ticket that took this one over."),
        **common.PROVENANCE,
    },
)
