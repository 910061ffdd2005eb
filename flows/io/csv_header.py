"""The header of a CSV text: where it stands, what it names, and whether the separator is the right one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flows.io.csv_lines import RECORD_BYTES
from flows.io.landed import Limits, Refused, unique_names
from flows.io.text_encoding import Text
from transforms.layout import SEPARATORS, Layout, header_name

_SAMPLE_LINES = 20
_SPOKEN = {"\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "a vertical bar"}


@dataclass(frozen=True, kw_only=True)
class Header:
    """The names of the columns and the place of the header in the text."""

    names: tuple[str, ...]
    raw: bytes
    """As it stands, without its line end; empty where the file has none."""
    end: int
    """Where the first record starts."""
    next_line: int
    """The line number of the first record."""

    def stands_in(self, block: bytes) -> bool:
        """Whether the header may stand among the records again."""
        return bool(self.raw) and self.raw in block


def read_header(text: Text, layout: Layout, limits: Limits) -> Header:
    """The header below the lines to skip; it may stand on several lines when its names are quoted."""
    start, line = _skip(text, layout)
    if layout.columns_named:
        return Header(names=unique_names(layout.columns_named), raw=b"", end=start, next_line=line)
    end, next_line = _record_end(text, start, line, layout)
    raw = text.data[start:end].rstrip(b"\r\n")
    if not raw.strip():
        raise _refused(text, "a header", f"line {line} blank", "Set skip_lines so that the header comes next.")
    if b"\0" in raw or not text.fits(raw):
        found = f"bytes on line {line} that are not {text.encoding}"
        raise _refused(text, "a header that can be read", found, "Name the encoding of the file in the mapping.")
    if len(raw) > RECORD_BYTES:
        found = f"{len(raw):,} bytes or more on line {line}"
        looked_for = f"a header of at most {limits.columns:,} columns and {RECORD_BYTES:,} bytes"
        raise _refused(text, looked_for, found, "Export fewer columns, or set skip_lines or quote in the mapping.")
    cells = _cells(raw.decode(text.codec), layout)
    if cells is None:
        found = f"quotes on line {line} that do not pair up"
        raise _refused(text, "a header", found, "Export it again, or set quote or skip_lines in the mapping.")
    if len(cells) > limits.columns:
        found = f"{len(cells):,} columns on line {line}"
        raise _refused(text, f"a header of at most {limits.columns:,} columns", found, "Export fewer columns.")
    if len(cells) == 1:
        _refuse_other_separator(text, raw, end, layout)
    names = unique_names(header_name(cell) for cell in cells)
    for _ in range(layout.skip_below):
        end, next_line = _record_end(text, end, next_line, layout) if end < len(text.data) else (end, next_line)
    return Header(names=names, raw=raw, end=end, next_line=next_line)


def _skip(text: Text, layout: Layout) -> tuple[int, int]:
    """Where the header starts, and on which line."""
    start = text.mark_bytes
    for above in range(layout.skip_lines):
        start = text.data.find(b"\n", start) + 1
        if not start or start == len(text.data):
            looked_for = f"a header below {layout.skip_lines} lines to skip"
            raise _refused(text, looked_for, f"only {above + 1} lines", "Set skip_lines to the lines above the header.")
    return start, layout.skip_lines + 1


def _record_end(text: Text, start: int, line: int, layout: Layout) -> tuple[int, int]:
    """Where the header (or a record under it) ends, its line end included, and the line after it."""
    quote = layout.quote.encode()
    end = start
    while True:
        end = text.data.find(b"\n", end) + 1 or len(text.data)
        line += 1
        is_open = bool(quote) and text.data.count(quote, start, end) % 2 == 1
        if not is_open or end == len(text.data) or end - start > RECORD_BYTES:
            return end, line


def _cells(header: str, layout: Layout) -> list[str] | None:
    """The cells of a header; None when its quotes are not those of a header."""
    if not layout.quote or layout.quote not in header:
        return header.split(layout.mark)
    mark, between = re.escape(layout.quote), re.escape(layout.mark)
    cell = rf"{mark}(?:[^{mark}]|{mark}{mark})*{mark}|[^{mark}{between}]*"
    if not re.fullmatch(rf"(?:{cell})(?:{between}(?:{cell}))*", header):
        return None
    found: list[str] = re.findall(rf"(?:^|{between})({cell})", header)
    bare = [one.removeprefix(layout.quote).removesuffix(layout.quote) for one in found]
    return [one.replace(layout.quote * 2, layout.quote) for one in bare]


def _refuse_other_separator(text: Text, raw: bytes, end: int, layout: Layout) -> None:
    """Refuse a header of one column that a usual separator would split, and the lines below it too."""
    below = [line for line in text.data[end : end + RECORD_BYTES].splitlines() if line][:_SAMPLE_LINES]
    for other in SEPARATORS:
        times = raw.count(other.encode())
        alike = sum(line.count(other.encode()) == times for line in below)
        if other != layout.separator and times and 2 * alike >= len(below):
            start = raw[:80].decode(text.codec, "replace")
            found = f"a header of one column that {_SPOKEN[other]} would split into {times + 1}: {start!r}"
            looked_for = f"columns separated by {_SPOKEN.get(layout.separator, repr(layout.separator))}"
            raise _refused(text, looked_for, found, f"Set separator = {other!r} in the mapping.")


def _refused(text: Text, looked_for: str, found: str, to_do: str) -> Refused:
    return Refused(text.name, looked_for=looked_for, found=found, to_do=to_do)
