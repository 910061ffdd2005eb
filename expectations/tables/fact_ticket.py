"""Tickets and their events, with every clock of their life resolved."""

from __future__ import annotations

import polars as pl

from expectations.schema import Column, Layer, Rule, Table, count, day, flag, instant, seconds, text
from expectations.tables import common
from expectations.tables.feed_ticket import STATUSES
from expectations.tables.feed_ticket_event import ACTOR_KINDS, EVENT_KINDS

EXCLUSIONS = ("test", "deleted", "spam", "merged", "outbound", "duplicate")
CLOCKS = ("business", "calendar")

FACT_TICKET = Table(
    name="fact_ticket",
    layer=Layer.FACT,
    grain="a ticket",
    key=("source", "ticket_id"),
    clock="created_on",
    columns={
        "source": common.SOURCE,
        "ticket_id": text("Number of the ticket in its source.", required=True),
        **common.CUTS,
        "agent_id": common.AGENT,
        "customer_id": common.CUSTOMER,
        "topic": common.TOPIC,
        "tier": count("Level of support of the team in charge, on the day of the resolution, else of the creation."),
        "priority": text("Urgency, as the source names it."),
        "status": text("State at the as-of date.", one_of=STATUSES),
        "resolution_kind": text("How the ticket ended.", one_of=("human", "automatic", "silence")),
        "exclusion_reason": text("Why the ticket is not counted; null where it is.", one_of=EXCLUSIONS),
        "created_at": instant("When the ticket was opened.", required=True),
        "created_on": day("Day the ticket was opened.", required=True),
        "first_customer_message_at": instant(
            "First message of the customer: in the ticket, or the start of the session with the bot that took it first."
        ),
        "handed_off_at": instant("When the bot that took the ticket first handed it to people; null where none did."),
        "first_response_at": instant("First public reply of a human agent after the customer's first message."),
        "first_response_on": day("Day of that reply."),
        "first_response_calendar_s": seconds(
            "Elapsed time to that reply from the hand-off by a bot, else from the first message; null while unanswered."
        ),
        "first_response_business_s": seconds("The same in open hours; null while unanswered or without a schedule."),
        "first_response_from_first_message_calendar_s": seconds(
            "Elapsed time to that reply from the customer's first message, the time with a bot included."
        ),
        "first_response_from_first_message_business_s": seconds("The same in open hours."),
        "first_response_target_s": seconds("Target of the channel at the time, in business seconds; null without one."),
        "sla_first_response_s": seconds("First response promised on the day of creation; null without a promise."),
        "sla_first_response_clock": text("Clock of that promise.", one_of=CLOCKS),
        "is_sla_first_response_met": flag(
            "Answered within that time; no once it is over without an answer, null while it still may come."
        ),
        "auto_response_s": seconds("Elapsed time from the first message in the ticket to the first automatic reply."),
        "first_resolved_at": instant("First time resolved."),
        "first_resolved_on": day("Day of the first resolution."),
        "first_resolution_calendar_s": seconds("Elapsed time to the first resolution."),
        "first_resolution_business_s": seconds("Open hours to the first resolution."),
        "resolved_at": instant("Last time resolved; null while the ticket is open."),
        "resolved_on": day("Day of the last resolution."),
        "resolution_calendar_s": seconds("Elapsed time to the last resolution; null while open."),
        "resolution_business_s": seconds("Open hours to the last resolution; null while open."),
        "net_resolution_calendar_s": seconds("The same, less the time spent waiting for the customer."),
        "net_resolution_business_s": seconds("The same in open hours."),
        "sla_resolution_s": seconds("Resolution promised on the day of creation; null without a promise."),
        "sla_resolution_clock": text("Clock of that promise.", one_of=CLOCKS),
        "is_sla_resolution_met": flag(
            "Last resolved within that time; no once it is over and the ticket open, null while it still may be."
        ),
        "observed_s": seconds(
            "Elapsed time to the last resolution, or to the end of the as-of day while open.",
            required=True,
            published=False,
        ),
        "customer_contact_count": count("Runs of customer messages not separated by a human reply."),
        "human_reply_count": count("Public replies of human agents."),
        "reopen_count": count("Times the ticket left solved or closed after its first resolution."),
        "transfer_count": count("Moves to a team of the same or a lower tier."),
        "escalation_count": count("Moves to a team of a higher tier."),
        "is_counted": flag("Not excluded.", required=True),
        "is_resolved": flag("Resolved at the as-of date.", required=True),
        "is_unanswered": flag(
            "No human reply within the waiting time of the site (7 days); null while it still may come."
        ),
        "is_auto_resolved": flag("Resolved without any human reply."),
        "is_reopened": flag("Reopened at least once after its first resolution."),
        "is_escalated": flag("Moved to a team of a higher tier."),
        "is_transferred": flag("Moved to another team of the same or a lower tier; a move up is an escalation."),
        "is_repeated": flag(
            "The same customer opened another ticket on the topic within the window after the resolution."
        ),
        "is_fcr_eligible": flag("Resolved, with a human reply, counted.", required=True),
        "is_first_contact_resolution": flag("One contact, one human reply, no reopen, no transfer, no repeat."),
        "is_one_touch": flag("One human reply and no reopen."),
        "is_mature": flag("The window after the resolution is over at the as-of date."),
    },
    rules={
        "response_follows_the_customer": Rule(
            holds=pl.col("first_response_at") >= pl.col("first_customer_message_at"),
            columns=("first_response_at", "first_customer_message_at"),
            about="A first response does not precede the customer's message.",
        ),
        "hand_off_follows_the_customer": Rule(
            holds=pl.col("handed_off_at") >= pl.col("first_customer_message_at"),
            columns=("handed_off_at", "first_customer_message_at"),
            about="A bot hands off what the customer wrote before.",
        ),
        "response_follows_the_hand_off": Rule(
            holds=pl.col("first_response_at") >= pl.col("handed_off_at"),
            columns=("first_response_at", "handed_off_at"),
            about="A bot that took the ticket first handed it off before the first response.",
        ),
        "exclusion_says_why": Rule(
            holds=pl.col("is_counted") == pl.col("exclusion_reason").is_null(),
            columns=("is_counted", "exclusion_reason"),
            about="A ticket is counted exactly when it has no reason for exclusion.",
        ),
    },
)

FACT_TICKET_EVENT = Table(
    name="fact_ticket_event",
    layer=Layer.FACT,
    grain="an event of a ticket",
    key=("source", "event_id"),
    clock="occurred_on",
    columns={
        "source": common.SOURCE,
        "event_id": text("Number of the event in its source, or a fingerprint of its content.", required=True),
        "ticket_id": text("Ticket it happened to.", required=True),
        "occurred_at": instant("When it happened.", required=True),
        "occurred_on": day("Day it happened.", required=True),
        "kind": text("What happened.", required=True, one_of=EVENT_KINDS),
        "actor_kind": text("Who did it.", one_of=ACTOR_KINDS),
        "agent_id": common.AGENT,
        "team": common.TEAM,
        "status": text("State after a change of state.", one_of=STATUSES),
        "is_public": flag("A message the customer could read."),
        "is_human_reply": flag("A public message of a human agent.", required=True),
        "is_reopen": flag("The ticket left solved or closed after its first resolution.", required=True),
    },
)

FACT_BACKLOG_DAILY = Table(
    name="fact_backlog_daily",
    layer=Layer.FACT,
    grain="a day, channel, team and segment on which tickets were open or moved",
    key=("day_on", "channel", "team", "segment"),
    clock="day_on",
    columns={
        "day_on": day("Day.", required=True),
        **common.CUTS,
        "opening": count("Open at the start of the day.", required=True),
        "created": count("Opened during the day.", required=True),
        "reopened": count("Reopened during the day.", required=True),
        "resolved": count("Resolved during the day.", required=True),
        "excluded": count("Taken out of the count during the day.", required=True),
        "closing": count("Open at the end of the day.", required=True),
        **{
            f"age_{label}": count(f"Of those, {words} old.", required=True)
            for label, words in {
                "0_1_d": "less than a day",
                "1_3_d": "one to three days",
                "3_7_d": "three to seven days",
                "7_30_d": "seven to thirty days",
                "30_d_up": "thirty days and more",
            }.items()
        },
    },
    rules={
        "backlog_balances": Rule(
            holds=pl.col("closing")
            == pl.col("opening") + pl.col("created") + pl.col("reopened") - pl.col("resolved") - pl.col("excluded"),
            columns=("closing", "opening", "created", "reopened", "resolved", "excluded"),
            about="Closing is opening plus created plus reopened less resolved less excluded.",
        ),
        "ages_add_up": Rule(
            holds=pl.col("closing")
            == pl.sum_horizontal("age_0_1_d", "age_1_3_d", "age_3_7_d", "age_7_30_d", "age_30_d_up"),
            columns=("closing", "age_0_1_d", "age_1_3_d", "age_3_7_d", "age_7_30_d", "age_30_d_up"),
            about="The ages add up to the closing backlog.",
        ),
    },
)

FACT_DURATION_HISTOGRAM = Table(
    name="fact_duration_histogram",
    layer=Layer.FACT,
    grain="a day, channel, team, segment, duration and bucket of 2 % width",
    key=("duration", "day_on", "channel", "team", "segment", "bucket"),
    clock="day_on",
    columns={
        "duration": text("Which duration: the name of the column of fact_ticket without its unit.", required=True),
        "day_on": day("Day the duration belongs to.", required=True),
        **common.CUTS,
        "bucket": Column(
            dtype=pl.Int64(), about="Number of the bucket; -1 holds zero.", unit="log bucket", required=True
        ),
        "bucket_value_s": Column(
            dtype=pl.Float64(), about="Value that stands for the bucket, within 2 %.", unit="seconds", required=True
        ),
        "n": count("Tickets in the bucket.", required=True),
    },
)
