"""How the bytes of an export become rows: the `[read]` part of a source mapping.

`flows.io.landing` reads by it, `transforms.mapping` writes it. Pure: nothing here opens a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from expectations.schema import DefinitionError

FORMATS = ("csv", "xlsx", "json", "jsonl")
SEPARATORS = (";", ",", "\t", "|")
"""The usual ones, looked for when a header does not split."""

_PACKED = (".gz", ".zst")
_FORMAT_OF_SUFFIX = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What must be known of a file before its first cell is read."""

    format: str = ""
    """csv, xlsx, json or jsonl; empty: told by the suffix of the file."""
    separator: str = ";"
    quote: str = '"'
    """Empty: the export never quotes, and a quote is a character like another."""
    encoding: str = "auto"
    """auto: the byte order mark, else strict UTF-8, else Windows-1252. A named code page is decoded strictly."""
    skip_lines: int = 0
    """Lines (rows of a sheet) above the header."""
    sheet: str = ""
    """The sheet of a workbook, or the key of the list in a JSON document; empty: the only one there is."""
    may_be_empty: bool = False
    """A file of 0 bytes means "nothing happened" instead of "the export failed"."""
    ends_with_newline: bool = True
    """False: this source never ends its last line, so an unfinished one with every field counts as whole."""

    def __post_init__(self) -> None:
        """Wrong layouts fail when the mapping is read, before any file is."""
        if self.format not in ("", *FORMATS):
            raise DefinitionError(f"format is {self.format!r}; it may be one of {', '.join(FORMATS)}")
        for what, mark in (("separator", self.separator), ("quote", self.quote or '"')):
            if len(mark) != 1 or not mark.isascii() or mark in "\r\n\0":
                raise DefinitionError(f"{what} is {mark!r}; it must be one ASCII character on a line")
        if self.separator == self.quote:
            raise DefinitionError(f"separator and quote are both {self.quote!r}")
        if self.skip_lines < 0:
            raise DefinitionError(f"skip_lines is {self.skip_lines}; it counts the lines above the header")
        if self.encoding != "auto":
            _known_codec(self.encoding)


def format_of(layout: Layout, file_name: str) -> str:
    """csv, xlsx, json or jsonl: as declared, else by the suffix below .gz or .zst; empty when neither tells."""
    if layout.format:
        return layout.format
    suffixes = [f".{part}" for part in file_name.lower().split(".")[1:]]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return _FORMAT_OF_SUFFIX.get(suffixes[-1], "") if suffixes else ""


def header_name(text: str) -> str:
    """A column name as the house compares it: no byte order mark, any run of blanks (no-break ones too) one blank."""
    return " ".join(text.replace("\ufeff", "").split())


def _known_codec(name: str) -> None:
    try:
        b"a".decode(name, "replace")
    except LookupError as error:
        raise DefinitionError(
            f"encoding is {name!r}; write auto, utf-8, utf-16, windows-1252, cp850, latin-1, ..."
        ) from error
