"""What the published tables must say, worked out in plain Python from the deliveries alone, and how they are read."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from flows.io import publish
from flows.io.publish import Shelf
from tests.flows.persons import HEADER
from transforms.privacy import pseudonym

GRAINS = ("day", "week", "month", "quarter", "year")
WORD = "vert"
"""A score that is refused until the mapping knows it for a 4."""


class Answer(NamedTuple):
    """One line of an export."""

    number: int
    score: str
    person: str
    on: dt.date
    is_half: bool = False
    """Its writer stopped in the middle: no row, and the person in it is readable."""

    @property
    def text(self) -> str:
        whole = f"{self.number};{self.on:%d/%m/%Y} 10:00;{self.score};{self.person};A-1;ok"
        return whole if not self.is_half else whole.removesuffix(";A-1;ok")

    @property
    def milli(self) -> int:
        return 4000 if self.score == WORD else int(self.score) * 1000


class Delivery(NamedTuple):
    """What lies in the raw folder under a name."""

    lines: tuple[Answer, ...]
    is_broken: bool = False

    @property
    def text(self) -> str:
        if self.is_broken:
            return "<html>Session expirée</html>"
        return "\n".join((HEADER, *(it.text for it in self.lines))) + "\n"


class Used(NamedTuple):
    """The last good delivery of an export, and whether the mapping knew the word when it was read."""

    lines: tuple[Answer, ...]
    knows_word: bool


@dataclass
class Model:
    """The state after the last night that came to its end."""

    used: dict[str, Used] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    erased: frozenset[str] = frozenset()

    def after(
        self, raw: Mapping[str, Delivery], *, knows_word: bool, accept_shrink: bool = False, erased: frozenset[str]
    ) -> Model:
        """The state after a night over these files."""
        found = Model(dict(self.used), dict.fromkeys(self.used, "accepted"), erased)
        for name, delivery in raw.items():
            now = Used(delivery.lines, knows_word)
            found.states[name] = state = found.judged(name, now, accept_shrink=accept_shrink)
            if delivery.is_broken:
                found.states[name] = "refused"
            elif state == "accepted":
                found.used[name] = now
        return found

    def judged(self, name: str, now: Used, *, accept_shrink: bool) -> str:
        """Held: fewer than half of its rows are good, or fewer than half as many as before."""
        good, before = len(self.good(now)), len(self.good(self.used[name])) if name in self.used else 0
        is_held = good * 2 < len(self.left(now)) or (good * 2 < before and not accept_shrink)
        return "held" if is_held else "accepted"

    @property
    def is_troubled(self) -> bool:
        return set(self.states.values()) != {"accepted"}

    def left(self, used: Used) -> list[Answer]:
        return [it for it in used.lines if it.person not in self.erased]

    def good(self, used: Used) -> list[Answer]:
        return [it for it in self.left(used) if not it.is_half and (it.score != WORD or used.knows_word)]

    def winners(self) -> dict[int, tuple[str, Answer]]:
        """By number: the answer that counts is the last one of the last file."""
        return {it.number: (name, it) for name in sorted(self.used) for it in self.good(self.used[name])}

    def tables(self, key: bytes) -> dict[str, Any]:
        """What each published table must say."""
        kept = [it for _, it in self.winners().values()]
        mine = Counter(name for name, _ in self.winners().values())
        exports = {}
        for name, state in self.states.items():
            used = self.used.get(name, Used((), knows_word=False))
            left, good = self.left(used), self.good(used)
            exports[name] = {
                "state": state, "in": len(used.lines), "accepted": mine[name], "quarantined": len(left) - len(good),
                "duplicate": len(good) - mine[name], "erased": len(used.lines) - len(left),
            }  # fmt: skip
        parts = ("in", "accepted", "quarantined", "duplicate", "erased")
        alias = {it.person: pseudonym(it.person, key) for it in kept}
        return {
            "fact_survey_response": {(str(it.number), it.milli, alias[it.person], it.on) for it in kept},
            "dim_customer": set(alias.values()),
            "meta_export": exports,
            "meta_run": {part: sum(it[part] for it in exports.values()) for part in parts}
            | {"files": len(exports), "held": sum(it["state"] != "accepted" for it in exports.values())},
            **{f"metric_value_{grain}": csat(kept, grain) for grain in GRAINS},
            "kpi_month_wide": {at: 100 * good / n for at, (good, n) in csat(kept, "month").items()},
        }


def csat(kept: list[Answer], grain: str) -> dict[dt.date, tuple[int, int]]:
    """Satisfied and all answers by the first day of each period; a 4 or a 5 is satisfied."""
    all_of, satisfied = Counter(starts(it.on, grain) for it in kept), Counter[dt.date]()
    for it in kept:
        satisfied[starts(it.on, grain)] += it.milli >= 4000
    return {at: (satisfied[at], n) for at, n in all_of.items()}


def starts(on: dt.date, grain: str) -> dt.date:
    match grain:
        case "week":
            return on - dt.timedelta(days=on.weekday())
        case "month":
            return on.replace(day=1)
        case "quarter":
            return on.replace(day=1, month=on.month - (on.month - 1) % 3)
        case "year":
            return on.replace(day=1, month=1)
    return on


def published(data: Path) -> dict[str, Any] | None:
    """What the run that counts says, read as a reader who pins it; None before the first."""
    shelf = Shelf(data / "published")
    manifest = publish.current(shelf)
    if manifest is None:
        return None
    assert publish.damaged(shelf, manifest) == []
    home = shelf.folder_of(manifest["run"])
    assert json.loads((home / "manifest.json").read_bytes()) == manifest
    read = {Path(name).stem: home / name for name in manifest["outputs"]}
    customers = pl.read_parquet(read["dim_customer"]).filter(pl.col("customer_key") > 0)
    code = dict(customers.select("customer_key", "code").iter_rows())
    answers = pl.read_parquet(read["fact_survey_response"])
    rows = answers.select("response_id", "score_milli", "customer_key", "answered_on").rows()
    assert answers["response_id"].is_unique().all()
    wide = pl.read_parquet(read["kpi_month_wide"]).filter(
        pl.col("grouping_set") == "total", pl.col("csat").is_not_null()
    )
    run = pl.read_parquet(read["meta_run"]).row(0, named=True)
    return {
        "fact_survey_response": {(number, milli, code[key], on) for number, milli, key, on in rows},
        "dim_customer": set(code.values()),
        "meta_export": {it["slot"]: exported(it) for it in pl.read_parquet(read["meta_export"]).iter_rows(named=True)},
        "meta_run": parts_of(run) | {"files": run["files"], "held": run["files_held"]},
        **{f"metric_value_{grain}": told(read[f"metric_value_{grain}"]) for grain in GRAINS},
        "kpi_month_wide": dict(wide.select("period_start", "csat").iter_rows()),
    }


def exported(row: dict[str, Any]) -> dict[str, Any]:
    assert row["rows_not_ours"] == 0
    return {"state": row["state"], **parts_of(row)}


def parts_of(row: dict[str, Any]) -> dict[str, Any]:
    return {part: row[f"rows_{part}"] for part in ("in", "accepted", "quarantined", "duplicate", "erased")}


def told(path: Path) -> dict[dt.date, tuple[int, int]]:
    """Numerator and denominator of the periods of a metric table that have answers."""
    rows = pl.read_parquet(path).filter(metric_id="csat", grouping_set="total").filter(pl.col("denominator") > 0)
    return {at: (above, below) for at, above, below in rows.select("period_start", "numerator", "denominator").rows()}


def differing(model: Model, seen: Mapping[str, Any], key: bytes) -> dict[str, tuple[Any, Any]]:
    """The tables that do not say what they must, with what they say and what they must."""
    due = model.tables(key)
    assert due.keys() == seen.keys()
    return {name: (seen[name], due[name]) for name in due if seen[name] != due[name]}
