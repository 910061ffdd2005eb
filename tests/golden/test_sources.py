"""Every shipped mapping reads a few lines of its export as the text table beside them says.

A table has the rows that are accepted, and below it the reasons of those that are refused. Pseudonyms stand as `*`.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from expectations.gate import split
from expectations.schema import Personal
from flows.io.landing import read_rows
from flows.settings import SHIPPED_SOURCES
from tests.conftest import third_party
from transforms.canonical import canonical
from transforms.layout import Layout
from transforms.mapping import Mapping, parse_mapping
from transforms.scales import SCALES

HERE = Path(__file__).parent / "sources"
SHIPPED = sorted(path.stem for path in SHIPPED_SOURCES.glob("*.toml"))
KEY = b"a key for tests only"
NOT_SHOWN = ("source", "slot", "line", "kind", "survey", "scale", "scale_low_milli", "scale_high_milli", "dated_at")


def mapping_of(name: str) -> Mapping:
    return parse_mapping(name, tomllib.loads((SHIPPED_SOURCES / f"{name}.toml").read_text("utf-8")), SCALES)


def export_of(name: str) -> Path:
    return next(path for path in HERE.glob(f"{name}.*") if path.suffix != ".table")


def table_of(name: str) -> str:
    """What became of the lines, as the text table that is kept."""
    mapping = mapping_of(name)
    landed = read_rows(export_of(name), mapping.layout)
    typed = canonical(
        landed.rows, mapping, slot="file", header=landed.header, zone="Europe/Paris", scales=SCALES, key=KEY
    )
    good, refused, not_ours = pl.collect_all([typed.good, typed.refused, typed.not_ours])
    assert good.height + refused.height + not_ours.height + landed.refused.height == landed.rows_in
    kept, broken = split(good.lazy(), mapping.table)
    rows = kept.collect().sort("line")
    shown = [
        name
        for name in mapping.table.columns
        if rows[name].null_count() < rows.height and (name not in NOT_SHOWN or name in mapping.fields)
    ]
    lines = [" | ".join(["line", *shown])]
    lines += [
        " | ".join([str(row["line"]), *(_cell(mapping, name, row[name]) for name in shown)])
        for row in rows.iter_rows(named=True)
    ]
    reasons = [(it["line"], "; ".join(it["reasons"])) for it in refused.to_dicts() + broken.collect().to_dicts()]
    lines += [f"refused {line}: {why}" for line, why in sorted(reasons)]
    if not_ours.height:
        lines.append(f"not ours: {', '.join(str(line) for line in sorted(not_ours['line']))}")
    return "\n".join(lines) + "\n"


def _cell(mapping: Mapping, name: str, value: object) -> str:
    if value is None:
        return "-"
    if mapping.table.columns[name].personal is Personal.PSEUDONYM:
        return "*"
    if mapping.table.name == "feed_survey" and name == "response_id" and "<row>" in mapping.fields[name].headers:
        return "(of the row)"
    return str(value).removesuffix("+00:00") if hasattr(value, "tzinfo") else str(value)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_mapping_reads_its_lines(name: str) -> None:
    assert table_of(name) == (HERE / f"{name}.table").read_text("utf-8")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_mapping_says_what_it_follows(name: str) -> None:
    text = (SHIPPED_SOURCES / f"{name}.toml").read_text("utf-8")
    assert len(mapping_of(name).follows) > 40
    assert "hecked" in text or "ompared" in text or name.endswith(("_table", "_team", "_assignee")), "what was checked?"


def test_every_line_kept_for_a_mapping_belongs_to_a_shipped_one() -> None:
    assert {path.stem for path in HERE.iterdir()} == set(SHIPPED)


def test_a_byte_order_mark_changes_nothing() -> None:
    """The upload of answers to the surveys of the United States government, as published, with the mark and without."""
    folder = third_party("saas_fixtures") / "gsa_touchpoints"
    layout = Layout(separator=",", ends_with_newline=False)
    plain, marked = (
        read_rows(folder / f"sample_cx_responses_upload{suffix}.csv", layout) for suffix in ("", "_with_bom")
    )
    assert plain.header[:2] == marked.header[:2] == ("external_id", "question_1")
    assert plain.header == marked.header
    assert (plain.rows_in, marked.rows_in) == (1000, 4)


WAREHOUSE = {
    "zendesk_tickets_table": "dbt_zendesk/ticket_data.csv",
    "zendesk_comments": "dbt_zendesk/ticket_comment_data.csv",
    "zendesk_history_status": "dbt_zendesk/ticket_field_history_data.csv",
    "zendesk_history_team": "dbt_zendesk/ticket_field_history_data.csv",
    "zendesk_history_assignee": "dbt_zendesk/ticket_field_history_data.csv",
    "zendesk_users": "dbt_zendesk/user_data.csv",
    "intercom_history_table": "dbt_intercom/conversation_history_data.csv",
    "intercom_parts_table": "dbt_intercom/conversation_part_history_data.csv",
}


@pytest.mark.parametrize("name", WAREHOUSE)
def test_a_warehouse_table_of_the_public_connectors_is_read(name: str) -> None:
    """Hand-made rows in the real schemas: every row is read, or is one the mapping says it does not take."""
    mapping = mapping_of(name)
    layout = replace(mapping.layout, ends_with_newline=False)  # the last line of these files has no end
    landed = read_rows(third_party("saas_fixtures") / WAREHOUSE[name], layout)
    typed = canonical(landed.rows, mapping, slot="file", header=landed.header, zone="UTC", scales=SCALES, key=KEY)
    good, refused, not_ours = pl.collect_all([typed.good, typed.refused, typed.not_ours])
    assert refused["reasons"].to_list() == []
    assert good.height + not_ours.height == landed.rows_in
