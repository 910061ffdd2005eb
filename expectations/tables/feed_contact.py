"""Calls, chats and callbacks."""

from __future__ import annotations

from expectations.schema import Layer, Table, count, flag, instant, seconds, text
from expectations.tables import common

FEED_CONTACT = Table(
    name="feed_contact",
    layer=Layer.FEED,
    grain="a call, chat or callback",
    key=("source", "contact_id"),
    clock="started_at",
    version="updated_at",
    columns={
        "source": common.SOURCE,
        "contact_id": text("Number of the contact in its source.", required=True),
        "started_at": instant("When the person entered the queue.", required=True),
        "updated_at": instant("When the source last changed the row; the latest version wins."),
        "answered_at": instant("When a person answered; null for an abandoned contact.", not_before="started_at"),
        "abandoned_at": instant("When the person gave up waiting.", not_before="started_at"),
        "ended_at": instant("When the contact ended.", not_before="started_at"),
        "direction": text("Who started it.", one_of=("inbound", "outbound")),
        **common.CUTS,
        "agent_id": common.AGENT,
        "customer_id": common.CUSTOMER,
        "ticket_id": text("Ticket it belongs to."),
        "topic": common.TOPIC,
        "is_answered": flag("A person answered, where the export has no instant of it."),
        "wait_s": seconds("Time in the queue until the answer or the abandonment."),
        "talk_s": seconds("Time spent talking or writing."),
        "hold_s": seconds("Time the customer was put on hold."),
        "wrap_s": seconds("Work after the contact."),
        "concurrency": count("Chats the agent held at the same time; one for a call.", at_least=1),
        "is_test": flag("A test of the team's own."),
        **common.PROVENANCE,
    },
)
