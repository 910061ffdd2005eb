"""The analysis tables: what is not a ratio, and the memory of what was published."""

from __future__ import annotations

import polars as pl

from expectations.schema import Column, Layer, Rule, Table, count, day, number, text
from expectations.tables.feed_survey import SURVEY_KINDS
from expectations.tables.metric import GRAINS, GROUPING_SETS

ALARM = Table(
    name="alarm",
    layer=Layer.REPORT,
    grain="something of this run that a person should look at, though every row is good",
    key=("alarm_id", "subject"),
    columns={
        "alarm_id": text("Which alarm.", required=True),
        "subject": text("Of which source, survey, metric or period.", required=True),
        "n": count("Rows or people it rests on.", required=True),
        "value": number("What was found."),
        "compared_with": number("The limit, or the other reading, it was compared with."),
        "detail": text("What it means and what to do, in a sentence.", required=True),
    },
)

COVERAGE = Table(
    name="coverage",
    layer=Layer.REPORT,
    grain="a day of which a source of a feed was delivered",
    key=("feed", "source", "day_on"),
    clock="day_on",
    columns={
        "feed": text("Feed.", required=True),
        "source": text("System the rows come from.", required=True),
        "day_on": day("Day of the feed's clock, in the site's zone.", required=True),
        "rows": count(
            "Rows of that day: 0 where an export tells of days before and after it; no row where none does.",
            required=True,
        ),
    },
)

EXPERIMENT_OUTCOMES = ("response_rate", "csat")
READOUTS = ("ok", "sample_ratio_mismatch", "too_few")

SURVEY_EXPERIMENT = Table(
    name="survey_experiment",
    layer=Layer.REPORT,
    grain="a variant of a survey against the control, by one outcome",
    key=("source", "kind", "survey", "outcome", "variant"),
    columns={
        "source": text("System the survey comes from.", required=True),
        "kind": text("What is measured.", required=True, one_of=SURVEY_KINDS),
        "survey": text("Name of the survey.", dimension="survey"),
        "outcome": text("What is compared.", required=True, one_of=EXPERIMENT_OUTCOMES),
        "control": text("The variant the others are compared with: the first by name.", required=True),
        "variant": text("Variant.", required=True),
        "control_n": count("Invitations (or answers) of the control.", required=True),
        "control_positive": count("Of those, responses (or satisfied answers).", required=True),
        "n": count("Invitations (or answers) of the variant.", required=True),
        "positive": count("Of those, responses (or satisfied answers).", required=True),
        "control_value": number("Share of the control.", unit="percent"),
        "value": number("Share of the variant.", unit="percent"),
        "difference": number("Variant less control.", unit="points"),
        "ci_low": number("Lower end of the 95 % Newcombe interval of the difference.", unit="points"),
        "ci_high": number("Upper end of the 95 % Newcombe interval of the difference.", unit="points"),
        "z": number("Two-proportion z with the pooled share."),
        "p": number("Two-sided p-value of z."),
        "p_adjusted": number("The same after Holm, over the variants of the experiment."),
        "is_significant": Column(dtype=pl.Boolean(), about="p_adjusted is under 5 %; null where nothing is read."),
        "sample_ratio_p": number("Chi-square p-value of equal numbers of invitations in all variants."),
        "readout": text(
            "Whether it may be read: not where the numbers of invitations differ beyond chance (p < 0.001).",
            required=True,
            one_of=READOUTS,
        ),
    },
    rules={
        "withheld_is_empty": Rule(
            holds=(pl.col("readout") == "ok") | pl.col("difference").is_null(),
            columns=("readout", "difference"),
            about="A comparison that may not be read has no result.",
        ),
    },
)

REVISION_CAUSES = ("late_rows", "reopen", "correction", "rule_change", "as_of")

METRIC_REVISION = Table(
    name="metric_revision",
    layer=Layer.REPORT,
    grain="a published value of a complete period that moved, in the run that moved it",
    key=("run", "metric_id", "grain", "period_start", "grouping_set", "channel", "team", "segment", "member"),
    columns={
        "run": count("Number of the run that published the new value.", required=True, at_least=1),
        "run_key": text("Fingerprint of that run.", required=True),
        "run_before": count("Number of the run that published the value before.", required=True, at_least=1),
        "run_key_before": text("Fingerprint of that run.", required=True),
        "metric_id": text("Metric.", required=True),
        "grain": text("Length of the period.", required=True, one_of=GRAINS),
        "period_start": day("First day of the period.", required=True),
        "period_end": day("Last day of the period.", required=True),
        "grouping_set": text("Which cut the value belongs to.", required=True, one_of=tuple(GROUPING_SETS)),
        "channel": text("Code of the channel; null for all, (unknown) for none. Keys may be renumbered, codes not."),
        "team": text("Code of the team; null for all."),
        "segment": text("Code of the segment; null for all."),
        "member": text("Member of a cut that has no key; null for the others."),
        "numerator_before": Column(dtype=pl.Int64(), about="Sum above the line before."),
        "numerator_after": Column(dtype=pl.Int64(), about="Sum above the line now."),
        "denominator_before": Column(dtype=pl.Int64(), about="Sum below the line before."),
        "denominator_after": Column(dtype=pl.Int64(), about="Sum below the line now."),
        "value_before": number("Value before."),
        "value_after": number("Value now; null where it has no rows any more."),
        "first_published_value": number("The first value published once the period was over."),
        "was_mature": Column(
            dtype=pl.Boolean(), about="The value before was announced as settled (is_mature).", required=True
        ),
        "cause": text(
            "Why: rows that came late, a ticket reopened, rows delivered anew with other content, a rule that "
            "changed, or only the as-of date (time passed before the value was mature, or was turned back).",
            required=True,
            one_of=REVISION_CAUSES,
        ),
    },
)

ARTICLE_WORKLIST = Table(
    name="article_worklist",
    layer=Layer.REPORT,
    grain="an article of the help centre seen or voted on in the last 90 days",
    key=("rank",),
    columns={
        "rank": count("Place in the list; 1 is the article to work on first.", required=True, at_least=1),
        "article_id": text("Article.", required=True, dimension="article"),
        "view_count": count("Views.", required=True),
        "up_count": count("Votes 'helpful'.", required=True),
        "down_count": count("Votes 'not helpful'.", required=True),
        "helpful_low": number(
            "Lower end of the 95 % Wilson interval of the share of votes 'helpful'; 0 without votes.",
            unit="percent",
            required=True,
        ),
        "unproved_views": number(
            "Views x (1 - that lower end): views for which nothing proves that the article helped.", required=True
        ),
        "first_on": day("First day it was seen or voted on in the window.", required=True),
        "last_on": day("Last such day.", required=True),
    },
)

ANALYSIS_TABLES = (ALARM, COVERAGE, SURVEY_EXPERIMENT, METRIC_REVISION, ARTICLE_WORKLIST)
