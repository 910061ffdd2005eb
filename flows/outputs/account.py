"""Where the numbers come from: files, rows, what was refused and what could not be computed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flows.outputs.published import Published, Row
from flows.outputs.words import Language

ROWS = ("rows_in", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_not_ours", "rows_erased")


@dataclass(frozen=True, kw_only=True)
class Total:
    """A count of the run, with its share of the rows delivered."""

    name: str
    label: str
    text: str
    share: str


@dataclass(frozen=True, kw_only=True)
class FeedLine:
    """The files of one feed, added up."""

    label: str
    files: str
    rows: tuple[str, ...]
    covers: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """The foot of the page."""

    files: str
    files_held: str
    has_held: bool
    totals: tuple[Total, ...]
    heads: tuple[str, ...]
    """What the rows of a feed are told apart by."""
    feeds: tuple[FeedLine, ...]
    held: tuple[tuple[str, str, str], ...]
    """File, state, reason."""
    missing: tuple[tuple[str, str], ...]
    """Label of the metric, what it needs."""
    alarms: tuple[tuple[str, str, str, str], ...]
    """What looks wrong, of what, what was found and with what it was compared."""
    line: str


def account(tables: Published, language: Language) -> Account:
    """The account of the run that published these tables."""
    run = tables.run
    heads = ROWS if run.get("rows_erased") else ROWS[:-1]
    wanted = [name for name in heads if name != "rows_not_ours"]
    return Account(
        files=language.number(run["files"]),
        files_held=language.number(run["files_held"]),
        has_held=run["files_held"] > 0,
        totals=tuple(
            Total(
                name=name,
                label=language.page[name],
                text=language.number(run[name]),
                share="" if name == "rows_in" or not run["rows_in"] else _share(run[name], run["rows_in"], language),
            )
            for name in wanted
        ),
        heads=heads,
        feeds=_feeds(tables, heads, language),
        held=tuple(
            (row["slot"], language.page[row["state"]], row["reason"] or "")
            for row in sorted(tables.exports, key=lambda row: (row["slot"], row["mapping"]))
            if row["state"] != "accepted"
        ),
        missing=tuple(
            sorted((_label(tables, row["metric_id"]), _needs(row["needs"], language)) for row in tables.missing)
        ),
        alarms=tuple(_alarm(row, language) for row in tables.alarms),
        line=language.page["account"].format(version=run["version"], run=run["run_key"][:12], zone=run["zone"]),
    )


def _alarm(row: Row, language: Language) -> tuple[str, str, str, str]:
    name = row["alarm_id"]
    found, limit = (
        "" if value is None else language.number(value, 2) for value in (row["value"], row["compared_with"])
    )
    return language.page.get(f"alarm_{name}", name), row["subject"], found, limit


def _share(part: int, whole: int, language: Language) -> str:
    return language.number(100 * part / whole, 1) + language.percent_mark


def _needs(codes: str, language: Language) -> str:
    """What is missing, with feeds by the names the page gives them."""
    return re.sub(r"\bfeed_\w+", lambda found: language.page.get(found[0], found[0]), codes)


def _label(tables: Published, metric_id: str) -> str:
    metric = tables.metric(metric_id)
    return metric.label if metric else metric_id


def _feeds(tables: Published, heads: tuple[str, ...], language: Language) -> tuple[FeedLine, ...]:
    """One line for each feed, in the order of their names."""
    by_feed: dict[str, list[Row]] = {}
    for row in tables.exports:
        by_feed.setdefault(row["table"], []).append(row)
    return tuple(
        FeedLine(
            label=language.page.get(feed, feed) if feed else language.page["unread"],
            files=language.number(len({row["slot"] for row in rows})),
            rows=tuple(language.number(sum(row[name] for row in rows)) for name in heads),
            covers=_covers(rows, language),
        )
        for feed, rows in sorted(by_feed.items(), key=lambda item: (not item[0], item[0]))
    )


def _covers(rows: list[Row], language: Language) -> str:
    starts = [row["first_on"] for row in rows if row["first_on"]]
    ends = [row["last_on"] for row in rows if row["last_on"]]
    if not starts or not ends:
        return ""
    return f"{language.day(min(starts))} – {language.day(max(ends))}"
