"""A small feed and a small fact that use every kind of rule."""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.schema import Column, Layer, Rule, Severity, Table, count, day, instant, number, text

FEED = Table(
    name="feed_answer",
    layer=Layer.FEED,
    grain="an answer",
    key=("source", "answer_id"),
    columns={
        "source": text("System.", required=True),
        "answer_id": text("Number.", required=True, pattern=r"A\d+"),
        "kind": text("What is measured.", one_of=("csat", "nps")),
        "score": count("The answer.", at_most=10),
        "sent_at": instant("Sent."),
        "answered_at": instant("Answered.", not_before="sent_at"),
        "effort": count("Minutes.", at_most=60, severity=Severity.WARNING),
    },
    rules={
        "csat_stops_at_five": Rule(
            holds=(pl.col("kind") != "csat") | (pl.col("score") <= 5),
            columns=("kind", "score"),
            about="A satisfaction answer is at most 5.",
        )
    },
)
FACT = Table(
    name="fact_answer",
    layer=Layer.FACT,
    grain="an answer",
    key=("answered_on", "channel_key"),
    columns={
        "answered_on": day("Day.", required=True),
        "answered_at": instant("Instant.", at_least=dt.datetime(2026, 1, 1, 9, 30, tzinfo=dt.UTC)),
        "channel_key": Column(dtype=pl.Int32(), about="Channel.", at_least=-1),
        "is_counted": Column(dtype=pl.Boolean(), about="Counted."),
        "value": number("Mean."),
    },
    rules={"value_is_small": Rule(holds=pl.col("value") < 100, columns=("value",), about="Below 100.")},
)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def answers(*changes: dict[str, object], good: int = 0) -> pl.LazyFrame:
    """One row per change of a good row, then as many good ones as asked."""
    row = {
        "source": "zendesk",
        "answer_id": "A1",
        "kind": "csat",
        "score": 4,
        "sent_at": at("2026-01-05 09:00"),
        "answered_at": at("2026-01-05 10:00"),
        "effort": 5,
    }
    return pl.LazyFrame([row | change for change in changes] + [row] * good, schema=FEED.schema)


def days(*changes: dict[str, object]) -> pl.LazyFrame:
    """One row of the fact per change, on days that follow each other."""
    first = dt.date(2026, 1, 5)
    rows = [
        {
            "answered_on": first + dt.timedelta(days=number),
            "answered_at": at("2026-01-05 10:00"),
            "channel_key": 0,
            "is_counted": True,
            "value": 1.5,
        }
        | change
        for number, change in enumerate(changes)
    ]
    return pl.LazyFrame(rows, schema=FACT.schema)
