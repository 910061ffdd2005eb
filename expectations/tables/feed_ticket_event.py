"""What happened to a ticket, event by event."""

from __future__ import annotations

from expectations.schema import Layer, Table, flag, instant, text
from expectations.tables import common
from expectations.tables.feed_ticket import STATUSES

EVENT_KINDS = ("created", "message", "status", "assignment", "team", "merge", "other")
ACTOR_KINDS = ("customer", "agent", "bot", "system")

FEED_TICKET_EVENT = Table(
    name="feed_ticket_event",
    layer=Layer.FEED,
    grain="an event of a ticket",
    key=("source", "event_id"),
    clock="occurred_at",
    columns={
        "source": common.SOURCE,
        "event_id": text(
            "Number of the event in its source; where the export has none, a fingerprint of the row's content.",
            required=True,
        ),
        "ticket_id": text("Ticket it happened to.", required=True),
        "occurred_at": instant("When it happened.", required=True),
        "kind": text("What happened.", required=True, one_of=EVENT_KINDS),
        "actor_kind": text(
            "Who did it. A message that names its author by number alone is an agent's where feed_employee knows the "
            "number on that day, else the customer's; without that feed it is nobody's.",
            one_of=ACTOR_KINDS,
        ),
        "actor_id": common.AGENT,
        "is_public": flag("A message the customer could read; null counts as yes."),
        "status": text("State after a change of state.", one_of=STATUSES),
        "team": common.TEAM,
        "agent_id": common.AGENT,
        "merged_into_id": text("Ticket that took this one over, for a merge."),
        **common.PROVENANCE,
    },
)
