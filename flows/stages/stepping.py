"""How the frames of `transforms.facts.STEPS` are made of each other: whole, in parts by their tickets, or scattered.

A part is made of the same part of the frames that lie in parts, and of others whole. Of the frames `near` it, it is
made of those parts that its tickets reach: a customer may come back days after a resolution, into a later part.
"""

import datetime as dt
import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from expectations.tables import FEEDS
from flows.io.kept import Kept, Making
from flows.stages.draft import Draft
from flows.stages.parting import routing_of
from transforms.facts import FED_IN_PARTS, STEPS, Bench, Lies, Step
from transforms.facts.parts import UNSPLIT
from transforms.facts.repeat import reaches

_PART = "part"
Used = Mapping[str, Mapping[str, Kept]]
"""The frames that a step reads: the parts of each."""


def makings_of(step: str, draft: Draft) -> dict[str, Making]:
    """How each part of a frame is made."""
    spec = STEPS[step]
    used = {name: parts for name in spec.uses if (parts := draft.parts_of(name))}
    match spec.lies:
        case Lies.WHOLE:
            return {UNSPLIT: _making(step, used, draft)}
        case Lies.SCATTERED:
            return _scattered(step, used, draft)
        case Lies.PARTS:
            return {part: _making(step, here, draft) for part, here in _by_part(spec, used, draft).items()}


def _by_part(spec: Step, used: Used, draft: Draft) -> dict[str, Used]:
    """What each part of a frame is made of."""
    parted = {name for name in used if _lies_in_parts(name)}
    near = _near(spec, used, draft) if spec.near else {}
    found: dict[str, Used] = {}
    for part in sorted({part for name in parted.intersection(spec.needs) for part in used[name]}):
        here = {name: parts for name, parts in used.items() if name not in parted}
        for name in parted:
            reached = {part, *near.get(part, ())} if name == spec.near else {part}
            if there := {it: kept for it, kept in used[name].items() if it in reached}:
                here[name] = there
        found[part] = here
    return found


def _near(spec: Step, used: Used, draft: Draft) -> dict[str, list[str]]:
    """By part of the tickets, the parts of the openings that they reach."""
    tickets, openings = (
        pl.concat(
            draft.keeper.frame({part: kept}).select(column, part=pl.lit(part)) for part, kept in used[name].items()
        )
        for name, column in ((spec.needs[0], "resolved_at"), (spec.near, "opened_again_at"))
    )
    window = dt.timedelta(days=draft.settings.site.fcr_window_days)
    found: dict[str, list[str]] = {}
    for part, reached in reaches(tickets, openings, window=window).collect().iter_rows():
        found.setdefault(part, []).append(reached)
    return found


def _making(step: str, used: Used, draft: Draft) -> Making:
    """How a frame, or a part of one, is made of others."""
    spec, settings = STEPS[step], draft.settings
    bench = Bench(
        frames={name: _frame(name, parts, draft) for name, parts in used.items()},
        site=settings.site,
        as_of=settings.as_of,
        scales=settings.scales,
    )
    changes_at, daily = spec.changes_at, spec.daily.columns if spec.daily else ()
    return Making(
        name=step,
        made_of=[kept for _, parts in sorted(used.items()) for _, kept in sorted(parts.items())],
        and_of=[sorted(used), settings.as_of.isoformat() if spec.lies is not Lies.PARTS else ""],
        make=lambda: spec.build(bench).drop(daily),
        holds_until=changes_at and (lambda rows: changes_at(replace(bench, frames={**bench.frames, step: rows}))),
    )


def _frame(name: str, parts: Mapping[str, Kept], draft: Draft) -> pl.LazyFrame:
    """The rows of some parts of a frame, as a step sees them."""
    rows = draft.on_the_day(name, draft.keeper.frame(parts))
    return rows.select(list(FEEDS[name].columns)) if name in FEEDS else rows


def _scattered(step: str, used: Used, draft: Draft) -> dict[str, Making]:
    """A frame that is made whole and is small, laid into parts by the tickets that its rows tell of."""
    rows = _making(step, used, draft).make().collect()
    rows = rows.sort(rows.columns).with_columns(routing_of(draft).part_of().alias(_PART))
    return {
        str(part): Making(name=step, made_of=[], and_of=_content(here), make=here.lazy)
        for (part,), rows in sorted(rows.group_by(_PART, maintain_order=True), key=lambda it: str(it[0]))
        for here in [rows.drop(_PART)]
    }


def _content(rows: pl.DataFrame) -> str:
    """Fingerprint of a small frame."""
    rows.write_ipc(file := io.BytesIO())
    return hashlib.sha256(file.getvalue()).hexdigest()


def _lies_in_parts(name: str) -> bool:
    return name in FED_IN_PARTS or (name in STEPS and STEPS[name].lies is not Lies.WHOLE)
