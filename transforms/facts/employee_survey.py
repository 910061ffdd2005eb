"""`fact_employee_invitation` and `fact_employee_answer`: what the team itself is asked.

They stay inside the house and hold no person, no words and no cut but the team: a row here is one employee's answer.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from expectations.tables.fact_survey import FACT_EMPLOYEE_ANSWER, FACT_EMPLOYEE_INVITATION
from expectations.tables.feed_survey import EMPLOYEE_KINDS
from transforms.calendar import local_day
from transforms.facts.shape import in_shape
from transforms.facts.survey import INVITATION, last_answers, scored
from transforms.scales import Scale
from transforms.site import Site

OF_EMPLOYEES = pl.col("kind").is_in(EMPLOYEE_KINDS)
_IS_NO_TEST = ~pl.col("is_test").fill_null(value=False)


def fact_employee_invitation(rows: pl.LazyFrame, site: Site) -> pl.LazyFrame:
    """One row is an invitation of an employee whose sending is known."""
    refused = [pl.col(name).fill_null(value=False).any() for name in ("is_bounced", "is_opted_out")]
    invited = (
        rows.filter(OF_EMPLOYEES, pl.col("sent_at").is_not_null())
        .group_by(INVITATION)
        .agg(
            pl.col("team", "sent_at", "is_test").drop_nulls().last(),
            is_delivered=~(refused[0] | refused[1]),
            is_responded=pl.col("counts").any(),
        )
    )
    days = invited.with_columns(sent_on=local_day("sent_at", site.zone), is_counted=_IS_NO_TEST)
    return in_shape(days, FACT_EMPLOYEE_INVITATION)


def fact_employee_answer(rows: pl.LazyFrame, site: Site, scales: Mapping[str, Scale]) -> pl.LazyFrame:
    """One row is an employee's answered survey: a person counts once, however many questions were put.

    Of a recommendation asked in several questions, the last answer tells promoters from detractors.
    """
    flags = [pl.col(name).last() for name in ("is_promoter", "is_passive", "is_detractor")]
    answered = (
        scored(last_answers(rows.filter(OF_EMPLOYEES)), scales)
        .sort(*INVITATION, "answered_at", "question", "slot", "line")
        .group_by(INVITATION)
        .agg(
            pl.col("team", "answered_at", "is_test").drop_nulls().last(),
            *flags,
            question_count=pl.len(),
            index_parts=(2 * pl.col("index_parts").sum() + pl.len()) // (2 * pl.len()),
        )
    )
    days = answered.with_columns(answered_on=local_day("answered_at", site.zone), is_counted=_IS_NO_TEST)
    return in_shape(days, FACT_EMPLOYEE_ANSWER)
