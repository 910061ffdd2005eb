"""Scales: what counts as satisfied or easy is declared (metrics.md section 2), never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from transforms.labels import label_key
from transforms.scales import SCALES, Scale, ScaleError, parse_scales, require_scale

SATISFIED = """
    1-5     | 4 5
    1-7     | 6 7
    1-10    | 8 9 10
    0-10    | 8 9 10
    yes_no  | 1
    faces_3 | 3
    words_5 | 4 5
    words_4 | 3 4
    stars_5 | 4 5
    ease_1-7   | 5 6 7
    ease_1-5   | 4 5
    effort_1-5 | 1 2
    effort_1-7 | 1 2 3
"""


@pytest.mark.parametrize("line", [line.strip() for line in SATISFIED.strip().splitlines()])
def test_good_answers_are_those_of_the_specification(line: str) -> None:
    name, expected = (part.strip() for part in line.split("|"))
    scale = SCALES[name]
    answers = range(scale.low_milli, scale.high_milli + 1, 1000)
    good = [a for a in answers if (a <= scale.good_from_milli if scale.is_low_good else a >= scale.good_from_milli)]
    assert [a // 1000 for a in good] == [int(n) for n in expected.split()]


@pytest.mark.parametrize(
    ("scale", "label", "milli"),
    [
        ("words_5", "Très satisfait", 5000),
        ("words_5", "PAS DU TOUT SATISFAIT", 1000),
        ("words_5", "très insatisfait", 1000),
        ("words_5", "Terrible", 1000),
        ("words_5", "ok", 3000),
        ("words_4", "Bon", 3000),
        ("words_4", "insatisfait", 2000),
        ("yes_no", "Oui", 1000),
        ("yes_no", "non", 0),
        ("faces_3", "vert", 3000),
        ("faces_3", "rouge", 1000),
        ("faces_3", "☹️", 1000),
        ("faces_3", "😐", 2000),
        ("stars_5", "★★★★☆", 4000),
        ("stars_5", "⭐⭐⭐", 3000),
        ("1-5", "4 étoiles", 4000),
        ("effort_1-5", "Très facile", 1000),
        ("ease_1-5", "Très facile", 5000),
        ("ease_1-7", "Plutôt d\u2019accord", 5000),
    ],
)
def test_words_and_emoji_are_labels_of_their_scale(scale: str, label: str, milli: int) -> None:
    assert SCALES[scale].labels[label_key(label)] == milli


def test_no_label_stands_twice_in_one_scale() -> None:
    for scale in SCALES.values():
        assert len(scale.labels) == len({label_key(word) for word in scale.labels})


def test_a_ces_scale_without_polarity_stops_with_a_message() -> None:
    with pytest.raises(ScaleError, match=r'scale "1-5" does not say .* "ease_1-5" .* "effort_1-5"'):
        require_scale("ces", SCALES["1-5"])
    assert require_scale("ces", SCALES["effort_1-5"]).is_low_good


def test_nps_goes_from_0_to_10_and_satisfaction_is_not_effort() -> None:
    with pytest.raises(ScaleError, match='use "0-10"'):
        require_scale("nps", SCALES["1-10"])
    with pytest.raises(ScaleError, match="measures effort"):
        require_scale("csat", SCALES["effort_1-5"])


def test_a_site_adds_scales_of_its_own() -> None:
    document = {
        "0.1-0.7": {"low": 0.1, "high": 0.7, "good_from": 0.5, "labels": {"0.7": ["Au top"]}},
        "effort_1-3": {"low": 1, "high": 3, "good_from": 1, "polarity": "effort", "fr": "Effort"},
    }
    scales = parse_scales(document)
    assert (scales["0.1-0.7"].low_milli, scales["0.1-0.7"].high_milli) == (100, 700)
    assert scales["0.1-0.7"].labels == {"au top": 700}
    assert scales["effort_1-3"].is_low_good
    assert scales["1-5"] == SCALES["1-5"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"low": 1, "high": 5, "good_form": 4}, "did you mean 'good_from'"),
        ({"low": 1, "high": 5}, "has no 'good_from'"),
        ({"low": 5, "high": 1, "good_from": 3}, "low must be under high"),
        ({"low": 1, "high": 5, "good_from": 6}, "the others lie between"),
        ({"low": 1, "high": 5, "good_from": 4.0005}, "at most three decimals"),
        ({"low": 1, "high": 5, "good_from": "haut"}, "at most three decimals"),
        ({"low": 1, "high": 5, "good_from": 4, "polarity": "up"}, "polarity 'up' is not known"),
        ({"low": 1, "high": 5, "good_from": 4, "labels": {"9": ["x"]}}, "the others lie between"),
    ],
)
def test_a_wrong_scale_is_an_error_that_says_what_to_do(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ScaleError, match=message):
        parse_scales({"mine": table})


def test_a_scale_needs_no_words() -> None:
    plain = Scale(scale_id="x", low_milli=0, high_milli=1000, good_from_milli=500)
    assert (dict(plain.labels), plain.is_low_good) == ({}, False)
