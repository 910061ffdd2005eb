"""A disk that loses power: what a journal of changes may look like afterwards, as hostile as POSIX allows.

Bytes of a file are certain only after `fsync` of the file, a name only after `fsync` of its folder. The journal is
recorded from `flows.io.durable`, the only place that changes the disk; each survival keeps some of what is not certain.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from flows.io import durable

Effect = tuple[int, str, int | None]
"""Folder, name in it, and what the name stands for from then on: nothing when it was removed."""
Keeps = Literal["nothing", "all", "some"]


@dataclass
class Node:
    """A file (bytes), a link (target) or a folder (names)."""

    content: bytes | str | None = None
    is_certain: bool = True
    names: dict[str, int] = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        return self.content is None


@dataclass
class Op:
    """One change: names that change together, or something that became certain."""

    effects: tuple[Effect, ...] = ()
    made: tuple[int, Node] | None = None
    synced: tuple[int, bytes | None] | None = None


class Journal:
    """The changes of a folder, in order, from a state in which everything is certain.

    What it saw is told apart by inode number. It is held open while the journal is written: a disk gives the number of
    a file that is gone to the next one, which would then be taken for it.
    """

    def __init__(self, home: Path, held: ExitStack) -> None:
        self.home = home
        self.nodes: dict[int, Node] = {}
        self.ops: list[Op] = []
        self._held = held
        self.root = self._read(home)
        self._known = set(self.nodes)

    def _number_of(self, path: Path) -> int:
        self._held.callback(os.close, os.open(path, os.O_PATH | os.O_NOFOLLOW))
        return path.lstat().st_ino

    def _read(self, path: Path) -> int:
        number = self._number_of(path)
        if path.is_symlink():
            self.nodes[number] = Node(str(path.readlink()))
        elif path.is_dir():
            self.nodes[number] = Node(names={child.name: self._read(child) for child in path.iterdir()})
        else:
            self.nodes[number] = Node(path.read_bytes())
        return number

    def appeared(self, path: Path) -> int:
        """The number of what lies at a path; a file nobody told of was written just now, and nothing is certain."""
        number = path.lstat().st_ino
        if number not in self._known:
            self._known.add(self._number_of(path))
            content = str(path.readlink()) if path.is_symlink() else None if path.is_dir() else path.read_bytes()
            made = Node(content, is_certain=path.is_symlink() or path.is_dir())
            self.ops.append(Op(((path.parent.lstat().st_ino, path.name, number),), made=(number, made)))
        return number

    def gone(self, path: Path) -> list[Op]:
        """The removals of a path and all below it, each of which may be certain without the others."""
        below = [op for child in sorted(path.iterdir()) for op in self.gone(child)] if _is_folder(path) else []
        return [*below, Op(((path.parent.lstat().st_ino, path.name, None),))]


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


@contextmanager
def recorded(home: Path) -> Iterator[Journal]:
    """The journal of what happens below `home` meanwhile."""
    real = {name: getattr(durable, name) for name in ("sync_file", "sync_folder", "move", "link", "remove", "folder")}

    def sync_file(path: Path) -> None:
        number = journal.appeared(path)
        real["sync_file"](path)
        journal.ops.append(Op(synced=(number, None if path.is_dir() else path.read_bytes())))

    def move(source: Path, target: Path) -> None:
        number = journal.appeared(source)
        effects = (
            (target.parent.lstat().st_ino, target.name, number),
            (source.parent.lstat().st_ino, source.name, None),
        )
        real["move"](source, target)
        journal.ops.append(Op(effects))

    def link(source: Path, target: Path) -> None:
        number = journal.appeared(source)
        real["link"](source, target)
        journal.ops.append(Op(((target.parent.lstat().st_ino, target.name, number),)))

    def remove(path: Path) -> None:
        removals = journal.gone(path) if path.exists() or path.is_symlink() else []
        real["remove"](path)
        journal.ops.extend(removals)

    def folder(path: Path) -> Path:
        missing = [it for it in (path, *path.parents) if not it.is_dir()]
        if missing:
            folder(path.parent)
            path.mkdir(exist_ok=True)
            journal.appeared(path)
            durable.sync_folder(path.parent)
        return path

    with ExitStack() as held, pytest.MonkeyPatch.context() as patch:
        journal = Journal(home, held)
        for mine in (sync_file, move, link, remove, folder):
            patch.setattr(durable, mine.__name__, mine)
        yield journal


def survived(journal: Journal, *, cut: int, keeps: Keeps, chance: random.Random, to: Path) -> Path:
    """The folder as it may be found when the power failed after so many changes."""
    nodes = {number: Node(it.content, it.is_certain, dict(it.names)) for number, it in journal.nodes.items()}
    pending: list[Op] = []
    for op in journal.ops[:cut]:
        if op.made is not None:
            number, made = op.made
            nodes[number] = Node(made.content, made.is_certain)
        if op.synced is None:
            pending.append(op)
            continue
        number, content = op.synced
        if content is None:
            _settle(nodes, [it for it in pending if any(folder == number for folder, _, _ in it.effects)])
            pending = [it for it in pending if all(folder != number for folder, _, _ in it.effects)]
        else:
            nodes[number].content, nodes[number].is_certain = content, True
    _settle(nodes, [it for it in pending if keeps == "all" or (keeps == "some" and chance.random() < 0.5)])
    _write(nodes, journal.root, to, whole=keeps == "all", chance=chance)
    return to


def _settle(nodes: dict[int, Node], ops: list[Op]) -> None:
    for folder, name, number in (effect for op in ops for effect in op.effects):
        if number is None:
            nodes[folder].names.pop(name, None)
        else:
            nodes[folder].names[name] = number


def _write(nodes: dict[int, Node], number: int, path: Path, *, whole: bool, chance: random.Random) -> None:
    it = nodes[number]
    if it.is_folder:
        path.mkdir(parents=True)
        for name, child in it.names.items():
            _write(nodes, child, path / name, whole=whole, chance=chance)
    elif isinstance(it.content, str):
        path.symlink_to(it.content)
    elif isinstance(it.content, bytes):
        path.write_bytes(it.content if it.is_certain or whole else _torn(it.content, chance))


def _torn(content: bytes, chance: random.Random) -> bytes:
    """What may be left of bytes that nobody brought to the disk."""
    return chance.choice([b"", bytes(len(content)), content[: len(content) // 2]])
