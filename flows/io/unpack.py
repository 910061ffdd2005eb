"""Archives at the door: gzip and Zstandard unpacked piece by piece, checked to the last byte, under a ceiling."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

import zstandard

from flows.io.landed import Limits, Refused

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
PACKED_BYTES = 256 << 10
"""Packed bytes read at once."""
_GZIP_STEP = 4 << 20
_ZSTD_WINDOW = 1 << 27
_ZSTD_STEP = 8 << 10
"""Packed bytes a step: Zstandard unpacks at most about 30,000 to 1, so a step stays under 256 MB."""
_SKIPPABLE = frozenset(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))


class _BrokenError(ValueError):
    """Why an archive cannot be used; said to the reader with the name of its file."""


def is_packed(name: str, start: bytes) -> bool:
    """Whether the first bytes of a file are those of an archive; one that only its name calls so is refused."""
    if _kind(start):
        return True
    if name.lower().endswith((".gz", ".zst")) and start:
        raise Refused(
            name,
            looked_for="a gzip or Zstandard archive, as its name says",
            found=f"a file that starts with {start[:8]!r}",
            to_do="Deliver it again, or without .gz or .zst if it is not packed.",
        )
    return False


def unpacked(name: str, packed: Iterator[bytes], packed_bytes: int, limits: Limits) -> Iterator[bytes]:
    """The content of an archive of so many bytes, in pieces.

    Every member must be complete and pass its checksum: an archive cut short is refused, never shortened.
    """
    first = next(packed)
    kind = _kind(first)
    ceiling = min(limits.text_bytes, max(limits.unpacked_floor, limits.unpacked_ratio * packed_bytes))
    left = ceiling
    try:
        for part in (_gunzipped if kind == "gzip" else _unzstd)(chain((first,), packed)):
            left -= len(part)
            if left < 0:
                break
            yield part
    except _BrokenError as error:
        raise _refused(name, kind, ceiling, str(error)) from error
    if left < 0:
        raise _refused(name, kind, ceiling, "more than that")


def _refused(name: str, kind: str, ceiling: int, found: str) -> Refused:
    return Refused(
        name,
        looked_for=f"a whole {kind} archive that unpacks to at most {ceiling:,} bytes",
        found=found,
        to_do="Deliver it again when its writer has finished.",
    )


def _kind(start: bytes) -> str:
    return "gzip" if start.startswith(GZIP) else "zstd" if start[:4] == ZSTD or start[:4] in _SKIPPABLE else ""


def _gunzipped(packed: Iterable[bytes]) -> Iterator[bytes]:
    reader, member = zlib.decompressobj(wbits=31), 1
    for piece in packed:
        rest = piece
        while rest:
            if reader.eof:
                reader, member = zlib.decompressobj(wbits=31), member + 1
            try:
                yield reader.decompress(rest, _GZIP_STEP)
            except zlib.error as error:
                raise _BrokenError(f"a damaged member {member} ({error})") from error
            rest = reader.unconsumed_tail or reader.unused_data
    while not reader.eof and (part := reader.decompress(b"", _GZIP_STEP)):
        yield part
    if not reader.eof:
        raise _BrokenError(f"member {member} cut short")


def _unzstd(packed: Iterable[bytes]) -> Iterator[bytes]:
    reader = None
    for piece in packed:
        rest = memoryview(piece)
        while rest:
            if reader is None or reader.eof:
                reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            step = rest[:_ZSTD_STEP]
            try:
                yield reader.decompress(step)
            except zstandard.ZstdError as error:
                raise _BrokenError(f"a damaged frame ({error})") from error
            rest = rest[len(step) - len(reader.unused_data) :]
    if reader is None or not reader.eof:
        raise _BrokenError("a frame cut short")
