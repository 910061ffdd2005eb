"""How far a stage is, in numbers and in words: items, bytes, rows, speed, time left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_MB = 1_000_000
_AT_THE_DOOR = 0.5
"""An export that went through the door is about half read: its cells are still to be understood and judged."""
_FILE_BYTES = 2 * _MB
"""To open, check and write a small file takes as long as so many bytes of a large one."""
_SURE_AFTER_S, _SURE_FROM = 2.0, 0.02
_LEAST_MB_S = 0.05
_MINUTE_S, _HOUR_S = 60, 3600


@dataclass(kw_only=True)
class Tally:
    """What is done of a stage. Whoever steps it and whoever shows it may be two threads: it only grows."""

    label: str
    total: int = 0
    """Of the items; 0 where nobody knows how many there will be."""
    sizes: Sequence[int] = ()
    """Bytes of each item, where bytes say more of the work than their number."""
    done: int = 0
    done_bytes: int = 0
    rows: int = 0
    read_bytes: int = field(default=0)
    """Bytes gone through at the door, those of files under way among them."""

    def step(self, number: int | None = None, result: object = None) -> None:
        """One more item is done: which, and what came of it."""
        at = self.done if number is None else number
        self.done_bytes += self.sizes[at] if at < len(self.sizes) else 0
        self.rows += rows_of(result)
        self.done += 1

    @property
    def all_bytes(self) -> int:
        """Of all items; 0 where bytes say nothing."""
        return sum(self.sizes)

    @property
    def bytes_so_far(self) -> int:
        """Of the items that are done, and in part of those under way."""
        under_way = max(self.read_bytes - self.done_bytes, 0) * _AT_THE_DOOR
        return min(self.done_bytes + int(under_way), self.all_bytes)

    @property
    def share(self) -> float:
        """From 0 to 1, as far as anybody can tell."""
        each = _FILE_BYTES if self.sizes else 1
        work = self.all_bytes + self.total * each
        return (self.bytes_so_far + self.done * each) / work if work else 0.0

    def seconds_left(self, elapsed_s: float) -> float | None:
        """At the speed so far; None while nothing speaks for a speed, and at the end."""
        if elapsed_s < _SURE_AFTER_S or not _SURE_FROM < self.share < 1:
            return None
        return elapsed_s * (1 - self.share) / self.share

    def under_way(self, elapsed_s: float) -> str:
        """Where the stage is; what matters most comes first, for a narrow terminal shows no more."""
        items = f"{self.done:,} of {self.total:,}{self._kind}" if self.total > 1 else self._count(self.done)
        left_s = self.seconds_left(elapsed_s)
        left = f"about {spoken(left_s)} left" if left_s is not None else ""
        return ", ".join(filter(None, (spoken(elapsed_s), left, items, self._bytes(elapsed_s), self._rows())))

    def ended(self, elapsed_s: float) -> str:
        """What the stage was, at its end."""
        items = self._count(self.done) if self.done > 1 else ""
        return ", ".join(filter(None, (f"done in {spoken(elapsed_s)}", items, self._bytes(elapsed_s), self._rows())))

    @property
    def _kind(self) -> str:
        return " files" if self.sizes else ""

    def _count(self, items: int) -> str:
        return f"{items:,}{self._kind}" if items > 1 or (items and not self.sizes) else ""

    def _bytes(self, elapsed_s: float) -> str:
        if not self.all_bytes:
            return ""
        so_far, in_all = self.bytes_so_far / _MB, self.all_bytes / _MB
        places = 0 if in_all >= 100 else 1  # noqa: PLR2004 -- two digits at least, and no more than needed
        amount = f"{in_all:,.{places}f} MB" if so_far >= in_all else f"{so_far:,.{places}f} of {in_all:,.{places}f} MB"
        speed = so_far / elapsed_s if elapsed_s > 0 else 0.0
        return f"{amount}, {speed:,.1f} MB/s" if speed >= _LEAST_MB_S else amount

    def _rows(self) -> str:
        return f"{self.rows:,} rows" if self.rows else ""


def sizes_of(items: Sequence[Any]) -> list[int]:
    """The bytes of each item, where every one of them tells its own as `bytes`; else none."""
    found = [it.get("bytes") if isinstance(it, Mapping) else getattr(it, "bytes", None) for it in items]
    sizes = [size for size in found if isinstance(size, int)]
    return sizes if len(sizes) == len(items) else []


def rows_of(result: object) -> int:
    """The rows that an account of something read or written speaks of; 0 where it is no such account."""
    if isinstance(result, Mapping):
        return int(result.get("rows_in", result.get("rows", 0)))
    return sum(map(rows_of, result)) if isinstance(result, list) else 0


def spoken(seconds: float) -> str:
    """A duration as one says it."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S:02} s"
    return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S:02} min"
