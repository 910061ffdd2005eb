"""The source mappings at hand: those of the deployment, and those that are shipped."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from flows.console import console, plain_table
from flows.errors import PlainError
from flows.home import PROJECT
from flows.io.toml import document
from flows.settings import SHIPPED_SOURCES

_SEPARATORS = {"\t": "tab", "|": "bar", " ": "blank"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """A mapping file as it stands, not yet parsed."""

    name: str
    path: Path
    said: Mapping[str, Any]

    @property
    def is_shipped(self) -> bool:
        """It comes with the project, and is the same for every deployment."""
        return self.path.parent == SHIPPED_SOURCES

    @property
    def feed(self) -> str:
        """What it fills, without the prefix that all feeds share."""
        return str(self.said.get("table", "?")).removeprefix("feed_")

    @property
    def format(self) -> str:
        """The kind of file: csv with its separator, xlsx, json, jsonl."""
        read = self.said.get("read", {})
        form = str(read.get("format", ""))
        separator = str(read.get("separator", ";"))
        if form in ("", "csv"):
            return f"csv {_SEPARATORS.get(separator, separator)}" if form or "separator" in read else "by suffix"
        return form

    @property
    def follows(self) -> str:
        """Which documentation it follows."""
        return str(self.said.get("follows", ""))


def home_folder(wanted: str = "") -> Path:
    """The deployment folder, whether it has settings yet or not: as asked, as BAROMETRE_DATA says, or `data/`."""
    asked = wanted or os.environ.get("BAROMETRE_DATA", "")
    return Path(asked).expanduser().resolve() if asked else PROJECT / "data"


def sources(home: Path) -> list[Source]:
    """Every mapping by name, the deployment's own first; an own one hides a shipped one of its name."""
    found: dict[str, Source] = {}
    for folder in (home / "sources", SHIPPED_SOURCES):
        for path in sorted(folder.glob("*.toml")):
            found.setdefault(path.stem, Source(name=path.stem, path=path, said=document(path)))
    return sorted(found.values(), key=lambda it: (it.is_shipped, it.name))


def source_named(home: Path, name: str) -> Source:
    """The mapping of that name, or an error that lists those there are."""
    known = sources(home)
    for one in known:
        if one.name == name:
            return one
    raise PlainError(
        f"no mapping {name!r}: looked for {home / 'sources' / name}.toml and for a shipped one. "
        f"There are {', '.join(it.name for it in known)}. See them with: python -m flows sources"
    )


def show_sources(home: Path) -> None:
    """The list a person chooses from."""
    table = plain_table("mapping", "fills", "reads", "follows")
    for one in sources(home):
        style = "" if one.is_shipped else "bold"
        table.add_row(Text(one.name, style=style), one.feed, one.format, Text(one.follows, overflow="fold"))
    out = console()
    out.print(table)
    own = home / "sources"
    out.print(
        Text(
            f"Use one by its name in pipeline.toml: [[export]] files = ..., mapping = ...  "
            f"To change one, copy it from {os.path.relpath(SHIPPED_SOURCES)} to {os.path.relpath(own)}.",
            style="dim",
        )
    )
