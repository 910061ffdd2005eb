"""Each row of a feed once, where it lies in parts: one whose ticket became another may be in several of them.

Keys are compared by their hashes, part by part or a range of hashes at a time: all of a long feed take gigabytes.
"""

import numpy as np
import polars as pl

from expectations.schema import Table
from flows.io.kept import Kept, Making
from flows.stages.draft import Draft
from transforms.facts import latest
from transforms.facts.families import LAID
from transforms.facts.parts import UNSPLIT, several

ROW = "row"
"""The hash of what tells a row from others."""
_PART = "part"
_RANGES = 4
"""In which hashes of rows are looked through."""


def each_once(parts: dict[str, Kept], table: Table, draft: Draft) -> dict[str, Kept]:
    """The parts without the rows that have a later version in another: their ticket is another there."""
    if set(LAID[table.name].by.meta.root_names()) <= set(table.key):
        return parts  # what tells a row from others tells its part
    keeper = draft.keeper
    keys = keeper.kept({part: _keys(kept, table, draft) for part, kept in parts.items()})
    draft.note_parts(_keys_of(table), keys)
    draft.note_parts(_shared(table), keeper.kept({UNSPLIT: _in_several(keys, table, draft)}))
    suspects = draft.inside(_shared(table)).collect()[ROW]
    if suspects.is_empty():
        return parts
    is_suspect = pl.col(ROW).is_in(suspects.implode())
    concerned = [part for part, kept in keys.items() if keeper.frame({part: kept}).filter(is_suspect).collect().height]
    if not concerned:
        return parts
    found = pl.concat(
        keeper.sound({part: parts[part]}).with_columns(row_of(table), pl.lit(part).alias(_PART)).filter(is_suspect)
        for part in concerned
    ).collect()
    staying = latest(found.lazy(), table).select(*table.key, _PART)
    leaving = found.lazy().join(staying, on=[*table.key, _PART], how="anti").select(*table.key, _PART).collect()
    makings = {
        str(part): _without(parts[str(part)], rows.drop(_PART), table, draft)
        for (part,), rows in leaving.group_by(_PART)
    }
    # What these parts are made of stays, or it were cut out of the exports every night.
    draft.note_parts(parted(table), {part: parts[part] for part in makings})
    return parts | keeper.kept(makings)


def _in_several(keys: dict[str, Kept], table: Table, draft: Draft) -> Making:
    """The hashes of row keys that several parts have, in order; a night asks for those that are new in a part."""

    def rows() -> pl.LazyFrame:
        asked = _asked(keys, table, draft)
        found = _in_several_of_all(keys, draft) if asked is None else _in_several_of(asked, keys, draft)
        return pl.LazyFrame({ROW: found}, {ROW: pl.UInt64()})

    return Making(name=_shared(table), made_of=[], and_of=[it["sha256"] for it in keys.values()], make=rows)


def _asked(keys: dict[str, Kept], table: Table, draft: Draft) -> pl.Series | None:
    """Keys that may be in several parts: those that were for the run before, and new ones; None where all may be."""
    keeper, shared = draft.keeper, draft.kept_before(_shared(table))
    then = draft.kept_before(_keys_of(table))
    others = {part: it for part, it in keys.items() if it != then.get(part)}
    were = {part: it for part, it in then.items() if part in others}
    if not shared or not all(keeper.is_sound(it) for it in (*shared.values(), *were.values())):
        return None
    found = [keeper.frame(shared).collect()]
    for part, it in others.items():
        now = keeper.sound({part: it})
        new = now.join(keeper.frame({part: were[part]}), on=ROW, how="anti") if part in were else now
        found.append(new.collect(engine="streaming"))
    return pl.concat(found)[ROW].unique()


def _in_several_of(asked: pl.Series, keys: dict[str, Kept], draft: Draft) -> pl.Series:
    """Of some keys those that several parts have: each part has a key once."""
    found = draft.keeper.sound(keys).filter(pl.col(ROW).is_in(asked.implode())).group_by(ROW).len()
    return found.filter(pl.col("len") > 1).collect(engine="streaming")[ROW].sort()


def _in_several_of_all(keys: dict[str, Kept], draft: Draft) -> pl.Series:
    """Of all keys those that several parts have, looked for a range of hashes at a time: all take gigabytes."""
    found, step = [], 2**64 // _RANGES
    for first in range(0, 2**64, step):
        is_here = pl.col(ROW).is_between(pl.lit(first, pl.UInt64), pl.lit(first + step - 1, pl.UInt64))
        here = draft.keeper.sound(keys).filter(is_here).collect()[ROW]
        found.append(several(here.to_numpy(writable=True)))
    return pl.Series(np.concatenate(found))


def _keys_of(table: Table) -> str:
    return f"keys_{table.name}"


def parted(table: Table) -> str:
    """Of parts as they were before rows that have a later version in another were taken out."""
    return f"parted_{table.name}"


def _shared(table: Table) -> str:
    return f"shared_{table.name}"


def _keys(kept: Kept, table: Table, draft: Draft) -> Making:
    """The hashes of what tells the rows of a part from others, each once and in order."""
    frame, name = draft.keeper.frame({"": kept}), f"rows of {table.name}"
    return Making(name=name, made_of=[kept], make=lambda: frame.select(row_of(table)).unique().sort(ROW))


def row_of(table: Table) -> pl.Expr:
    """The hash of what tells a row of a feed from others."""
    return pl.struct(table.key).hash(seed=0).alias(ROW)


def _without(kept: Kept, rows: pl.DataFrame, table: Table, draft: Draft) -> Making:
    """A part less some rows."""
    frame = draft.keeper.frame({"": kept})
    gone = rows.sort(table.key)
    return Making(
        name=f"{table.name}, each row once",
        made_of=[kept],
        and_of=gone.rows(),
        make=lambda: frame.join(gone.lazy(), on=list(table.key), how="anti", nulls_equal=True, maintain_order="left"),
    )
