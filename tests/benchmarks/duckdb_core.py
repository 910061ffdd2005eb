"""The core work in SQL: `python -m tests.benchmarks.duckdb_core RAW OUT AS_OF`, tuned as far as we know how.

Facts are written by month as zstd Parquet and read back; what adds up is added up once by day and cell and rolled up
from there; only percentiles read the tickets once for each grain.
"""

# ruff: noqa: S608 -- no query has a word that is not ours
from __future__ import annotations

import datetime as dt
import shutil
import sys
from pathlib import Path

import duckdb
import pyarrow as pa

from tests.benchmarks import core, openings
from tests.benchmarks.duckdb_facts import facts, local_day

_MEMORY = "10GB"
"""More than it takes at five million tickets: it may spill where there are more, for others use the machine."""
_WAIT = {"first_response": "first_response_on", "resolution": "resolved_on"}


def run(raw: Path, out: Path, as_of: dt.date) -> None:
    """Facts, then the tables of the four grains."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    con = duckdb.connect()
    con.execute("set timezone='Europe/Paris'; set preserve_insertion_order=false; set enable_progress_bar=false")
    con.execute(f"set memory_limit='{_MEMORY}'")
    con.execute(
        f"set temp_directory='{out / 'spill'}'; set variable end_at = make_timestamp({openings.end_s(as_of)}000000)"
    )
    con.register("opening_", pa.table(openings.opening_days()))
    con.execute("create table opening as select * from opening_")
    facts(con, raw, out)
    _cells(con, raw, as_of)
    for grain in core.GRAINS:
        con.execute(f"copy ({_table(grain)}) to '{out}/core_{grain}.parquet' (format parquet, compression zstd)")


def _cells(con: duckdb.DuckDBPyConnection, raw: Path, as_of: dt.date) -> None:
    """Sums by metric, day, channel and team; the backlog of every day; the ledger."""
    by = "channel, team, {} as day"
    ratios = [
        ("ticket_volume", "fact_ticket", "created_on", "count(*)", "0"),
        ("resolved_volume", "fact_ticket", "resolved_on", "count(*)", "0"),
        (
            "fcr_rate",
            "fact_ticket",
            "resolved_on",
            "count(*) filter (is_due and is_fcr)",
            "count(is_fcr) filter (is_due)",
        ),
        ("contacts_per_case", "fact_ticket", "resolved_on", "sum(contacts)", "count(contacts)"),
        ("reopen_rate", "fact_ticket", "first_resolved_on", "count(*) filter (reopens > 0)", "count(reopens)"),
        ("csat", "answer", "day", "count(*) filter (kind = 'csat' and is_good)", "count(*) filter (kind = 'csat')"),
        (
            "nps",
            "answer",
            "day",
            "count(*) filter (kind = 'nps' and score >= 9) - count(*) filter (kind = 'nps' and score < 7)",
            "count(*) filter (kind = 'nps')",
        ),
        (
            "ces_easy_rate",
            "answer",
            "day",
            "count(*) filter (kind = 'ces' and is_good)",
            "count(*) filter (kind = 'ces')",
        ),
        ("ces_ease_index", "answer", "day", "sum(parts) filter (kind = 'ces')", "count(*) filter (kind = 'ces')"),
    ]
    for wait, date in _WAIT.items():
        for clock in ("calendar", "business"):
            column = f"{wait}_{clock}_s"
            ratios.append((f"{wait}_time_{clock}_mean", "fact_ticket", date, f"sum({column})", f"count({column})"))
    con.execute(f"""create table answer as select t.channel, coalesce(e.team, t.team) as team, kind, score,
        {local_day("answered_at")} as day, case when is_low_good then score <= good_from else score >= good_from end as is_good,
        (case when is_low_good then high - score else score - low end * 1000)::bigint * 900000 // ((high - low) * 1000) as parts
        from fact_survey s left join fact_ticket t using (ticket_id) asof left join
        (select ticket_id, happened_at, team from fact_event where team is not null) e
        on e.ticket_id = t.ticket_id and e.happened_at <= s.answered_at
        where score is not null and answered_at <= sent_at + interval 14 day and answered_at < getvariable('end_at')""")
    each: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for name, fact, date, above, below in ratios:
        each.setdefault((fact, date), []).append((name, above, below))
    parts = []
    for (fact, date), measures in each.items():
        sums = ", ".join(f"{above} as a{n}, {below} as b{n}" for n, (_, above, below) in enumerate(measures))
        con.execute(
            f"create table d_{fact}_{date} as select {by.format(date)}, {sums} from {fact} where {date} is not null group by all"
        )
        parts += [
            f"select '{name}' as metric_id, channel, team, day, a{n}::bigint as above, b{n}::bigint as below from d_{fact}_{date}"
            for n, (name, _, _) in enumerate(measures)
        ]
    con.execute(f"create table sums as {' union all '.join(parts)}")
    con.execute(f"""create table stock as with m as (
        select channel, team, created_on as day, 1 as n from fact_ticket union all
        select channel, team, resolved_on, -1 from fact_ticket where not has_state and resolved_on is not null union all
        select t.channel, t.team, {local_day("happened_at")}, case when event = 'solved' then -1 else 1 end from
        (select ticket_id, happened_at, event, lag(event) over (partition by ticket_id order by happened_at, event_id) as before
            from fact_event where event in ('solved', 'reopened')) e join fact_ticket t using (ticket_id)
        where (event = 'solved' and before is distinct from 'solved') or (event = 'reopened' and before = 'solved')),
      d as (select channel, team, day, sum(n)::bigint as n from m group by all),
      g as (select channel, team, unnest(range(min(day), date '{as_of}' + interval 1 day, interval 1 day))::date as day from d group by 1, 2)
      select g.channel, g.team, g.day, sum(coalesce(n, 0)) over (partition by g.channel, g.team order by g.day)::bigint as n
      from g left join d on g.day = d.day and g.channel is not distinct from d.channel
        and g.team is not distinct from d.team""")
    con.execute(f"""create table cost as with l as (select month as month_on, channel, sum(amount)::decimal(18, 2) as amount
        from read_csv('{raw}/costs/*.csv', header=true, columns={{'entry_id': 'bigint', 'month': 'date',
            'channel': 'varchar', 'kind': 'varchar', 'amount': 'decimal(18, 2)'}}) group by all),
      h as (select date_trunc('month', first_response_on)::date as month_on, channel, count(*) as n from fact_ticket
        where first_response_on is not null group by all)
      select month_on as day, channel, (coalesce(amount, 0) * 100)::bigint as above, coalesce(n, 0) as below
      from l full join h using (month_on, channel) where month_on in (select month_on from l)""")


def _table(grain: str) -> str:
    """Every value of a grain: sums rolled up, the stock of the last day, percentiles of the tickets."""
    period = f"date_trunc('{grain}', day)::date"
    sets = (
        "grouping sets ((metric_id, p), (metric_id, p, channel), (metric_id, p, team), (metric_id, p, channel, team))"
    )
    name = "case grouping(channel, team) when 0 then 'channel_team' when 1 then 'channel' when 2 then 'team' else 'total' end"
    head = f"metric_id, p as period_start, {name} as grouping_set, channel, team"
    parts = [
        f"""select {head}, sum(above)::bigint as numerator, sum(below)::bigint as denominator, null::double as value
            from (select *, {period} as p from sums) group by {sets}""",
        f"""select {head}, sum(n)::bigint, 0, null from (select 'backlog' as metric_id, channel, team, n, {period} as p
            from stock where day = (select max(day) from stock)
            or {period} <> date_trunc('{grain}', day + 1)::date) group by {sets}""",
    ]
    if grain in {"month", "quarter"}:
        cost = "grouping sets ((metric_id, p), (metric_id, p, channel))"
        which = "case grouping(channel) when 0 then 'channel' else 'total' end"
        parts.append(
            f"select metric_id, p, {which}, channel, null, sum(above)::bigint, sum(below)::bigint, null from "
            f"(select '{core.COST}' as metric_id, *, {period} as p from cost) group by {cost}"
        )
    for wait, date in _WAIT.items():
        quantiles = ", ".join(
            f"quantile_cont({wait}_{clock}_s, [0.5, 0.9]) as {clock}" for clock in ("calendar", "business")
        )
        rows = (
            f"(select {head.replace('metric_id, ', '')}, {quantiles} from (select *, date_trunc('{grain}', {date})::date as p "
            f"from fact_ticket where {date} is not null) group by {sets.replace('metric_id, ', '')})"
        )
        parts += [
            f"select '{wait}_time_{clock}_p{percent}', period_start, grouping_set, channel, team, null, null, {clock}[{n}] from {rows}"
            for clock in ("calendar", "business")
            for n, percent in ((1, 50), (2, 90))
        ]
    return " union all ".join(parts) + " order by 1, 2, 3, 4, 5"


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), dt.date.fromisoformat(sys.argv[3]))
