"""How the bytes of an export become rows: the `[read]` part of a source mapping.

`flows.io.landing` reads by it, `transforms.mapping` writes it. Pure: nothing here opens a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from expectations.errors import DefinitionError

FORMATS = ("csv", "xlsx", "json", "jsonl")
SEPARATORS = (";", ",", "\t", "|")
"""The usual ones, looked for when a header does not split."""
BLANKS = "blanks"
"""The separator of columns that are aligned with blanks: a run of blanks and tabs counts as one separator."""
MIXED = "mixed"
"""The encoding of files whose lines were written by several programs: UTF-8 here, Windows-1252 there."""

_AS_TYPED = str.maketrans({"\ufeff": "", "\u2019": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-"})
"""Typographic apostrophes, and hyphens that a word processor puts in their place, as a keyboard writes them."""
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
    """One character, or `blanks`: runs of blanks and tabs, those around a line dropped; quotes then mean nothing."""
    quote: str = '"'
    """Empty: the export never quotes, and a quote is a character like another."""
    encoding: str = "auto"
    """auto: the byte order mark, else strict UTF-8, else Windows-1252. A named code page is decoded strictly.
    mixed: each cell is UTF-8, or else Windows-1252."""
    skip_lines: int = 0
    """Lines (rows of a sheet) above the header."""
    skip_below: int = 0
    """Records between the header and the first row, such as the wording of questions under their codes."""
    columns_named: tuple[str, ...] = ()
    """The names of the columns of a file without header, in their order; empty: the file has a header."""
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
        for what, mark in (("separator", self.mark), ("quote", self.quote or '"')):
            if len(mark) != 1 or not mark.isascii() or mark in "\r\n\0":
                raise DefinitionError(f"{what} is {mark!r}; it must be one ASCII character on a line")
        if self.separator == self.quote:
            raise DefinitionError(f"separator and quote are both {self.quote!r}")
        object.__setattr__(self, "columns_named", _distinct_names(self.columns_named))
        if self.columns_named and self.format.startswith("json"):
            raise DefinitionError("columns_named is for files without header, and each object of a JSON names its keys")
        if self.skip_lines < 0 or self.skip_below < 0:
            raise DefinitionError(f"skip_lines is {self.skip_lines} and skip_below {self.skip_below}; both count lines")
        if self.skip_below and self.columns_named:
            raise DefinitionError("skip_below counts lines under a header, and columns_named says there is none")
        if self.encoding not in ("auto", MIXED):
            _known_codec(self.encoding)

    @property
    def mark(self) -> str:
        """The character that stands between the cells of a row; where blanks do, a tab for each run of them."""
        return "\t" if self.separator == BLANKS else self.separator


def format_of(layout: Layout, file_name: str) -> str:
    """csv, xlsx, json or jsonl: as declared, else by the suffix below .gz or .zst; empty when neither tells."""
    if layout.format:
        return layout.format
    suffixes = [f".{part}" for part in file_name.lower().split(".")[1:]]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return _FORMAT_OF_SUFFIX.get(suffixes[-1], "") if suffixes else ""


def header_name(text: str) -> str:
    """A column name as the house compares it, however it was typed: blanks, apostrophes and hyphens of one kind each.

    No byte order mark; any run of blanks (no-break ones too) is one blank.
    """
    return " ".join(as_typed(text).split())


def as_typed(text: str) -> str:
    """A text, or a pattern, with the marks that a keyboard has."""
    return text.translate(_AS_TYPED)


def _distinct_names(names: object) -> tuple[str, ...]:
    if not isinstance(names, (list, tuple)) or not all(isinstance(one, str) and header_name(one) for one in names):
        raise DefinitionError(f'columns_named is {names!r}; write the name of each column: ["...", "..."]')
    found = tuple(header_name(one) for one in names)
    if len(set(found)) < len(found):
        raise DefinitionError(f"columns_named is {list(found)}; each column needs a name of its own")
    return found


def _known_codec(name: str) -> None:
    try:
        b"a".decode(name, "replace")
    except LookupError as error:
        raise DefinitionError(
            f"encoding is {name!r}; write auto, mixed, utf-8, utf-16, windows-1252, cp850, latin-1, ..."
        ) from error
