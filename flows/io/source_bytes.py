"""The bytes of one file, read from the start as often as needed, and hashed in the pass whose bytes are used."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import IO

from flows.io.passed import PASSED

PIECE_BYTES = 4 << 20
LOOK_BYTES = 64 << 10


class SourceBytes:
    """The bytes of an open file that nobody else may change."""

    def __init__(self, file: IO[bytes], *, is_hashed: bool = False) -> None:
        """A file as big as it is now: what is added while it is read is not followed, only noticed."""
        self.size_bytes = file.seek(0, io.SEEK_END)
        self.read_bytes = 0
        """By the last pass that was no mere look."""
        self._file, self._is_hashed, self._digest = file, is_hashed, hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of the bytes of the last pass that was no mere look."""
        return self._digest.hexdigest()

    def pieces(self, size: int = PIECE_BYTES) -> Iterator[bytes]:
        """All bytes, to be used."""
        if self._is_hashed:  # what was gone through before does not count a second time
            PASSED.add(-self.read_bytes)
        self._digest, self.read_bytes = hashlib.sha256(), 0
        for piece in self.look(size):
            self.read_bytes += len(piece)
            if self._is_hashed:
                self._digest.update(piece)
                PASSED.add(len(piece))
            yield piece

    def look(self, size: int = LOOK_BYTES) -> Iterator[bytes]:
        """All bytes, to decide how they are to be read."""
        self._file.seek(0)
        left = self.size_bytes + 1
        while piece := self._file.read(min(size, left)):
            left -= len(piece)
            yield piece

    def start(self) -> bytes:
        """As much as tells the kind of the file."""
        return next(self.look(), b"")
