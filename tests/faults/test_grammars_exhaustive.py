"""250,000 cells against a slow reader: each reads exactly as its grammar is described, or not at all (promise 3).

The texts of a grammar are all there are of a kind (each day of ten years and the days that are not, each mark, sign
and number of decimals), and then the same with one character gone wrong.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults import slow_reader as slow
from tests.faults.conftest import Proof
from tests.faults.slow_reader import BLANKS, MINUS, Form
from transforms import grammars, instants
from transforms.canonical import canonical
from transforms.cells import present_text
from transforms.grammars import Numerals
from transforms.mapping import parse_mapping
from transforms.scales import SCALES
from transforms.time_formats import time_format

TRAPS = [*"0159,.'+-€$£%:/eExX_()Ol", *BLANKS, MINUS, "\u2019", "٣", "５", "²", "\u200b", "NaN", "inf", "EUR"]
"""What a hand, a spreadsheet or a copy may put into a cell."""
FORMS = {"French": Form(","), "English": Form(".", ","), "Italian": Form(",", "."), "plain": Form(".")}
CURRENCY = {"French": "euros", "English": "dollars", "Italian": "euros", "plain": "pounds"}
CELL = present_text(pl.col("text"), ())


class Grammar(NamedTuple):
    """A declared grammar: how the house reads it, how the slow reader does, and texts in it or near it."""

    name: str
    ours: pl.Expr
    slow: Callable[[str], object]
    texts: Iterable[str]


def spoiled(texts: Iterable[str], *, every: int) -> Iterator[str]:
    """The texts, and after every so many of them one more: with a trap put in, in place of a character, or one gone."""
    chance = random.Random(every)  # noqa: S311 -- no secret
    for number, text in enumerate(texts):
        yield text
        if number % every == 0:
            place, trap = chance.randint(0, len(text)), chance.choice(TRAPS)
            yield text[:place] + chance.choice((trap + text[place:], trap + text[place + 1 :], text[place + 1 :]))


def amounts(form: Form, around: Iterable[str]) -> Iterator[str]:
    """Every mark between thousands, sign, number of decimals, and place of the currency."""
    marks = [*" \u00a0\u202f\u2009'\u2019", *form.thousands]
    for mark, sign in itertools.product(("", *marks), ("", "-", "+", MINUS)):
        for whole, decimals in itertools.product(
            wholes(mark), ("", "0", "5", "05", "50", "005", "500", "0050", "0001")
        ):
            yield f"{sign}{whole}{form.decimal if decimals else ''}{decimals}"
    for look, cents in itertools.product(around, (*range(0, 100_000, 97), *range(10**6, 10**8, 1_234_567))):
        euros = f"{cents // 100:,}".replace(",", marks[cents % len(marks)])
        yield look.format(f"{euros}{form.decimal}{cents % 100:02d}")


def wholes(mark: str) -> Iterator[str]:
    """Whole parts of every length up to the longest, and beyond."""
    for length, start in itertools.product(range(1, 20), ("1", "9", "12345678901234567890")):
        yield f"{int((start * length)[:length]):,}".replace(",", mark)
        yield "0" + (start * length)[:length]
    for value in (*range(0, 1100, 25), *range(999_000, 1_001_000, 333)):
        yield f"{value:,}".replace(",", mark)


AROUND = {
    "French": ("{} €", "{}€", "€ {}", "{}\u00a0€", "{}\u202f€", "{} EUR", "EUR{}", "-{} €", "€ -{}", "({})", "{} $"),
    "English": ("${}", "$ {}", "{} USD", "US${}", "{}$", "-${}", "$-{}", "{} €", "USD\u00a0{}"),
    "Italian": ("{} €", "€\u2009{}"),
    "plain": ("£{}", "£ {}", "{} GBP", "{}p"),
}


def percents(form: Form) -> Iterator[str]:
    for milli, sign in itertools.product(range(0, 101_000, 17), ("", "%", " %", "\u202f%", "%%")):
        yield f"{milli // 1000}{form.decimal}{milli % 1000:03d}{sign}"
    for whole, sign in itertools.product(range(-20, 1100), ("", " %")):
        yield f"{whole}{sign}"


def durations(form: Form) -> Iterator[str]:
    """With three decimals, and as programs write a fraction of a unit: with all the digits they have."""
    for whole, thousandths in itertools.product((0, 1, 59, 1234, 99_999), range(0, 1000, 3)):
        yield f"{whole}{form.decimal}{thousandths:03d}"
    for sign, hundredths in itertools.product(("-", MINUS, "+"), range(200)):
        yield f"{sign}{hundredths // 100}{form.decimal}{hundredths % 100:02d}"
    for half_seconds, unit in itertools.product(range(600), (60, 3600, 86_400)):
        told = half_seconds / 2 / unit
        yield f"{told:.20f}".replace(".", form.decimal)
        yield f"{told:.15f}".replace(".", form.decimal)
    yield from ("0", "-0", "-1", f"-0{form.decimal}00000000001", "999999999", "1000000000", "1 000", "1e3")


def clocks(parts: str) -> Iterator[str]:
    for first in ("0", "00", "1", "7", "12", "24", "59", "60", "99", "100", "999999", "1000000", "-1", ""):
        for rest in itertools.product(range(64), range(0, 64, 9 if len(parts) > 2 else 64)):
            yield ":".join((first, *(f"{it:02d}" for it in rest[: len(parts) - 1])))
    for hour, minute in itertools.product(range(30), range(12)):
        yield f"{hour}:{minute}"


def words() -> Iterator[str]:
    """Each word in every mixture of cases, within blanks, and beside a trap."""
    for word in (*slow.YES, *slow.NO, "peut-être", "ouii", "nope", "2", "01", "vrais"):
        for cased in itertools.product(*([it.lower(), it.upper()] for it in word)):
            yield from ("".join(cased), f" {''.join(cased)}\u00a0")
        yield from (word + trap for trap in TRAPS)


YEARS = (1899, 1900, 1999, 2000, 2023, 2024, 2026, 2069, 2100, 9999)


def days(declared: str) -> Iterator[str]:
    """Every day and month there may be, and those there are not, in ten years."""
    for year, month, on in itertools.product(YEARS, range(15), range(34)):
        name = slow.ENGLISH_MONTHS[month - 1].split()[0] if 0 < month < 13 else "brumaire"
        if on % 2 and 0 < month < 13:
            name = slow.FRENCH_MONTHS[month - 1].split()[0].upper()
        yield written(declared, year=year, month=month, on=on, name=name)
    if "%B" in declared:
        for name, end, form in itertools.product((*slow.MONTH_OF, "ma", "decemb"), ("", ".", ".."), (str, str.upper)):
            yield from (f"1 {form(name)}{end} 2026", f"28\u00a0{form(name)}{end}\u202f1999")


def written(
    declared: str, *, year: int, month: int, on: int, name: str = "", clock: dict[str, str] | None = None
) -> str:
    """What a format would show, of days that are not as well."""
    cells = {"Y": f"{year}", "y": f"{year % 100:02d}", "m": f"{month:02d}", "-m": f"{month}", "B": name}
    cells |= {"d": f"{on:02d}", "-d": f"{on}", **(clock or {})}
    return re.sub("%(-?[A-Za-z])", lambda found: cells[found[1]], declared)


def walls(declared: str, *changes: str) -> Iterator[str]:
    """Every minute of the days on which the clocks change, hours that are not, and some hours of two years."""
    for on in map(dt.date.fromisoformat, changes):
        for hour, minute in itertools.product(range(26), range(62)):
            yield written(declared, year=on.year, month=on.month, on=on.day, clock=clock_of(hour, minute))
    for number, hour in itertools.product(range(731), range(0, 24, 3)):
        on = dt.date(2025, 1, 1) + dt.timedelta(days=number)
        yield written(declared, year=on.year, month=on.month, on=on.day, clock=clock_of(hour, number % 60))


def clock_of(hour: int, minute: int) -> dict[str, str]:
    second = (hour * 7 + minute) % 61
    cells = {"H": f"{hour:02d}", "M": f"{minute:02d}", "S": f"{second:02d}", "f": f"{second * 10**7 + minute}"[:9]}
    return cells | {"-I": f"{hour % 13}", "p": "PM" if minute % 2 else "a.m."}


def of_numbers() -> Iterator[Grammar]:
    for name, form in FORMS.items():
        numerals, unit = Numerals(decimal=form.decimal, thousands=form.thousands), CURRENCY[name]
        signs = grammars.CURRENCIES[unit]
        yield Grammar(
            f"amounts, {name}",
            grammars.amount(CELL, currency=unit, numerals=numerals),
            lambda text, form=form, signs=signs: slow.money(text, form, signs),
            amounts(form, AROUND[name]),
        )
        yield Grammar(
            f"percentages, {name}",
            grammars.percentage(CELL, numerals=numerals),
            lambda text, form=form: slow.percent(text, form),
            percents(form),
        )
        for units, seconds in grammars.SECONDS_PER_UNIT.items():
            yield Grammar(
                f"durations in {units}, {name}",
                grammars.duration(CELL, unit=units, numerals=numerals),
                lambda text, form=form, seconds=seconds: slow.lasting(text, form, seconds),
                durations(form),
            )


def of_clocks_and_words() -> Iterator[Grammar]:
    for unit, parts in (("hh:mm:ss", "hms"), ("mm:ss", "ms"), ("hh:mm", "hm")):
        ours = grammars.duration(CELL, unit=unit)
        yield Grammar(f"durations as {unit}", ours, lambda text, p=parts: slow.on_a_clock(text, p), clocks(parts))
    yield Grammar("yes and no", grammars.yes_or_no(CELL), slow.truth, words())


def of_times() -> Iterator[Grammar]:
    for declared in slow.LOOKS:
        ours = instants.days(CELL, [time_format(declared, years_from=1970)], zone="UTC", site_zone="UTC")
        yield Grammar(f"days as {declared}", ours, lambda text, d=declared: slow.day(text, d), days(declared))
    for date, clock, zone, changes in (
        ("%d/%m/%Y", "%H:%M", "Europe/Paris", ("2026-03-29", "2026-10-25", "2026-03-01")),
        ("%Y-%m-%d", "%H:%M:%S", "Europe/Paris", ("2025-03-30", "2025-10-26")),
        ("%m/%d/%Y", "%-I:%M %p", "America/New_York", ("2026-03-08", "2026-11-01")),
        ("%Y-%m-%d", "%H:%M:%S.%f", "Australia/Lord_Howe", ("2026-04-05", "2026-10-04")),
    ):
        ours = instants.instants(CELL, [time_format(f"{date} {clock}")], zone=zone)
        yield Grammar(
            f"instants as {date} {clock} in {zone}",
            pl.when(ours.dt.year() < slow.LAST_YEAR).then(ours),
            lambda text, d=date, c=clock, z=zone: slow.instant(text, d, c, z),
            walls(f"{date} {clock}", *changes),
        )


def wrong(one: Grammar, texts: list[str]) -> list[tuple[str, object, object]]:
    """Texts that are read otherwise than the slow reader reads them, with both readings."""
    read = pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(one.ours).to_series().to_list()
    due = [one.slow(text.strip(BLANKS)) for text in texts]
    return [it for it in zip(texts, read, due, strict=True) if it[1] != it[2] or type(it[1]) is not type(it[2])]


@pytest.mark.parametrize("every", [11, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("kind", "grammars_of_it"),
    [("numbers", of_numbers), ("clocks and words", of_clocks_and_words), ("times", of_times)],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_every_cell_reads_as_the_slow_reader_reads_it_or_not_at_all(
    kind: str, grammars_of_it: Callable[[], Iterator[Grammar]], every: int, proves: Callable[[Proof], None]
) -> None:
    cells, refused = 0, 0
    for one in grammars_of_it():
        texts = list(itertools.islice(spoiled(one.texts, every=3), 0, None, every))
        assert (one.name, wrong(one, texts)[:5]) == (one.name, [])
        read = sum(one.slow(text.strip(BLANKS)) is not None for text in texts)
        assert 0 < read < len(texts), f"{one.name}: the texts must be of both kinds"
        cells, refused = cells + len(texts), refused + len(texts) - read
    proves(Proof(3, f"cells of {kind} against a slow reader", cells))


SOME = st.lists(st.text(st.sampled_from([it for it in (*TRAPS, *"2346789ouinvra") if len(it) == 1]), max_size=14))


@settings(max_examples=200)
@given(st.sampled_from([*of_numbers(), *of_clocks_and_words(), *of_times()]), SOME)
def test_no_text_at_all_reads_otherwise(one: Grammar, texts: list[str]) -> None:
    assert wrong(one, texts) == []


LEDGER = """
table = "feed_cost"
source = "compta"
[read]
decimal = ","
dates = ["%d/%m/%Y"]
[columns]
booked_on = ["Jour"]
amount_cents = { headers = ["Montant"], unit = "euros" }
[constants]
kind = "direct"
"""


def test_a_row_with_a_cell_that_cannot_be_read_is_refused_with_its_text(proves: Callable[[Proof], None]) -> None:
    """The same cells as an export, each row with two of them: through the mapping, to the reasons."""
    form = FORMS["French"]
    money = list(itertools.islice(spoiled(amounts(form, AROUND["French"]), every=3), 0, None, 11))
    dates = itertools.cycle(itertools.islice(spoiled(days("%d/%m/%Y"), every=5), 0, None, 3))
    rows = pl.DataFrame({"Jour": [next(dates) for _ in money], "Montant": money})
    rows = rows.with_columns(line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64))
    parsed = parse_mapping("ledger", tomllib.loads(LEDGER), SCALES)
    typed = canonical(
        rows.lazy(), parsed, slot="a.csv", header=("Jour", "Montant"), zone="UTC", scales=SCALES, key=b"a key for tests"
    )
    good, refused = pl.collect_all([typed.good.select("line", "booked_on", "amount_cents"), typed.refused])
    signs = grammars.CURRENCIES["euros"]
    due = [
        (line, slow.day(on.strip(BLANKS), "%d/%m/%Y"), slow.money(amount.strip(BLANKS), form, signs))
        for on, amount, line in rows.iter_rows()
    ]
    # A cell of blanks alone is empty, not unreadable: the contract, not the reading, judges its row.
    is_empty = {line for on, amount, line in rows.iter_rows() if not on.strip(BLANKS) or not amount.strip(BLANKS)}
    assert [it for it in good.rows() if it[0] not in is_empty] == [
        it for it in due if None not in it and it[0] not in is_empty
    ]
    raws = dict(refused.select("line", "raw").iter_rows())
    assert set(raws) - is_empty == {it[0] for it in due if None in it} - is_empty
    assert all(amount.strip(BLANKS) in raws[line] for _, amount, line in rows.iter_rows() if line in raws)
    assert all(refused["reasons"].list.len() > 0)
    proves(Proof(3, "rows of an export through its mapping", rows.height))
