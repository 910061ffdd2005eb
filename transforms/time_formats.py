"""How dates and times are written: strict formats in Python's own directives, and the numbers some systems count in.

`transforms.instants` reads them. Formats that polars reads alike go to it; names of months, quarters, 12-hour clocks
and two-digit years are first written as plain numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DIRECTIVES = {
    "Y": ("[0-9]{4}", "yyyy"),
    "y": ("[0-9]{2}", "yy"),
    "m": ("[0-9]{2}", "mm"),
    "-m": ("[0-9]{1,2}", "m"),
    "b": ("[\\p{L}]{3,9}[.]?", "month by name"),
    "q": ("[1-4]", "quarter"),
    "a": ("[\\p{L}]{2,9}[.]?", "weekday"),
    "d": ("[0-9]{2}", "dd"),
    "-d": ("[0-9]{1,2}", "d"),
    "H": ("(?:[01][0-9]|2[0-3])", "hh"),
    "-H": ("(?:[01]?[0-9]|2[0-3])", "h"),
    "I": ("(?:0[1-9]|1[0-2])", "hh (12)"),
    "-I": ("(?:0?[1-9]|1[0-2])", "h (12)"),
    "p": ("[AaPp][.]?[Mm][.]?", "am/pm"),
    "M": ("[0-5][0-9]", "mm"),
    "S": ("[0-5][0-9]", "ss"),
    "f": ("[0-9]{1,9}", "fraction"),
    "z": ("(?:Z|[+-][0-9]{2}:?[0-9]{2})", "offset"),
}
_TOKEN = re.compile(r"%(-?[A-Za-z%])")
_REWRITTEN = {"y", "b", "q", "a", "I", "-I", "p"}
"""Directives that are written as plain numbers before polars reads the text."""
_DAYS, _HALF_DAYS = {"d", "-d"}, {"I", "-I"}
_HOURS = {"H", "-H", *_HALF_DAYS}
_MONTHS = {"m", "-m", "b", "q"}

COUNTED = {"unix": "seconds since 1970", "unix_ms": "milliseconds since 1970", "excel": "Excel's number of a day"}
"""Instants written as a number."""
_COUNTED_PATTERNS = {
    "unix": "^[0-9]{9,10}(?:[.][0-9]+)?$",
    "unix_ms": "^[0-9]{12,13}$",
    "excel": "^[0-9]{5}(?:[.,][0-9]+)?$",
}
"""Wide enough for 1974 to 2173 in each; no number can be two of them."""


class FormatError(ValueError):
    """A format of dates or times cannot be used."""


@dataclass(frozen=True, kw_only=True)
class TimeFormat:
    """One strict way to write a date or an instant: what `strptime` tolerates beyond it is refused."""

    declared: str
    pattern: str
    """What the text must look like, to the width of each part."""
    parser: str
    """The same for polars; empty where the text is first written as plain numbers."""
    shown: str
    """The same for a person: dd/mm/yyyy hh:mm."""
    has_day: bool
    """Without one, the first day of the month is meant."""
    has_time: bool
    has_offset: bool
    """The text names its own offset from UTC, so no zone is needed."""
    pieces: tuple[str, ...] = ()
    """Directives by the groups of `pattern`, where the text is first written as plain numbers."""
    years_from: int = 0
    """First of the hundred years that a two-digit year may mean."""


def time_format(declared: str, *, years_from: int | None = None) -> TimeFormat:
    """A format from its declaration, or an error that names the directives that are known.

    `%y` is read only with `years_from`: 1970 makes 69 the year 2069 and 70 the year 1970.
    """
    if declared in COUNTED:
        return TimeFormat(
            declared=declared,
            pattern=_COUNTED_PATTERNS[declared],
            parser="",
            shown=COUNTED[declared],
            has_day=True,
            has_time=True,
            has_offset=declared != "excel",
        )
    written = declared.replace("%B", "%b").replace("%A", "%a")  # names are read whole or short all the same
    found = _TOKEN.findall(written)
    _require_complete(declared, found)
    if "y" in found and years_from is None:
        msg = f"the format {declared!r} has a two-digit year: say two_digit_years_from = 1970 (70 is 1970, 69 is 2069)."
        raise FormatError(msg)
    literal = _TOKEN.split(written)  # texts at even places, directives at odd ones
    pieces = [(_DIRECTIVES[part] if i % 2 else (re.escape(part), part)) for i, part in enumerate(literal)]
    is_rewritten = bool(_REWRITTEN & set(found))
    if is_rewritten:
        pieces = [(f"({look})" if i % 2 else _any_blank(look), shown) for i, (look, shown) in enumerate(pieces)]
    has_z = declared.endswith("Z") and not declared.endswith("%Z")
    return TimeFormat(
        declared=declared,
        pattern="^" + "".join(pattern for pattern, _ in pieces) + "$",
        parser="" if is_rewritten else declared.replace(".%f", "%.f") + ("" if _DAYS & set(found) else " %d"),
        shown="".join(shown for _, shown in pieces),
        has_day=bool(_DAYS & set(found)),
        has_time=bool(_HOURS & set(found)),
        has_offset="z" in found or has_z,
        pieces=tuple(found) if is_rewritten else (),
        years_from=years_from or 0,
    )


def _require_complete(declared: str, found: list[str]) -> None:
    """Refuse a format that leaves the month or the hour open, or says it twice."""
    there = set(found)
    is_wrong = (
        any(part not in _DIRECTIVES for part in found)
        or ("f" in there and ".%f" not in declared)
        or not {"Y", "y"} & there
        or len(_MONTHS & there) != 1
        or ("q" in there and _DAYS & there)
        or len(_HOURS & there) > 1
        or ("p" in there) != bool(_HALF_DAYS & there)
        or (bool(_REWRITTEN & there) and len(there) < len(found))
    )
    if is_wrong:
        known = ", ".join(f"%{part}" for part in _DIRECTIVES)
        msg = (
            f"the format {declared!r} cannot be used: it needs a year and a month, of {known} (%f after a point, %I "
            f"with %p, %q without a day), or is one of {', '.join(COUNTED)}."
        )
        raise FormatError(msg)


def _any_blank(pattern: str) -> str:
    """A blank of the format may be a no-break one in the text: some systems write one before AM."""
    return pattern.replace("\\ ", "[ \u00a0\u202f]")


def same_look(formats: Sequence[TimeFormat]) -> tuple[str, str] | None:
    """Two formats that would read one text as two different days, if there are any."""
    seen: dict[str, str] = {}
    for one in formats:
        loose = one.pattern.replace("[0-9]{1,2}", "[0-9]{2}").replace("([0-9]{2})", "[0-9]{2}")
        if seen.setdefault(loose, one.declared) != one.declared:
            return seen[loose], one.declared
    return None
