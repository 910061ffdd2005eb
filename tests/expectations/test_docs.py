from __future__ import annotations

import re
from pathlib import Path

import pytest

from expectations.gate import validate
from tests.expectations.small_tables import FACT, FEED, answers, days

LOADS = re.compile(r"<(script|link|img|iframe|object|embed)\b|url\(|@import|https?://|\ssrc=", re.IGNORECASE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("quality")
    validate(answers({"kind": "ces"}, {"effort": 61}, good=2), FEED, run_name="000001", home=home, docs=True)
    validate(days({}, {"channel_key": -2}), FACT, run_name="000001", home=home, docs=True)
    validate(days({}), FACT, run_name="000002", home=home, docs=True)
    return home / "docs"


def test_no_page_asks_for_anything_outside_itself(folder: Path) -> None:
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == 4
    for page in pages:
        assert not LOADS.search(page.read_text("utf-8")), page


def test_a_page_shows_severity_and_the_rows_that_break_a_rule(folder: Path) -> None:
    page = (folder / "000001" / "feed_answer.html").read_text("utf-8")
    assert '<span class="severity critical">critical: row to quarantine</span> kind: one of csat, nps' in page
    assert '<span class="severity warning">warning: reported</span> effort: between 0 and 60' in page
    assert "<td>kind: one of csat, nps</td><td>1</td>" in page
    assert "4 rows, good, 1 warnings" in page


def test_the_index_links_every_page_newest_first_with_its_verdict(folder: Path) -> None:
    index = (folder / "index.html").read_text("utf-8")
    links = re.findall(r'<a href="([^"]+)">', index)
    assert links == ["000002/fact_answer.html", "000001/feed_answer.html", "000001/fact_answer.html"]
    assert all((folder / link).is_file() for link in links)
    assert '<td class="held">2 rows, held back by channel_key: at least -1</td>' in index


def test_a_pattern_is_shown_as_it_is(folder: Path) -> None:
    assert r"answer_id: like A\d+" in (folder / "000001" / "feed_answer.html").read_text("utf-8")
