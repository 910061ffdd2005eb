"""Archives at the door: gzip and Zstandard unpacked whole, checked to the last byte, under a ceiling."""

from __future__ import annotations

import zlib

import zstandard

from flows.io.landed import Limits, Refused

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW = 1 << 27
_ZSTD_STEP = 8 << 10
"""Packed bytes a step: Zstandard unpacks at most about 30,000 to 1, so a step stays under 256 MB."""
_SKIPPABLE = frozenset(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))


class _BrokenError(ValueError):
    """Why an archive cannot be used; said to the reader with the name of its file."""


def unpack(name: str, data: bytes, limits: Limits) -> bytes:
    """The content of a gzip or Zstandard file, told by its first bytes; other bytes as they are.

    Every member must be complete and pass its checksum: an archive cut short is refused, never shortened.
    """
    kind = "gzip" if data.startswith(GZIP) else "zstd" if data[:4] == ZSTD or data[:4] in _SKIPPABLE else ""
    if not kind:
        if name.lower().endswith((".gz", ".zst")):
            raise Refused(
                name,
                looked_for="a gzip or Zstandard archive, as its name says",
                found=f"a file that starts with {data[:8]!r}",
                to_do="Deliver it again, or without .gz or .zst if it is not packed.",
            )
        return data
    ceiling = min(limits.text_bytes, max(limits.unpacked_floor, limits.unpacked_ratio * len(data)))
    try:
        return _gunzip(data, ceiling) if kind == "gzip" else _unzstd(data, ceiling)
    except _BrokenError as error:
        raise Refused(
            name,
            looked_for=f"a whole {kind} archive that unpacks to at most {ceiling:,} bytes",
            found=str(error),
            to_do="Deliver it again when its writer has finished.",
        ) from error


def _gunzip(data: bytes, ceiling: int) -> bytes:
    members: list[bytes] = []
    rest = memoryview(data)
    left = ceiling
    while rest:
        reader = zlib.decompressobj(wbits=31)
        try:
            member = reader.decompress(rest, left + 1)
        except zlib.error as error:
            raise _BrokenError(f"a damaged member {len(members) + 1} ({error})") from error
        left -= len(member)
        if left < 0:
            raise _BrokenError("more than that")
        if not reader.eof:
            raise _BrokenError(f"member {len(members) + 1} cut short")
        members.append(member)
        rest = rest[len(rest) - len(reader.unused_data) :]
    return b"".join(members)


def _unzstd(data: bytes, ceiling: int) -> bytes:
    parts: list[bytes] = []
    rest = memoryview(data)
    left = ceiling
    while rest:
        reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        while rest and not reader.eof:
            step = rest[:_ZSTD_STEP]
            try:
                part = reader.decompress(step)
            except zstandard.ZstdError as error:
                raise _BrokenError(f"a damaged frame ({error})") from error
            left -= len(part)
            if left < 0:
                raise _BrokenError("more than that")
            parts.append(part)
            rest = rest[len(step) - len(reader.unused_data) :]
        if not reader.eof:
            raise _BrokenError("a frame cut short")
    return b"".join(parts)
