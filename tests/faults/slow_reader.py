"""A slow reader of cells: written from the description of the grammars, a character at a time, sharing no line with ours.

Numbers are fractions, days are those of the calendar, instants those of the zone's own clock.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

DIGITS = "0123456789"
BLANKS = " \t\u00a0\u202f\u2009"
MINUS = "\u2212"
BETWEEN_THREES = {" ", "\u00a0", "\u202f", "\u2009", "'", "\u2019"}
TOO_LONG = 10**18
"""In the smallest unit: what eighteen digits cannot hold."""
LAST_YEAR = 2100
"""Contracts refuse later instants, whatever the clocks will do then."""
TOO_MANY = 10**9
"""Of a duration, in its unit."""


class Form(NamedTuple):
    """How an export writes numbers."""

    decimal: str
    thousands: str = ""


def number(text: str, form: Form) -> Fraction | None:
    """An optional sign; digits, or threes of digits between marks of one kind; a decimal mark only between digits."""
    sign = -1 if text[:1] in ("-", MINUS) else 1
    body = text[1:] if text[:1] in ("+", "-", MINUS) else text
    whole, mark, decimals = body.partition(form.decimal)
    if mark and not is_digits(decimals):
        return None
    if not is_digits(whole):
        others = {letter for letter in whole if letter not in DIGITS}
        if len(others) != 1 or not others <= BETWEEN_THREES | {form.thousands}:
            return None
        first, *threes = whole.split(others.pop())
        if not (is_digits(first) and len(first) <= 3 and all(is_digits(it) and len(it) == 3 for it in threes)):
            return None
        whole = first + "".join(threes)
    return sign * Fraction(int(whole + decimals), 10 ** len(decimals))


def is_digits(text: str) -> bool:
    return text != "" and all(letter in DIGITS for letter in text)


def fixed(text: str, form: Form, *, places: int) -> int | None:
    """In the smallest unit; nothing smaller may be told."""
    value = number(text, form)
    if value is None:
        return None
    units = value * 10**places
    return int(units) if units.denominator == 1 and abs(units) < TOO_LONG else None


def money(text: str, form: Form, signs: Iterable[str]) -> int | None:
    """The sign of the currency may stand before the number, or after it."""
    before = next((it for it in signs if text.startswith(it)), "")
    text = text.removeprefix(before).lstrip(BLANKS) if before else text
    after = next((it for it in signs if text.endswith(it)), "")
    return fixed(text.removesuffix(after).rstrip(BLANKS) if after else text, form, places=2)


def percent(text: str, form: Form, *, places: int = 3) -> int | None:
    return fixed(text.removesuffix("%").rstrip(BLANKS) if text.endswith("%") else text, form, places=places)


def lasting(text: str, form: Form, seconds: int) -> int | None:
    """Never negative; to the nearest second, a half up."""
    value = number(text, form)
    return None if value is None or not 0 <= value < TOO_MANY else int(value * seconds + Fraction(1, 2))


def on_a_clock(text: str, parts: str) -> int | None:
    """Parts such as hms: the first may go on beyond sixty, the others have two digits."""
    cells = text.split(":")
    if len(cells) != len(parts) or not all(map(is_digits, cells)):
        return None
    if len(cells[0]) > 6 or any(len(it) != 2 or int(it) > 59 for it in cells[1:]):
        return None
    return sum(int(it) * {"h": 3600, "m": 60, "s": 1}[part] for it, part in zip(cells, parts, strict=True))


YES = ["oui", "o", "vrai", "true", "yes", "y", "1", "sim", "sí", "ja"]
NO = ["non", "n", "faux", "false", "no", "0", "não", "nee", "nein"]


def truth(text: str) -> bool | None:
    word = text.lower().strip(BLANKS + "\u200b")
    return word in YES if word in {*YES, *NO} else None


FRENCH_MONTHS = (
    "janvier janv", "février fevrier févr fevr fév fev", "mars", "avril avr", "mai", "juin",
    "juillet juil", "août aout aoû aou", "septembre sept", "octobre oct", "novembre nov",
    "décembre decembre déc dec",
)  # fmt: skip
ENGLISH_MONTHS = (
    "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sept sep", "october oct", "november nov", "december dec",
)  # fmt: skip
MONTH_OF = {
    name: month
    for names in (FRENCH_MONTHS, ENGLISH_MONTHS)
    for month, row in enumerate(names, 1)
    for name in row.split()
}
_BLANK = "[ \u00a0\u202f]"
LOOKS = {
    "%d/%m/%Y": "(?P<d>DD)/(?P<m>DD)/(?P<y>DDDD)",
    "%m/%d/%Y": "(?P<m>DD)/(?P<d>DD)/(?P<y>DDDD)",
    "%Y-%m-%d": "(?P<y>DDDD)-(?P<m>DD)-(?P<d>DD)",
    "%Y%m%d": "(?P<y>DDDD)(?P<m>DD)(?P<d>DD)",
    "%-d/%-m/%Y": "(?P<d>DD?)/(?P<m>DD?)/(?P<y>DDDD)",
    "%d.%m.%y": "(?P<d>DD)[.](?P<m>DD)[.](?P<short>DD)",
    "%-d %B %Y": f"(?P<d>DD?){_BLANK}(?P<name>[^\\W\\d_]{{3,9}}[.]?){_BLANK}(?P<y>DDDD)",
    "%m/%Y": "(?P<m>DD)/(?P<y>DDDD)",
}
CLOCKS = {
    "%H:%M": "(?P<h>DD):(?P<min>DD)",
    "%H:%M:%S": "(?P<h>DD):(?P<min>DD):(?P<s>DD)",
    "%H:%M:%S.%f": "(?P<h>DD):(?P<min>DD):(?P<s>DD)[.](?P<f>D{1,9})",
    "%-I:%M %p": f"(?P<h12>DD?):(?P<min>DD){_BLANK}(?P<p>[AaPp][.]?[Mm][.]?)",
}
_BETWEEN = {"%-I:%M %p": _BLANK}
"""Between a day and its time: a no-break blank as well where the time ends in AM or PM."""


def _cells(look: str, text: str) -> dict[str, str] | None:
    found = re.fullmatch(look.replace("D", "[0-9]"), text)
    return found.groupdict() if found else None


def _on(cell: dict[str, str]) -> dt.date | None:
    """A day of the calendar; two digits of a year are of 1970 to 2069; without a day, the first of the month."""
    year = int(cell["y"]) if "y" in cell else 1970 + (int(cell["short"]) - 70) % 100
    month = MONTH_OF.get(cell["name"].lower().removesuffix("."), 0) if "name" in cell else int(cell["m"])
    try:
        return dt.date(year, month, int(cell.get("d", "1")))
    except ValueError:
        return None


def day(text: str, declared: str) -> dt.date | None:
    cell = _cells(LOOKS[declared], text)
    return _on(cell) if cell else None


def instant(text: str, date: str, clock: str, zone: str) -> dt.datetime | None:
    """Wall time of a zone: the first of an hour that happens twice, nothing for an hour that is skipped."""
    cell = _cells(LOOKS[date] + _BETWEEN.get(clock, " ") + CLOCKS[clock], text)
    on = _on(cell) if cell else None
    if cell is None or on is None:
        return None
    hour = int(cell["h"]) if "h" in cell else _half_day(int(cell["h12"]), cell["p"])
    micros = int(cell.get("f", "0")[:6].ljust(6, "0"))
    try:
        wall = dt.datetime(on.year, on.month, on.day, hour, int(cell["min"]), int(cell.get("s", "0")), micros)  # noqa: DTZ001 -- on the wall
    except ValueError:
        return None
    found = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    return found if found.year < LAST_YEAR and found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall else None


def _half_day(hour: int, mark: str) -> int:
    """99 for an hour that a clock of twelve does not have."""
    return hour % 12 + 12 * (mark.lower()[0] == "p") if 1 <= hour <= 12 else 99
