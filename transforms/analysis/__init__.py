"""What is not a ratio: tables and alarms made from the facts and the values, once all of these are there.

A new analysis table: its contract in `expectations/tables/analysis.py` (layer report, added to ANALYSIS_TABLES), a
pure function in a module of this folder, and one line in `ANALYSES` under the contract's name: what it needs, and how
it is built from the `Evidence`. The run builds it after the metrics, judges it by its contract, turns codes into keys
and UTC into local time as it does for facts (`publishable`), sorts it and publishes it under `reports/`.

A new alarm: a function that gives the columns of the contract `alarm` but `alarm_id` (no row: all is well), and one
line in `ALARMS` under its `alarm_id`. All alarms of a run become the one table `alarm`; the summary, `status` and the
scorecard show it. Its title on the scorecard stands in `flows/outputs/page_words.py`, as `alarm_<alarm_id>`.
"""

from __future__ import annotations

import polars as pl

from expectations.tables.analysis import ALARM
from transforms.analysis.article_worklist import article_worklist
from transforms.analysis.coverage import coverage
from transforms.analysis.evidence import Analysis, Evidence
from transforms.analysis.experiment import survey_experiment
from transforms.analysis.inverted_scale import scale_looks_inverted
from transforms.analysis.retention import retention_by_balance_differs

ALARMS: dict[str, Analysis] = {
    "retention_by_balance_differs": Analysis(
        needs=("fact_customer_period",),
        build=lambda e: retention_by_balance_differs(e["fact_customer_period"], as_of=e.as_of),
    ),
    "scale_looks_inverted": Analysis(
        needs=("fact_survey_response",), build=lambda e: scale_looks_inverted(e["fact_survey_response"])
    ),
}
"""Each gives rows of `alarm`: what looks wrong with the data, though every row of it is good."""


def alarms(evidence: Evidence) -> pl.LazyFrame:
    """One row is something of this run that a person should look at."""
    found = [
        alarm.build(evidence).select(pl.lit(name).alias("alarm_id"), *[c for c in ALARM.columns if c != "alarm_id"])
        for name, alarm in ALARMS.items()
        if alarm.can_be_built(evidence.frames)
    ]
    shaped = [part.select(pl.col(name).cast(dtype) for name, dtype in ALARM.schema.items()) for part in found]
    return pl.concat([ALARM.empty(), *shaped]).sort(ALARM.key)


ANALYSES: dict[str, Analysis] = {
    "alarm": Analysis(build=alarms),
    "article_worklist": Analysis(
        needs=("fact_article_view",), build=lambda e: article_worklist(e["fact_article_view"], as_of=e.as_of)
    ),
    "coverage": Analysis(build=lambda e: coverage(e.days, as_of=e.as_of)),
    "survey_experiment": Analysis(
        needs=("fact_survey_invitation",),
        build=lambda e: survey_experiment(e["fact_survey_invitation"], e.get("fact_survey_response")),
    ),
}
"""The tables by name, each in the columns of its contract."""

__all__ = ["ALARMS", "ANALYSES", "Analysis", "Evidence", "alarms"]
