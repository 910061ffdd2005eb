"""A cell reads exactly as declared, or not at all: no value is guessed (promise 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms import grammars
from transforms import instants as times
from transforms.grammars import Numerals
from transforms.labels import codes, label_key, label_keys
from transforms.time_formats import FormatError, same_look, time_format

FRENCH = Numerals(decimal=",")
TEXT = pl.col("text")


def read(texts: Sequence[str | None], expression: pl.Expr) -> list[Any]:
    return pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(expression).to_series().to_list()


def instants(texts: list[str], *formats: str, zone: str = "Europe/Paris") -> list[str | None]:
    found = read(texts, times.instants(TEXT, [time_format(one) for one in formats], zone=zone))
    return [one and one.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S") for one in found]


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f", "\u2009", "'", "\u2019", ""])
def test_every_amount_printed_in_french_comes_back(blank: str) -> None:
    cents = range(0, 2_000_000, 7 * 7)
    printed = [f"{c // 100:,}".replace(",", blank) + f",{c % 100:02d} €" for c in cents]
    assert read(printed, grammars.amount(TEXT, currency="euros", numerals=FRENCH)) == list(cents)


def test_every_amount_of_two_million_cents_in_steps_of_seven_comes_back() -> None:
    cents = pl.int_range(0, 2_000_000, 7, eager=True)
    thousands, rest, decimals = cents // 100_000, cents // 100 % 1000, cents % 100
    frame = pl.DataFrame({"cents": cents, "t": thousands, "r": rest, "d": decimals}).select(
        "cents",
        text=pl.when(pl.col("t") > 0)
        .then(pl.format("{}\u202f{}", "t", pl.col("r").cast(pl.String).str.zfill(3)))
        .otherwise(pl.col("r").cast(pl.String))
        + ","
        + pl.col("d").cast(pl.String).str.zfill(2),
    )
    assert frame.filter(grammars.amount(TEXT, currency="euros", numerals=FRENCH) != pl.col("cents")).is_empty()
    assert frame.select(grammars.amount(TEXT, currency="euros", numerals=FRENCH)).null_count().item() == 0


AMOUNTS = """
    12,5                     | 1250
    -3                       | -300
    −3                       | -300
    +3                       | 300
    00012                    | 1200
    12 345 678,9             | 1234567890
    -0,05                    | -5
    0                        | 0
    1,500                    | 150
    12 €                     | 1200
    € 12                     | 1200
    9999999999999999,99      | 999999999999999999
    99999999999999999,99     | refused
    1,005                    | refused
    1.234,56                 | refused
    1,234.56                 | refused
    12.5                     | refused
    (3)                      | refused
    3-                       | refused
    1 23                     | refused
    1234 567                 | refused
    1'234 567                | refused
    1_000                    | refused
    0x10                     | refused
    1e3                      | refused
    NaN                      | refused
    inf                      | refused
    ١٢                       | refused
    ５                       | refused
    12 $                     | refused
    ,5                       | refused
    5,                       | refused
    --5                      | refused
"""


def test_amounts_outside_the_grammar_are_refused() -> None:
    lines = [line.split("|") for line in AMOUNTS.strip().splitlines()]
    texts, expected = [text.strip() for text, _ in lines], [value.strip() for _, value in lines]
    found = read(texts, grammars.amount(TEXT, currency="euros", numerals=FRENCH))
    assert ["refused" if value is None else str(value) for value in found] == expected


def test_a_declared_mark_between_thousands_is_read_and_no_other() -> None:
    italian = Numerals(decimal=",", thousands=".")
    assert read(["1.234.567,8", "1.23,4", "1 234"], grammars.amount(TEXT, currency="euros", numerals=italian)) == [
        123456780,
        None,
        123400,
    ]


def test_a_whole_number_may_be_written_with_a_zero_after_its_mark() -> None:
    assert read(["5", "5.0", "5.5", "5,0", "-2"], grammars.whole_number(TEXT)) == [5, 5, None, None, -2]


@given(st.integers(-(10**14), 10**14), st.integers(0, 4))
def test_a_fixed_point_number_is_what_decimal_says(digits: int, places: int) -> None:
    exact = Decimal(digits).scaleb(-places)
    written = f"{exact:f}"
    found = read([written], grammars.fixed_point(TEXT, places=3))[0]
    thousandths = exact * 1000
    assert found == (int(thousandths) if thousandths == thousandths.to_integral_value() else None)


def test_every_score_to_the_thousandth_comes_back() -> None:
    milli = list(range(10_001))
    assert read([f"{m // 1000}.{m % 1000:03d}" for m in milli], grammars.fixed_point(TEXT, places=3)) == milli


@pytest.mark.parametrize(
    ("unit", "texts", "expected"),
    [
        ("seconds", ["90", "12.5", "12.4", "1 000", "-1", "1:30"], [90, 13, 12, 1000, None, None]),
        ("minutes", ["1.5", "0.1", "1.33", "90"], [90, 6, 80, 5400]),
        ("hours", ["1.5", "0.1", "4.6890412817469445", "100000"], [5400, 360, 16881, 360_000_000]),
        (
            "hh:mm:ss",
            ["0:01:02", "00:01:02", "100:00:00", "1:60:00", "1:2:03", "61:00"],
            [62, 62, 360_000] + [None] * 3,
        ),
        ("mm:ss", ["90:00", "0:07", "1:61", "1:02:03", "x"], [5400, 7, None, None, None]),
    ],
)
def test_durations(unit: str, texts: list[str], expected: list[int | None]) -> None:
    assert read(texts, grammars.duration(TEXT, unit=unit)) == expected


@given(st.integers(0, 10**6), st.integers(0, 3), st.sampled_from(["seconds", "minutes", "hours"]))
def test_a_duration_is_rounded_once_and_exactly(digits: int, places: int, unit: str) -> None:
    exact = Decimal(digits).scaleb(-places) * grammars.SECONDS_PER_UNIT[unit]
    found = read([f"{Decimal(digits).scaleb(-places):f}"], grammars.duration(TEXT, unit=unit))[0]
    assert found == int(exact.to_integral_value(ROUND_HALF_UP))


def test_every_second_of_a_day_comes_back_as_a_duration() -> None:
    seconds = list(range(86_400))
    written = [f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds]
    assert read(written, grammars.duration(TEXT, unit="hh:mm:ss")) == seconds


def test_percentages() -> None:
    assert read(["85 %", "85,5%", "85", "0,1234 %"], grammars.percentage(TEXT, numerals=FRENCH)) == [
        85_000,
        85_500,
        85_000,
        None,
    ]


def test_yes_and_no_in_the_languages_of_the_exports() -> None:
    texts = ["Oui", "NON", "true", "False", "1", "0", "sim", "não", "Vrai", "faux", "peut-être", "2", None]
    expected = [True, False] * 5 + [None] * 3
    assert read(texts, grammars.yes_or_no(TEXT)) == expected
    assert read(["X", "", "non"], grammars.yes_or_no(TEXT, {"x": "true"})) == [True, None, False]


def test_every_day_of_a_century_comes_back_and_no_other_day_exists() -> None:
    days = [dt.date(1990, 1, 1) + dt.timedelta(days=n) for n in range(36_525)]
    shown = [day.strftime("%d/%m/%Y") for day in days]
    french = [time_format("%d/%m/%Y")]
    assert read(shown, times.days(TEXT, french, zone="UTC", site_zone="UTC")) == days
    possible = {f"{d:02d}/{m:02d}/{y}" for d in range(34) for m in range(15) for y in (2023, 2024, 2100)}
    impossible = [text for text in sorted(possible) if text not in set(shown) and not text.endswith("2100")]
    assert set(read(impossible, times.days(TEXT, french, zone="UTC", site_zone="UTC"))) == {None}


@pytest.mark.parametrize("text", ["1/2/2026", "01/02/26", "01/02/2026x", " 01/02/2026", "2026-02-01", "31/02/2026"])
def test_a_date_has_its_declared_width(text: str) -> None:
    assert read([text], times.days(TEXT, [time_format("%d/%m/%Y")], zone="UTC", site_zone="UTC")) == [None]


def test_a_format_may_declare_days_without_zeros_and_two_digit_years() -> None:
    formats = [time_format("%-d/%-m/%Y"), time_format("%d.%m.%y", years_from=1970)]
    found = read(["1/2/2026", "01/02/2026", "01.02.26"], times.days(TEXT, formats, zone="UTC", site_zone="UTC"))
    assert found == [dt.date(2026, 2, 1)] * 3


def test_a_month_means_its_first_day() -> None:
    formats = [time_format("%m/%Y")]
    assert read(["03/2026", "13/2026"], times.days(TEXT, formats, zone="UTC", site_zone="UTC")) == [
        dt.date(2026, 3, 1),
        None,
    ]


def test_the_hour_that_happens_twice_is_its_first_occurrence_and_the_missing_one_is_refused() -> None:
    texts = ["25/10/2026 02:30", "25/10/2026 03:30", "29/03/2026 02:30", "29/03/2026 03:30", "01/07/2026 12:00"]
    assert instants(texts, "%d/%m/%Y %H:%M") == [
        "2026-10-25 00:30:00",
        "2026-10-25 02:30:00",
        None,
        "2026-03-29 01:30:00",
        "2026-07-01 10:00:00",
    ]


def test_an_offset_or_z_makes_an_instant_whatever_the_zone() -> None:
    texts = ["2026-07-01T12:00:00+02:00", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00-0330", "2026-07-01T12:00:00"]
    assert instants(texts, "%Y-%m-%dT%H:%M:%S%z") == [
        "2026-07-01 10:00:00",
        "2026-07-01 12:00:00",
        "2026-07-01 15:30:00",
        None,
    ]
    assert instants(["2026-07-01T12:00:00Z"], "%Y-%m-%dT%H:%M:%SZ") == ["2026-07-01 12:00:00"]


def test_a_fraction_is_cut_under_the_microsecond() -> None:
    nanos = ["2025-05-13 06:51:56.548614999", "2025-05-13 06:51:56.5"]
    found = read(nanos, times.instants(TEXT, [time_format("%Y-%m-%d %H:%M:%S.%f")], zone="UTC"))
    assert [one.microsecond for one in found] == [548_614, 500_000]


def test_a_date_where_an_instant_is_wanted_is_the_first_instant_of_that_day() -> None:
    assert instants(["2026-07-01"], "%Y-%m-%d") == ["2026-06-30 22:00:00"]
    # Sao Paulo skipped midnight of 4 November 2018: the day began at one o'clock.
    assert instants(["2018-11-04"], "%Y-%m-%d", zone="America/Sao_Paulo") == ["2018-11-04 03:00:00"]


def test_the_day_of_an_instant_is_the_one_of_the_site() -> None:
    formats = [time_format("%Y-%m-%dT%H:%M:%S%z")]
    late = ["2025-12-31T23:30:00Z"]
    assert read(late, times.days(TEXT, formats, zone="UTC", site_zone="Europe/Paris")) == [dt.date(2026, 1, 1)]


@pytest.mark.parametrize("declared", ["%d/%m", "%Y", "%d %j %Y", "dd/mm/yyyy", "%Y-%m-%d %H:%M:%S,%f"])
def test_a_format_that_cannot_be_strict_is_an_error(declared: str) -> None:
    with pytest.raises(FormatError, match="cannot be used"):
        time_format(declared)


def test_day_first_and_month_first_look_the_same() -> None:
    assert same_look([time_format("%d/%m/%Y"), time_format("%m/%d/%Y")]) == ("%d/%m/%Y", "%m/%d/%Y")
    assert same_look([time_format("%d/%m/%Y"), time_format("%Y-%m-%d")]) is None
    assert time_format("%d/%m/%Y %H:%M").shown == "dd/mm/yyyy hh:mm"


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=12)))
def test_a_label_has_one_key_in_python_and_in_polars(labels: list[str]) -> None:
    assert read(labels, label_keys(TEXT)) == [label_key(label) for label in labels]


def test_codes_are_lower_case_without_accents_or_blanks() -> None:
    assert read(["  Réseaux  Sociaux", "Cœur de métier", "N2", " "], codes(TEXT)) == [
        "reseaux_sociaux",
        "coeur_de_metier",
        "n2",
        None,
    ]
