"""What every part of a source mapping is parsed with: known words, texts, and errors that say what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import polars as pl

from expectations.errors import DefinitionError


class MappingError(DefinitionError):
    """A source mapping says something that cannot be meant."""


def mapping_error(name: str, what: str, remedy: str) -> MappingError:
    """Which file, what is wrong there, what to do."""
    return MappingError(f"{name}.toml: {what}: {remedy}")


def require_known(name: str, where: str, given: Iterable[str], allowed: tuple[str, ...]) -> None:
    """Refuse a word that is not one of those allowed, with the nearest that is."""
    for word in given:
        if word not in allowed:
            near = difflib.get_close_matches(word, allowed, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"write one of {', '.join(sorted(allowed)) or '(none)'}."
            raise mapping_error(name, f"{where} has {word!r}, which is not known there", remedy)


def one_text(name: str, what: str, value: object) -> str:
    """The value, when it is a text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise mapping_error(name, f"{what} is {value!r}", f'write {what} = "..." with a word in it.')
    return value.strip()


def texts(name: str, what: str, value: object) -> tuple[str, ...]:
    """The value, when it is a list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise mapping_error(
            name, f"{what} is {value!r}", f'write a list of texts: {what.rpartition(" ")[2]} = ["...", "..."].'
        )
    return tuple(value)


def one_pattern(name: str, what: str, value: object) -> re.Pattern[str]:
    """The value, when it is a regular expression that Python and polars both read."""
    pattern = one_text(name, what, value)
    try:
        compiled = re.compile(pattern)
        pl.Series([""]).str.contains(pattern)
    except (re.error, pl.exceptions.ComputeError) as error:
        raise mapping_error(name, f"{what} is {pattern!r}", f"correct this regular expression ({error}).") from error
    return compiled
