"""Survey invitations and answers: one row is either, or both at once."""

from __future__ import annotations

import polars as pl

from expectations.schema import Layer, Personal, Rule, Table, count, flag, instant, text
from expectations.tables import common

CUSTOMER_KINDS = ("csat", "nps", "ces")
EMPLOYEE_KINDS = ("enps", "engagement")
"""Surveys of the team itself: nothing about fewer than five answers is published, and no answer by itself."""
SURVEY_KINDS = (*CUSTOMER_KINDS, *EMPLOYEE_KINDS)

FEED_SURVEY = Table(
    name="feed_survey",
    layer=Layer.FEED,
    grain="an invitation to a survey, an answer to one, or both in one row",
    key=("source", "response_id"),
    clock="dated_at",
    version="updated_at",
    columns={
        "source": common.SOURCE,
        "response_id": text(
            "Number of the row in its source (the answer's, or the invitation's where nobody answered).", required=True
        ),
        "invitation_id": text(
            "Invitation that the answer belongs to; several answers to one invitation share it.", required=True
        ),
        "dated_at": instant("The answer's instant, else the start's, else the invitation's.", required=True),
        "updated_at": instant("When the source last changed the row; the latest version wins."),
        "kind": text("What is measured.", required=True, one_of=SURVEY_KINDS),
        "survey": text("Name of the survey.", dimension="survey"),
        "question": text("Item of a questionnaire with several; null where the survey is one question."),
        "variant": text("Variant of the survey in an experiment."),
        "scale": text("Scale of the question, one of the declared scales.", required=True),
        "score_milli": count(
            "The answer, in thousandths of a step of its scale; null where nobody answered.", unit="1/1000 step"
        ),
        "scale_low_milli": count("Lowest answer of the scale.", required=True, unit="1/1000 step"),
        "scale_high_milli": count("Highest answer of the scale.", required=True, unit="1/1000 step"),
        "sent_at": instant("When the invitation was sent."),
        "started_at": instant("When the survey was opened or shown."),
        "answered_at": instant("When the question was answered."),
        "interaction_at": instant("When the interaction asked about took place."),
        "is_bounced": flag("The invitation could not be delivered."),
        "is_opted_out": flag("The person had opted out before sending."),
        "is_shown": flag("The question was shown."),
        "is_completed": flag("All required questions were answered."),
        "is_test": flag("A test of the team's own."),
        "ticket_id": text("Ticket asked about."),
        "customer_id": common.CUSTOMER,
        "agent_id": common.AGENT,
        **common.CUTS,
        "topic": common.TOPIC,
        "product": text("Product or site asked about."),
        "dissatisfaction_reason": text("Reason given by a dissatisfied customer."),
        "verbatim": text("What the person wrote, masked.", personal=Personal.MASKED),
        **common.PROVENANCE,
    },
    rules={
        "score_is_on_its_scale": Rule(
            holds=pl.col("score_milli").is_between(pl.col("scale_low_milli"), pl.col("scale_high_milli")),
            columns=("score_milli", "scale_low_milli", "scale_high_milli"),
            about="The answer lies between the lowest and the highest answer of its scale.",
        ),
        "nps_is_a_whole_number": Rule(
            holds=~pl.col("kind").is_in(["nps", "enps"]) | (pl.col("score_milli") % 1000 == 0),
            columns=("kind", "score_milli"),
            about="A recommendation is a whole number.",
        ),
        "answer_has_an_instant": Rule(
            holds=pl.col("score_milli").is_null() | pl.col("answered_at").is_not_null(),
            columns=("score_milli", "answered_at"),
            about="An answer says when it was given.",
        ),
    },
)
