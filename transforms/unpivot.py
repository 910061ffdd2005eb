"""Wide tables: several columns of a file that are several rows of ours (a column per quarter, one per question).

One row of the file becomes as many rows as there are different names among the matched headers; each keeps the line,
and every column that was not matched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.layout import as_typed, header_name
from transforms.mapping_words import mapping_error, one_pattern, one_text, require_known, texts

_KEYS = ("columns", "pattern", "name_to", "value_to", "optional")
_LIST = "list:"
VALUE_GROUP = "value"
"""The group of the pattern that names the column a cell goes to; without it all go to `value_to`."""


@dataclass(frozen=True, kw_only=True)
class Unpivot:
    """Which headers are turned into rows, and under which headers their names and their cells stand afterwards."""

    columns: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    name_to: str = ""
    value_to: str = ""
    missing: tuple[str, ...] = ()
    """Words that stand for an empty cell."""
    is_optional: bool = False
    """Headers that a file lacks are left out instead of refused."""

    @property
    def name_headers(self) -> tuple[str, ...]:
        """The headers that say which column a row came from."""
        groups = self.pattern.groupindex if self.pattern else {}
        return tuple(group for group in groups if group != VALUE_GROUP) or (self.name_to,)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """What `Unpivot` means for the header of one file."""

    kept: tuple[str, ...]
    """Headers that stay as they are."""
    names: tuple[dict[str, str], ...]
    """For each row that a row of the file becomes: name header to what is written under it."""
    cells: dict[str, tuple[str | None, ...]]
    """New header to the header its cell is read from, for each of those rows; None: the file has no such column."""

    @property
    def header(self) -> tuple[str, ...]:
        """The header of the rows that come out."""
        return (*self.kept, *self.names[0], *self.cells)


class UnpivotError(ValueError):
    """The header of a file is not one that can be spread as declared: what was looked for, and what to do."""


def parse_unpivot(name: str, document: Mapping[str, Any]) -> Unpivot | None:
    """The `[unpivot]` of a mapping; None when it has none."""
    if (given := document.get("unpivot")) is None:
        return None
    require_known(name, "[unpivot]", given, _KEYS)
    if ("columns" in given) == ("pattern" in given):
        raise mapping_error(name, "[unpivot] needs columns or pattern", "write one of them.")
    pattern = one_pattern(name, "unpivot pattern", given["pattern"]) if "pattern" in given else None
    groups = pattern.groupindex if pattern else {}
    value_to = "" if VALUE_GROUP in groups else one_text(name, "unpivot value_to", given.get("value_to", ""))
    name_to = "" if set(groups) - {VALUE_GROUP} else one_text(name, "unpivot name_to", given.get("name_to", ""))
    return Unpivot(
        columns=tuple(header_name(one) for one in texts(name, "unpivot columns", given.get("columns", []))),
        # It is held against names as `header_name` gives them.
        pattern=re.compile(as_typed(pattern.pattern)) if pattern else None,
        name_to=name_to,
        value_to=value_to,
        missing=texts(name, "read missing", document.get("read", {}).get("missing", [])),
        is_optional=bool(given.get("optional", False)),
    )


def spread(unpivot: Unpivot, header: tuple[str, ...]) -> Spread:
    """Where each header of the file goes; an error when what is looked for is not there."""
    chosen = _chosen(unpivot, header)
    kept = tuple(one for one in header if one not in chosen)
    taken = {*unpivot.name_headers, *(where for where, _ in chosen.values())} & set(kept)
    if taken or not chosen:
        what = f"names for the new columns that are free, and {sorted(taken)} are not" if taken else _wanted(unpivot)
        raise UnpivotError(f"Looked for {what}. The file has {list(header)}. Correct [unpivot] in the mapping.")
    names: list[dict[str, str]] = []
    cells: dict[str, dict[int, str]] = {}
    for one, (where, called) in chosen.items():
        if called not in names:
            names.append(called)
        at = names.index(called)
        if at in cells.setdefault(where, {}):
            raise UnpivotError(
                f"Looked for one column for {where!r} of {called}. There are {cells[where][at]!r} and {one!r}. "
                "Make the pattern of [unpivot] tell them apart."
            )
        cells[where][at] = one
    return Spread(
        kept=kept,
        names=tuple(names),
        cells={where: tuple(found.get(at) for at in range(len(names))) for where, found in cells.items()},
    )


def unpivoted(rows: pl.LazyFrame, told: Spread, *, cell: str) -> pl.LazyFrame:
    """One row for each row of the file and each name, in that order; `cell` stands before every header."""
    nothing = pl.lit("", dtype=pl.String)
    lists = [
        pl.concat_list(nothing if one is None else pl.col(cell + one) for one in sources).alias(_LIST + where)
        for where, sources in told.cells.items()
    ]
    names = [
        pl.lit([called[where] for called in told.names], dtype=pl.List(pl.String)).alias(_LIST + where)
        for where in told.names[0]
    ]
    spread_out = rows.with_columns(*lists, *names).drop({cell + one for s in told.cells.values() for one in s if one})
    made = [*told.names[0], *told.cells]
    return spread_out.explode([_LIST + where for where in made]).rename({_LIST + where: cell + where for where in made})


def is_filled(unpivot: Unpivot, told: Spread, *, cell: str) -> pl.Expr:
    """Whether any cell of the columns that were turned holds something: the others are rows of nothing."""
    absent = ["", *(word.strip().lower() for word in unpivot.missing)]
    return pl.any_horizontal(
        ~pl.col(cell + where).str.strip_chars().str.to_lowercase().is_in(absent) for where in told.cells
    )


def _chosen(unpivot: Unpivot, header: tuple[str, ...]) -> dict[str, tuple[str, dict[str, str]]]:
    """Header of the file to the column its cell goes to and what its name says."""
    if unpivot.pattern is None:
        present = {header_name(one): one for one in reversed(header)}
        absent = [one for one in unpivot.columns if one not in present]
        if absent and not unpivot.is_optional:
            raise UnpivotError(
                f"Looked for the columns {absent} of [unpivot]. The file has {list(header)}. Correct the mapping, or "
                "give [unpivot] the option optional = true."
            )
        found = [present[one] for one in unpivot.columns if one in present]
        return {one: (unpivot.value_to, {unpivot.name_to: header_name(one)}) for one in found}
    chosen = {}
    for one in header:
        if (match := unpivot.pattern.fullmatch(header_name(one))) is None:
            continue
        groups = {group: text or "" for group, text in match.groupdict().items()}
        where = groups.pop(VALUE_GROUP, unpivot.value_to)
        chosen[one] = (where, groups or {unpivot.name_to: header_name(one)})
    return chosen


def _wanted(unpivot: Unpivot) -> str:
    return f"columns like {unpivot.pattern.pattern!r}" if unpivot.pattern else f"the columns {list(unpivot.columns)}"
