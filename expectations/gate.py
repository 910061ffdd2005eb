"""The gate: run a contract's suite on a frame, and part its rows into good ones and quarantine.

Three outcomes: a verdict on the data, or `ValidationCrashed` where a check could not be asked at all.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import great_expectations as gx
import polars as pl
from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

from expectations import docs as data_docs
from expectations.checks import quarantining, row_checks
from expectations.datasource import PARAMETER, StagedAsset
from expectations.engine import PolarsBatchData, PolarsExecutionEngine, Staged
from expectations.row_rules import unexpected
from expectations.schema import Layer, Severity, Table
from expectations.suite import GOOD_ROWS, misfits, row_expectations, structure_suite, suite

REASONS = "reasons"
"""Column that `split` adds to the bad rows: the codes of the checks each of them breaks."""
_COUNTS_ONLY = {"result_format": "BASIC", "exclude_unexpected_values": True}


class ValidationCrashed(RuntimeError):  # noqa: N818
    """A check could not be asked; that says nothing about the data."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the checks found in one frame."""

    table: str
    rows: int
    blocked_by: tuple[str, ...]
    """Codes of the checks that hold the whole frame back."""
    warnings: tuple[str, ...]
    """Codes of the checks that failed and hold nothing back."""
    counts: Mapping[str, int]
    """Rows that break each check, by code; every check about rows is there, most with 0."""

    @property
    def is_good(self) -> bool:
        """The frame may go on."""
        return not self.blocked_by


def validate(frame: pl.LazyFrame, table: Table, *, run_name: str, home: Path, docs: bool) -> Verdict:
    """Judge a frame by its contract; store the result under `home`/results and, if asked, a page under `home`/docs.

    Hand over a scan of staged Parquet rather than a long plan: the frame is read once, and for the keys of a fact
    once more. Results hold counts and no value of the data.
    """
    unfit = misfits(frame.collect_schema(), table)
    staged = Staged(frame) if unfit else _staged(frame, table)
    name = _file_name(run_name)
    result = _run(staged, structure_suite(table) if unfit else suite(table), run_name=name, home=home)
    rows = frame.select(pl.len()).collect(engine="streaming").item()
    verdict = _verdict(_outcomes(result.results, table, rows=rows), table, rows=rows)
    if unfit:
        # The checks only say that something is absent or mistyped; these say what.
        verdict = replace(verdict, blocked_by=unfit)
    if docs:
        summary = data_docs.summary_of(rows=rows, blocked_by=verdict.blocked_by, warnings=verdict.warnings)
        about = {"run_name": name, "table": table.name, "summary": summary}
        data_docs.write_page(result, home / "docs", counts=verdict.counts, **about)
    return verdict


def split(frame: pl.LazyFrame, table: Table) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """(good rows, bad rows with their `reasons`), by the very expressions that `validate` counts.

    The frame has the columns of its contract, in their types.
    """
    masks = _masks(table)
    if not masks:
        return frame, frame.clear().with_columns(pl.lit([], pl.List(pl.String)).alias(REASONS))
    reasons = pl.concat_list([pl.when(mask).then(pl.lit(code)) for code, mask in masks.items()]).list.drop_nulls()
    bad = pl.any_horizontal(list(masks.values()))
    return frame.filter(~bad), frame.filter(bad).with_columns(reasons.alias(REASONS))


def check_counts(verdict: Verdict, bad: pl.LazyFrame, table: Table) -> None:
    """Raise unless the quarantined rows are, check by check, those that were counted."""
    told = bad.select(pl.col(REASONS).explode(empty_as_null=True)).drop_nulls().group_by(REASONS).len()
    found = dict(told.collect(engine="streaming").iter_rows())
    for code in quarantining(table):
        rows = found.get(code, 0)
        if rows != verdict.counts[code]:
            message = (
                f"{verdict.table}: the quarantine has {rows} rows for {code!r}, {verdict.counts[code]} were "
                "counted. The staged file changed between the two: validate it again."
            )
            raise ValidationCrashed(message)


@functools.lru_cache
def _masks(table: Table) -> Mapping[str, pl.Expr]:
    """By code, true where the row goes to quarantine: the contract alone says so."""
    engine = PolarsExecutionEngine()
    conditions = {name: rule.holds for name, rule in table.rules.items()}
    engine.load_batch_data("staged", PolarsBatchData(engine, Staged(table.empty(), conditions)))
    asked = row_expectations(table)
    return {code: _mask(engine, asked[code]) for code in quarantining(table)}


def _mask(engine: PolarsExecutionEngine, expectation: Any) -> pl.Expr:  # noqa: ANN401
    # The library leaves out what an expectation has by default, such as which rows a rule does not look at.
    asked = expectation._get_domain_kwargs() | expectation.configuration.kwargs | {"batch_id": "staged"}  # noqa: SLF001
    return unexpected(engine, expectation.map_metric, asked, asked)


def _staged(frame: pl.LazyFrame, table: Table) -> Staged:
    """The frame with what its rules name: conditions of the contract and, for a feed, that a row is good."""
    conditions = {name: rule.holds for name, rule in table.rules.items()}
    if table.layer is not Layer.FEED:
        return Staged(frame, conditions)
    masks = _masks(table)
    good = ~pl.any_horizontal(list(masks)) if masks else pl.lit(True)
    return Staged(frame, conditions | {GOOD_ROWS: good}, masks)


def _run(staged: Staged, asked: gx.ExpectationSuite, *, run_name: str, home: Path) -> Any:  # noqa: ANN401
    """The result of a suite, in a context that lives as long as the call: a shared one fails under threads.

    The batch is asked itself: a checkpoint around it serialises every expectation three times more to see whether it
    is fresh, and the result is stored the same.
    """
    context = _context(home)
    # Each thing that is added by itself writes down the whole configuration once more.
    asset = context.data_sources.add_polars("staged", assets=[StagedAsset(name=asked.name)]).get_asset(asked.name)
    batch = asset.get_batch(asset.build_batch_request({PARAMETER: staged}))
    result = batch.validate(asked, result_format=_COUNTS_ONLY)
    about = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(asked.name),
        run_id=gx.RunIdentifier(run_name=run_name),
        batch_identifier=batch.id,
    )
    context.validation_results_store.set(about, result)
    return result


def _context(home: Path) -> Any:  # noqa: ANN401
    """A context with nothing on disk but results and pages; no analytics, no progress bars, no network."""
    stores = {
        "expectations_store": _in_memory("ExpectationsStore"),
        "checkpoint_store": _in_memory("CheckpointStore"),
        "validation_definition_store": _in_memory("ValidationDefinitionStore"),
        "validation_results_store": _on_disk("ValidationResultsStore", home / "results"),
    }
    config = DataContextConfig(
        config_version=4.0,
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
        stores=stores,
        expectations_store_name="expectations_store",
        checkpoint_store_name="checkpoint_store",
        validation_results_store_name="validation_results_store",
        data_docs_sites={},
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _in_memory(class_name: str) -> dict[str, Any]:
    return {"class_name": class_name, "store_backend": {"class_name": "InMemoryStoreBackend"}}


def _on_disk(class_name: str, folder: Path) -> dict[str, Any]:
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    return {"class_name": class_name, "store_backend": backend}


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """One check, answered."""

    code: str
    count: int
    passes: bool
    blocks: bool


def _outcomes(results: Sequence[Any], table: Table, *, rows: int) -> list[_Outcome]:
    """Checks of the whole first, then those of rows in the order of the contract."""
    outcomes = [_outcome(result, table, rows=rows) for result in results]
    place = {check.code: number for number, check in enumerate(row_checks(table))}
    return sorted(outcomes, key=lambda outcome: place.get(outcome.code, -1))


def _outcome(result: Any, table: Table, *, rows: int) -> _Outcome:  # noqa: ANN401
    asked = result.expectation_config
    code = asked.meta["code"]
    if crash := _crash(result.exception_info):
        raise ValidationCrashed(f"{table.name}: {code!r} could not be asked: {crash}. Mend the contract or the cast.")
    count = result.result.get("unexpected_count") or 0
    blocks = asked.severity == Severity.CRITICAL
    if table.layer is Layer.FEED and code in quarantining(table):
        # The library measures `mostly` against the rows that have a value: one bad value in a column that is
        # nearly empty is a row for the quarantine, not a reason to hold the file back.
        blocks = rows - count < table.good_share * rows
    return _Outcome(code=code, count=count, passes=bool(result.success), blocks=blocks)


def _crash(info: Mapping[str, Any]) -> str:
    """The message of an exception; the library keys them by metric where a metric raised."""
    reports = [info] if "raised_exception" in info else list(info.values())
    return "; ".join(sorted({str(r["exception_message"]) for r in reports if r["raised_exception"]}))


def _verdict(outcomes: Sequence[_Outcome], table: Table, *, rows: int) -> Verdict:
    of_rows = {check.code for check in row_checks(table)}
    failed = [outcome for outcome in outcomes if not outcome.passes]
    return Verdict(
        table=table.name,
        rows=rows,
        blocked_by=tuple(outcome.code for outcome in failed if outcome.blocks),
        warnings=tuple(outcome.code for outcome in failed if not outcome.blocks),
        counts={outcome.code: outcome.count for outcome in outcomes if outcome.code in of_rows},
    )


def _file_name(run_name: str) -> str:
    """A run name becomes a folder: a slot's path may be part of it."""
    return re.sub(r"[^\w.=-]+", "_", run_name).strip("._") or "run"
