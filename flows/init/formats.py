"""How the cells of a column seem to be written: dates, numbers, durations. Always a guess, with its evidence."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%-d/%-m/%Y", "%-m/%-d/%Y", "%Y-%m-%d", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y",
         "%d.%m.%Y", "%Y%m%d", "%d/%m/%y", "%m/%d/%y")  # fmt: skip
_TIMES = ("%H:%M:%S", "%H:%M", "%-H:%M", "%-H:%M:%S")
_ISO = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z",
        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S UTC",
        "%Y-%m-%d %H:%M:%S%z")  # fmt: skip
FORMATS = (*_ISO, *(f"{day} {time}" for time in _TIMES for day in _DAYS), *_DAYS)
_WIDTHS = {"%Y": "[0-9]{4}", "%y": "[0-9]{2}", "%-d": "[0-9]{1,2}", "%-m": "[0-9]{1,2}", "%-H": "[0-9]{1,2}",
           "%f": "[0-9]{1,9}", "%z": "(?:Z|[+-][0-9]{2}:?[0-9]{2})"}  # fmt: skip
_PART = re.compile(r"%-?[A-Za-z]")
_CLOCK = {
    "hh:mm:ss": re.compile(r"^[0-9]{1,6}:[0-5][0-9]:[0-5][0-9]$"),
    "mm:ss": re.compile(r"^[0-9]{1,6}:[0-5][0-9]$"),
}
_BLANKS = " \u00a0\u202f\u2009"
_NUMBER = re.compile(rf"^[+\-\u2212]?(?:[0-9]{{1,3}}(?:[{_BLANKS}'.,][0-9]{{3}})+|[0-9]+)(?:[.,][0-9]+)?$")
_SHARE_READ = 0.6
"""Of the distinct texts of a column, so that a few stray ones do not hide what it is."""
LOOKED_AT = 2_000


@dataclass(frozen=True, kw_only=True)
class Dates:
    """The formats that read a column, and what is not certain about them."""

    formats: tuple[str, ...]
    remark: str = ""
    unread: tuple[str, ...] = ()
    """Texts that none of them reads."""


def dates(texts: Sequence[str], *, month_first: bool | None = None) -> Dates | None:
    """The fewest formats that read the texts, day before month unless the texts prove otherwise; None: no dates."""
    left, found = list(texts[:LOOKED_AT]), list[str]()
    while left and len(found) < 3:  # noqa: PLR2004 -- more than three ways to write a date are none
        counted = [(sum(reads(one, text) for text in left), -place, one) for place, one in enumerate(FORMATS)]
        best = max(counted)
        if not best[0]:
            break
        found.append(_in_order(best[2], left, month_first=month_first))
        left = [text for text in left if not reads(found[-1], text)]
    total = len(texts[:LOOKED_AT])
    if not found or len(left) > (1 - _SHARE_READ) * total:
        return None
    unsure = [one for one in found if is_unsure(one, texts)]
    remark = "no day above 12 proves which of day and month comes first" if unsure else ""
    return Dates(formats=tuple(dict.fromkeys(found)), remark=remark, unread=tuple(left[:3]))


def _in_order(format_: str, texts: Sequence[str], *, month_first: bool | None) -> str:
    """The format with day and month changed round, where both read the texts and another column proved the order."""
    other = changed_round(format_)
    if month_first is None or other == format_ or not is_unsure(format_, texts):
        return format_
    is_month_first = 0 <= format_.replace("-", "").find("%m") < format_.replace("-", "").find("%d")
    return format_ if is_month_first == month_first else other


def proves_month_first(formats: Sequence[str], texts: Sequence[str]) -> bool | None:
    """Whether month comes before day in these texts; None where they do not tell."""
    for one in formats:
        if changed_round(one) != one and not one.startswith("%Y") and not is_unsure(one, texts):
            plain = one.replace("-", "")
            return plain.find("%m") < plain.find("%d")
    return None


def is_unsure(format_: str, texts: Sequence[str]) -> bool:
    """Whether every text it reads could be read with day and month changed round as well."""
    other = changed_round(format_)
    if other == format_ or format_.startswith("%Y"):
        return False
    mine = [text for text in texts[:LOOKED_AT] if reads(format_, text)]
    return bool(mine) and all(reads(other, text) for text in mine)


def changed_round(format_: str) -> str:
    """The format with day and month in each other's place."""
    swap = {"%d": "%m", "%m": "%d", "%-d": "%-m", "%-m": "%-d"}
    return _PART.sub(lambda found: swap.get(found[0], found[0]), format_)


def reads(format_: str, text: str) -> bool:
    """Whether a text is a date of this format, to the width of each part."""
    pattern = "".join(
        _WIDTHS.get(piece, "[0-9]{2}") if _PART.fullmatch(piece) else re.escape(piece)
        for piece in re.split(r"(%-?[A-Za-z])", format_)
    )
    if not re.fullmatch(pattern, text):
        return False
    cut = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text)
    try:
        dt.datetime.strptime(cut, format_.replace("%-", "%"))  # noqa: DTZ007 -- only whether it can be read
    except ValueError:
        return False
    return True


def duration_unit(header: str, texts: Sequence[str]) -> tuple[str, str]:
    """The unit of a duration and what speaks for it; empty where the texts are none."""
    some = texts[:LOOKED_AT]
    for unit, pattern in _CLOCK.items():
        if some and sum(bool(pattern.match(text)) for text in some) >= _SHARE_READ * len(some):
            return unit, "as it is written"
    if not are_numbers(some):
        return "", ""
    words = set(re.findall(r"[a-zéû]+", header.lower()))
    for unit, known in (
        ("milliseconds", {"ms", "millisecondes", "milliseconds"}),
        ("hours", {"h", "hrs", "hours", "heures", "hour", "heure"}),
        ("minutes", {"min", "mins", "minutes", "minute"}),
        ("seconds", {"s", "sec", "secs", "seconds", "secondes"}),
    ):
        if words & known:
            return unit, f"the header says {min(words & known)}"
    return "seconds", "GUESS: the file does not say the unit"


def numbers(texts: Sequence[str]) -> list[float]:
    """The texts that are numbers, as such: only to tell the range of a column."""
    decimal = decimal_mark(texts)
    plain = [bare(text).replace(decimal, ".") for text in texts[:LOOKED_AT]]
    return [float(text) for text in plain if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", text)]


def has_time(format_: str) -> bool:
    """Whether a format tells the hour."""
    return "%H" in format_ or "%-H" in format_


def are_numbers(texts: Sequence[str]) -> bool:
    """Whether most of the texts are numbers, whatever their marks."""
    some = texts[:LOOKED_AT]
    return bool(some) and sum(bool(_NUMBER.match(bare(text))) for text in some) >= _SHARE_READ * len(some)


def bare(text: str) -> str:
    """A number without what may stand around it."""
    return text.strip("€$£% \u00a0\u202f").strip()


def decimal_mark(texts: Sequence[str]) -> str:
    """A comma where it stands before decimals and no point does; else a point."""
    numbers = [bare(text) for text in texts if _NUMBER.match(bare(text))]
    commas = sum(bool(re.search(r",[0-9]{1,2}$|,[0-9]{4,}$", text)) for text in numbers)
    points = sum(bool(re.search(r"\.[0-9]{1,2}$|\.[0-9]{4,}$", text)) for text in numbers)
    return "," if commas > points else "."


def thousands_mark(texts: Sequence[str], decimal: str) -> str:
    """The other mark, where it stands between groups of three digits before the decimals."""
    other = "." if decimal == "," else ","
    grouped = re.compile(rf"^[+\-]?[0-9]{{1,3}}(?:\{other}[0-9]{{3}})+(?:\{decimal}[0-9]+)?$")
    return other if any(grouped.match(bare(text)) for text in texts) else ""
