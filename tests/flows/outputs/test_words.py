import datetime as dt

import pytest

from flows.outputs.words import ENGLISH, FRENCH, LANGUAGES, language_of


def plain(text: str) -> str:
    """No-break spaces as ~ (wide) and _ (narrow), so that a table can be read."""
    return text.replace("\u00a0", "~").replace("\u202f", "_")


QUANTITIES = """
value      | unit             | French       | English
75.0       | percent          | 75,0~%       | 75.0%
0.04       | percent          | 0,0~%        | 0.0%
-0.04      | percent          | 0,0~%        | 0.0%
128.07     | percent a year   | 128,1~%      | 128.1%
-12.59     | points           | −12,6~pt     | −12.6~pts
64.3519    | index points     | 64,4~pt      | 64.4~pts
1315       | count            | 1_315        | 1,315
1234567    | count            | 1_234_567    | 1,234,567
2.5        | count            | 2,5          | 2.5
16.0966    | euros            | 16,10~€      | €16.10
-3.5       | euros            | −3,50~€      | −€3.50
55500      | euros            | 55_500~€     | €55,500
0.7142     | steps of a scale | 0,71         | 0.71
0          | seconds          | 0~s          | 0~s
30         | seconds          | 30~s         | 30~s
59.6       | seconds          | 1~min        | 1~min
245        | seconds          | 4~min~05~s   | 4~min~05~s
1200       | seconds          | 20~min       | 20~min
3599       | seconds          | 1~h          | 1~h
14700      | seconds          | 4~h~05~min   | 4~h~05~min
359990     | seconds          | 100~h        | 100~h
4_734_000  | seconds          | 1_315~h      | 1,315~h
-1500      | seconds          | −25~min      | −25~min
"""


@pytest.mark.parametrize("line", QUANTITIES.strip().splitlines()[1:])
def test_a_quantity_is_written_as_its_language_writes_it(line: str) -> None:
    value, unit, french, english = map(str.strip, line.split("|"))
    assert plain(FRENCH.quantity(float(value), unit)) == french
    assert plain(ENGLISH.quantity(float(value), unit)) == english


CHANGES = """
now    | before | unit    | change
80.0   | 78.0   | percent | +2,0~pt
30     | 40     | points  | −10,0~pt
78.01  | 78.0   | percent | 0,0~pt
14700  | 16200  | seconds | −25~min
110    | 100    | count   | +10,0~%
3      | 0      | count   | +3
11.1   | 12.0   | euros   | −7,5~%
"""


@pytest.mark.parametrize("line", CHANGES.strip().splitlines()[1:])
def test_a_change_is_in_points_in_time_or_in_per_cent(line: str) -> None:
    now, before, unit, change = map(str.strip, line.split("|"))
    assert plain(FRENCH.change(float(now), float(before), unit)) == change


def test_an_interval_says_its_unit_once_where_it_can() -> None:
    assert plain(FRENCH.interval(68.57, 80.49, "percent")) == "68,6 à 80,5~%"
    assert plain(ENGLISH.interval(-12.59, 74.12, "points")) == "−12.6 to 74.1~pts"
    assert plain(FRENCH.interval(3000, 4500, "seconds")) == "50~min à 1~h~15~min"


def test_a_round_target_has_no_decimals() -> None:
    assert plain(FRENCH.target(80.0, "percent")) == "80~%"
    assert plain(FRENCH.target(79.56, "percent")) == "79,6~%"
    assert plain(FRENCH.target(30, "points", signed=True)) == "+30~pt"
    assert plain(ENGLISH.target(12, "euros")) == "€12"
    assert plain(FRENCH.target(1000, "percent a year")) == "1_000~%"


def test_dates_and_months() -> None:
    first = dt.date(2026, 7, 1)
    assert plain(FRENCH.day(first)) == "1er~juillet~2026"
    assert plain(ENGLISH.day(first)) == "1~July~2026"
    assert plain(FRENCH.month(dt.date(2026, 6, 30))) == "juin~2026"
    assert plain(FRENCH.month_short(dt.date(2005, 2, 1))) == "févr.~05"


def test_both_languages_have_the_same_wording_by_name() -> None:
    french, english = (set(language.page) for language in LANGUAGES.values())
    assert french == english


def test_french_high_marks_do_not_begin_a_line() -> None:
    assert not [text for text in FRENCH.page.values() if any(f" {mark}" in text for mark in "%:;»")]


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no language 'de'; there are \['en', 'fr'\]"):
        language_of("de")
