"""TOML as the settings use it: every key is known, every value has its type, and a mistake says how to mend it."""

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flows.errors import PlainError

T = TypeVar("T")


class SettingsError(PlainError):
    """A settings file says something that has no meaning here."""


def document(path: Path) -> dict[str, Any]:
    """What the file says; empty when it is not there."""
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except UnicodeDecodeError as problem:
        raise SettingsError(f"{path}: TOML is written in UTF-8, this file is not ({problem}). Save it again.") from None
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"{path}: not TOML: {problem}. Texts need quotes, days are written 2026-03-31.") from None


@dataclass(frozen=True)
class Part:
    """A table of a settings file, and where it stands, so that a complaint can name the place."""

    path: Path
    place: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, path: Path) -> "Part":
        """The whole file."""
        return cls(path, "", document(path))

    def only(self, *known: str) -> None:
        """Refuse a key that nobody reads: it is a typing mistake, and its value would be silently ignored."""
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(sorted(known))}."
                raise self.error(f"unknown key {key!r}", hint)

    def error(self, what: str, hint: str) -> SettingsError:
        """A complaint in the words of the house: file, place, what is there, what to do."""
        return SettingsError(f"{self.path}{f' [{self.place}]' if self.place else ''}: {what}. {hint}")

    def get(self, key: str, default: T) -> T:
        """The value of a key, of the type of its default."""
        value = self.values.get(key, default)
        self._check(key, value, type(default))
        return value  # type: ignore[no-any-return]

    def need(self, key: str, kind: type[T]) -> T:
        """The value of a key that must be there."""
        if key not in self.values:
            raise self.error(f"{key!r} is missing", f"There are {', '.join(sorted(self.values)) or 'no keys'}.")
        self._check(key, self.values[key], kind)
        return self.values[key]  # type: ignore[no-any-return]

    def maybe(self, key: str, kind: type[T]) -> T | None:
        """The value of a key, or None."""
        return self.need(key, kind) if key in self.values else None

    def part(self, key: str) -> "Part":
        """A table inside this one; empty when it is not there."""
        return Part(self.path, self._at(key), self.get(key, {}))

    def parts(self, key: str) -> list["Part"]:
        """The tables of a list of tables (`[[key]]`)."""
        found: list[Any] = self.get(key, [])
        for each in found:
            if not isinstance(each, dict):
                raise self.error(f"{key!r} holds {each!r}", f"Write each of them as a table under [[{key}]].")
        return [Part(self.path, f"{self._at(key)} {number}", each) for number, each in enumerate(found, 1)]

    def one_of(self, key: str, known: Iterable[str], default: str) -> str:
        """A word out of a list."""
        value = self.get(key, default)
        if value not in (words := sorted(known)):
            raise self.error(f"{key} is {value!r}", f"It is one of {', '.join(words)}.")
        return value

    def between(self, key: str, low: int, high: int, default: int) -> int:
        """A whole number inside bounds."""
        value = self.get(key, default)
        if not low <= value <= high:
            raise self.error(f"{key} is {value}", f"It lies between {low} and {high}.")
        return value

    def _at(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def _check(self, key: str, value: Any, kind: type) -> None:  # noqa: ANN401 -- whatever a file holds
        fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
        if isinstance(value, bool) and kind is not bool:
            fits = False
        if isinstance(value, dt.datetime) and kind is dt.date:
            fits = False
        if not fits:
            names = {
                str: 'a text "..."',
                int: "a whole number",
                dt.date: "a day like 2026-03-31, without quotes",
                bool: "true or false",
            }
            raise self.error(f"{key} is {value!r}", f"It must be {names.get(kind, f'a {kind.__name__}')}.")
