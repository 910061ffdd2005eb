"""Numbers, dates and durations as a French or an English reader writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flows.outputs.page_words import ENGLISH_PAGE, FRENCH_PAGE

NARROW = "\u202f"
"""Narrow no-break space, between thousands in French."""
NO_BREAK = "\u00a0"
MINUS = "\u2212"

MINUTE_S = 60
HOUR_S = 3600
_FINE_BELOW_S = 600
"""Under ten minutes the seconds are said."""
_COARSE_FROM_S = 100 * HOUR_S
"""From a hundred hours on the minutes are not."""

PERCENTS = frozenset({"percent", "percent a year"})
POINTS = frozenset({"points", "index points"})
"""Units of `dim_metric` that read alike."""

Part = tuple[str, str]
"""A number and what follows it, so that a page can set the second smaller."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """How one language writes what the tables hold."""

    code: str
    file_name: str
    decimal_mark: str
    thousands_mark: str
    percent_mark: str
    colon: str
    months: tuple[str, ...]
    months_short: tuple[str, ...]
    page: Mapping[str, str]
    """The fixed wording of the page, by name."""

    def number(self, value: float, decimals: int = 0, *, signed: bool = False) -> str:
        """The number with its marks; a true minus sign, and no minus before a zero."""
        digits = f"{abs(value):,.{decimals}f}"
        whole, _, fraction = digits.partition(".")
        text = whole.replace(",", self.thousands_mark) + (self.decimal_mark + fraction if fraction else "")
        if not any(d in digits for d in "123456789"):
            return text
        plus = "+" if signed else ""
        return (MINUS if value < 0 else plus) + text

    def parts(self, value: float, unit: str, *, signed: bool = False) -> tuple[Part, ...]:
        """The value cut into numbers and their units."""
        if unit in PERCENTS:
            return ((self.number(value, 1, signed=signed), self.percent_mark),)
        if unit in POINTS:
            return ((self.number(value, 1, signed=signed), NO_BREAK + self.page["points"]),)
        if unit == "seconds":
            return self._duration(value, signed=signed)
        if unit == "euros":
            return self._money(value, signed=signed)
        if unit == "count":
            return ((self.number(value, 0 if float(value).is_integer() else 1, signed=signed), ""),)
        return ((self.number(value, 2, signed=signed), ""),)

    def quantity(self, value: float, unit: str, *, signed: bool = False) -> str:
        """The value in the unit of its metric, as one text."""
        return "".join(number + tail for number, tail in self.parts(value, unit, signed=signed))

    def target(self, value: float, unit: str, *, signed: bool = False) -> str:
        """A target: a round one without decimals."""
        text = self.quantity(value, unit, signed=signed)
        zeros = {"percent": 1, "percent a year": 1, "points": 1, "index points": 1, "euros": 2}.get(unit, 0)
        return text.replace(self.decimal_mark + "0" * zeros, "", 1) if zeros and float(value).is_integer() else text

    def change(self, value: float, before: float, unit: str) -> str:
        """The change since `before`: points between shares, time between durations, per cent for the rest."""
        if unit in PERCENTS | POINTS:
            return self.number(value - before, 1, signed=True) + NO_BREAK + self.page["points"]
        if unit == "seconds" or before == 0:
            return self.quantity(value - before, unit, signed=True)
        return self.number(100 * (value - before) / abs(before), 1, signed=True) + self.percent_mark

    def interval(self, low: float, high: float, unit: str) -> str:
        """Both ends of an interval; the unit is said once where it follows the number."""
        first = self.number(low, 1) if unit in PERCENTS | POINTS else self.quantity(low, unit)
        return f"{first} {self.page['to']} {self.quantity(high, unit)}"

    def day(self, day: dt.date) -> str:
        """A day: 1er juillet 2026, 1 July 2026."""
        first = "1er" if self.code == "fr" else "1"
        number = first if day.day == 1 else str(day.day)
        return f"{number}{NO_BREAK}{self.months[day.month - 1]}{NO_BREAK}{day.year}"

    def month(self, day: dt.date) -> str:
        """A month: juin 2026, June 2026."""
        return f"{self.months[day.month - 1]}{NO_BREAK}{day.year}"

    def month_short(self, day: dt.date) -> str:
        """A month where there is little room: juin 26, Jun 26."""
        return f"{self.months_short[day.month - 1]}{NO_BREAK}{day.year % 100:02d}"

    def _duration(self, value: float, *, signed: bool) -> tuple[Part, ...]:
        """Hours and minutes, or minutes and seconds; never days, which a business duration does not have."""
        sign = MINUS if value < 0 else "+" * signed
        size = abs(value)
        if round(size) < MINUTE_S:
            return ((("" if round(size) == 0 else sign) + str(round(size)), f"{NO_BREAK}s"),)
        if round(size) < _FINE_BELOW_S:
            minutes, seconds = divmod(round(size), MINUTE_S)
            tail: tuple[Part, ...] = ((f" {seconds:02d}", f"{NO_BREAK}s"),) if seconds else ()
            return ((f"{sign}{minutes}", f"{NO_BREAK}min"), *_bound(tail))
        if round(size) >= _COARSE_FROM_S:
            return ((sign + self.number(round(size / HOUR_S)), f"{NO_BREAK}h"),)
        hours, minutes = divmod(round(size / MINUTE_S), MINUTE_S)
        if not hours:
            return ((f"{sign}{minutes}", f"{NO_BREAK}min"),)
        tail = ((f" {minutes:02d}", f"{NO_BREAK}min"),) if minutes else ()
        return ((f"{sign}{hours}", f"{NO_BREAK}h"), *_bound(tail))

    def _money(self, value: float, *, signed: bool) -> tuple[Part, ...]:
        """Euros and cents; whole euros from ten thousand on."""
        text = self.number(value, 2 if abs(value) < 10_000 else 0, signed=signed)  # noqa: PLR2004
        if self.code == "fr":
            return ((text, f"{NO_BREAK}€"),)
        sign = text[0] if text[0] in f"+{MINUS}" else ""
        return ((f"{sign}€{text.removeprefix(sign)}", ""),)


def _bound(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The same parts, held to what stands before them by a no-break space."""
    return tuple((number.replace(" ", NO_BREAK), tail) for number, tail in parts)


FRENCH = Language(
    code="fr",
    file_name="scorecard.html",
    decimal_mark=",",
    thousands_mark=NARROW,
    percent_mark=f"{NO_BREAK}%",
    colon=f"{NO_BREAK}:",
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    months_short=(
        *("janv.", "févr.", "mars", "avr.", "mai", "juin"),
        *("juil.", "août", "sept.", "oct.", "nov.", "déc."),
    ),
    page=FRENCH_PAGE,
)
ENGLISH = Language(
    code="en",
    file_name="scorecard_en.html",
    decimal_mark=".",
    thousands_mark=",",
    percent_mark="%",
    colon=":",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    months_short=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    page=ENGLISH_PAGE,
)
LANGUAGES = {language.code: language for language in (FRENCH, ENGLISH)}


def language_of(code: str) -> Language:
    """The language of that code; an unknown one is refused with what there is."""
    if code not in LANGUAGES:
        raise ValueError(f"scorecard: no language {code!r}; there are {sorted(LANGUAGES)}: ask for one of these.")
    return LANGUAGES[code]
