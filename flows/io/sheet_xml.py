"""What a workbook reader keeps to itself: how far a sheet goes, cells in error, formulas without a result.

Read from the XML of the sheet with patterns, not a parser: no entity is expanded, no tree is built. No pattern looks
beyond the tag or the cell it starts in, so that no text makes it look at the rest of the sheet over and over.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br=["']([0-9]{1,7})["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]{0,999}[^/<>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v[^<>]*>([^<]+)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_CELL_TAG = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_ROW_TAG = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_SHARED = re.compile(rb"<(?:\w+:)?si(?=[\s/>])")
_RELATIONS = "xl/_rels/workbook.xml.rels"


@dataclass(frozen=True, kw_only=True)
class SheetFacts:
    """The size of the used rectangle from A1, and the cells whose value the reader would leave blank."""

    rows: int
    columns: int
    errors: Mapping[tuple[int, int], str]
    """Row and column from 0 to the error shown, such as #N/A."""
    lines_without_result: tuple[int, ...]
    """Rows from 1 with a formula that was never computed."""


def sheet_facts(parts: Mapping[str, bytes], title: str) -> SheetFacts:
    """The facts of the sheet with this title; KeyError when the workbook does not lead to it."""
    xml = parts[_part_of(parts, title)]
    letters: set[bytes] = set()
    last_row = max((int(found) for found in _ROW.findall(xml)), default=0)
    for reference in _REFERENCE.finditer(xml):
        letters.add(reference[1])
        last_row = max(last_row, int(reference[2]))
    has_odd = any(mark in xml for mark in (b"<f", b":f", b't="e"', b"t='e'"))
    errors, without_result = _odd_cells(xml) if has_odd else ({}, set())
    return SheetFacts(
        rows=last_row,
        columns=max((_column_number(column.decode()) for column in letters), default=0),
        errors=errors,
        lines_without_result=tuple(sorted(without_result)),
    )


def sheet_rows(parts: Mapping[str, bytes]) -> dict[str, int]:
    """How far down each sheet goes, under its title, in the order of the workbook; KeyError when it has none."""
    titles = [found["name"] for found in _tags(parts["xl/workbook.xml"], "sheet") if "name" in found]
    return {title: sheet_facts(parts, title).rows for title in titles}


def is_small(parts: Mapping[str, bytes], cells: int, text_bytes: int) -> bool:
    """Whether no sheet can be more than so many cells, nor its texts more than so many bytes.

    A cell that does not say where it stands may stand anywhere, and one shared text may fill every cell.
    """
    longest = max((_longest_text(xml) for xml in parts.values()), default=0)
    for xml in parts.values():
        places = _REFERENCE.findall(xml)
        tags, rows = len(_CELL_TAG.findall(xml)), _ROW.findall(xml)
        if tags != len(places) or len(_ROW_TAG.findall(xml)) != len(rows) or tags * longest > text_bytes:
            return False
        width = max((_column_number(letters.decode()) for letters in {letters for letters, _ in places}), default=0)
        height = max((int(row) for row in {*rows, *(row for _, row in places)}), default=0)
        if max(width, xml.count(b"mergeCell ")) * height > cells:
            return False
    return True


def _longest_text(xml: bytes) -> int:
    """At most so many bytes is the longest shared text."""
    starts = [found.start() for found in _SHARED.finditer(xml)]
    return max((after - start for start, after in pairwise([*starts, len(xml)])), default=0)


def _odd_cells(xml: bytes) -> tuple[dict[tuple[int, int], str], set[int]]:
    """Cells in error with what they show, and the rows with a formula that has no result."""
    errors: dict[tuple[int, int], str] = {}
    without_result: set[int] = set()
    starts = [found.start() for found in _CELL_TAG.finditer(xml)]
    for start, after in pairwise([*starts, len(xml)]):
        cell = _CELL.match(xml, start, after)
        if cell is None:
            continue
        attributes = _attributes(cell[1].decode("utf-8", "replace"))
        place = re.fullmatch(r"([A-Z]+)([0-9]+)", attributes.get("r", ""))
        value = _VALUE.search(cell[2])
        if place is None:
            continue
        if attributes.get("t") == "e" and value:
            errors[int(place[2]) - 1, _column_number(place[1]) - 1] = html.unescape(value[1].decode("utf-8", "replace"))
        elif _FORMULA.search(cell[2]) and not value and attributes.get("t") != "str":
            without_result.add(int(place[2]))
    return errors, without_result


def _part_of(parts: Mapping[str, bytes], title: str) -> str:
    """The XML part of the sheet with this title, through the relations of the workbook."""
    relations = {
        found["Id"]: posixpath.normpath(posixpath.join("xl", found["Target"].lstrip("/").removeprefix("xl/")))
        for found in _tags(parts[_RELATIONS], "Relationship")
        if "Id" in found and "Target" in found
    }
    for sheet in _tags(parts["xl/workbook.xml"], "sheet"):
        if sheet.get("name") == title:
            identifier = next((value for key, value in sheet.items() if key.endswith(":id")), "")
            return relations[identifier]
    raise KeyError(title)


def _tags(xml: bytes, name: str) -> list[dict[str, str]]:
    text = xml.decode("utf-8", "replace")
    return [_attributes(found[1]) for found in re.finditer(rf"<(?:\w+:)?{name}\s([^<>]{{0,9999}})>", text)]


def _attributes(text: str) -> dict[str, str]:
    return {key: html.unescape(double or single) for key, double, single in _ATTRIBUTE.findall(text)}


def _column_number(letters: str) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
