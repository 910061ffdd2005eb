"""The data model: one file per table, or per family of tables that share their columns."""

from __future__ import annotations

from expectations.schema import Table
from expectations.tables.analysis import ANALYSIS_TABLES
from expectations.tables.dimensions import DIMENSIONS
from expectations.tables.fact_commerce import (
    FACT_CART,
    FACT_CART_CUSTOMER_PERIOD,
    FACT_CUSTOMER_COHORT,
    FACT_CUSTOMER_PERIOD,
    FACT_CUSTOMER_VALUE,
    FACT_ORDER,
    FACT_SERVICE_REVENUE,
)
from expectations.tables.fact_quality import FACT_QUALITY_CATEGORY, FACT_QUALITY_REVIEW
from expectations.tables.fact_self_service import FACT_ARTICLE_VIEW, FACT_BOT_SESSION, FACT_HELP_SESSION
from expectations.tables.fact_service import FACT_AGENT_DAY, FACT_CONTACT, FACT_COST_ALLOCATION, FACT_REQUIRED_STAFF
from expectations.tables.fact_survey import (
    FACT_EMPLOYEE_ANSWER,
    FACT_EMPLOYEE_INVITATION,
    FACT_SURVEY_INVITATION,
    FACT_SURVEY_RESPONSE,
)
from expectations.tables.fact_ticket import FACT_BACKLOG_DAILY, FACT_DURATION_HISTOGRAM, FACT_TICKET, FACT_TICKET_EVENT
from expectations.tables.feed_commerce import FEED_CART, FEED_CUSTOMER, FEED_ORDER
from expectations.tables.feed_contact import FEED_CONTACT, FEED_CONTACT_DAY
from expectations.tables.feed_cost import FEED_COST
from expectations.tables.feed_quality_review import FEED_QUALITY_REVIEW
from expectations.tables.feed_self_service import FEED_ARTICLE_VIEW, FEED_BOT_SESSION
from expectations.tables.feed_staffing import FEED_AGENT_DAY, FEED_EMPLOYEE, FEED_HEADCOUNT
from expectations.tables.feed_survey import FEED_SURVEY
from expectations.tables.feed_ticket import FEED_TICKET
from expectations.tables.feed_ticket_event import FEED_TICKET_EVENT
from expectations.tables.metric import META_EXPORT, META_RUN, META_TABLE, METRIC_MISSING, METRIC_VALUES, RECONCILIATION

FEEDS: dict[str, Table] = {
    table.name: table
    for table in (
        FEED_SURVEY,
        FEED_TICKET,
        FEED_TICKET_EVENT,
        FEED_CONTACT,
        FEED_CONTACT_DAY,
        FEED_AGENT_DAY,
        FEED_EMPLOYEE,
        FEED_HEADCOUNT,
        FEED_COST,
        FEED_QUALITY_REVIEW,
        FEED_ORDER,
        FEED_CART,
        FEED_CUSTOMER,
        FEED_ARTICLE_VIEW,
        FEED_BOT_SESSION,
    )
}
FACTS: dict[str, Table] = {
    table.name: table
    for table in (
        FACT_TICKET,
        FACT_TICKET_EVENT,
        FACT_CONTACT,
        FACT_SURVEY_INVITATION,
        FACT_SURVEY_RESPONSE,
        FACT_EMPLOYEE_INVITATION,
        FACT_EMPLOYEE_ANSWER,
        FACT_AGENT_DAY,
        FACT_REQUIRED_STAFF,
        FACT_COST_ALLOCATION,
        FACT_QUALITY_REVIEW,
        FACT_QUALITY_CATEGORY,
        FACT_ORDER,
        FACT_SERVICE_REVENUE,
        FACT_CART,
        FACT_CART_CUSTOMER_PERIOD,
        FACT_CUSTOMER_PERIOD,
        FACT_CUSTOMER_COHORT,
        FACT_CUSTOMER_VALUE,
        FACT_ARTICLE_VIEW,
        FACT_HELP_SESSION,
        FACT_BOT_SESSION,
        FACT_BACKLOG_DAILY,
        FACT_DURATION_HISTOGRAM,
    )
}
REPORTS: dict[str, Table] = {
    t.name: t for t in (META_RUN, META_TABLE, META_EXPORT, RECONCILIATION, METRIC_MISSING, *ANALYSIS_TABLES)
}
TABLES: dict[str, Table] = (
    FEEDS | FACTS | {t.name: t for t in DIMENSIONS} | {t.name: t for t in METRIC_VALUES.values()} | REPORTS
)
