"""The worklist: many views and no proof that the article helps, worst first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from expectations.tables.analysis import ARTICLE_WORKLIST
from expectations.tables.fact_self_service import FACT_ARTICLE_VIEW
from tests.transforms.analysis.drawn import DAY, frame
from transforms.analysis.article_worklist import article_worklist


def worklist(rows: list[dict[str, Any]], *, window_days: int | None = 90) -> pl.DataFrame:
    drawn = frame(FACT_ARTICLE_VIEW, [{"view_id": str(n), "kind": "view"} | row for n, row in enumerate(rows)])
    found = article_worklist(drawn, as_of=DAY, window_days=window_days).collect()
    assert found.schema == ARTICLE_WORKLIST.schema
    return found


def test_the_article_with_many_views_and_no_proof_of_help_comes_first() -> None:
    found = worklist(
        [
            {"article_id": "good", "view_count": 1000, "up_count": 150, "down_count": 50},
            {"article_id": "silent", "view_count": 400},
            {"article_id": "bad", "view_count": 450, "up_count": 0, "down_count": 3},
            {"article_id": "seen twice", "view_count": 300, "up_count": 10, "down_count": 3},
            {"article_id": "seen twice", "view_count": 300, "up_count": 3, "down_count": 0},
            {"article_id": None, "view_count": 9000},
            {"article_id": "ours", "view_count": 9000, "is_counted": False},
        ]
    )
    # 150 of 200 votes: at least 68.57 %, so 1,000 x (1 - 0.6857); without a vote, or with none in favour: every view.
    assert found.select("rank", "article_id").rows() == [(1, "bad"), (2, "silent"), (3, "good"), (4, "seen twice")]
    assert found["unproved_views"].to_list() == pytest.approx([450, 400, 314.26, 600 * (1 - 0.5699)], abs=0.1)
    assert found["helpful_low"].to_list() == pytest.approx([0, 0, 68.57, 56.99], abs=0.005)


def test_only_the_window_counts_or_everything() -> None:
    days = [DAY - dt.timedelta(days=age) for age in (-1, 0, 89, 90)]
    rows = [{"article_id": "a", "view_count": 1, "viewed_on": day} for day in days]
    assert worklist(rows)["view_count"].to_list() == [2]
    assert worklist(rows, window_days=None)["view_count"].to_list() == [3]


def test_equal_articles_stand_in_the_order_of_their_names() -> None:
    found = worklist([{"article_id": name, "view_count": 5} for name in ("c", "a", "b")])
    assert found["article_id"].to_list() == ["a", "b", "c"]
