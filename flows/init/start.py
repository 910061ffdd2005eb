"""`init`: look at files nobody has declared yet, and write for each kind of them a mapping that a person completes.

Nothing that exists is overwritten, and nothing is guessed silently: what the file does not prove says so in a comment.
"""

import re
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.text import Text

from expectations.tables import FEEDS
from flows.console import console, shown
from flows.errors import PlainError
from flows.home import PROJECT
from flows.init.draft import GUESS, draft, quoted
from flows.init.guess import Guess, Likeness, guesses, likeness
from flows.init.look import Look, look_at
from flows.io import durable
from flows.io.toml import document
from flows.progress import bar
from flows.sources import Source, home_folder, sources
from transforms.canonical import canonical
from transforms.mapping import MappingMismatchError, parse_mapping
from transforms.scales import SCALES

__all__ = ["home_folder", "start"]
_ALIKE_FROM = 0.6
_GOOD_FROM = 0.95
_KEY_OF_NOBODY = b"only to see whether the rows can be read"
_NEW_PIPELINE = """# A deployment of Baromètre. data/sample/pipeline.toml explains every key.

[site]
name = {name}
zone = "Europe/Paris"    # {guess}: periods are cut here, and times without offset are read here
country = "FR"           # {guess}: whose public holidays are days off
"""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What is to be written for one file."""

    look: Look
    mapping: str
    """Name of the mapping: a shipped one that suits, or the one that is written."""
    pattern: str
    """Files of the raw folder that are exports of this kind."""
    text: str
    """The mapping to write; empty where a mapping at hand reads the file."""
    guess: Guess | None
    alike: Likeness | None
    doubts: int
    """Comments that say GUESS, REQUIRED or NOT PLACED."""


def start(home: Path, files: Sequence[Path], *, feed: str, name: str, only_show: bool) -> None:
    """Look at each file, say what it is, and write what is needed to read it."""
    chosen = _feed(feed)
    if name and len(files) > 1:
        raise PlainError(f"--name {name} with {len(files)} files. Name the mapping of one file at a time.")
    seen: dict[tuple[str, ...], str] = {}
    for path in files:
        sizes = [path.stat().st_size] if path.is_file() else ()
        with tempfile.TemporaryDirectory() as scratch, bar(f"reading {path.name}", 1, sizes) as step:
            look = look_at(path, staging=Path(scratch))
            proposal = None if look.header in seen else _proposal(home, look, chosen, name=name)
            step(result={"rows_in": look.rows})
        if proposal is None:
            before = seen[look.header]
            console().print(Text(f"{path.name}: the same columns as before: read with {before!r} as well."))
            continue
        seen[look.header] = proposal.mapping
        _tell(proposal)
        if only_show:
            _show_texts(home, proposal)
        else:
            _write(home, proposal)
            _tell_next(home, proposal)


def _feed(asked: str) -> str:
    wanted = f"feed_{asked.removeprefix('feed_')}" if asked else ""
    if wanted and wanted not in FEEDS:
        known = ", ".join(it.removeprefix("feed_") for it in FEEDS)
        raise PlainError(f"--feed {asked}: there is no such feed. There are {known}.")
    return wanted


def _proposal(home: Path, look: Look, feed: str, *, name: str) -> Proposal:
    """The mapping that reads the file already, or a new one."""
    at_hand = sources(home)
    alike = next((it for it in likeness(look, at_hand) if not feed or it.source.said.get("table") == feed), None)
    pattern = _pattern(look.path)
    if alike and not alike.lacking and not name and _reads_well(look, alike.source):
        return Proposal(
            look=look, mapping=alike.source.name, pattern=pattern, text="", guess=None, alike=alike, doubts=0
        )
    close = alike if alike and alike.share >= _ALIKE_FROM else None
    wanted = feed or (str(close.source.said.get("table", "")) if close else "")
    guess = guesses(look, at_hand, wanted)[0]
    if not guess.placed:
        known = ", ".join(it.removeprefix("feed_") for it in FEEDS)
        raise PlainError(
            f"{look.path.name}: none of its columns is known: {list(look.header)}. Say what its rows are with --feed "
            f"(one of {known}), or write the mapping by hand: the README shows one."
        )
    called = name or _name(look.path)
    text = draft(look, guess, close, name=called)
    doubts = sum(any(mark in line for mark in (GUESS, "REQUIRED", "NOT PLACED")) for line in text.splitlines())
    return Proposal(look=look, mapping=called, pattern=pattern, text=text, guess=guess, alike=close, doubts=doubts - 1)


def _reads_well(look: Look, source: Source) -> bool:
    """Whether a mapping at hand reads nearly all rows as it stands, in the layout that was found."""
    try:
        mapping = parse_mapping(source.name, dict(source.said), SCALES)
    except (ValueError, KeyError):
        return False
    layout = mapping.layout
    if look.format == "csv" and (layout.separator, layout.skip_lines) != (
        look.layout.separator,
        look.layout.skip_lines,
    ):
        return False
    if layout.sheet != look.layout.sheet or (layout.format and layout.format != look.format):
        return False
    try:
        split = canonical(
            look.frame, mapping, slot=look.path.name, header=look.header, zone="Europe/Paris", scales=SCALES,
            key=_KEY_OF_NOBODY,
        )  # fmt: skip
        counts = [it.select(pl.len()) for it in (split.good, split.refused)]
        good, refused = (int(it.item()) for it in pl.collect_all(counts, engine="streaming"))
    except MappingMismatchError:
        return False
    return good > 0 and good >= _GOOD_FROM * (good + refused)


def _name(path: Path) -> str:
    """A name for the mapping: that of the file, without dates and numbers."""
    stem = path.name.split(".")[0]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.split(r"[^a-z]+", re.sub(r"[ts][0-9]\b", "", plain)) if word]
    return "_".join(words) or "export"


def _pattern(path: Path) -> str:
    """The file and its like: numbers in its name may be others the next time."""
    first, dot, rest = path.name.partition(".")
    return re.sub(r"[0-9]+(?:[-_.][0-9A-Za-z]*[0-9]+)*", "*", first) + dot + rest


def _tell(proposal: Proposal) -> None:
    """What the file is, in a few lines."""
    look, out = proposal.look, console()
    packed = f", {look.encoding}" if look.format == "csv" else ""
    separator = f", separator {look.layout.separator!r}" if look.format == "csv" else ""
    out.print(
        Text(f"{look.path.name}: {look.format}{separator}{packed}, {look.rows:,} rows, {len(look.header)} columns")
    )
    for remark in look.remarks:
        out.print(Text(f"  {remark}"))
    if proposal.alike:
        near, needs = (
            proposal.alike,
            "" if not proposal.alike.lacking else f", without {', '.join(proposal.alike.lacking)}",
        )
        out.print(Text(f"  looks like {near.source.name}: {len(near.found)} of its columns are here{needs}"))
        out.print(Text(f"  ({near.source.follows})", style="dim"))
    if not proposal.text:
        out.print(Text(f"  the mapping {proposal.mapping!r} reads it as it stands"))
        return
    guess = proposal.guess
    if guess:
        out.print(Text(f"  read as {guess.table.name.removeprefix('feed_')}: {guess.table.grain}"))
        out.print(
            Text(f"  {len(guess.placed)} columns placed, {len(guess.unplaced)} not: {', '.join(guess.unplaced[:8])}")
        )
        if guess.lacking:
            out.print(Text(f"  still needed: {', '.join(guess.lacking)}", style="bold red"))


def _stanza(proposal: Proposal) -> str:
    return f"[[export]]\nfiles = {quoted(proposal.pattern)}\nmapping = {quoted(proposal.mapping)}\n"


def _show_texts(home: Path, proposal: Proposal) -> None:
    """What would be written, and where."""
    if proposal.text:
        print(f"\n# {shown(home / 'sources' / proposal.mapping)}.toml\n{proposal.text}")
    print(f"# {shown(home / 'pipeline.toml')}\n{_stanza(proposal)}")


def _write(home: Path, proposal: Proposal) -> None:
    """The mapping, the export in the settings, and the folders; never over something that exists."""
    target = home / "sources" / f"{proposal.mapping}.toml"
    if proposal.text and target.exists():
        raise PlainError(
            f"{shown(target)}: it is there already, and is not overwritten. Give the new mapping another name "
            f"(--name), or look at what would be written (--print)."
        )
    settings = home / "pipeline.toml"
    declared = document(settings)
    for folder in (home / "raw", home / "sources"):
        folder.mkdir(parents=True, exist_ok=True)
    if proposal.text:
        durable.put_bytes(target, proposal.text.encode())
    if {"files": proposal.pattern, "mapping": proposal.mapping} in declared.get("export", []):
        return
    there = settings.read_text("utf-8") if settings.is_file() else _new_pipeline(home)
    durable.put_bytes(settings, f"{there.rstrip()}\n\n{_stanza(proposal)}".encode())


def _new_pipeline(home: Path) -> str:
    return _NEW_PIPELINE.format(name=quoted("Mon service client" if home.name == "data" else home.name), guess=GUESS)


def _tell_next(home: Path, proposal: Proposal) -> None:
    """Where it was written, and what to do now, in plain words."""
    out, path = console(), proposal.look.path
    option = "" if home == PROJECT / "data" else f" --data {shown(home)}"
    steps = []
    if proposal.text:
        out.print(Text(f"  written: {shown(home / 'sources' / proposal.mapping)}.toml"))
        steps.append(f"open it and settle its {proposal.doubts} comments with GUESS, REQUIRED or NOT PLACED")
    out.print(Text(f"  declared: {proposal.pattern} in {shown(home / 'pipeline.toml')}"))
    steps.append(f"python -m flows check {shown(path.resolve())}{option}")
    if not path.resolve().is_relative_to((home / "raw").resolve()):
        steps.append(f"cp {shown(path.resolve())} {shown(home / 'raw')}/")
    steps.append(f"python -m flows run{option}")
    out.print("next:")
    for number, step in enumerate(steps, 1):
        out.print(Text(f"  {number}. {step}"), soft_wrap=True)
