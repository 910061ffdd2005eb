"""The period tables that BI opens, and the account of the run that made them."""

from __future__ import annotations

import polars as pl

from expectations.schema import Column, Layer, Rule, Table, count, day, flag, instant, number, text
from expectations.tables.dimensions import _KEY

GRAINS = ("day", "week", "month", "quarter", "year")
MEMBER_CUTS = ("survey", "product", "topic", "tier", "variant", "category")
"""Cuts that only some facts know; they share the column `member`, and have no key."""
GROUPING_SETS: dict[str, tuple[str, ...]] = {
    "total": (),
    "channel": ("channel",),
    "team": ("team",),
    "channel_team": ("channel", "team"),
    "segment": ("segment",),
    **{name: (name,) for name in MEMBER_CUTS},
}
STATUSES = ("ok", "no_data", "too_few")

_VALUE_COLUMNS = {
    "metric_id": text("Metric.", required=True),
    "metric_version": count("Version of its rule.", required=True, at_least=1),
    "period_start": day("First day of the period.", required=True),
    "period_end": day("Last day of the period.", required=True),
    "grouping_set": text(
        "Which cut the row belongs to: filter to one before adding.", required=True, one_of=tuple(GROUPING_SETS)
    ),
    "channel_key": _KEY,
    "team_key": _KEY,
    "segment_key": _KEY,
    "member": text(
        "Of the cuts by " + ", ".join(MEMBER_CUTS) + ": the member's code, (unknown) without one, (other) beyond the "
        "200 most frequent. Null in the cuts with keys."
    ),
    "numerator": Column(dtype=pl.Int64(), about="Sum above the line; null for a percentile."),
    "denominator": Column(dtype=pl.Int64(), about="Sum below the line; null for a plain count."),
    "n": count("Rows the value rests on; null where they are too few to be told."),
    "n_positive": count("NPS: promoters."),
    "n_negative": count("NPS: detractors."),
    "sum_sq": number(
        "Sum of squares of the numerator's rows, for the interval of a mean; null where a row stands for several."
    ),
    "value": number("The value, in the unit of the metric; null where the denominator is 0."),
    "ci_low": number("Lower end of the 95 % interval."),
    "ci_high": number("Upper end of the 95 % interval."),
    "ci_method": text(
        "Method of the interval.", required=True, one_of=("none", "wilson", "adjusted_wald", "student_t")
    ),
    "status": text("Whether the value can be read.", required=True, one_of=STATUSES),
    "is_complete": flag("The period is over at the as-of date.", required=True),
    "is_mature": flag("The period is over by the metric's days of maturity.", required=True),
    "target_value": number("Target at the end of the period."),
    "is_target_met": flag("The value is on the good side of the target."),
    "benchmark_value": number("Benchmark of the site's industry, measured by the same method."),
    "prior_value": number("Value of the period before."),
    "prior_year_value": number("Value of the same period a year before."),
    "is_significant_vs_prior": flag(
        "The change since the period before is beyond chance (Benjamini-Hochberg over the metrics)."
    ),
    "first_published_value": number(
        "The first value published once the period was over; metric_revision tells what moved it since."
    ),
    "run_key": text("Fingerprint of inputs, rules and as-of date of the run.", required=True),
}

METRIC_VALUES = {
    grain: Table(
        name=f"metric_value_{grain}",
        layer=Layer.METRIC,
        grain=f"a metric in a {grain}, in one cut",
        key=("metric_id", "period_start", "grouping_set", "channel_key", "team_key", "segment_key", "member"),
        clock="period_start",
        columns=_VALUE_COLUMNS,
        rules={
            "interval_holds_value": Rule(
                holds=(pl.col("ci_low") <= pl.col("ci_high"))
                & pl.col("ci_low").is_finite()
                & pl.col("ci_high").is_finite(),
                columns=("ci_low", "ci_high"),
                about="The interval is finite and the right way round.",
            ),
            "too_few_tells_nothing": Rule(
                holds=(pl.col("status") == "too_few") == pl.col("n").is_null(),
                columns=("status", "n"),
                about="Where the answers are too few, not even their number is told; everywhere else it is.",
            ),
            "value_is_a_number": Rule(
                holds=pl.col("value").is_finite(), columns=("value",), about="Null, never NaN or infinite."
            ),
        },
    )
    for grain in GRAINS
}

META_RUN = Table(
    name="meta_run",
    layer=Layer.REPORT,
    grain="the run that made these tables",
    key=("run_key",),
    columns={
        "run_key": text("Fingerprint of inputs, rules and as-of date.", required=True),
        "as_of": day("As-of date.", required=True),
        "zone": text("Zone in which periods are cut.", required=True),
        "rules_sha256": text("Fingerprint of code and settings.", required=True),
        "version": text("Version of the pipeline.", required=True),
        "rows_in": count("Rows delivered.", required=True),
        "rows_accepted": count("Rows accepted.", required=True),
        "rows_quarantined": count("Rows quarantined.", required=True),
        "rows_duplicate": count("Rows superseded by a later version.", required=True),
        "rows_erased": count("Rows of persons who asked to be forgotten.", required=True),
        "files": count("Exports read.", required=True),
        "files_held": count("Exports refused or held back.", required=True),
    },
)

META_TABLE = Table(
    name="meta_table",
    layer=Layer.REPORT,
    grain="a published file: a table, or a month of a long one",
    key=("table", "file"),
    columns={
        "table": text("Table.", required=True),
        "file": text("Path inside the folder of the run.", required=True),
        "layer": text("Kind of table.", required=True),
        "rows": count("Rows.", required=True),
        "bytes": count("Size of its file.", required=True, unit="bytes"),
        "sha256": text("Fingerprint of its file.", required=True),
        "run_key": text("Run that last changed it.", required=True),
    },
)

META_EXPORT = Table(
    name="meta_export",
    layer=Layer.REPORT,
    grain="an export delivered in the raw folder",
    key=("slot", "mapping"),
    columns={
        "slot": text("Path inside the raw folder.", required=True),
        "mapping": text("Mapping it was read with.", required=True),
        "table": text("Feed it fills.", required=True),
        "state": text("What became of it.", required=True, one_of=("accepted", "refused", "held")),
        "reason": text("Why it was refused or held."),
        "sha256": text("Fingerprint of the file."),
        "bytes": count("Size of the file.", unit="bytes"),
        "rows_in": count("Rows delivered.", required=True),
        "rows_accepted": count("Rows accepted.", required=True),
        "rows_quarantined": count("Rows quarantined.", required=True),
        "rows_duplicate": count("Rows superseded by a later version.", required=True),
        "rows_not_ours": count("Rows the mapping declares to be of no concern.", required=True),
        "rows_erased": count("Rows of persons who asked to be forgotten.", required=True),
        "warnings": text("What is odd in rows that were taken all the same, and in how many."),
        "first_on": day("First day its rows tell of."),
        "last_on": day("Last day its rows tell of."),
    },
    rules={
        "rows_balance": Rule(
            holds=pl.col("rows_in")
            == pl.sum_horizontal("rows_accepted", "rows_quarantined", "rows_duplicate", "rows_not_ours", "rows_erased"),
            columns=("rows_in", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_not_ours", "rows_erased"),
            about="Rows in = accepted + quarantined + duplicates + not ours + erased.",
        )
    },
)

RECONCILIATION = Table(
    name="reconciliation",
    layer=Layer.REPORT,
    grain="an identity of the run",
    key=("identity", "subject"),
    columns={
        "identity": text("Which identity.", required=True),
        "subject": text("Of which file, day or metric.", required=True),
        "left": Column(dtype=pl.Int64(), about="Left side.", required=True),
        "right": Column(dtype=pl.Int64(), about="Right side.", required=True),
        "is_balanced": flag("Both sides are equal.", required=True),
    },
)

METRIC_MISSING = Table(
    name="metric_missing",
    layer=Layer.REPORT,
    grain="a metric that could not be computed",
    key=("metric_id",),
    columns={
        "metric_id": text("Metric.", required=True),
        "needs": text("What it needs and was not delivered.", required=True),
    },
)

__all__ = [
    "GRAINS",
    "GROUPING_SETS",
    "MEMBER_CUTS",
    "META_EXPORT",
    "META_RUN",
    "META_TABLE",
    "METRIC_MISSING",
    "METRIC_VALUES",
    "RECONCILIATION",
    "instant",
]
