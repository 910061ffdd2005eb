"""What metrics are made of, kept: sums by day of each part of a fact, and statistics of each stretch of time.

A night adds up the parts that changed, and works out the quarters and years in which rows did. What is read for a
stretch are the rows of the fact as they lie: parts and row groups without a day of it are left alone.
"""

from collections.abc import Collection
from functools import partial

import polars as pl

from flows.io import memory
from flows.io.kept import Kept, Making
from flows.stages.draft import Draft
from transforms.facts import STEPS
from transforms.facts.parts import UNSPLIT
from transforms.metrics.days import Added
from transforms.metrics.metric import Statistic
from transforms.metrics.stretches import Stretch

COUNTS, MEMBERS, PRINTS, STATISTICS = "counts_", "members_", "prints_", "statistics_"
"""Of the frames of the run that metrics are made of."""
ADDED, SUMS = "added_", "sums_"
"""Of the sums of each part of a fact, which are kept, and of those of all its parts, which are of the run alone."""
_ROWS_AT_ONCE = 1_000_000
"""Of how many rows statistics are worked out at once: a few hundred megabytes."""


def tell_members(draft: Draft) -> list[str]:
    """The members of each cut that are told one by one, kept; the dates of facts by which metrics are made."""
    from transforms.metrics import METRICS  # noqa: PLC0415 -- stages import what they do when they do it
    from transforms.metrics.days import member_cuts, sums_of  # noqa: PLC0415
    from transforms.metrics.members import most_frequent  # noqa: PLC0415
    from transforms.metrics.statistics import by_clock_of  # noqa: PLC0415

    facts = draft.names_inside("fact_")
    cuts = member_cuts(facts)
    for fact, names in cuts.items():
        _count_members(fact, names, draft)
    for cut in sorted({cut for names in cuts.values() for cut in names}):
        counts = [f"{COUNTS}{fact}" for fact, names in cuts.items() if cut in names]
        making = Making(
            name=f"{MEMBERS}{cut}",
            made_of=[kept for name in counts for kept in draft.parts_of(name).values()],
            make=partial(most_frequent, [draft.inside(name) for name in counts], cut),
        )
        draft.note_parts(f"{MEMBERS}{cut}", draft.keeper.kept({UNSPLIT: making}))
    read_by_rows = {clock for clock, it in by_clock_of(METRICS.values()).items() if it[0].sample.fact in facts}
    return sorted({*sums_of(facts, METRICS.values()), *read_by_rows})


def add_up_days(clock: str, draft: Draft) -> None:
    """What a fact adds up to by day, on one of its dates, and its statistics: kept, for all grains."""
    from transforms.metrics import METRICS  # noqa: PLC0415
    from transforms.metrics.days import sums_of  # noqa: PLC0415
    from transforms.metrics.statistics import by_clock_of  # noqa: PLC0415

    facts = draft.names_inside("fact_")
    if added := sums_of(facts, METRICS.values()).get(clock):
        _add_up(clock, added, draft)
    if statistics := by_clock_of(METRICS.values()).get(clock):
        _work_out(clock, statistics, draft)


def _count_members(fact: str, cuts: list[str], draft: Draft) -> None:
    """How many rows of each part tell of which member."""
    from transforms.metrics.members import told_members  # noqa: PLC0415

    draft.keep_of_each(f"{COUNTS}{fact}", fact, lambda rows: told_members(draft.on_the_day(fact, rows), cuts))


def _add_up(clock: str, added: Added, draft: Draft) -> None:
    """The sums of each part of a fact by day, and all of them in one frame, for each grain looks at it."""
    members = _members_of(added.fact, draft)
    told = {cut: draft.inside(f"{MEMBERS}{cut}") for cut in members}

    def sums(kept: Kept) -> pl.LazyFrame:
        return added.up(draft.on_the_day(added.fact, draft.keeper.frame({clock: kept})), told)

    makings = {
        part: Making(
            name=f"{ADDED}{clock}",
            made_of=[kept, *members.values()],
            and_of=[added.names, _day_if(added.columns, added.fact, draft)],
            make=partial(sums, kept),
        )
        for part, kept in draft.parts_of(added.fact).items()
    }
    draft.note_parts(f"{ADDED}{clock}", draft.keeper.kept(makings))
    # A hundred files are slower to open than to read: five grains would open each.
    draft.put_inside(draft.inside(f"{ADDED}{clock}"), f"{SUMS}{clock}")


def _work_out(clock: str, statistics: list[Statistic], draft: Draft) -> None:
    """The statistics of each stretch of time in which rows of any part changed."""
    from transforms.metrics.stretches import batches, stretches_of, together  # noqa: PLC0415

    work = _Work(clock, statistics, draft)
    prints = together([work.print_parts().lazy()]).collect()
    makings = {it: work.making(it, prints, among=[it]) for it in stretches_of(prints)}
    dirty = [it for it, making in makings.items() if draft.keeper.there(making) is None]
    for batch in batches(dirty, prints, rows=_ROWS_AT_ONCE):
        work.forget()
        draft.keeper.kept({it.name: work.making(it, prints, among=batch) for it in batch})
    named = {it.name: making for it, making in makings.items()} or {UNSPLIT: work.nothing()}
    draft.note_parts(f"{STATISTICS}{clock}", draft.keeper.kept(named))


class _Work:
    """The statistics of one fact by one of its dates."""

    def __init__(self, clock: str, statistics: list[Statistic], draft: Draft) -> None:
        from transforms.metrics.statistics import WAITING, columns_of  # noqa: PLC0415

        self._clock, self._statistics, self._draft = clock, statistics, draft
        self._fact, self._date = statistics[0].sample.fact, statistics[0].sample.date
        self._members = _members_of(self._fact, draft)
        self._columns = columns_of(statistics)
        # Of rows that wait, `is_unsettled` tells whether the day matters; of others it does where they read it.
        others = {name for it in statistics if it.kind != WAITING for name in it.sample.columns}
        self._day = _day_if(others, self._fact, draft)
        self._prints: dict[str, pl.DataFrame] = {}
        self._worked_out: tuple[list[Stretch], pl.DataFrame] | None = None

    def print_parts(self) -> pl.DataFrame:
        """Say of each part which rows it has in which quarter."""
        from transforms.metrics.stretches import prints_of  # noqa: PLC0415

        columns = _as_kept(self._columns, self._fact)
        tell = partial(prints_of, date=self._date, columns=columns)
        told = self._draft.told_of_each(f"{PRINTS}{self._clock}", self._fact, tell).collect()
        parts = told.partition_by("part", as_dict=True, include_key=False)
        self._prints = {str(part): rows for (part,), rows in parts.items()}
        return told

    def making(self, stretch: Stretch, prints: pl.DataFrame, *, among: list[Stretch]) -> Making:
        """How the statistics of a stretch are made, at once with those among which it is."""
        seen = stretch.seen_in(prints)
        # Rows later than the as-of day do not count yet: where there are any, each day is another.
        as_of = self._draft.settings.as_of
        is_cut_short = any(it["last_on"] > as_of for it in seen)
        return Making(
            name=f"{STATISTICS}{self._clock}",
            made_of=list(self._members.values()),
            and_of=[
                stretch.name,
                [it.name for it in self._statistics],
                [[str(it[name]) for name in ("quarter_start", "is_first_days", "rows", "high", "low")] for it in seen],
                as_of.isoformat() if is_cut_short else self._day,
            ],
            make=partial(self._rows, stretch, among),
            holds_until=self._until,
        )

    def nothing(self) -> Making:
        """How the statistics are made of a fact of which no row has this date."""
        from transforms.metrics.statistics import statistics_of  # noqa: PLC0415

        draft, told = self._draft, {cut: self._draft.inside(f"{MEMBERS}{cut}") for cut in self._members}
        none, as_of = draft.inside(self._fact).clear(), draft.settings.as_of
        return Making(
            name=f"{STATISTICS}{self._clock}",
            made_of=[],
            and_of=[it.name for it in self._statistics],
            make=lambda: statistics_of(none, self._statistics, told, grains=["day"], as_of=as_of),
        )

    def forget(self) -> None:
        """Hold nothing any more of what was worked out, nor of what that took."""
        self._worked_out = None
        memory.give_back()

    def _rows(self, stretch: Stretch, among: list[Stretch]) -> pl.LazyFrame:
        from transforms.metrics.stretches import of_stretch  # noqa: PLC0415

        if self._worked_out is None or self._worked_out[0] is not among:
            self._worked_out = among, self._of(among)
        cell = ["grain", "period_start", "grouping_set", "channel", "team", "segment", "member"]
        rows = self._worked_out[1].filter(of_stretch(stretch))
        return rows.sort(cell, maintain_order=True).lazy()

    def _of(self, among: list[Stretch]) -> pl.DataFrame:
        """The statistics of some stretches of a kind, and of periods that only begin or end in them."""
        from transforms.metrics.statistics import statistics_of  # noqa: PLC0415
        from transforms.metrics.stretches import read_by  # noqa: PLC0415

        draft, as_of = self._draft, self._draft.settings.as_of
        told = {cut: draft.inside(f"{MEMBERS}{cut}") for cut in self._members}
        rows = draft.on_the_day(self._fact, draft.keeper.sound(self._parts_read(among)))
        here = rows.filter(read_by(among, self._date))
        return statistics_of(here, self._statistics, told, grains=among[0].grains, as_of=as_of).collect(
            engine="streaming"
        )

    def _parts_read(self, among: list[Stretch]) -> dict[str, Kept]:
        """The parts with rows that count in one of some stretches."""
        parts = self._draft.parts_of(self._fact)
        return {part: parts[part] for part, rows in self._prints.items() if any(it.seen_in(rows) for it in among)}

    def _until(self, made: pl.LazyFrame) -> pl.LazyFrame:
        """The end of this day where time alone may move a value."""
        from transforms.metrics.statistics import UNSETTLED  # noqa: PLC0415

        return made.select(pl.when(pl.col(UNSETTLED).any()).then(pl.lit(self._draft.end)))


def _members_of(fact: str, draft: Draft) -> dict[str, Kept]:
    """By cut by members that a fact knows, the members told."""
    from transforms.metrics.days import member_cuts  # noqa: PLC0415

    return {cut: draft.parts_of(f"{MEMBERS}{cut}")[UNSPLIT] for cut in member_cuts([fact]).get(fact, [])}


def _day_if(columns: Collection[str], fact: str, draft: Draft) -> str:
    """The day, where columns of a fact are read that every day changes by itself."""
    daily = STEPS[fact].daily
    return draft.end.isoformat() if daily is not None and set(columns) & set(daily.columns) else ""


def _as_kept(columns: list[str], fact: str) -> list[str]:
    """The columns of a fact that decide these: of those that the day changes by itself, what they are made of."""
    daily = STEPS[fact].daily
    if daily is None or not set(columns) & set(daily.columns):
        return columns
    return sorted({*columns, *daily.made_of} - set(daily.columns))
