"""The dimensions of the star: one row per code, -1 for the total and 0 for the unknown."""

from __future__ import annotations

import polars as pl

from expectations.schema import Column, Layer, Personal, Table, count, day, flag, number, text

_KEY = Column(dtype=pl.Int32(), about="Key of the row; -1 is the total, 0 the unknown.", required=True, at_least=-1)


def _dimension(name: str, what: str, **extra: Column) -> Table:
    """A dimension of codes with a French and an English label."""
    return Table(
        name=f"dim_{name}",
        layer=Layer.DIMENSION,
        grain=what,
        key=(f"{name}_key",),
        columns={
            f"{name}_key": _KEY,
            "code": text("Code, unique without regard to case.", required=True),
            "label_fr": text("French label.", required=True),
            "label_en": text("English label.", required=True),
            "first_seen_on": day("First day the code appears; null for the total and the unknown."),
            **extra,
        },
    )


DIM_CHANNEL = _dimension("channel", "a channel")
DIM_TEAM = _dimension("team", "a team", tier=count("Level of support, from 1."))
DIM_SEGMENT = _dimension("segment", "a customer segment")
DIM_TOPIC = _dimension("topic", "a topic")
DIM_SURVEY = _dimension("survey", "a survey")
DIM_SCALE = _dimension(
    "scale",
    "an answer scale",
    low_milli=count("Lowest answer.", unit="1/1000 step"),
    high_milli=count("Highest answer.", unit="1/1000 step"),
    polarity=text("Whether a high answer is good (up) or bad (down).", one_of=("up", "down")),
    good_from_milli=count(
        "From this answer (to it, where low is good) the customer is satisfied, or it was easy.", unit="1/1000 step"
    ),
)
DIM_AGENT = _dimension(
    "agent", "an agent, pseudonymous", team=text("Present team."), is_human=flag("False for a bot or a shared account.")
)
DIM_ARTICLE = _dimension("article", "an article of the help centre", title=text("Latest known title."))
DIM_CUSTOMER = _dimension("customer", "a customer, pseudonymous", segment=text("Latest known segment."))

DIM_DATE = Table(
    name="dim_date",
    layer=Layer.DIMENSION,
    grain="a day, complete from the first to the last year",
    key=("day_on",),
    columns={
        "day_on": day("Day.", required=True),
        "year": count("Calendar year.", required=True),
        "quarter": count("Quarter, 1 to 4.", required=True),
        "month": count("Month, 1 to 12.", required=True),
        "day_of_month": count("Day of the month.", required=True),
        "weekday": count("Day of the week, Monday is 1.", required=True),
        "iso_year": count("Year of the ISO week.", required=True),
        "iso_week": count("ISO week, 1 to 53.", required=True),
        "week_start_on": day("Monday of the week.", required=True),
        "month_start_on": day("First day of the month.", required=True),
        "quarter_start_on": day("First day of the quarter.", required=True),
        "year_start_on": day("First day of the year.", required=True),
        "week_index": count("Number of the week without gaps, from the first of the table.", required=True),
        "month_index": count("Number of the month without gaps, from the first of the table.", required=True),
        "fiscal_year": count("Fiscal year, named by the calendar year in which it ends.", required=True),
        "fiscal_month": count("Month of the fiscal year, 1 to 12.", required=True),
        "month_label_fr": text("Month in French, janvier 2026.", required=True),
        "month_label_en": text("Month in English, January 2026.", required=True),
        "weekday_label_fr": text("Day of the week in French.", required=True),
        "weekday_label_en": text("Day of the week in English.", required=True),
        "holiday_fr": text("Name of the public holiday, where it is one."),
        "is_holiday": flag("Public holiday, or a day the site is closed.", required=True),
        "is_weekend": flag("Saturday or Sunday.", required=True),
        "is_working_day": flag("The site's schedule has opening hours.", required=True),
        "is_to_date": flag("Not later than the as-of date.", required=True),
    },
)

DIM_METRIC = Table(
    name="dim_metric",
    layer=Layer.DIMENSION,
    grain="a metric",
    key=("metric_id",),
    columns={
        "metric_id": text("Name of the metric.", required=True),
        "metric_version": count("Version of its rule.", required=True, at_least=1),
        "family": text("Family of metrics.", required=True),
        "label_fr": text("French label.", required=True),
        "label_en": text("English label.", required=True),
        "definition_fr": text("What it tells, in French.", required=True),
        "definition_en": text("What it tells, in English.", required=True),
        "unit": text("Unit of the value.", required=True),
        "better": text("Which way is better.", required=True, one_of=("higher", "lower", "neutral")),
        "additivity": text(
            "What may be done with the value.",
            required=True,
            one_of=("additive", "ratio", "nps", "semi_additive", "histogram", "exposure", "distinct", "identity"),
        ),
        "scale": count("Value = scale x numerator / (denominator x parts).", required=True),
        "parts": count("Parts of the numerator that make one unit.", required=True, at_least=1),
        "date_of": text("Which date puts a row into a period.", required=True),
        "fact": text("Facts it reads.", required=True),
        "numerator": text("What is counted above the line.", required=True),
        "denominator": text("What is counted below the line.", required=True),
        "interval": text("Method of the interval.", required=True),
        "maturity_days": count("Days after the end of a period until its value is settled.", required=True),
        "needs": text("Feeds it needs.", required=True),
        "dax": text("Measure for Power BI.", required=True),
        "tableau": text("Calculated field for Tableau.", required=True),
        "is_headline": flag("Shown on the scorecard.", required=True),
    },
)

DIM_TARGET = Table(
    name="dim_target",
    layer=Layer.DIMENSION,
    grain="a target of a metric from a day on",
    key=("metric_id", "channel", "team", "valid_from"),
    columns={
        "metric_id": text("Metric.", required=True),
        "channel": text("Channel it holds for; null for all."),
        "team": text("Team it holds for; null for all."),
        "valid_from": day("First day it holds.", required=True),
        "target_kind": text(
            "How the number is meant.", required=True, one_of=("absolute", "delta_points", "delta_percent")
        ),
        "target": number("The number, in the unit of the metric.", required=True),
    },
)

BENCHMARK_METHODS = ("top2_share", "mean_index", "acsi", "nps", "as_defined")

DIM_BENCHMARK = Table(
    name="dim_benchmark",
    layer=Layer.DIMENSION,
    grain="a figure of other companies for a metric, by one way of measuring it",
    key=("metric_id", "source", "year", "country", "industry", "method"),
    columns={
        "metric_id": text("Metric.", required=True),
        "source": text("Who says so.", required=True),
        "year": count("Of which year; null where it is not told."),
        "country": text("Of which country; null for any or where it is not told."),
        "industry": text("Of which industry; null for any."),
        "method": text(
            "How it was measured: share of the two best answers, mean index, ACSI-like index, NPS, or as defined here.",
            required=True,
            one_of=BENCHMARK_METHODS,
        ),
        "value": number("The figure, in the unit of the metric.", required=True),
        "is_comparable": flag("Measured as the metric is: only then is it ever compared with it.", required=True),
    },
)

DIMENSIONS = (
    DIM_DATE,
    DIM_CHANNEL,
    DIM_TEAM,
    DIM_SEGMENT,
    DIM_TOPIC,
    DIM_SURVEY,
    DIM_SCALE,
    DIM_AGENT,
    DIM_CUSTOMER,
    DIM_ARTICLE,
    DIM_METRIC,
    DIM_TARGET,
    DIM_BENCHMARK,
)
__all__ = ["DIMENSIONS", "Personal"]
