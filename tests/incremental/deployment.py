"""A small deployment of two help desks, a bot, a staff and a survey, and its exports as files."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.flows.conftest import empty_site
from tests.incremental.rows import Row
from tests.incremental.rows_beside import MakerBeside

TICKET, EVENT, BOT, PEOPLE, SURVEY = (
    *("feed_ticket", "feed_ticket_event", "feed_bot_session"),
    *("feed_employee", "feed_survey"),
)
CALL, COUNT, ORDER, CART, PAGE, CUSTOMER, REVIEW = (
    *("feed_contact", "feed_contact_day", "feed_order", "feed_cart"),
    *("feed_article_view", "feed_customer", "feed_quality_review"),
)
SOURCES = {
    "tickets_a": (TICKET, "alpha"),
    "tickets_b": (TICKET, "beta"),
    "events_a": (EVENT, "alpha"),
    "events_b": (EVENT, "beta"),
    "bots": (BOT, "bot"),
    "people": (PEOPLE, "rh"),
    "surveys": (SURVEY, "enquete"),
    "calls": (CALL, "standard"),
    "orders": (ORDER, "boutique"),
    "carts": (CART, "boutique"),
    "pages": (PAGE, "aide"),
}
"""By mapping: the feed it fills, and the source it speaks for."""
CONSTANTS = {SURVEY: {"kind": "csat", "scale": "1-5"}}
_DERIVED = ("invitation_id", "dated_at")
_PIPELINE = """
[site]
name = "Petit site"
as_of = 2026-04-30

[privacy]
sample_key = true

[thresholds]
fcr_window_days = {window}
"""
_SLA = """
[[policy]]
what = "first_response"
seconds = {seconds}

[[policy]]
what = "first_response"
priority = "haute"
seconds = 900
clock = "calendar"

[[policy]]
what = "resolution"
seconds = 97200
clock = "calendar"
"""
_HOURS = """
[[schedule]]
days = "mon-fri"
hours = ["{opens:02d}:00-18:00"]
"""
_TEAMS = """
[[team]]
code = "accueil"
tier = 1

[[team]]
code = "technique"
tier = 2
"""


def new_deployment(data: Path) -> Path:
    """A deployment folder before its first export."""
    mappings = {name: _mapping(feed, source) for name, (feed, source) in SOURCES.items()}
    empty_site(data, **mappings)
    (data / "reference" / "teams.toml").write_text(_TEAMS, "utf-8")
    settle(data)
    return data


def settle(data: Path, *, sla_s: int = 28_800, opens: int = 9, window: int = 7) -> None:
    """Say what is promised, when the service is open, and how long a repeat counts."""
    exports = "".join(f'\n[[export]]\nfiles = "{name}*.csv"\nmapping = "{name}"\n' for name in SOURCES)
    (data / "pipeline.toml").write_text(_PIPELINE.format(window=window) + exports, "utf-8")
    (data / "reference" / "sla.toml").write_text(_SLA.format(seconds=sla_s), "utf-8")
    (data / "reference" / "schedules.toml").write_text(_HOURS.format(opens=opens), "utf-8")


def deliver(data: Path, name: str, rows: Sequence[Row]) -> None:
    """A file of the raw folder; its mapping is the beginning of its name."""
    columns = _columns(SOURCES[mapping_of(name)][0])
    with (data / "raw" / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([_cell(column, row.get(column)) for column in columns] for row in rows)


def mapping_of(name: str) -> str:
    """By which mapping a file is read."""
    return next(mapping for mapping in SOURCES if name.startswith(mapping))


def _columns(feed: str) -> list[str]:
    return [name for name in _example(feed) if name not in _DERIVED]


def _example(feed: str) -> Row:
    maker = MakerBeside(random.Random(0))  # noqa: S311 -- no secret
    event = {"event_id": "", **maker.event("", "created", maker.at())}
    of_feed = {TICKET: maker.ticket(), EVENT: event, BOT: maker.bot_session(1), SURVEY: maker.survey(1)}
    of_feed |= {CALL: maker.call(1), ORDER: maker.order(1)[0], CART: maker.cart(1), PAGE: maker.page(1)}
    return of_feed[feed] if feed in of_feed else maker.roster()[0]


def _mapping(feed: str, source: str) -> str:
    columns = "".join(f"{name} = {_header(name)}\n" for name in _columns(feed))
    constants = "".join(f'{name} = "{value}"\n' for name, value in CONSTANTS.get(feed, {}).items())
    return f"""
table = "{feed}"
source = "{source}"
follows = "Made up for the tests."

[read]
separator = ","
datetimes = ["%Y-%m-%d %H:%M:%S"]
dates = ["%Y-%m-%d"]
zone = "UTC"

[columns]
{columns}
[constants]
{constants}
"""


def _header(name: str) -> str:
    return f'{{ headers = ["{name}"], unit = "cents" }}' if name.endswith("_cents") else f'["{name}"]'


def _cell(column: str, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case int() if column.endswith("_milli"):
            return str(value // 1000)
    return str(value)
