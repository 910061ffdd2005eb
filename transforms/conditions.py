"""Rows, or cells of them, that count only where another column of the file says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from transforms.labels import label_key, label_keys
from transforms.layout import header_name
from transforms.mapping_words import mapping_error, texts


@dataclass(frozen=True, kw_only=True)
class Where:
    """A column of the file that must hold one of some words, compared without case."""

    header: str
    words: tuple[str, ...]


class WhereError(ValueError):
    """A file lacks the column that a condition is about."""


def parse_where(name: str, what: str, value: object) -> tuple[Where, ...]:
    """The conditions a mapping declares, all of which must hold: header to words."""
    if not isinstance(value, dict) or not value:
        raise mapping_error(name, f"{what} is {value!r}", f'write {what} = {{ "Header" = ["word", "word"] }}.')
    return tuple(
        Where(
            header=header_name(header), words=tuple(label_key(word) for word in texts(name, f"{what} {header}", words))
        )
        for header, words in value.items()
    )


def holds(conditions: tuple[Where, ...], header: tuple[str, ...], cells: Mapping[str, pl.Expr]) -> pl.Expr:
    """Whether all conditions hold for a row; `cells` has its cells by header."""
    present = {header_name(one): one for one in reversed(header)}
    if absent := [one.header for one in conditions if one.header not in present]:
        raise WhereError(
            f"Looked for the columns {absent} of a where. The file has {list(header)}. Correct it in the mapping."
        )
    return pl.all_horizontal(label_keys(cells[present[one.header]]).is_in(one.words) for one in conditions)
