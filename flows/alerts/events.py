"""What of a run a person should be told: found by comparing it with the run before, so that nothing is told twice."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.alerts.alert import Alert
from flows.io import durable, publish
from flows.io.publish import Manifest

if TYPE_CHECKING:
    from flows.outputs.words import Language
    from flows.settings import Settings

Row = Mapping[str, Any]
_VALUES = (
    *("metric_id", "period_start", "value", "prior_value", "target_value", "is_target_met"),
    *("is_significant_vs_prior", "is_mature"),
)
_ENGLISH = {
    "held": "Export held back: {}",
    "refused": "Export refused: {}",
    "alarm": "To look at: {}",
    "met": "Target reached again: {label}, {period}: {value} (target {target})",
    "missed": "Target missed: {label}, {period}: {value} (target {target})",
    "spike": "Beyond chance: {label}, {period}: {value} ({change} on the period before)",
    "early": ", may still move",
    "week": "week of {}",
    "quarter": "quarter from {}",
}
_FRENCH = {
    "held": "Export retenu\u00a0: {}",
    "refused": "Export refusé\u00a0: {}",
    "alarm": "À regarder\u00a0: {}",
    "met": "Objectif de nouveau atteint\u00a0: {label}, {period}\u00a0: {value} (objectif {target})",
    "missed": "Objectif manqué\u00a0: {label}, {period}\u00a0: {value} (objectif {target})",
    "spike": "Variation hors du hasard\u00a0: {label}, {period}\u00a0: {value} ({change} sur la période précédente)",
    "early": ", peut encore bouger",
    "week": "semaine du {}",
    "quarter": "trimestre à partir de {}",
}


def events_of(settings: "Settings", manifest: Manifest) -> list[Alert]:
    """What is new in this run against the one before it, of the kinds that are asked for."""
    parent = publish.manifest_of(settings.shelf, manifest["parent"]) if manifest["parent"] else None
    found = [*_exports(settings, manifest, parent), *_alarms(settings, manifest, parent)]
    # A backfill looks back: nothing happened.
    if parent is not None and parent["as_of"] <= manifest["as_of"] and {"target", "spike"} & set(settings.alerts.on):
        for grain in settings.alerts.grains:
            found += _kpis(settings, manifest, parent, grain)
    return [it for it in found if it.event in settings.alerts.on]


def _exports(settings: "Settings", manifest: Manifest, parent: Manifest | None) -> Iterator[Alert]:
    """Exports refused or held now, that were not so before, or for another reason."""
    told = {(it["slot"], it["mapping"], it["reason"]) for it in (parent or {"exports": []})["exports"]}
    for it in manifest["exports"]:
        if it["state"] != "accepted" and (it["slot"], it["mapping"], it["reason"]) not in told:
            yield Alert(event="held", text=_words(settings.language)[it["state"]].format(it["reason"]))


def _alarms(settings: "Settings", manifest: Manifest, parent: Manifest | None) -> Iterator[Alert]:
    """Lines of `reports/alarm` about something that had none before."""
    told = {(it["alarm_id"], it["subject"]) for it in (parent or {}).get("alarms", ())}
    for it in manifest.get("alarms", ()):
        if (it["alarm_id"], it["subject"]) not in told:
            yield Alert(event="alarm", text=_words(settings.language)["alarm"].format(it["detail"]))


def _kpis(settings: "Settings", manifest: Manifest, parent: Manifest, grain: str) -> Iterator[Alert]:
    """Targets that the last complete period crossed, and headlines that moved beyond chance."""
    from flows.outputs.words import language_of  # noqa: PLC0415

    now, before = (_last_complete(settings, it, grain) for it in (manifest, parent))
    language = language_of(settings.language)
    for metric in _metrics(settings.shelf.folder_of(manifest["run"])) if now and before else ():
        row, was = now.get(metric["metric_id"]), before.get(metric["metric_id"])
        if row is None or was is None or row["value"] is None:
            continue
        if None not in (was["is_target_met"], row["is_target_met"]) and was["is_target_met"] != row["is_target_met"]:
            crossing = "met" if row["is_target_met"] else "missed"
            yield Alert(event="target", text=_kpi_text(crossing, metric, row, grain, language))
        is_told = was["period_start"] == row["period_start"] and was["is_significant_vs_prior"]
        if metric["is_headline"] and row["is_significant_vs_prior"] and not is_told:
            yield Alert(event="spike", text=_kpi_text("spike", metric, row, grain, language))


def _last_complete(settings: "Settings", manifest: Manifest, grain: str) -> dict[str, Row]:
    """By metric, the totals of the last period that is over; none of a file that is damaged or of another version."""
    import polars as pl  # noqa: PLC0415

    name = f"metrics/metric_value_{grain}.parquet"
    path, written = settings.shelf.folder_of(manifest["run"]) / name, manifest["outputs"].get(name)
    if written is None or not path.is_file() or durable.fingerprint(path) != written["sha256"]:
        return {}
    values = pl.scan_parquet(path, glob=False)
    if not {*_VALUES, "is_complete", "grouping_set"} <= set(values.collect_schema()):
        return {}
    totals = values.filter((pl.col("grouping_set") == "total") & pl.col("is_complete")).select(_VALUES)
    last = totals.filter(pl.col("period_start") == pl.col("period_start").max()).collect()
    return {row["metric_id"]: row for row in last.iter_rows(named=True)}


def _metrics(run_folder: Path) -> list[Row]:
    import polars as pl  # noqa: PLC0415

    metrics = pl.read_parquet(run_folder / "metrics" / "dim_metric.parquet").sort("metric_id")
    return list(metrics.iter_rows(named=True))


def _kpi_text(what: str, metric: Row, row: Row, grain: str, language: "Language") -> str:
    """The sentence about a KPI."""
    words, unit = _words(language.code), metric["unit"]
    before = row["prior_value"]
    text = words[what].format(
        label=metric[f"label_{language.code}"],
        period=_period(row["period_start"], grain, words, language),
        value=language.quantity(row["value"], unit),
        target="-" if row["target_value"] is None else language.target(row["target_value"], unit),
        change="-" if before is None else language.change(row["value"], before, unit),
    )
    return text if row["is_mature"] else text + words["early"]


def _period(start: dt.date, grain: str, words: Mapping[str, str], language: "Language") -> str:
    if grain == "week":
        return words["week"].format(language.day(start))
    return language.month(start) if grain == "month" else words["quarter"].format(language.month(start))


def _words(language: str) -> Mapping[str, str]:
    return _FRENCH if language == "fr" else _ENGLISH
