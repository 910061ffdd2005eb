"""How the frames of `transforms.facts.STEPS` are made of each other: whole, in parts, scattered, by customer, by month.

A part is made of the same part of the frames that lie as it does, and of others whole. Of the frames `near` it, it is
made of every part that its rows reach: the ticket a survey names may lie elsewhere, a customer may come back days after
a resolution, into a later part, and what is said of an order is whether its customer was in contact in the days before.
"""

import datetime as dt
import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import polars as pl

from expectations.tables import FACTS, FEEDS
from flows.io.kept import Kept, Making
from flows.stages.draft import Draft
from flows.stages.routing import near_of_followers, routing_of
from transforms.facts import STEPS, Bench, Lies, Near, Step
from transforms.facts.families import FAMILIES, LAID, TICKET
from transforms.facts.parts import UNSPLIT
from transforms.facts.reached import moment_days, near_days, span_of
from transforms.facts.repeat import reaches, resolved_days, span_of_openings
from transforms.facts.shape import ALL_CUSTOMERS, Share

_PART = "part"
_ALL = pl.lit(value=True)
_A_DAY = dt.timedelta(days=1)
_OF_ALL_ROWS = {Lies.WHOLE, Lies.SCATTERED, Lies.SHARES}
"""How frames lie that are made of all rows, and of the as-of day."""
ROWS_A_SHARE = 1_000_000
"""Of how many rows frames by customer are made at once."""
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
        case Lies.SHARES:
            return _by_share(step, used, draft)
        case Lies.PARTS:
            return _by_part(step, used, draft)
        case Lies.MONTHS:
            return _by_month(step, used, draft)


def _by_part(step: str, used: Used, draft: Draft) -> dict[str, Making]:
    """How each part of a frame is made."""
    spec = STEPS[step]
    own = {name for name in used if _family_of(name) == spec.family}
    near = _near(spec, used, draft)

    def within(name: str, part: str) -> Parts:
        """The parts of a frame that a part is made of."""
        parts, reached = used[name], near.get(name)
        if name in own:
            beside = reached.get(part, ()) if reached else ()
            return {it: kept for it, kept in parts.items() if it == part or it in beside}
        if reached is None:
            return parts
        return {it: kept for it, kept in parts.items() if it in reached.get(part, ())}

    names = sorted({part for name in own.intersection(spec.needs) for part in used[name]})
    made_of: dict[str, Used] = {part: {name: there for name in used if (there := within(name, part))} for part in names}
    return {part: _making(step, here, draft) for part, here in (made_of or {UNSPLIT: used}).items()}


def _near(spec: Step, used: Used, draft: Draft) -> dict[str, dict[str, list[str]]]:
    """By frame, and by part of what is made, the parts that its rows reach: of those of which not all are taken."""
    first = next((name for name in spec.needs if name in used), "")
    if not spec.near or len(used[first]) == 1:
        return {}
    found: dict[str, dict[str, list[str]]] = {}
    for near in spec.near:
        frames = [name for name in near.frames if len(used.get(name, ())) > 1]
        if frames and near.by == "tickets":
            reached = near_of_followers(draft) if spec.family == TICKET else _named(first, draft)
            found |= dict.fromkeys(frames, reached)
        else:
            found |= {name: _in_time(near, name, first, draft) for name in frames}
    return found


def _in_time(near: Near, name: str, first: str, draft: Draft) -> dict[str, list[str]]:
    """By part of a frame, the parts of another that lie near in time."""
    match near.by:
        case "openings":
            resolved = draft.told_of_each(f"days_{first}", first, resolved_days)
            spans = draft.told_of_each(f"span_{name}", name, span_of_openings)
            rows = reaches(resolved, spans, window=dt.timedelta(days=draft.settings.site.fcr_window_days))
        case _:
            looking = draft.told_of_each(f"span_{first}", first, partial(span_of, clocks=near.clocks))
            days = draft.told_of_each(f"days_{name}", name, moment_days)
            rows = near_days(looking, days, before=near.before + _A_DAY, after=near.after + _A_DAY)
    found: dict[str, list[str]] = defaultdict(list)
    for part, there in rows.sort(_PART, "reached").collect().iter_rows():
        found[part].append(there)
    return found


def _named(feed: str, draft: Draft) -> dict[str, list[str]]:
    """By part of a feed, the parts of the tickets that its rows name."""
    part = routing_of(TICKET, draft).part_of(pl.col("ticket_id")).alias(_PART)
    found = {}
    for name in draft.parts_of(feed):
        tickets = draft.part_inside(feed, name).select(pl.col("ticket_id").drop_nulls())
        found[name] = tickets.select(part.unique()).collect()[_PART].to_list()
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


def _by_share(step: str, used: Used, draft: Draft) -> dict[str, Making]:
    """By share of the customers, how it is made of the rows of theirs; one share, while they are few."""
    shares = sum(kept["rows"] for parts in used.values() for kept in parts.values()) // ROWS_A_SHARE + 1
    return {f"{number:03}": _making(step, used, draft, share=Share(number, shares)) for number in range(shares)}


def _making(step: str, used: Used, draft: Draft, *, among: pl.Expr = _ALL, share: Share = ALL_CUSTOMERS) -> Making:
    """How a frame, or a part of one, is made of others, of some of their rows."""
    spec, settings = STEPS[step], draft.settings
    changes_at, daily = spec.changes_at, spec.daily.columns if spec.daily else ()

    def bench(**more: pl.LazyFrame) -> Bench:
        """Laid out for what is made: of a hundred parts, a night makes a few."""
        return Bench(
            frames={name: _frame(name, parts, draft).filter(among) for name, parts in used.items()} | more,
            site=settings.site,
            as_of=settings.as_of,
            scales=settings.scales,
            share=share,
        )

    def in_order(rows: pl.LazyFrame) -> pl.LazyFrame:
        """Told frames come in an order, and some facts; others get that of their key: same rows, same bytes."""
        return rows.sort(FACTS[step].key) if step in FACTS and not spec.is_in_order else rows

    return Making(
        name=step,
        made_of=[kept for _, parts in sorted(used.items()) for _, kept in sorted(parts.items())],
        and_of=[
            sorted(used),
            settings.as_of.isoformat() if spec.lies in _OF_ALL_ROWS else "",
            [share.number, share.of],
        ],
        make=lambda: in_order(spec.build(bench()).drop(daily)),
        holds_until=changes_at and (lambda rows: changes_at(bench(**{step: rows}))),
        at_once=spec.at_once,
    )


def _frame(name: str, parts: Mapping[str, Kept], draft: Draft) -> pl.LazyFrame:
    """The rows of some parts of a frame, as a step sees them."""
    rows = draft.on_the_day(name, draft.keeper.frame(parts))
    return rows.select(list(FEEDS[name].columns)) if name in FEEDS else rows


def _scattered(step: str, used: Used, draft: Draft) -> dict[str, Making]:
    """A frame that is made whole and is small, laid into parts by what its rows tell of."""
    family = STEPS[step].family
    part = routing_of(family, draft).part_of(LAID[FAMILIES[family][0]].by).alias(_PART)
    rows = _making(step, used, draft).make().collect()
    rows = rows.sort(rows.columns).with_columns(part)
    return {
        str(part): Making(name=step, made_of=[], and_of=_content(here), make=here.lazy)
        for (part,), rows in sorted(rows.group_by(_PART, maintain_order=True), key=lambda it: str(it[0]))
        for here in [rows.drop(_PART)]
    }


def _content(rows: pl.DataFrame) -> str:
    """Fingerprint of a small frame."""
    rows.write_ipc(file := io.BytesIO())
    return hashlib.sha256(file.getvalue()).hexdigest()


def _family_of(name: str) -> str:
    """By what a frame lies in parts; empty where it does not."""
    if name in LAID:
        return LAID[name].family
    return STEPS[name].family if name in STEPS and STEPS[name].lies in {Lies.PARTS, Lies.SCATTERED} else ""
