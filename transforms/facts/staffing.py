"""`fact_agent_day`: the days worked and the days employed, from whichever of the three staffing feeds are there.

Days of employment come from the spells of employees; for a team and month they do not cover, from the monthly
headcount, spread over the days of the month under an agent that stands for the team. An agent who is no person is not
counted. A leaver counts on the day after the last day of the spell: a spell that ended as a move is none, one without a
word is one when no other spell follows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from expectations.tables.fact_service import FACT_AGENT_DAY
from transforms.facts.people import People
from transforms.facts.shape import in_shape
from transforms.facts.workload import in_queue

TEAM_AGENT = "team:"
"""Prefix of the agent that stands for the people of a team of whom only the number is known."""
_KEY = ["source", "agent_id", "work_on"]
_WORKED = ["paid_s", "available_s", "handling_s", "productive_s"]
_EMPLOYED = ["headcount_days", "leavers", "voluntary_leavers"]
FEEDS = ("feed_agent_day", "feed_employee", "feed_headcount")


def fact_agent_day(
    feeds: Mapping[str, pl.LazyFrame],
    people: People | None,
    contacts: pl.LazyFrame | None,
    *,
    as_of: dt.date,
) -> pl.LazyFrame:
    """One row is an agent on a day of work or employment, up to the as-of day."""
    parts = []
    if people is not None:
        parts += [_employed(people.days()), _left(feeds["feed_employee"])]
    if "feed_headcount" in feeds:
        parts.append(_headcount(feeds["feed_headcount"], people))
    if "feed_agent_day" in feeds:
        parts.append(_worked(feeds["feed_agent_day"], people))
    empty = FACT_AGENT_DAY.empty()
    days = pl.concat([empty, *parts], how="diagonal").filter(pl.col("work_on") <= as_of)
    each = days.group_by(_KEY).agg(
        pl.col("team").drop_nulls().first(), pl.col(*_WORKED).max(), pl.col(*_EMPLOYED).sum()
    )
    return in_shape(_with_queues(each, contacts), FACT_AGENT_DAY)


def _with_queues(lf: pl.LazyFrame, contacts: pl.LazyFrame | None) -> pl.LazyFrame:
    """Whether the agent, or the team, had contacts waiting in a queue in the month."""
    if contacts is None:
        return lf.with_columns(is_on_queue=pl.lit(None, pl.Boolean()))
    queued, month = in_queue(contacts), pl.col("work_on").dt.month_start()
    by_team, by_agent = (
        queued.filter(pl.col(name).is_not_null())
        .select("month_on", name)
        .unique()
        .with_columns(pl.lit(value=True).alias(f"{name}_queues"))
        for name in ("team", "agent_id")
    )
    return (
        lf.with_columns(month_on=month)
        .join(by_team, on=["month_on", "team"], how="left")
        .join(by_agent, on=["month_on", "agent_id"], how="left")
        .with_columns(is_on_queue=pl.coalesce("team_queues", "agent_id_queues", pl.lit(value=False)))
    )


def _employed(people: pl.LazyFrame) -> pl.LazyFrame:
    return people.filter("is_human").select(
        "source", "agent_id", "team", work_on="day_on", headcount_days=pl.lit(1, pl.Int64())
    )


def _left(employees: pl.LazyFrame) -> pl.LazyFrame:
    """One row is a person who left the company, on the day after the last of the spell."""
    kind = pl.col("leave_kind")
    goes_on = pl.col("valid_from").shift(-1).over("agent_id", order_by="valid_from").is_not_null()
    return (
        employees.filter(pl.col("is_human").fill_null(value=True))
        .with_columns(is_gone=(kind != "move").fill_null(~goes_on))
        .filter("is_gone", pl.col("valid_to").is_not_null())
        .select(
            "source",
            "agent_id",
            "team",
            work_on=pl.col("valid_to").dt.offset_by("1d"),
            leavers=pl.lit(1, pl.Int64()),
            voluntary_leavers=(kind == "voluntary").fill_null(value=False).cast(pl.Int64),
        )
    )


def _headcount(headcount: pl.LazyFrame, people: People | None) -> pl.LazyFrame:
    """One row is a team on a day of a month whose people are only counted; leavers stand on its first day."""
    months = headcount.with_columns(month_on=pl.col("month_on").dt.month_start())
    if people is not None:
        listed = people.days().select("team", month_on=pl.col("day_on").dt.month_start()).unique()
        months = months.join(listed, on=["team", "month_on"], how="anti")
    is_first = pl.col("work_on") == pl.col("month_on")
    return (
        months.with_columns(work_on=pl.date_ranges("month_on", pl.col("month_on").dt.month_end()))
        .explode("work_on", empty_as_null=True, keep_nulls=True)
        .select(
            "source",
            "team",
            "work_on",
            agent_id=pl.lit(TEAM_AGENT) + pl.col("team"),
            headcount_days="headcount",
            leavers=pl.when(is_first).then("leavers"),
            voluntary_leavers=pl.when(is_first).then("voluntary_leavers"),
        )
    )


def _worked(agent_days: pl.LazyFrame, people: People | None) -> pl.LazyFrame:
    """One row is a day an agent worked; the team is that of the spell where the row names none."""
    rows = agent_days.select(*_KEY, "team", *_WORKED)
    if people is None:
        return rows
    asked = people.asked(rows, agent="agent_id", day="work_on")
    teams = asked.select("agent_id", work_on="day_on", team_of_spell="team")
    return (
        rows.join(teams, on=["agent_id", "work_on"], how="left")
        .with_columns(team=pl.coalesce("team", "team_of_spell"))
        .drop("team_of_spell")
    )
