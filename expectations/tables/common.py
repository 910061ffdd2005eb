"""Columns that many tables share, stated once: same name, same quantity, same unit."""

from __future__ import annotations

from dataclasses import replace

from expectations.schema import Column, Personal, count, text

SOURCE = text("System the row comes from; the first half of every identifier.", required=True)
SLOT = text("Export the row was delivered in: the file's path inside the raw folder.", required=True, published=False)
LINE = count("Line (or row) of that file, from 1 with the header.", required=True, published=False)
PROVENANCE = {"slot": SLOT, "line": LINE}

CHANNEL = text(
    "Channel the customer used: email, phone, chat, form, social, bot or a site's own code.", dimension="channel"
)
TEAM = text("Team in charge.", dimension="team")
SEGMENT = text("Customer segment.", dimension="segment")
AGENT = text("Agent in charge, pseudonymous.", dimension="agent", personal=Personal.PSEUDONYM)
CUSTOMER = text("Customer, pseudonymous.", dimension="customer", personal=Personal.PSEUDONYM)
TOPIC = text("What the request is about.", dimension="topic")
CUTS = {"channel": CHANNEL, "team": TEAM, "segment": SEGMENT}


def required(column: Column) -> Column:
    """The same column, never null."""
    return replace(column, required=True)
