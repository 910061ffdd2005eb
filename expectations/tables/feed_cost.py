"""Ledger lines of the cost of service."""

from __future__ import annotations

from expectations.schema import Layer, Table, cents, day, text
from expectations.tables import common

COST_KINDS = ("labour", "overhead", "direct")

FEED_COST = Table(
    name="feed_cost",
    layer=Layer.FEED,
    grain="a line of the ledger",
    key=("source", "entry_id"),
    clock="booked_on",
    columns={
        "source": common.SOURCE,
        "entry_id": text(
            "Number of the entry in its source; where the ledger has none, a fingerprint of the row's content.",
            required=True,
        ),
        "booked_on": day("Accounting day; the month is what counts.", required=True),
        "kind": text(
            "Labour and overhead are shared out; a direct cost belongs to its channel.",
            required=True,
            one_of=COST_KINDS,
        ),
        "amount_cents": cents("Amount, net of tax.", required=True),
        "channel": common.CHANNEL,
        "team": common.TEAM,
        "label": text("Wording of the entry."),
        **common.PROVENANCE,
    },
)
