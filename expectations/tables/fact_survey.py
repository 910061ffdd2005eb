"""Survey invitations, and the answer that counts for each: customers' in the open, employees' never row by row."""

from __future__ import annotations

from expectations.schema import Column, Layer, Personal, Table, count, day, flag, instant, seconds, text
from expectations.tables import common
from expectations.tables.feed_survey import CUSTOMER_KINDS, EMPLOYEE_KINDS

_ABOUT_SURVEY = {
    "source": common.SOURCE,
    "kind": text("What is measured.", required=True, one_of=CUSTOMER_KINDS),
    "survey": text("Name of the survey.", dimension="survey"),
    "variant": text("Variant of the survey in an experiment."),
    **common.CUTS,
    "agent_id": common.AGENT,
    "customer_id": common.CUSTOMER,
    "topic": common.TOPIC,
    "product": text("Product or site asked about."),
    "ticket_id": text("Ticket asked about."),
}

FACT_SURVEY_INVITATION = Table(
    name="fact_survey_invitation",
    layer=Layer.FACT,
    grain="an invitation of a customer to a survey",
    key=("source", "kind", "invitation_id"),
    clock="sent_on",
    columns={
        "invitation_id": text("Number of the invitation in its source.", required=True),
        **_ABOUT_SURVEY,
        "sent_at": instant("When the invitation was sent.", required=True),
        "sent_on": day("Day it was sent.", required=True),
        "invitation_lag_s": seconds("From the interaction to the invitation.", at_least=None),
        "answer_lag_s": seconds("From the invitation to the first answer.", at_least=None),
        "is_counted": flag("Not a test.", required=True),
        "is_delivered": flag("Neither bounced nor opted out before.", required=True),
        "is_started": flag("Opened, or answered, within the window."),
        "is_completed": flag("All required questions answered, within the window."),
        "is_shown": flag("The question was shown."),
        "is_skipped": flag("Shown and not answered."),
        "is_responded": flag("At least one scored answer within the window.", required=True),
    },
)

FACT_SURVEY_RESPONSE = Table(
    name="fact_survey_response",
    layer=Layer.FACT,
    grain="the answer that counts for a question of an invitation: the last inside the window",
    key=("source", "kind", "invitation_id", "question"),
    clock="answered_on",
    columns={
        "response_id": text("Number of the answer in its source.", required=True),
        "invitation_id": text("Invitation it answers.", required=True),
        "question": text("Item of a questionnaire with several."),
        **_ABOUT_SURVEY,
        "answered_at": instant("When the question was answered.", required=True),
        "answered_on": day("Day it was answered.", required=True),
        "scale": text("Scale of the question.", required=True, dimension="scale"),
        "score_milli": count("The answer, in thousandths of a step of its scale.", required=True, unit="1/1000 step"),
        "index_parts": count(
            "The answer from worst (0) to best (900,000), in 1/9,000 point: exact for every scale, up is better.",
            required=True,
            unit="1/9000 point",
            at_most=900_000,
        ),
        "is_counted": flag("A valid answer, not a test.", required=True),
        "is_satisfied": flag("CSAT: satisfied by the declaration of the scale; null for other kinds."),
        "is_promoter": flag("NPS: 9 or 10; null for other kinds."),
        "is_passive": flag("NPS: 7 or 8; null for other kinds."),
        "is_detractor": flag("NPS: 0 to 6; null for other kinds."),
        "is_easy": flag("CES: easy by the declaration of the scale; null for other kinds."),
        "dissatisfaction_reason": text("Reason given by a dissatisfied customer."),
        "verbatim": Column(dtype=common.TEAM.dtype, about="What the person wrote, masked.", personal=Personal.MASKED),
    },
)

_ABOUT_EMPLOYEE = {
    "source": common.SOURCE,
    "kind": text("What is measured.", required=True, one_of=EMPLOYEE_KINDS),
    "invitation_id": text("Number of the invitation in its source; nothing here says whose it was.", required=True),
    "team": common.TEAM,
}

FACT_EMPLOYEE_INVITATION = Table(
    name="fact_employee_invitation",
    layer=Layer.FACT,
    grain="an invitation of an employee to a survey",
    key=("source", "kind", "invitation_id"),
    clock="sent_on",
    published=False,
    columns={
        **_ABOUT_EMPLOYEE,
        "sent_on": day("Day it was sent.", required=True),
        "is_counted": flag("Not a test.", required=True),
        "is_delivered": flag("Neither bounced nor opted out before.", required=True),
        "is_responded": flag("At least one scored answer within the window.", required=True),
    },
)

FACT_EMPLOYEE_ANSWER = Table(
    name="fact_employee_answer",
    layer=Layer.FACT,
    grain="a survey that an employee answered, with all its questions",
    key=("source", "kind", "invitation_id"),
    clock="answered_on",
    published=False,
    columns={
        **_ABOUT_EMPLOYEE,
        "answered_on": day("Day of the last answer that counts.", required=True),
        "question_count": count("Questions answered.", required=True, at_least=1),
        "index_parts": count(
            "Mean of the questions answered, from worst (0) to best (900,000).",
            required=True,
            unit="1/9000 point",
            at_most=900_000,
        ),
        "is_counted": flag("Not a test.", required=True),
        "is_promoter": flag("eNPS: 9 or 10; null for other kinds."),
        "is_passive": flag("eNPS: 7 or 8; null for other kinds."),
        "is_detractor": flag("eNPS: 0 to 6; null for other kinds."),
    },
)
