"""Who works: days worked by agents, and the spells of employees in teams."""

from __future__ import annotations

from expectations.schema import Layer, Table, count, day, flag, seconds, text
from expectations.tables import common

FEED_AGENT_DAY = Table(
    name="feed_agent_day",
    layer=Layer.FEED,
    grain="an agent on a day",
    key=("source", "agent_id", "work_on"),
    clock="work_on",
    columns={
        "source": common.SOURCE,
        "agent_id": common.required(common.AGENT),
        "work_on": day("Work day.", required=True),
        "team": common.TEAM,
        "paid_s": seconds("Paid time.", at_most=86_400),
        "available_s": seconds("Time ready and waiting for work.", at_most=86_400),
        "handling_s": seconds("Time on contacts: talk, hold and work after.", at_most=86_400 * 4),
        "productive_s": seconds("Time on work of any kind the team counts as productive.", at_most=86_400),
        **common.PROVENANCE,
    },
)

FEED_EMPLOYEE = Table(
    name="feed_employee",
    layer=Layer.FEED,
    grain="a spell of an employee in a team",
    key=("source", "agent_id", "valid_from"),
    columns={
        "source": common.SOURCE,
        "agent_id": common.required(common.AGENT),
        "valid_from": day("First day in this team.", required=True),
        "valid_to": day("Last day in this team; null while it lasts.", not_before="valid_from"),
        "team": common.TEAM,
        "tier": count("Level of support of the employee, where it differs from the team's."),
        "is_human": flag("False for a bot or a shared account; null counts as yes."),
        "leave_kind": text(
            "How the spell ended: the person left (voluntary, involuntary) or moved inside the company (move).",
            one_of=("voluntary", "involuntary", "move"),
        ),
        "title": text("Function."),
        **common.PROVENANCE,
    },
)

FEED_HEADCOUNT = Table(
    name="feed_headcount",
    layer=Layer.FEED,
    grain="a team in a month",
    key=("source", "team", "month_on"),
    clock="month_on",
    columns={
        "source": common.SOURCE,
        "team": common.required(common.TEAM),
        "month_on": day("First day of the month.", required=True),
        "headcount": count("People employed on average in the month.", required=True),
        "leavers": count("People who left the company in the month.", required=True),
        "voluntary_leavers": count("Those of them who chose to."),
        **common.PROVENANCE,
    },
)
