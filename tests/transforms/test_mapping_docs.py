"""docs/mapping.md says what is so: its mappings parse, and its examples come out as they are drawn."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from typing import Any

import polars as pl
import pytest

from expectations.schema import INSTANT
from expectations.tables import FEEDS
from tests.conftest import ROOT
from transforms import mapping as language
from transforms import mapping_fields, time_formats, unpivot
from transforms.canonical import canonical
from transforms.mapping import DEFAULTED, DERIVED, FINGERPRINTED, PROVIDED, Mapping, parse_mapping
from transforms.origin import SPECIAL_HEADERS
from transforms.scales import SCALES

TEXT = (ROOT / "docs" / "mapping.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml *(\w*)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", TEXT, re.MULTILINE | re.DOTALL)
MAPPINGS = [pytest.param(*block, id=f"{n} {block[0]}") for n, block in enumerate(BLOCKS) if block[0] != "pipeline"]
FILLED: dict[pl.DataType, Any] = {
    pl.String(): "x",
    pl.Int64(): 1,
    pl.Date(): dt.date(2026, 1, 1),
    INSTANT: dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
}


def parsed(feed: str, text: str) -> Mapping:
    """The mapping of a block; a part of one is completed with constants for what its table needs."""
    document = tomllib.loads(text)
    if feed:
        table = FEEDS[feed]
        document |= {"table": feed, "source": "docs"}
        there = {*document.get("columns", {}), *document.get("constants", {}), *PROVIDED}
        there |= {*DERIVED.get(feed, {}), FINGERPRINTED.get(feed), *DEFAULTED.get(feed, {})}
        for name in table.required:
            if name not in there:
                column = table.columns[name]
                stated = column.one_of[0] if column.one_of else FILLED[column.dtype]
                document.setdefault("constants", {})[name] = stated
    return parse_mapping("docs", document, SCALES)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(" | ")] if line.strip() else []


def shown(value: object) -> str:
    if value is None:
        return "(empty)"
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, dt.datetime) else str(value)


@pytest.mark.parametrize(("feed", "text", "drawn"), MAPPINGS)
def test_the_examples_are_true(feed: str, text: str, drawn: str) -> None:
    mapping = parsed(feed, text)
    if not drawn:
        return
    first, *lines = [line.partition("->") for line in drawn.splitlines()]
    header, columns = cells(first[0]), cells(first[2])
    given = [cells(f"{left} ") for left, _, _ in lines]
    rows = [[*row, *[""] * (len(header) - len(row))] for row in given if row]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row").with_row_index("line")
    split = canonical(
        frame.lazy(),
        mapping,
        slot="a.csv",
        header=tuple(header),
        zone="UTC",
        scales=SCALES,
        key=b"a key for tests only",
    )
    good, refused, not_ours = pl.collect_all([split.good, split.refused, split.not_ours])
    results = [right.strip() for _, _, right in lines]
    wanted = [one for one in results if not one.startswith(("refused", "not ours"))]
    assert [[shown(value) for value in row] for row in good.select(columns).rows()] == [cells(one) for one in wanted]
    reasons = [one.removeprefix("refused").removeprefix(": ") for one in results if one.startswith("refused")]
    assert refused.height == len(reasons)
    assert [found[0] for found, told in zip(refused["reasons"], reasons, strict=True) if told] == list(
        filter(None, reasons)
    )
    assert not_ours.height == results.count("not ours")


def test_there_are_examples_with_results() -> None:
    assert sum(bool(drawn) for _, _, drawn in BLOCKS) >= 14


def test_the_part_of_the_pipeline_file_is_toml() -> None:
    assert [tomllib.loads(text)["export"] for feed, text, _ in BLOCKS if feed == "pipeline"]


@pytest.mark.parametrize(
    "words",
    [
        language._TOP_KEYS,
        language._READ_KEYS,
        mapping_fields._COLUMN_KEYS,
        unpivot._KEYS,
        SPECIAL_HEADERS,
        tuple(time_formats.COUNTED),
        tuple(f"%{part}" for part in time_formats._DIRECTIVES),
        tuple(unit for units in mapping_fields._UNITS.values() for unit in units),
    ],
)
def test_every_word_of_the_language_is_explained(words: tuple[str, ...]) -> None:
    assert [word for word in words if not re.search(rf"[`\[.]{re.escape(word)}[`\]]", TEXT)] == []
