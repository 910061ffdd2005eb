"""JSON lists and JSON lines: nested keys by dots, values as they are written, broken records refused alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.io.landing import Landed, Refused, read_rows
from transforms.layout import Layout


def land(folder: Path, name: str, text: str | bytes, layout: Layout = Layout()) -> Landed:  # noqa: B008
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rows(path, layout)


def test_values_become_text_exactly_as_they_are_written(tmp_path: Path) -> None:
    landed = land(
        tmp_path,
        "a.json",
        """[{"id": 12345678901234567890123, "score": 1.10, "big": 1e400, "is_new": true, "note": null,
             "user": {"id": "007", "team": {"name": "Nord"}}, "tags": ["a", 1.50, {"k": "é"}]},
            {"id": "b", "late": "déçu\\nfin"}]""",
    )
    assert landed.header == (*("id", "score", "big", "is_new", "note", "user.id", "user.team.name", "tags", "late"),)
    assert landed.rows.collect().rows() == [
        ("12345678901234567890123", "1.10", "1e400", "true", "", "007", "Nord", '["a",1.50,{"k":"é"}]', "", 1),
        ("b", "", "", "", "", "", "", "", "déçu\nfin", 2),
    ]


def test_a_broken_line_is_refused_alone(tmp_path: Path) -> None:
    landed = land(
        tmp_path,
        "a.jsonl",
        '{"a": 1}\n\n{"a": 2\n[3]\n{"a": 4, "a": 5}\n{"a": "\\u0000"}\n{"a": "\\ud800"}\n{"a": 6} {}\n{"a": 7}',
    )
    assert landed.rows.collect().rows() == [("1", 1), ("7", 9)]
    assert landed.refused.select("line", "reason").rows() == [
        *((3, "broken_json"), (4, "not_an_object"), (5, "repeated_key"), (6, "nul_byte"), (7, "encoding")),
        (8, "broken_json"),
    ]
    assert landed.refused["raw"][0] == '{"a": 2'
    assert (landed.rows_in, landed.blank_lines) == (8, 1)
    assert landed.account.total == landed.size_bytes


def test_a_last_line_cut_short_is_refused(tmp_path: Path) -> None:
    landed = land(tmp_path, "a.ndjson", '{"a": 1}\n{"a": 1')
    assert landed.refused["reason"].to_list() == ["broken_json"]


def test_a_line_in_another_code_page_is_refused(tmp_path: Path) -> None:
    lines = [b'{"a": "\xc3\xa9"}', b'{"a": "\xc3\xa8"}', b'{"a": "\xe9"}', b'{"a": "\xc3\xa0"}']
    landed = land(tmp_path, "a.jsonl", b"\n".join(lines))
    assert landed.refused.select("line", "reason").rows() == [(3, "encoding")]
    assert landed.rows.collect()["a"].to_list() == ["é", "è", "à"]


def test_a_list_may_stand_under_a_named_key(tmp_path: Path) -> None:
    text = '{"count": 1, "tickets": [{"id": 7}], "users": []}'
    assert land(tmp_path, "a.json", text, Layout(sheet="tickets")).rows.collect().rows() == [("7", 1)]
    with pytest.raises(Refused, match="found an object with lists under \\['tickets', 'users'\\]"):
        land(tmp_path, "a.json", text)


@pytest.mark.parametrize(
    ("text", "found"),
    [('[{"a": 1}, {"a"', "one that breaks"), ('"a"', "no list"), ("[" * 9_000, "a deeper one"), ("", "an empty")],
)
def test_a_document_that_is_no_whole_list_is_refused(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(Refused, match=found):
        land(tmp_path, "a.json", text)


def test_an_element_that_is_no_object_is_refused_alone(tmp_path: Path) -> None:
    landed = land(tmp_path, "a.json", '[{"a": 1}, 2, {"a": {"b": 1}, "a.b": 2}]')
    assert landed.refused.select("line", "reason").rows() == [(2, "not_an_object"), (3, "repeated_key")]


def test_an_empty_list_has_no_rows(tmp_path: Path) -> None:
    landed = land(tmp_path, "a.json", "\ufeff[]")
    assert (landed.header, landed.rows_in) == ((), 0)


def test_a_login_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="looked for JSON lines; found a web page"):
        land(tmp_path, "a.jsonl", "<!doctype html><html></html>")


def test_depth_is_bounded(tmp_path: Path) -> None:
    deep = '{"a": ' * 5_000 + "1" + "}" * 5_000
    landed = land(tmp_path, "a.jsonl", deep + '\n{"a": 1}\n')
    assert landed.refused.height == 1
    assert landed.rows.collect()["a"].to_list() == ["1"]
