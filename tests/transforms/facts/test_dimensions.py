from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from expectations.tables import FACTS, TABLES
from tests.transforms.facts.text_tables import OFFICE, conforms, feed
from transforms.facts import build, build_dimensions, publishable, steps
from transforms.site import Label, TeamTier

AS_OF = dt.date(2026, 1, 31)
SITE = replace(
    OFFICE,
    tiers=(TeamTier(team="experts", tier=2),),
    labels=(Label(dimension="channel", code="phone", fr="Téléphone", en="Phone"),),
    fiscal_year_starts_in=4,
)
FEEDS = {
    "feed_ticket": """
        ticket_id | created_at          | channel | team    | customer_id | segment
        1         | 2026-01-05 00:30:00 | phone   | front   | c           | pro
        2         | 2026-01-05 09:00:00 | email   | experts | c           | vip
        3         | 2025-12-30 09:00:00 | -       | front   | -           | -
    """,
    "feed_employee": "agent_id | valid_from | team | is_human\na | 2026-01-01 | front | -\nbot | 2026-01-01 | - | no",
    "feed_ticket_event": """
        event_id | ticket_id | occurred_at      | kind    | actor_kind | actor_id
        1        | 1         | 2026-01-05 10:00 | message | agent      | bot
    """,
    "feed_survey": """
        response_id | invitation_id | kind | score_milli | answered_at      | dated_at
        1           | i             | csat | 4000        | 2026-01-06 10:00 | 2026-01-06 10:00
    """,
}

Star = tuple[dict[str, pl.LazyFrame], dict[str, pl.LazyFrame]]


@pytest.fixture(scope="module")
def star() -> Star:
    feeds = {name: feed(name, text) for name, text in FEEDS.items()}
    frames = dict(feeds)
    for step in steps(feeds):
        frames[step] = build(step, frames, SITE, AS_OF).collect().lazy()
    facts = {name: frames[name] for name in steps(feeds) if name in FACTS}
    dimensions = build_dimensions(facts, feeds, SITE, AS_OF)
    return facts, {name: lf.collect().lazy() for name, lf in dimensions.items()}


def test_every_dimension_keeps_its_contract(star: Star) -> None:
    for name, lf in star[1].items():
        conforms(lf.collect(), TABLES[name])


def test_codes_are_numbered_in_the_order_they_appear(star: Star) -> None:
    channel = star[1]["dim_channel"].collect()
    assert channel.select("channel_key", "code", "label_fr", "label_en", "first_seen_on").rows() == [
        (-1, "(all)", "Total", "Total", None),
        (0, "(unknown)", "Inconnu", "Unknown", None),
        (1, "email", "email", "email", dt.date(2026, 1, 5)),
        (2, "phone", "Téléphone", "Phone", dt.date(2026, 1, 5)),
    ]
    assert star[1]["dim_team"].collect().select("code", "tier").rows()[2:] == [("front", None), ("experts", 2)]


def test_dimensions_know_more_of_their_codes(star: Star) -> None:
    dimensions = {name: lf.collect() for name, lf in star[1].items()}
    assert dimensions["dim_agent"].select("code", "team", "is_human").rows()[2:] == [
        ("a", "front", True),
        ("bot", None, False),
    ]
    assert dimensions["dim_customer"].select("code", "segment").rows()[2:] == [("c", "vip")]
    assert dimensions["dim_scale"].select("code", "polarity", "good_from_milli").rows()[2:] == [("1-5", "up", 4000)]


def test_dates_are_complete_years_without_gaps(star: Star) -> None:
    dates = star[1]["dim_date"].collect()
    assert (dates["day_on"].min(), dates["day_on"].max(), dates.height) == (
        dt.date(2025, 1, 1),
        dt.date(2026, 12, 31),
        730,
    )
    may = dates.filter(pl.col("day_on") == dt.date(2026, 5, 1)).row(0, named=True)
    told = [may[c] for c in ("holiday_fr", "is_holiday", "is_working_day", "is_to_date", "month_label_fr")]
    assert told == ["Fête du Travail", True, False, False, "mai 2026"]
    assert [may[c] for c in ("fiscal_year", "fiscal_month", "iso_week", "weekday_label_fr")] == [
        2027,
        2,
        18,
        "vendredi",
    ]
    january = dates.filter(pl.col("day_on") == dt.date(2026, 1, 1)).row(0, named=True)
    assert [january[c] for c in ("fiscal_year", "fiscal_month", "iso_year", "month_index")] == [2026, 10, 2026, 13]
    assert set(dates["week_index"].diff().drop_nulls()) == {0, 1}


def test_published_facts_have_keys_and_local_times(star: Star) -> None:
    facts, dimensions = star
    frame = publishable(facts["fact_ticket"], FACTS["fact_ticket"], dimensions, SITE.zone).collect()
    shown = frame.select("ticket_id", "channel_key", pl.col("created_at").cast(pl.String), "customer_key")
    assert shown.rows() == [
        ("3", 0, "2025-12-30 09:00:00.000000", 0),
        ("1", 2, "2026-01-05 00:30:00.000000", 1),
        ("2", 1, "2026-01-05 09:00:00.000000", 1),
    ]
    for name, lf in facts.items():
        published = publishable(lf, FACTS[name], dimensions, SITE.zone)
        schema = published.collect_schema()
        forbidden = (pl.Categorical, pl.List, pl.Null, pl.UInt32, pl.Int128)
        assert not [c for c, t in schema.items() if isinstance(t, forbidden) or getattr(t, "time_zone", None)]
        assert published.collect().height == lf.collect().height
