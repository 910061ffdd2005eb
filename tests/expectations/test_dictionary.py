from __future__ import annotations

from expectations.dictionary import dictionary
from expectations.tables import TABLES
from tests.expectations.small_tables import FACT, FEED


def test_every_table_and_column_is_explained() -> None:
    page = dictionary(TABLES.values())
    for table in TABLES.values():
        assert f"### {table.name}\n\nOne row is {table.grain}." in page
        for name, column in table.columns.items():
            assert any(f"| `{name}` |" in line and column.about in line for line in page.splitlines())
        assert all(f"- `{name}`: {rule.about}" in page for name, rule in table.rules.items())


def test_rules_are_in_words() -> None:
    page = dictionary([FEED, FACT])
    assert "| `kind` | text |  | one of csat, nps | What is measured. |" in page
    assert "| `effort` | whole number | count | between 0 and 60 (warning) | Minutes. |" in page
    assert "| `answered_at` | instant | UTC | not before sent_at | Answered. |" in page
    assert page == dictionary([FEED, FACT])
