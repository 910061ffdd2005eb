"""The end of a run: its account, its scorecard, its manifest."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl

from expectations.tables.analysis import ALARM, METRIC_REVISION
from expectations.tables.metric import META_EXPORT, META_RUN, META_TABLE, METRIC_MISSING, METRIC_VALUES, RECONCILIATION
from flows.io import ledger
from flows.io.erased import erased_document, erased_persons
from flows.io.ledger import Entry
from flows.io.publish import FORMAT, Manifest
from flows.settings import version
from flows.stages import reconciling, reports
from flows.stages.building import FeedMade
from flows.stages.draft import Draft, Output, write_output
from flows.stages.reports import Account

SCORECARDS = {"fr": "scorecard.html", "en": "scorecard_en.html"}


def close(
    draft: Draft,
    taken: list[Entry],
    *,
    feeds: list[FeedMade],
    facts: list[str],
    outputs: list[Output],
    parent: Manifest | None,
) -> Manifest:
    """The manifest of the run, after its report tables and pages lie in the staging folder."""
    settings = draft.settings
    accounts = _accounts(taken, feeds)
    identities = reconciling.reconciliation(accounts, draft, outputs)
    reconciling.require_balance(identities)
    missing = _missing(draft, facts)
    about = {
        "run_key": draft.run_key,
        "as_of": settings.as_of,
        "zone": settings.site.zone,
        "rules_sha256": ledger.rules_sha256(),
        "version": version(),
    }
    found = [
        *outputs,
        write_output(reports.meta_export(accounts), META_EXPORT, draft),
        write_output(reports.meta_run(accounts, about), META_RUN, draft),
        write_output(identities.lazy(), RECONCILIATION, draft),
        write_output(missing.lazy(), METRIC_MISSING, draft),
    ]
    found = [_last_changed(it, parent) for it in found]
    found.append(write_output(reports.meta_table({it["name"]: it for it in found}), META_TABLE, draft))
    return {
        "format": FORMAT,
        **about,
        "as_of": settings.as_of.isoformat(),
        "documents_sha256": settings.documents_sha256,
        "run": draft.run,
        "parent": parent["run"] if parent else None,
        "name": settings.name,
        "erased": erased_document(settings, erased_persons(settings)),
        "accounts": [_plain(account.row) for account in accounts],
        "exports": ledger.as_document(taken),
        "kept": draft.all_parts(),
        "missing": missing.rows(),
        "revised": _revised(draft),
        "alarms": draft.inside(ALARM.name).collect().rows(named=True),
        "outputs": {it["name"]: it for it in found} | _pages(draft),
    }


def _accounts(taken: Iterable[Entry], feeds: Iterable[FeedMade]) -> list[Account]:
    """Each export with its duplicates and the days it tells of."""
    by_name = {(part["slot"], part["mapping"]): part for feed in feeds for part in feed["parts"]}
    nothing = {"duplicates": 0, "first_on": None, "last_on": None}
    found = []
    for entry in taken:
        part = by_name.get((entry.slot, entry.mapping), nothing)
        days = {name: part[name] and dt.date.fromisoformat(part[name]) for name in ("first_on", "last_on")}
        found.append(Account(entry=entry, duplicates=part["duplicates"], **days))
    return found


def _missing(draft: Draft, facts: list[str]) -> pl.DataFrame:
    """Metrics without a row, and what they need."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.compute import missing_metrics  # noqa: PLC0415

    tables = [draft.inside(table.name).select("metric_id").unique() for table in METRIC_VALUES.values()]
    computed = pl.concat(tables).unique().collect()["metric_id"].to_list()
    return missing_metrics(facts, METRICS, computed=computed)


def _revised(draft: Draft) -> dict[str, int]:
    """How many published values of complete periods this run moved, by cause."""
    mine = draft.inside(METRIC_REVISION.name).filter(pl.col("run") == draft.run)
    return dict(mine.group_by("cause").len().sort("cause").collect().iter_rows())


def _last_changed(output: Output, parent: Manifest | None) -> Output:
    """The output with the key of the run that last changed it: an unchanged file keeps its own."""
    was = (parent or {"outputs": {}})["outputs"].get(output["name"])
    return output if was is None or was["sha256"] != output["sha256"] else output | {"run_key": was["run_key"]}


def _pages(draft: Draft) -> dict[str, Any]:
    """The scorecard in both languages: French under the plain name, unless the site reads English."""
    from flows.io import durable  # noqa: PLC0415
    from flows.outputs.scorecard import write_scorecard  # noqa: PLC0415

    found = {}
    for language, file_name in SCORECARDS.items():
        path = draft.staging / "reports" / file_name
        write_scorecard(draft.staging, path, language=language)
        durable.sync_file(path)
        about = {"bytes": path.stat().st_size, "sha256": durable.fingerprint(path)}
        found[f"reports/{file_name}"] = {
            "name": f"reports/{file_name}",
            "table": "",
            "layer": "page",
            "rows": 0,
            **about,
        }
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
