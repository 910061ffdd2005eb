"""A published run, fabricated from the contracts: a French support team as of 10 July 2026."""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.schema import Table
from expectations.tables.dimensions import DIM_CHANNEL, DIM_METRIC, DIM_TEAM
from expectations.tables.metric import META_EXPORT, META_RUN, METRIC_MISSING, METRIC_VALUES

AS_OF = dt.date(2026, 7, 10)
CHANNELS = {
    -1: ("all", "Tous", "All"),
    0: ("unknown", "(inconnu)", "(unknown)"),
    1: ("email", "E-mail", "Email"),
    2: ("phone", "Téléphone", "Phone"),
    3: ("chat", "Tchat", "Chat"),
    4: ("form", "Formulaire", "Form"),
}
TEAMS = {
    -1: ("all", "Toutes", "All"),
    1: ("n1", "Niveau 1", "Tier 1"),
    2: ("n2", "Niveau 2 technique", "Tier 2 technical"),
    3: ("factu", "Facturation", "Billing"),
}
# metric | family | French | English | unit | better | additivity | level | swing | half interval | n | target | cuts
METRICS = """
csat | satisfaction | CSAT (clients satisfaits) | CSAT (satisfied customers) | percent | higher | ratio | 78.3 | 2.2 | 2.1 | 1204 | 80 | ct
nps | satisfaction | Net Promoter Score (NPS) | Net Promoter Score (NPS) | points | higher | nps | 31 | 5 | 5.5 | 812 | 30 | ct
ces_ease_index | satisfaction | Facilité (CES, indice 0-100) | Ease (CES, index 0-100) | points | higher | ratio | 68.2 | 1.6 | 2.6 | 431 |  | c
first_response_time_business_p50 | first response | Première réponse, médiane (heures ouvrées) | First response, median (business hours) | seconds | lower | histogram | 5040 | 700 |  | 3110 | 7200 | ct
first_response_time_business_mean | first response | Première réponse, moyenne (heures ouvrées) | First response, mean (business hours) | seconds | lower | ratio | 14700 | 2200 | 900 | 3110 | 14400 | ct
resolution_time_business_p50 | resolution | Résolution, médiane (heures ouvrées) | Resolution, median (business hours) | seconds | lower | histogram | 33000 | 5200 |  | 2961 | 36000 | ct
fcr_rate | resolution | Résolution au premier contact | First contact resolution | percent | higher | ratio | 64.1 | 2.5 | 1.7 | 2910 | 70 | ct
reopen_rate | resolution | Taux de réouverture | Reopen rate | percent | lower | ratio | 5.4 | 1.1 | 0.8 | 2920 | 6 | ct
escalation_rate | resolution | Taux d’escalade | Escalation rate | percent | lower | ratio | 12.2 | 1.3 | 1.2 | 2961 |  | c
ticket_volume | volume | Tickets créés | Tickets created | count | neutral | additive | 3205 | 420 |  | 3205 |  | ct
backlog | volume | Stock de tickets ouverts | Open backlog | count | lower | semi_additive | 486 | 90 |  | 486 | 500 | ct
service_level | phone and chat | Niveau de service (20 s) | Service level (20 s) | percent | higher | ratio | 81.9 | 3.1 | 1.9 | 1049 | 80 | c
cost_per_contact | cost | Coût par contact | Cost per contact | euros | lower | ratio | 11.1 | 0.6 |  | 4810 | 12 | c
occupancy | staffing | Taux d’occupation | Occupancy | percent | neutral | ratio | 84.3 | 2.2 |  | 412 | 85 | t
turnover_rate | staffing | Rotation du personnel (annualisée) | Staff turnover (yearly) | percent | lower | exposure | 18 | 4 |  | 4 | 15 |
survey_response_rate | surveys | Taux de réponse aux enquêtes | Survey response rate | percent | higher | ratio | 27.9 | 1.4 | 2.0 | 1890 | 25 | c
sla_attainment_rate | first response | Respect des délais | Within target | percent | higher | ratio | 90 | 1 | 1 | 100 |  |
"""
HEADLINE_BUT_MISSING = "sla_attainment_rate"


def frame(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows in the contract's columns; what a row does not say is null."""
    return pl.DataFrame([{name: row.get(name) for name in table.columns} for row in rows], schema=table.schema)


def month(back: int) -> dt.date:
    """The first day of the month so many months before July 2026."""
    year, index = divmod(2026 * 12 + 6 - back, 12)
    return dt.date(year, index + 1, 1)


def value(metric_id: str, start: dt.date, cut: str = "total", key: int = -1, **changed: Any) -> dict[str, Any]:
    """One row of the monthly values, readable and without frills unless told otherwise."""
    end = start.replace(day=calendar.monthrange(start.year, start.month)[1])
    row = {
        "metric_id": metric_id,
        "metric_version": 1,
        "period_start": start,
        "period_end": end,
        "grouping_set": cut,
        "channel_key": key if cut == "channel" else -1,
        "team_key": key if cut == "team" else -1,
        "segment_key": -1,
        "n": 100,
        "ci_method": "none",
        "status": "ok",
        "is_complete": end < AS_OF,
        "is_mature": end < AS_OF,
        "run_key": "4f1c9a72be03",
    }
    return row | changed


def metric_rows() -> list[dict[str, str]]:
    names = (
        "metric_id",
        "family",
        "label_fr",
        "label_en",
        "unit",
        "better",
        "additivity",
        "level",
        "swing",
        "half",
        "n",
        "target",
        "cuts",
    )
    return [dict(zip(names, map(str.strip, line.split("|")), strict=True)) for line in METRICS.strip().splitlines()]


def dim_metric() -> pl.DataFrame:
    fixed = {
        "metric_version": 1,
        "scale": 100,
        "parts": 1,
        "date_of": "",
        "fact": "",
        "numerator": "",
        "denominator": "",
        "interval": "",
        "needs": "",
        "dax": "",
        "tableau": "",
    }
    return frame(
        DIM_METRIC,
        [
            {name: text for name, text in row.items() if name in DIM_METRIC.columns}
            | fixed
            | {
                "definition_fr": "Définition.",
                "definition_en": "Definition.",
                "maturity_days": 14 if row["metric_id"] == "survey_response_rate" else 0,
                "is_headline": True,
            }
            for row in metric_rows()
        ],
    )


def history(row: dict[str, str], cut: str, key: int) -> list[dict[str, Any]]:
    """Twenty months of one metric in one cut, ending with the month in progress."""
    level, swing, n = float(row["level"]), float(row["swing"]), int(row["n"])
    shift = 0.0 if key < 0 else swing * 1.9 * math.sin(2.1 * key + len(row["metric_id"]))
    share = 1.0 if key < 0 else 0.15 + 0.1 * key
    size = max(2, round(n * share))
    adds_up = row["unit"] == "count"
    rows = []
    for back in range(20):
        now = level + shift + swing * math.sin(0.7 * back + len(row["metric_id"])) * 0.6 - back * swing * 0.05
        now = round(now * share) if adds_up else now
        half = float(row["half"]) / math.sqrt(share) if row["half"] else None
        target = float(row["target"]) if row["target"] and cut == "total" else None
        good = None if target is None or row["better"] == "neutral" else (now >= target) == (row["better"] == "higher")
        split = (
            {"n_positive": round(size * (0.35 + now / 200)), "n_negative": round(size * (0.35 - now / 200))}
            if row["metric_id"] == "nps"
            else {}
        )
        rows.append(
            value(
                row["metric_id"],
                month(back),
                cut,
                key,
                value=float(now),
                n=size,
                ci_low=None if half is None else now - half,
                ci_high=None if half is None else now + half,
                target_value=target,
                is_target_met=good,
                **split,
            )
        )
    for index, this in enumerate(rows):
        this["prior_value"] = rows[index + 1]["value"] if index + 1 < len(rows) else None
        this["prior_year_value"] = rows[index + 12]["value"] if index + 12 < len(rows) else None
        if this["ci_low"] is not None and this["prior_value"] is not None:
            this["is_significant_vs_prior"] = abs(this["value"] - this["prior_value"]) > 0.55 * (
                this["ci_high"] - this["value"]
            )
    return rows


def month_values() -> pl.DataFrame:
    rows = []
    for row in metric_rows():
        if row["metric_id"] == HEADLINE_BUT_MISSING:
            continue
        rows += history(row, "total", -1)
        rows += [r for key in (1, 2, 3, 4, 0) if "c" in row["cuts"] for r in history(row, "channel", key)]
        rows += [r for key in (1, 2, 3) if "t" in row["cuts"] for r in history(row, "team", key)]
    june = month(1)
    for r in rows:
        if r["period_start"] == june and r["metric_id"] == "turnover_rate":
            r |= {"status": "too_few", "value": None, "n": 3, "is_target_met": None}
        if r["period_start"] == june and r["metric_id"] == "cost_per_contact" and r["grouping_set"] == "total":
            r |= {"status": "no_data", "value": None, "n": 0, "is_target_met": None}
        if r["period_start"] >= june and r["metric_id"] == "survey_response_rate":
            r |= {"is_mature": False}
        if r["channel_key"] == 0 and r["metric_id"] == "csat":
            r |= {"status": "too_few", "value": None, "ci_low": None, "ci_high": None, "n": 2}
    return frame(METRIC_VALUES["month"], rows)


def exports() -> list[dict[str, Any]]:
    def export(slot: str, table: str, rows: int, bad: int, twice: int, **more: Any) -> dict[str, Any]:
        good = rows - bad - twice
        return {
            "slot": slot,
            "mapping": slot.split("/", 1)[0],
            "table": table,
            "state": "accepted",
            "rows_in": rows,
            "rows_accepted": good,
            "rows_quarantined": bad,
            "rows_duplicate": twice,
            "rows_not_ours": 0,
            "first_on": dt.date(2025, 1, 1),
            "last_on": dt.date(2026, 7, 9),
        } | more

    nothing = {"rows_in": 0, "rows_accepted": 0, "first_on": None, "last_on": None}
    return [
        export("enquetes/2025.csv", "feed_survey", 24310, 61, 118),
        export("enquetes/2026.csv", "feed_survey", 13204, 22, 40),
        export("tickets/tickets.csv", "feed_ticket", 56320, 12, 803),
        export("evenements/evenements.jsonl", "feed_ticket_event", 318204, 204, 0),
        export("appels/appels.xlsx", "feed_contact", 88120, 7, 0),
        export(
            "couts/grand_livre.csv",
            "feed_cost",
            0,
            0,
            0,
            state="refused",
            reason="couts/grand_livre.csv: la colonne « Montant » est introuvable ; le fichier a « Montant HT ».",
            **nothing,
        ),
    ]


def write_run(folder: Path, **tables: pl.DataFrame | None) -> Path:
    """A whole run folder; a table given by name replaces the fabricated one, None leaves it out."""
    total = {
        name: sum(e[name] for e in exports())
        for name in ("rows_in", "rows_accepted", "rows_quarantined", "rows_duplicate")
    }
    run = {
        "run_key": "4f1c9a72be03d5",
        "as_of": AS_OF,
        "zone": "Europe/Paris",
        "rules_sha256": "0" * 64,
        "version": "0.1.0",
        "files": 6,
        "files_held": 1,
    } | total
    missing = [
        {"metric_id": HEADLINE_BUT_MISSING, "needs": "targets.toml: première réponse"},
        {"metric_id": "iqs", "needs": "feed_quality_review"},
    ]
    content = {
        "metrics/metric_value_month": month_values,
        "metrics/dim_metric": dim_metric,
        "facts/dim_channel": lambda: frame(
            DIM_CHANNEL,
            [{"channel_key": k, "code": c, "label_fr": fr, "label_en": en} for k, (c, fr, en) in CHANNELS.items()],
        ),
        "facts/dim_team": lambda: frame(
            DIM_TEAM, [{"team_key": k, "code": c, "label_fr": fr, "label_en": en} for k, (c, fr, en) in TEAMS.items()]
        ),
        "reports/meta_run": lambda: frame(META_RUN, [run]),
        "reports/metric_missing": lambda: frame(METRIC_MISSING, missing),
        "reports/meta_export": lambda: frame(META_EXPORT, exports()),
    }
    for path, make in content.items():
        name = path.rsplit("/", 1)[1]
        table = tables[name] if name in tables else make()
        if table is not None:
            target = folder / f"{path}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            table.write_parquet(target)
    return folder


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    """A whole run folder, with some tables replaced or, by None, left out."""
    return write_run


@pytest.fixture(scope="session")
def month_frame() -> pl.DataFrame:
    return month_values()


@pytest.fixture(scope="session")
def metric_frame() -> pl.DataFrame:
    return dim_metric()
