"""What is made of tickets, their events and the surveys that follow them, step by step."""

from __future__ import annotations

from transforms.facts.backlog import backlog_moves, fact_backlog_daily
from transforms.facts.bench import (
    CREDIT,
    TOLD_ANSWER,
    TOLD_BACKLOG,
    TOLD_BOT,
    TOLD_DURATION,
    TOLD_EVENT,
    TOLD_HEIR,
    TOLD_MERGE,
    TOLD_OPENING,
    TOLD_REPEAT,
    TOLD_SOURCE,
    TOLD_START,
    TOLD_SURVEY,
    TOLD_TICKET,
    TOLD_TIME,
    TOLD_WORK,
    Daily,
    Lies,
    Near,
    Step,
    by_source,
)
from transforms.facts.cost import work_of_months
from transforms.facts.employee_survey import fact_employee_answer, fact_employee_invitation
from transforms.facts.histogram import durations_in_buckets, fact_duration_histogram
from transforms.facts.merge import inherited, merged
from transforms.facts.repeat import openings_of, repeated
from transforms.facts.settled import next_answer, next_instant, next_row, next_verdict
from transforms.facts.survey import fact_survey_invitation, fact_survey_response, starting_surveys, surveyed
from transforms.facts.tells import answering_sources, told_by_source
from transforms.facts.ticket import fact_ticket, timed_ticket, with_observation
from transforms.facts.ticket_hand_off import hand_offs_of_bots
from transforms.facts.ticket_life import fact_ticket_event, lives, told_events

STEPS_OF_DESK: dict[str, Step] = {
    TOLD_EVENT: Step(
        needs=("feed_ticket_event",),
        also=("feed_employee",),
        build=lambda b: told_events(b["feed_ticket_event"], b.site, end=b.end, clock=b.clock, people=b.people),
        at_once=True,
        lies=Lies.PARTS,
        changes_at=lambda b: next_row(b["feed_ticket_event"], ("occurred_at",), b.end),
    ),
    TOLD_TICKET: Step(needs=(TOLD_EVENT,), build=lambda b: lives(b[TOLD_EVENT], b.site), lies=Lies.PARTS),
    TOLD_SOURCE: Step(needs=(TOLD_TICKET,), build=lambda b: told_by_source(b[TOLD_TICKET])),
    TOLD_MERGE: Step(
        needs=("feed_ticket", TOLD_TICKET),
        also=(TOLD_SOURCE,),
        build=lambda b: merged(b.lived),
        lies=Lies.PARTS,
        changes_at=lambda b: next_instant(b.tickets, b.end),
    ),
    TOLD_HEIR: Step(needs=(TOLD_MERGE,), build=lambda b: inherited(b[TOLD_MERGE]), lies=Lies.SCATTERED),
    TOLD_BOT: Step(
        needs=("feed_bot_session",),
        build=lambda b: hand_offs_of_bots(b["feed_bot_session"], end=b.end),
        lies=Lies.SCATTERED,
    ),
    TOLD_TIME: Step(
        needs=("feed_ticket", TOLD_TICKET),
        also=(TOLD_SOURCE, TOLD_HEIR, TOLD_BOT, TOLD_EVENT, "feed_employee"),
        build=lambda b: timed_ticket(b.lived, b.get(TOLD_HEIR), b.hand_offs, b.site, clock=b.clock),
        at_once=True,
        lies=Lies.PARTS,
        changes_at=lambda b: next_instant(b.tickets, b.end),
    ),
    **by_source(
        TOLD_ANSWER, Step(needs=(TOLD_TIME,), build=lambda b: answering_sources(b[TOLD_TIME]), lies=Lies.PARTS)
    ),
    TOLD_OPENING: Step(needs=(TOLD_TIME,), build=lambda b: openings_of(b[TOLD_TIME]), lies=Lies.PARTS),
    TOLD_REPEAT: Step(
        needs=(TOLD_TIME,),
        also=(TOLD_OPENING,),
        build=lambda b: repeated(b[TOLD_TIME], b[TOLD_OPENING], window=b.window),
        lies=Lies.PARTS,
        near=(Near(frames=(TOLD_OPENING,), by="openings"),),
    ),
    "fact_ticket": Step(
        needs=(TOLD_TIME,),
        also=(TOLD_ANSWER, TOLD_REPEAT),
        build=lambda b: fact_ticket(b[TOLD_TIME], b[TOLD_ANSWER], b[TOLD_REPEAT], b.site, end=b.end, clock=b.clock),
        at_once=True,
        lies=Lies.PARTS,
        daily=Daily(columns=("observed_s",), made_of=("created_at", "resolved_at"), told=with_observation),
        changes_at=lambda b: next_verdict(b["fact_ticket"], b.site, b.end),
    ),
    "fact_ticket_event": Step(
        needs=(TOLD_EVENT,), build=lambda b: fact_ticket_event(b[TOLD_EVENT]), is_in_order=True, lies=Lies.PARTS
    ),
    TOLD_BACKLOG: Step(
        needs=("fact_ticket",),
        also=(TOLD_EVENT,),
        build=lambda b: backlog_moves(b["fact_ticket"], b.reopenings),
        lies=Lies.PARTS,
    ),
    "fact_backlog_daily": Step(
        needs=(TOLD_BACKLOG,), build=lambda b: fact_backlog_daily(b[TOLD_BACKLOG], as_of=b.as_of)
    ),
    TOLD_DURATION: Step(needs=(TOLD_TIME,), build=lambda b: durations_in_buckets(b[TOLD_TIME]), lies=Lies.PARTS),
    "fact_duration_histogram": Step(
        needs=(TOLD_DURATION,),
        build=lambda b: fact_duration_histogram(b[TOLD_DURATION]),
        is_in_order=True,
        lies=Lies.MONTHS,
    ),
    TOLD_WORK: Step(needs=("fact_ticket",), build=lambda b: work_of_months(b["fact_ticket"]), lies=Lies.PARTS),
    TOLD_SURVEY: Step(
        needs=("feed_survey",),
        build=lambda b: surveyed(b["feed_survey"], b.site, end=b.end),
        lies=Lies.PARTS,
        changes_at=lambda b: next_answer(b["feed_survey"], b.end),
    ),
    TOLD_START: Step(needs=(TOLD_SURVEY,), build=lambda b: starting_surveys(b[TOLD_SURVEY])),
    "fact_survey_invitation": Step(
        needs=(TOLD_SURVEY,),
        also=(TOLD_START, *CREDIT),
        build=lambda b: fact_survey_invitation(b[TOLD_SURVEY], b[TOLD_START], b.credit, b.site),
        at_once=True,
        lies=Lies.PARTS,
        near=(Near(frames=CREDIT, by="tickets"),),
    ),
    "fact_survey_response": Step(
        needs=(TOLD_SURVEY,),
        also=CREDIT,
        build=lambda b: fact_survey_response(b[TOLD_SURVEY], b.credit, b.site, b.scales),
        lies=Lies.PARTS,
        near=(Near(frames=CREDIT, by="tickets"),),
    ),
    "fact_employee_invitation": Step(
        needs=(TOLD_SURVEY,), build=lambda b: fact_employee_invitation(b[TOLD_SURVEY], b.site), lies=Lies.PARTS
    ),
    "fact_employee_answer": Step(
        needs=(TOLD_SURVEY,),
        build=lambda b: fact_employee_answer(b[TOLD_SURVEY], b.site, b.scales),
        lies=Lies.PARTS,
    ),
}
