"""Where the cells of a column of ours come from: one header, or several joined, tried in turn or multiplied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from transforms.mapping_words import mapping_error, texts

LINE_HEADER, FILE_HEADER, ROW_HEADER = "<line>", "<file>", "<row>"
SPECIAL_HEADERS = (LINE_HEADER, FILE_HEADER, ROW_HEADER)
"""Read like headers, and known of every row: its line, the name of its file, a fingerprint of all its cells."""
TIMES = " × "
"""What stands between the factors of a product until they are read."""


class How(StrEnum):
    """What becomes of the parts; the word by which the mapping declares it."""

    HEADERS = "headers"
    """One column, known by one of several names."""
    JOIN = "join"
    """The texts of several columns, one after the other."""
    FIRST_OF = "first_of"
    """The first of several columns that is filled."""
    MULTIPLY = "multiply"
    """The product of two columns."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The columns of a file that a column of ours is read from."""

    how: How
    parts: tuple[tuple[str, ...], ...]
    """For each part the names it may have in a file: the first of them that is there is read."""
    between: str = ""
    """What stands between joined texts."""

    @property
    def headers(self) -> tuple[str, ...]:
        """Every name of every part."""
        return tuple(name for part in self.parts for name in part)


def parse_origin(name: str, column: str, options: Mapping[str, Any]) -> Origin:
    """The origin one column declares, or an error that says what to write."""
    declared = [how for how in How if how.value in options]
    if len(declared) != 1:
        said = " and ".join(declared) or "none of them"
        known = ", ".join(how.value for how in How)
        raise mapping_error(name, f"columns.{column} has {said} of {known}", "say with one of them what is read.")
    how, place = declared[0], f"columns.{column} {declared[0]}"
    given = options[how.value]
    if how is How.HEADERS:
        parts: tuple[tuple[str, ...], ...] = (texts(name, place, given),)
    elif isinstance(given, list):
        parts = tuple((part,) if isinstance(part, str) else texts(name, place, part) for part in given)
    else:
        parts = (texts(name, place, given),)
    if not parts or not all(parts):
        raise mapping_error(name, f"columns.{column} lists no header", "list at least one.")
    if how is How.MULTIPLY and len(parts) != 2:  # noqa: PLR2004 -- a product of two
        raise mapping_error(name, f"{place} lists {len(parts)} headers", "list the two that are multiplied.")
    between = options.get("with", "")
    if not isinstance(between, str) or ("with" in options and how is not How.JOIN):
        raise mapping_error(name, f"columns.{column} has with = {between!r}", 'write with = " " beside join.')
    return Origin(how=how, parts=parts, between=between)


def combined(origin: Origin, parts: list[pl.Expr]) -> pl.Expr:
    """The text of a column of ours from the texts of its parts, null where a part is empty.

    Joined: null where all parts are; the blanks that an empty part leaves at the ends are dropped.
    """
    if not parts:
        return pl.lit(None, dtype=pl.String)
    if origin.how is How.JOIN:
        whole = pl.concat_str([part.fill_null("") for part in parts], separator=origin.between)
        return pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(whole.str.strip_chars())
    if origin.how is How.MULTIPLY:
        return pl.concat_str(parts, separator=TIMES)
    return pl.coalesce(parts)


def factors(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The two texts of a product."""
    return text.str.extract(f"^(.*){TIMES}", 1), text.str.extract(f"{TIMES}(.*)$", 1)
