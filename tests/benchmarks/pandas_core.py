"""The core work in pandas: `python -m tests.benchmarks.pandas_core RAW OUT AS_OF`, whole columns at a time."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from tests.benchmarks import core, openings
from tests.benchmarks.pandas_facts import (
    Frame,
    answers,
    changed_states,
    event_fact,
    local_day,
    survey_fact,
    ticket_fact,
    ticket_lives,
    write_fact,
)

_WAIT = {"first_response": "first_response_on", "resolution": "resolved_on"}
_FREQUENCY = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q"}


def run(raw: Path, out: Path, as_of: dt.date) -> None:
    """Facts, then the tables of the four grains."""
    shutil.rmtree(out, ignore_errors=True)
    end = pd.Timestamp(openings.end_s(as_of), unit="s")
    events = event_fact(raw, end)
    write_fact(events, "happened_at", out / "fact_event")
    tickets = ticket_fact(raw, ticket_lives(events), end)
    write_fact(tickets, "created_at", out / "fact_ticket")
    surveys = survey_fact(raw)
    write_fact(surveys, "sent_at", out / "fact_survey")
    sums = _sums(tickets, answers(surveys, tickets, events, end))
    stock, cost = _stock(tickets, events, as_of), _cost(raw, tickets)
    for grain in core.GRAINS:
        parts = [_rolled(sums, grain), _rolled(_last_days(stock, grain), grain), *_percentiles(tickets, grain)]
        if grain in {"month", "quarter"}:
            parts.append(_rolled(cost, grain, sets=("total", "channel")))
        pd.concat(parts, ignore_index=True).to_parquet(out / f"core_{grain}.parquet", compression="zstd")


def _sums(t: Frame, a: Frame) -> Frame:
    """Sums by metric, day, channel and team."""
    one, is_csat, is_nps, is_ces = 1, a["kind"] == "csat", a["kind"] == "nps", a["kind"] == "ces"
    found = [
        _summed("ticket_volume", t, "created_on", one, 0),
        _summed("resolved_volume", t, "resolved_on", one, 0),
        _summed("fcr_rate", t, "resolved_on", t["is_fcr"], t["is_told"]),
        _summed("contacts_per_case", t, "resolved_on", t["contacts"].fillna(0), t["contacts"].notna()),
        _summed("reopen_rate", t, "first_resolved_on", t["reopens"] > 0, one),
        _summed("csat", a, "day", is_csat & a["is_good"], is_csat),
        _summed("nps", a, "day", (is_nps & (a["score"] >= 9)).astype(int) - (is_nps & (a["score"] < 7)), is_nps),
        _summed("ces_easy_rate", a, "day", is_ces & a["is_good"], is_ces),
        _summed("ces_ease_index", a, "day", a["parts"].where(is_ces, 0), is_ces),
    ]
    for wait, date in _WAIT.items():
        for clock in ("calendar", "business"):
            s = t[f"{wait}_{clock}_s"]
            found.append(_summed(f"{wait}_time_{clock}_mean", t, date, s.fillna(0), s.notna()))
    return pd.concat(found, ignore_index=True)


def _summed(name: str, rows: Frame, date: str, above: object, below: object) -> Frame:
    frame = rows[["channel", "team"]].assign(day=rows[date], above=above, below=below)
    frame["channel"] = frame["channel"].astype("category")
    sums = (
        frame.groupby(["day", "channel", "team"], dropna=False, observed=True)[["above", "below"]].sum().reset_index()
    )
    return sums[sums["day"].notna()].assign(metric_id=name)


def _stock(t: Frame, events: Frame, as_of: dt.date) -> Frame:
    """Open tickets at the end of each day."""
    states = changed_states(events.sort_values(["ticket_id", "happened_at", "event_id"]))
    states = states[states["enters"] | states["leaves"]].merge(t[["ticket_id", "channel", "team"]], on="ticket_id")
    states = states.assign(day=local_day(states["happened_at"]), n=np.where(states["enters"], -1, 1))
    own = t[~t["has_state"].eq(other=True) & t["solved_at"].notna()]
    cell = ["channel", "team"]
    moves = pd.concat(
        [
            t[cell].assign(day=t["created_on"], n=1),
            own[cell].assign(day=own["resolved_on"], n=-1),
            states[[*cell, "day", "n"]],
        ]
    )
    moves["channel"] = moves["channel"].astype("str")
    daily = moves.groupby(["day", *cell], dropna=False)["n"].sum().unstack(cell, fill_value=0)  # noqa: PD010 -- a cube of days and cells
    daily = daily.reindex(pd.date_range(daily.index.min(), pd.Timestamp(as_of), name="day"), fill_value=0).cumsum()
    daily.columns = pd.MultiIndex.from_tuples(list(daily.columns), names=cell)
    long = daily.melt(ignore_index=False, value_name="above").reset_index()
    return long.assign(below=0, metric_id="backlog")


def _cost(raw: Path, t: Frame) -> Frame:
    ledger = pd.concat([pd.read_csv(p, parse_dates=["month"]) for p in sorted((raw / "costs").glob("*.csv"))])
    ledger["above"] = (ledger["amount"] * 100).round().astype("int64")
    paid = ledger.groupby(["month", "channel"])["above"].sum()
    handled = t[t["first_response_on"].notna()]
    month = handled["first_response_on"].dt.to_period("M").dt.start_time.astype(ledger["month"].dtype).rename("month")
    below = handled.groupby([month, handled["channel"].astype("str")], dropna=False).size().rename("below")
    both = pd.concat([paid, below], axis=1).fillna(0).astype("int64").reset_index()
    both = both[both["month"].isin(ledger["month"])].rename(columns={"month": "day"})
    return both.assign(team=None, metric_id=core.COST)


def _last_days(stock: Frame, grain: str) -> Frame:
    period = stock["day"].dt.to_period(_FREQUENCY[grain])
    return stock[stock["day"] == stock["day"].groupby(period).transform("max")]


def _rolled(sums: Frame, grain: str, sets: tuple[str, ...] = tuple(core.SETS)) -> Frame:
    """Sums of days added up to periods, for each cut."""
    start = sums["day"].dt.to_period(_FREQUENCY[grain]).dt.start_time
    rows = sums.assign(period_start=start)
    parts = []
    for name in sets:
        keys = ["metric_id", "period_start", *core.SETS[name]]
        added = rows.groupby(keys, dropna=False, observed=True)[["above", "below"]].sum().reset_index()
        parts.append(added.assign(grouping_set=name))
    return _shaped(pd.concat(parts, ignore_index=True).rename(columns={"above": "numerator", "below": "denominator"}))


def _percentiles(t: Frame, grain: str) -> list[Frame]:
    found = []
    for wait, date in _WAIT.items():
        columns = {f"{wait}_{clock}_s": clock for clock in ("calendar", "business")}
        rows = t.loc[t[date].notna(), ["channel", "team", *columns]]
        rows = rows.assign(period_start=t[date].dt.to_period(_FREQUENCY[grain]).dt.start_time)
        for name, cuts in core.SETS.items():
            groups = rows.groupby(["period_start", *cuts], dropna=False, observed=True)[list(columns)]
            for share, kind in ((0.5, "p50"), (0.9, "p90")):
                values = groups.quantile(share).reset_index()
                found += [
                    _shaped(values.rename(columns={column: "value"}).assign(
                        metric_id=f"{wait}_time_{clock}_{kind}", grouping_set=name))
                    for column, clock in columns.items()
                ]  # fmt: skip
    return found


def _shaped(rows: Frame) -> Frame:
    """The columns of the comparison; texts where a member has none are null."""
    shaped = rows.reindex(columns=[*core.KEY, *core.SUMS, "value"])
    for name in ("channel", "team"):
        texts = shaped[name].astype("object")
        shaped[name] = texts.where(shaped[name].notna() & (texts != "nan"), None).astype("str")
    return shaped.assign(period_start=shaped["period_start"].dt.date)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), dt.date.fromisoformat(sys.argv[3]))
