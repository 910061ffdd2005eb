from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.gate import REASONS, ValidationCrashed, check_counts, split, validate
from expectations.schema import Rule
from tests.expectations.small_tables import FACT, FEED, answers, at, days

BROKEN = {
    "source: required": {"source": None},
    "answer_id: required": {"answer_id": None},
    r"answer_id: like A\d+": {"answer_id": "A1 bis"},
    "kind: one of csat, nps": {"kind": "ces"},
    "score: between 0 and 10": {"kind": "nps", "score": 11},
    "sent_at: between 1990-01-01 and 2100-01-01": {"sent_at": at("1989-12-31 23:59")},
    "answered_at: not before sent_at": {"answered_at": at("2026-01-05 08:59")},
    "rule csat_stops_at_five": {"score": 6},
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_rule_is_counted_and_is_the_reason_of_its_row(code: str, judge: Callable[..., Any]) -> None:
    frame = answers(BROKEN[code], good=3)
    verdict = judge(frame, FEED)
    good, bad = split(frame, FEED)
    assert {c: n for c, n in verdict.counts.items() if n} == {code: 1}
    assert verdict.is_good
    assert bad.collect()[REASONS].to_list() == [[code]]
    assert good.collect().height == 3


def test_every_broken_rule_of_a_row_is_a_reason_and_the_counts_agree(judge: Callable[..., Any]) -> None:
    frame = answers({"source": None, "kind": "ces", "score": -1}, {"score": 6}, {"score": 7}, good=9)
    verdict = judge(frame, FEED)
    bad = split(frame, FEED)[1].collect()
    assert bad[REASONS].to_list() == [
        ["source: required", "kind: one of csat, nps", "score: between 0 and 10"],
        ["rule csat_stops_at_five"],
        ["rule csat_stops_at_five"],
    ]
    check_counts(verdict, bad.lazy(), FEED)
    with pytest.raises(ValidationCrashed, match="has 1 rows for 'rule csat_stops_at_five', 2 were counted"):
        check_counts(verdict, bad.head(2).lazy(), FEED)


def test_a_null_passes_every_rule_but_required(judge: Callable[..., Any]) -> None:
    nothing = dict.fromkeys(("kind", "score", "sent_at", "answered_at", "effort"))
    frame = answers(nothing)
    assert sum(judge(frame, FEED).counts.values()) == 0
    assert split(frame, FEED)[1].collect().is_empty()


def test_a_warning_stays_and_is_reported(judge: Callable[..., Any]) -> None:
    frame = answers({"effort": 61})
    verdict = judge(frame, FEED)
    assert (verdict.blocked_by, verdict.warnings) == ((), ("effort: between 0 and 60",))
    assert split(frame, FEED)[1].collect().is_empty()


def test_a_feed_is_held_back_under_its_share_of_good_rows(judge: Callable[..., Any]) -> None:
    by_different_rules = ({"source": None}, {"kind": "ces"}, {"score": -1})
    assert judge(answers(*by_different_rules, good=3), FEED).is_good
    assert judge(answers(*by_different_rules, good=2), FEED).blocked_by == ("good rows: at least 50%",)


def test_one_bad_value_in_a_column_that_is_nearly_empty_does_not_hold_the_file_back(judge: Callable[..., Any]) -> None:
    empty = {"kind": None}
    verdict = judge(answers({"kind": "ces"}, empty, empty, empty), FEED)
    assert (verdict.blocked_by, verdict.warnings) == ((), ("kind: one of csat, nps",))


def test_versions_of_a_row_may_share_a_key_in_a_feed_and_not_in_a_fact(judge: Callable[..., Any]) -> None:
    assert judge(answers(good=2), FEED).is_good
    same_day = {"answered_on": dt.date(2026, 1, 5)}
    assert judge(days(same_day, same_day), FACT).blocked_by == ("key answered_on, channel_key: unique",)
    unknown = same_day | {"channel_key": None}
    assert judge(days(unknown, unknown), FACT).blocked_by == ("key answered_on, channel_key: unique",)
    assert judge(days({}, {}), FACT).is_good


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"answered_on": dt.date(1989, 12, 31)}, "answered_on: between 1990-01-01 and 2100-01-01"),
        ({"answered_at": at("2026-01-01 09:29")}, "answered_at: between 2026-01-01 09:30:00 and 2100-01-01"),
        ({"channel_key": -2}, "channel_key: at least -1"),
        ({"value": float("nan")}, "value: a finite number"),
        ({"value": float("inf")}, "value: a finite number"),
        ({"value": 100.0}, "rule value_is_small"),
    ],
)
def test_one_bad_row_holds_a_fact_back(change: dict[str, object], code: str, judge: Callable[..., Any]) -> None:
    verdict = judge(days({}, change), FACT)
    assert code in verdict.blocked_by
    assert verdict.counts[code] == 1


def test_a_frame_with_other_columns_is_held_back_with_what_is_wrong(judge: Callable[..., Any]) -> None:
    verdict = judge(answers(good=1).drop("kind").with_columns(pl.col("score").cast(pl.String)), FEED)
    assert verdict.blocked_by == ("kind is absent", "score is String, not Int64")
    assert verdict.rows == 1


def test_a_rule_that_cannot_run_says_nothing_about_the_data(judge: Callable[..., Any]) -> None:
    nonsense = Rule(holds=pl.col("kind") + 1 > 2, columns=("kind",), about="Compares a text with a number.")
    with pytest.raises(ValidationCrashed, match=r"fact_answer: 'rule nonsense' could not be asked"):
        judge(
            days({}),
            replace(
                FACT,
                rules={"nonsense": replace(nonsense, holds=pl.col("value").str.len_chars() > 1, columns=("value",))},
            ),
        )


def test_no_rows_break_no_rule(judge: Callable[..., Any]) -> None:
    verdict = judge(FEED.empty(), FEED)
    assert verdict.is_good
    assert verdict.rows == 0
    good, bad = split(FEED.empty(), FEED)
    assert good.collect_schema() == FEED.schema
    assert bad.collect_schema() == pl.Schema({**FEED.schema, REASONS: pl.List(pl.String)})


def test_results_are_stored_again_under_one_name_and_hold_no_value(tmp_path: Path) -> None:
    frame = answers({"kind": "jeanne@example.org"}, good=1)
    for _ in range(2):
        validate(frame, FEED, run_name="000007/enquêtes 2026.csv", home=tmp_path, docs=True)
    stored = sorted((tmp_path / "results").rglob("*.json"))
    assert len(stored) == 2
    assert {path.parts[-3] for path in stored} == {"000007_enquêtes_2026.csv"}
    assert json.loads(stored[0].read_text("utf-8"))["success"] is True
    written = [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    assert not any("jeanne" in text for text in written)


@pytest.mark.parametrize("seed", range(8))
def test_rows_are_parted_without_loss_and_as_counted(seed: int, judge: Callable[..., Any]) -> None:
    luck = random.Random(seed)  # noqa: S311
    changes = [dict(luck.choice(list(BROKEN.values()))) | luck.choice([*BROKEN.values(), {}]) for _ in range(30)]
    frame = answers(*changes, good=luck.randint(0, 40))
    good, bad = (part.collect() for part in split(frame, FEED))
    verdict = judge(frame, FEED)
    check_counts(verdict, bad.lazy(), FEED)
    assert good.height + bad.height == verdict.rows
    assert bad[REASONS].list.len().min() >= 1
    assert verdict.is_good == (2 * good.height >= verdict.rows)
    assert sum(judge(good.lazy(), FEED).counts.values()) == 0
