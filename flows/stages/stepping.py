"""How the frames of `transforms.facts.STEPS` are made of each other: whole, by ticket in parts, scattered, by month.

A part is made of the same part of the frames that lie in parts, and of others whole. Of the frames `near` it, it is
made of every part that its rows reach: the ticket a survey names may lie elsewhere, and a customer may come back days
after a resolution, into a later part.
"""

import datetime as dt
import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from expectations.tables import FACTS, FEEDS
from flows.io.kept import Kept, Making
from flows.stages.draft import Draft
from flows.stages.routing import near_of_followers, routing_of
from transforms.facts import FED_IN_PARTS, STEPS, Bench, Lies, Step
from transforms.facts.parts import UNSPLIT
from transforms.facts.repeat import reaches, resolved_days, span_of

_PART = "part"
_ALL = pl.lit(value=True)
Parts = Mapping[str, Kept]
Used = Mapping[str, Parts]
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
        case Lies.MONTHS:
            return _by_month(step, used, draft)


def _by_part(spec: Step, used: Used, draft: Draft) -> dict[str, Used]:
    """What each part of a frame is made of."""
    parted = {name for name in used if _lies_in_parts(name)}
    nearby = spec.near.frames if spec.near else ()
    near = _near(spec, used, draft)
    found: dict[str, Used] = {}
    for part in sorted({part for name in parted.intersection(spec.needs) for part in used[name]}):
        here = {name: parts for name, parts in used.items() if name not in parted}
        for name in parted:
            reached = {part, *near.get(part, ())} if name in nearby else {part}
            if there := {it: kept for it, kept in used[name].items() if it in reached}:
                here[name] = there
        found[part] = here
    return found


def _near(spec: Step, used: Used, draft: Draft) -> dict[str, list[str]]:
    """By part, the others that its rows reach."""
    if spec.near is None or len(used[spec.needs[0]]) == 1:
        return {}
    if spec.near.by == "tickets":
        return near_of_followers(draft)
    (opened,) = spec.near.frames
    resolved = draft.told_of_each(f"days_{spec.needs[0]}", spec.needs[0], resolved_days)
    spans = draft.told_of_each(f"span_{opened}", opened, span_of)
    rows = reaches(resolved, spans, window=dt.timedelta(days=draft.settings.site.fcr_window_days))
    found: dict[str, list[str]] = defaultdict(list)
    for part, there in rows.sort(_PART, "reached").collect().iter_rows():
        found[part].append(there)
    return found


def _by_month(step: str, used: Used, draft: Draft) -> dict[str, Making]:
    """By month, how the rows of its days are made of all parts that have such days; in one, where they are few."""
    ((name, parts),), clock = used.items(), FACTS[step].clock
    if len(parts) == 1:
        return {UNSPLIT: _making(step, used, draft)}
    month = pl.col(clock).dt.month_start().alias("month")
    told = draft.told_of_each(f"months_{name}", name, lambda rows: rows.select(month.unique().drop_nulls().sort()))
    found = {}
    for (on,), rows in told.sort("month", _PART).collect().group_by("month", maintain_order=True):
        here = {name: {part: parts[part] for part in rows[_PART]}}
        making = _making(step, here, draft, among=month == on)
        found[str(on)] = replace(making, and_of=[making.and_of, str(on)])
    return found or {UNSPLIT: _making(step, used, draft)}


def _making(step: str, used: Used, draft: Draft, *, among: pl.Expr = _ALL) -> Making:
    """How a frame, or a part of one, is made of others, of some of their rows."""
    spec, settings = STEPS[step], draft.settings
    bench = Bench(
        frames={name: _frame(name, parts, draft).filter(among) for name, parts in used.items()},
        site=settings.site,
        as_of=settings.as_of,
        scales=settings.scales,
    )
    changes_at, daily = spec.changes_at, spec.daily.columns if spec.daily else ()

    def in_order(rows: pl.LazyFrame) -> pl.LazyFrame:
        """Told frames and facts by month come in an order, other facts get that of their key: same rows, same bytes."""
        return rows.sort(FACTS[step].key) if step in FACTS and spec.lies is not Lies.MONTHS else rows

    return Making(
        name=step,
        made_of=[kept for _, parts in sorted(used.items()) for _, kept in sorted(parts.items())],
        and_of=[sorted(used), settings.as_of.isoformat() if spec.lies in {Lies.WHOLE, Lies.SCATTERED} else ""],
        make=lambda: in_order(spec.build(bench).drop(daily)),
        holds_until=changes_at and (lambda rows: changes_at(replace(bench, frames={**bench.frames, step: rows}))),
    )


def _frame(name: str, parts: Mapping[str, Kept], draft: Draft) -> pl.LazyFrame:
    """The rows of some parts of a frame, as a step sees them."""
    rows = draft.on_the_day(name, draft.keeper.frame(parts))
    return rows.select(list(FEEDS[name].columns)) if name in FEEDS else rows


def _scattered(step: str, used: Used, draft: Draft) -> dict[str, Making]:
    """A frame that is made whole and is small, laid into parts by the tickets that its rows tell of."""
    rows = _making(step, used, draft).make().collect()
    rows = rows.sort(rows.columns).with_columns(
        routing_of("feed_ticket", draft).part_of(pl.col("ticket_id")).alias(_PART)
    )
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
