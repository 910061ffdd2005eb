"""The facts of the core work in SQL: typed, the latest version of each row, by month, as zstd Parquet."""

# ruff: noqa: S608 -- no query has a word that is not ours
from __future__ import annotations

from pathlib import Path

import duckdb

_STAMP = "try_strptime({}, '%Y-%m-%dT%H:%M:%SZ')"
_COPY = "(format parquet, compression zstd, compression_level 1, partition_by (month), overwrite_or_ignore true)"
_COLUMNS = {
    "tickets": "ticket_id channel team agent_id customer_id created_at first_reply_at solved_at reopen_count status "
    "priority topic segment updated_at",
    "events": "event_id ticket_id at actor_type event team",
    "surveys": "response_id ticket_id sent_at answered_at kind scale score comment",
}
_NUMBERS = {"ticket_id": "bigint", "event_id": "bigint", "response_id": "bigint", "score": "double"}


def _read(raw: Path, feed: str) -> str:
    columns = ", ".join(f"'{name}': '{_NUMBERS.get(name, 'varchar')}'" for name in _COLUMNS[feed].split())
    return (
        f"read_csv('{raw}/{feed}/*.csv', header=true, auto_detect=false, delim=',', quote='\"', escape='\"', "
        f"columns={{{columns}}})"
    )


def local_day(at: str) -> str:
    """The day in Paris."""
    return f"cast({at} at time zone 'UTC' as date)"


def _month(day: str) -> str:
    return f"year({day}) * 100 + month({day})"


def _latest(view: str, key: str, version: str) -> str:
    """The latest version of each row: only keys that come twice are sorted."""
    twice = f"(select {key} from {view} group by 1 having count(*) > 1)"
    return (
        f"(select * from {view} where {key} not in {twice} union all "
        f"select distinct on ({key}) * from {view} where {key} in {twice} order by {key}, {version} desc)"
    )


def facts(con: duckdb.DuckDBPyConnection, raw: Path, out: Path) -> None:
    """Write the facts, and leave a view of each: fact_event, fact_ticket, fact_survey."""
    stamp = _STAMP.format
    con.execute(f"""create view event_rows as select event_id, ticket_id, {stamp('"at"')} as happened_at, event, team
        from {_read(raw, "events")} where ticket_id is not null and {stamp('"at"')} is not null""")
    con.execute(f"""copy (select *, {_month(local_day("happened_at"))} as month from
        {_latest("event_rows", "event_id", "happened_at")} where happened_at < getvariable('end_at'))
        to '{out}/fact_event' {_COPY}""")
    con.execute(f"""create view ticket_rows as select ticket_id, channel, team, agent_id, customer_id,
        {stamp("created_at")} as created_at, {stamp("first_reply_at")} as first_reply_at,
        {stamp("solved_at")} as solved_at, cast(reopen_count as int) as reopen_count, status, priority, topic, segment,
        {stamp("updated_at")} as updated_at from {_read(raw, "tickets")}""")
    con.execute("""create view sound_rows as select * from ticket_rows where created_at is not null
        and coalesce(first_reply_at >= created_at, true) and coalesce(solved_at >= created_at, true)""")
    con.execute(_lives(out))
    con.execute(f"copy ({_tickets()}) to '{out}/fact_ticket' {_COPY}")
    con.execute(f"""create view survey_rows as select response_id, ticket_id, {stamp("sent_at")} as sent_at,
        {stamp("answered_at")} as answered_at, kind, scale, score, comment from {_read(raw, "surveys")}""")
    con.execute("""create table scale as select * from (values ('1-5', 1, 5, 4, false), ('faces_3', 1, 3, 3, false),
        ('1-10', 1, 10, 8, false), ('0-100', 0, 100, 80, false), ('0-10', 0, 10, 8, false), ('ease_1-7', 1, 7, 5, false),
        ('effort_1-5', 1, 5, 2, true)) s(scale, low, high, good_from, is_low_good)""")
    con.execute(f"""copy (select *, {_month(local_day("sent_at"))} as month from
        {_latest("survey_rows", "response_id", "sent_at")} join scale using (scale)
        where score is null or score between low and high) to '{out}/fact_survey' {_COPY}""")
    for fact in ("event", "ticket", "survey"):
        con.execute(
            f"create view fact_{fact} as select * exclude (month) from read_parquet('{out}/fact_{fact}/*/*.parquet')"
        )


def _lives(out: Path) -> str:
    """What the events tell of each ticket: one window over its events, then one grouping."""
    return f"""create table life as with e as (select *,
        min(happened_at) filter (event in ('created', 'message')) over t as asked_at,
        lag(case when event in ('created', 'message') then 1 when event = 'reply' then 2 end ignore nulls) over w as spoke,
        lag(case when event in ('solved', 'reopened') then event end ignore nulls) over w as state,
        lag(team ignore nulls) over w as team_before
        from read_parquet('{out}/fact_event/*/*.parquet')
        window t as (partition by ticket_id), w as (partition by ticket_id
            order by happened_at, case event when 'created' then 0 when 'message' then 1 else 2 end, event_id))
      select ticket_id, min(happened_at) filter (event = 'created') as told_created_at, min(asked_at) as asked_at,
        min(happened_at) filter (event = 'reply' and happened_at >= asked_at) as told_response_at,
        count(*) filter (event = 'reply' and happened_at >= asked_at) as replies,
        count(*) filter (event in ('created', 'message') and spoke is distinct from 1) as contacts,
        count(*) filter (event in ('solved', 'reopened')) > 0 as has_state,
        min(happened_at) filter (event = 'solved' and state is distinct from 'solved') as told_first_solved_at,
        max(happened_at) filter (event = 'solved' and state is distinct from 'solved') as told_solved_at,
        count(*) filter (event = 'reopened' and state = 'solved') as told_reopens,
        arg_max(event, happened_at) filter (event in ('solved', 'reopened')) = 'solved' as is_done,
        arg_max(team, happened_at) filter (team is not null) as told_team,
        count(*) filter (team <> team_before) as moves
      from e group by ticket_id"""


def _open(at: str, day: str) -> str:
    return f"({day}.before_s + least(greatest(epoch({at})::bigint % 86400 - {day}.opens_s, 0), {day}.length_s))"


def _tickets() -> str:
    """One row a ticket: what its events tell, else its own row; both clocks, and whether the customer came back."""
    day = "opening {0} on {0}.day = epoch({1})::bigint // 86400"
    return f"""with k as (select coalesce(t.ticket_id, l.ticket_id) as ticket_id, channel, coalesce(told_team, team) as team,
        agent_id, customer_id, segment, priority, topic, l.ticket_id is not null as has_events,
        coalesce(created_at, told_created_at) as created_at, asked_at, told_response_at, first_reply_at, has_state,
        case when has_state then told_first_solved_at else solved_at end as first_solved_at,
        case when has_state then case when is_done then told_solved_at end when status = 'solved' then solved_at end
            as solved_at,
        case when has_state then told_reopens else coalesce(reopen_count, 0) end as reopens,
        case when channel = 'chat' then least(contacts, 1) else contacts end as contacts,
        case when channel = 'chat' then least(replies, 1) else replies end as replies,
        case when l.ticket_id is not null then coalesce(moves, 0) end as moves
        from {_latest("sound_rows", "ticket_id", "updated_at")} t full join life l on t.ticket_id = l.ticket_id),
      c as (select * exclude (asked_at, told_response_at, first_reply_at), coalesce(asked_at, created_at) as asked_at,
        case when has_events then told_response_at else first_reply_at end as response_at from k
        where created_at is not null),
      r as (select c.*, o.created_at as again_at from c asof left join
        (select customer_id, topic, created_at from c where customer_id is not null) o
        on c.customer_id = o.customer_id and c.topic = o.topic and o.created_at > c.solved_at)
      select r.* exclude (again_at), {local_day("created_at")} as created_on, {local_day("response_at")} as first_response_on,
        {local_day("solved_at")} as resolved_on, {local_day("first_solved_at")} as first_resolved_on,
        epoch(response_at)::bigint - epoch(asked_at)::bigint as first_response_calendar_s,
        {_open("response_at", "dr")} - {_open("asked_at", "da")} as first_response_business_s,
        epoch(solved_at)::bigint - epoch(created_at)::bigint as resolution_calendar_s,
        {_open("solved_at", "ds")} - {_open("created_at", "dc")} as resolution_business_s,
        solved_at is not null and (coalesce(replies > 0, false) or response_at is not null)
            and solved_at + interval 7 day <= getvariable('end_at') as is_due,
        case when customer_id is not null and solved_at is not null and contacts is not null then replies = 1
            and reopens = 0 and contacts = 1 and moves = 0
            and not coalesce(again_at <= solved_at + interval 7 day, false) end as is_fcr,
        {_month(local_day("created_at"))} as month
      from r left join {day.format("dc", "created_at")} left join {day.format("da", "asked_at")}
        left join {day.format("dr", "response_at")} left join {day.format("ds", "solved_at")}"""
