"""Calls, chats and callbacks, one by one or counted by day."""

from __future__ import annotations

import polars as pl

from expectations.schema import Layer, Rule, Table, count, day, flag, instant, seconds, text
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

FEED_CONTACT_DAY = Table(
    name="feed_contact_day",
    layer=Layer.FEED,
    grain="a count of the calls, chats or callbacks of a day",
    key=("source", "day_on", "channel", "tally_id"),
    clock="day_on",
    version="updated_at",
    columns={
        "source": common.SOURCE,
        "day_on": day("Day the contacts were started.", required=True),
        "channel": common.required(common.CHANNEL),
        "tally_id": text(
            "Which of the counts of a day: queue, site, hour or number of the row; a constant where a day has one.",
            required=True,
        ),
        "updated_at": instant("When the source last changed the row; the latest version wins."),
        "team": common.TEAM,
        "segment": common.SEGMENT,
        "topic": common.TOPIC,
        "offered": count("Contacts that entered the queue; null: those answered and those abandoned."),
        "answered": count("Contacts that a person answered.", required=True),
        "abandoned": count("Contacts given up before the answer; null: those offered and not answered."),
        "short_abandoned": count("Of those, given up too early to be served."),
        "answered_within": count("Contacts answered within the threshold of the site."),
        "answered_within_bp": count(
            "The same as a share of the contacts offered, short abandonments left out, where no count is told.",
            unit="1/100 percent",
            at_most=10_000,
        ),
        "answer_wait_s": seconds("Waiting time of the contacts answered, all together."),
        "answer_wait_mean_s": seconds("The same as a mean, where no sum is told."),
        "handle_s": seconds("Talk, hold and work after of the contacts answered, all together."),
        "handle_mean_s": seconds("The same as a mean, where no sum is told."),
        **common.PROVENANCE,
    },
    rules={
        "parts_fit_the_whole": Rule(
            holds=pl.col("answered") + pl.col("abandoned").fill_null(0) <= pl.col("offered"),
            columns=("answered", "abandoned", "offered"),
            about="Answered and abandoned are not more than offered.",
        ),
        "within_fits_answered": Rule(
            holds=pl.col("answered_within") <= pl.col("answered"),
            columns=("answered_within", "answered"),
            about="Answered within the threshold are not more than answered.",
        ),
        "short_fits_abandoned": Rule(
            holds=pl.col("short_abandoned") <= pl.coalesce("abandoned", pl.col("offered") - pl.col("answered")),
            columns=("short_abandoned", "abandoned", "offered", "answered"),
            about="Abandoned early are not more than abandoned.",
        ),
    },
)
