"""The log of what moved since the run before, and why; the first value ever published for each cell."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import polars as pl

from expectations.schema import Table
from expectations.tables import FEEDS
from expectations.tables.analysis import METRIC_REVISION
from expectations.tables.fact_ticket import FACT_TICKET
from expectations.tables.metric import GRAINS, METRIC_VALUES
from flows.io import durable
from flows.io.kept import Kept
from flows.io.ledger import Entry, Record, rules_sha256
from flows.stages.before import (
    CUTS,
    differing,
    in_todays_columns,
    of_a_sound_run,
    published_before,
    tickets_of_both,
    told_before,
)
from flows.stages.draft import Draft, Output, require_contract, write_output

if TYPE_CHECKING:
    from transforms.analysis.revision import News
    from transforms.metrics.periods import Span

PERIODS_AT_ONCE = 10_000
"""Of how many periods of metrics the cells are compared at once: less than a million, where members are a hundred."""


def with_history(values: pl.LazyFrame, before: pl.LazyFrame | None, span: "Span", draft: Draft) -> pl.LazyFrame:
    """Published values of a span with the first value ever published for each cell."""
    from transforms.analysis.revision import first_published  # noqa: PLC0415

    if before is None:
        return values
    then = before.filter(pl.col("period_start").is_between(span.first, span.last))
    return first_published(values, then, draft.all_inside("dim"))


def build_revision(draft: Draft, taken: list[Entry]) -> Output:
    """The log of the run before and what moved since, judged and published."""
    from transforms.analysis.revision import revision_log  # noqa: PLC0415

    name = METRIC_REVISION.name
    found = of_a_sound_run(draft, f"reports/{name}.parquet")
    earlier = METRIC_REVISION.empty() if found is None else pl.scan_parquet(found[1][0], glob=False)
    rows = revision_log(in_todays_columns(earlier, METRIC_REVISION), _explained_moves(draft, taken))
    draft.put_inside(rows, name)
    require_contract(name, METRIC_REVISION, draft)
    return write_output(draft.inside(name), METRIC_REVISION, draft)


def _moved(grain: str, draft: Draft) -> pl.DataFrame | None:
    """The cells of a grain that moved since the run before; None where there was none."""
    from transforms.analysis.revision import PERIOD, in_codes, moves, periods_that_differ  # noqa: PLC0415

    found, as_of = published_before(grain, draft), draft.settings.as_of
    if found is None:
        return None
    (before, then), after, now = found, draft.inside(METRIC_VALUES[grain].name), draft.all_inside("dim")
    computed = after.select("metric_id").unique().collect().lazy()
    some = before.select(PERIOD).unique()
    if _are_numbered_alike(then, now):
        before, after = (lf.filter(~_stayed(grain, draft)) for lf in (before, after))
        some = periods_that_differ(before, after, as_of=as_of)
    periods = some.collect(engine="streaming").sort(PERIOD)
    return pl.concat(
        moves(
            in_codes(_of(these, before), then), in_codes(_of(these, after), now), as_of=as_of, computed=computed
        ).collect()
        for these in [periods.clear(), *periods.iter_slices(PERIODS_AT_ONCE)]
    )


def _of(periods: pl.DataFrame, values: pl.LazyFrame) -> pl.LazyFrame:
    """The values of some periods of metrics: of metrics that follow each other, so the others are hardly read."""
    metric, first, last = pl.col("metric_id"), periods["metric_id"].min(), periods["metric_id"].max()
    return values.filter(metric.is_between(pl.lit(first, pl.String), pl.lit(last, pl.String))).join(
        periods.lazy(), on=periods.columns, how="semi"
    )


def _stayed(grain: str, draft: Draft) -> pl.Expr:
    """Whether a period lies in a span of which the kept values are those of the run before."""
    told = told_before(grain, draft)
    then, now = (_by_days(spans) for spans in (told[1] if told else {}, draft.parts_of(f"values_{grain}")))
    same = [days for days, kept in now.items() if kept == then.get(days)]
    within = (pl.col("period_start").is_between(first, end, closed="left") for first, end in same)
    return pl.any_horizontal(pl.lit(value=False), *within)


def _by_days(spans: Mapping[str, Kept]) -> dict[tuple[dt.date, dt.date], tuple[str, str]]:
    """What tells the values of each span, by its first day and that of the span after it."""
    first = [dt.date.fromisoformat(name) for name in sorted(spans)]
    told = [(spans[name]["key"], spans[name]["sha256"]) for name in sorted(spans)]
    return dict(zip(zip(first, [*first[1:], dt.date.max], strict=True), told, strict=True)) if spans else {}


def _are_numbered_alike(then: dict[str, pl.LazyFrame], now: dict[str, pl.LazyFrame]) -> bool:
    """Whether each key still stands for the code it stood for: a late row may bring an older code."""
    others = (
        then[f"dim_{cut}"].join(now[f"dim_{cut}"], on=[f"{cut}_key", "code"], how="anti").select(pl.len())
        for cut in CUTS
    )
    return not any(it.item() for it in pl.collect_all(others))


def _explained_moves(draft: Draft, taken: list[Entry]) -> list[pl.LazyFrame]:
    """The moves of each grain with their causes; what changed in the feeds is only looked up where something moved."""
    from transforms.analysis.revision import explained  # noqa: PLC0415
    from transforms.metrics import METRICS  # noqa: PLC0415

    moved = {grain: found for grain in GRAINS if (found := _moved(grain, draft)) is not None}
    if not any(frame.height for frame in moved.values()):
        return []
    news = _news(draft, taken)
    about = {"run": pl.lit(draft.run), "run_key": pl.lit(draft.run_key)}
    return [explained(it.lazy(), news, METRICS, grain=grain).with_columns(**about) for grain, it in moved.items()]


def _news(draft: Draft, taken: list[Entry]) -> "News":
    """What differs between this run and the one before, apart from its numbers."""
    from transforms.analysis.revision import News  # noqa: PLC0415

    settings, parent = draft.settings, draft.parent or {}
    days = pl.LazyFrame(schema={"feed": pl.String, "day_on": pl.Date, "kind": pl.String})
    told = [rows.lazy() for feed in FEEDS if (rows := _changed_rows(feed, draft, taken)) is not None]
    rules = {"rules_sha256": rules_sha256(), "documents_sha256": settings.documents_sha256}
    return News(
        rows=pl.concat([days, *told]),
        reopened=_reopened(draft),
        has_other_rules=any(parent.get(name, now) != now for name, now in rules.items()),
        is_earlier=settings.as_of.isoformat() < parent.get("as_of", ""),
    )


def _changed_rows(feed: str, draft: Draft, taken: list[Entry]) -> pl.DataFrame | None:
    """The days of a feed of which exports brought other rows than they did for the run before; None where none did."""
    from transforms.analysis.revision import changed_rows  # noqa: PLC0415
    from transforms.calendar import day_ends_at  # noqa: PLC0415
    from transforms.facts.latest import latest  # noqa: PLC0415

    table, zone, parent = FEEDS[feed], draft.settings.site.zone, draft.parent or {}
    then = _records(feed, ((it["slot"], it["mapping"], it["used"]) for it in parent.get("exports", ())))
    now = _records(feed, ((it.slot, it.mapping, it.used) for it in taken))
    other = [name for name in {*then, *now} if _bytes(then, name) != _bytes(now, name)]
    if not other:
        return None
    key = list(table.key)
    touched = [_rows(draft, [side[name] for name in other if name in side], table) for side in (then, now)]
    keys = pl.concat([rows.select(key) for rows in touched]).unique().collect().lazy()
    sides = differing(draft, feed)
    if sides is None:
        sides = [_rows(draft, then.values(), table)], [_rows(draft, now.values(), table)]

    def some(part: pl.LazyFrame) -> pl.DataFrame:
        """Streamed: of millions of rows only those of the keys are ever held."""
        rows = in_todays_columns(part, table).join(keys, on=key, how="semi", nulls_equal=True)
        return rows.collect(engine="streaming")

    before, after = (latest(pl.concat(some(part) for part in side).lazy(), table) for side in sides)
    end = day_ends_at(dt.date.fromisoformat(parent["as_of"]), zone)
    return changed_rows(before, after, table, zone=zone, end_before=end).collect()


def _records(feed: str, exports: Iterable[tuple[str, str, Record | None]]) -> dict[tuple[str, str], Record]:
    return {(slot, mapping): used for slot, mapping, used in exports if used is not None and used["table"] == feed}


def _bytes(records: dict[tuple[str, str], Record], name: tuple[str, str]) -> str:
    """Fingerprint of what an export brought; rows of a person who was erased since are gone from the same file."""
    return records[name]["sha256"] + records[name].get("erasures", "") if name in records else ""


def _rows(draft: Draft, records: Iterable[Record], table: Table) -> pl.LazyFrame:
    """The rows of exports out of the store; what is no longer there tells nothing."""
    paths = [(record["good"], draft.settings.store / f"{record['key']}.parquet") for record in records]
    sound = [path for good, path in paths if good and path.is_file() and durable.fingerprint(path) == good["sha256"]]
    parts = [in_todays_columns(pl.scan_parquet(path, glob=False), table) for path in sorted(sound)]
    return pl.concat([table.empty(), *parts])


def _reopened(draft: Draft) -> pl.LazyFrame:
    """The days on which tickets counted as resolved that left their resolution, worked out once for all grains.

    Part by part those are looked for that may have, then what they were: all tickets of a year side by side take half
    a gigabyte.
    """
    from transforms.analysis.revision import not_at_rest, reopened_since  # noqa: PLC0415

    if (sides := tickets_of_both(draft)) is None:
        return pl.LazyFrame(schema={"day_on": pl.Date} | dict.fromkeys(CUTS, pl.String))
    key = list(FACT_TICKET.key)
    now = pl.concat(not_at_rest(part).collect(engine="streaming") for part in sides[1])
    asked = now.lazy().select(key)
    then = (part.select(now.columns).join(asked, on=key, how="semi") for part in sides[0])
    was = pl.concat(part.collect(engine="streaming") for part in then)
    return reopened_since(was.lazy(), now.lazy()).collect().lazy()
