"""The mapping that `init` proposes, as TOML: what was found, what was guessed and why, what could not be placed."""

import json
from collections.abc import Mapping, Sequence

from expectations.schema import INSTANT
from expectations.tables.feed_survey import FEED_SURVEY
from flows.init import formats
from flows.init.guess import ALIKE, Guess, Likeness, Placed
from flows.init.look import Look
from flows.init.words import known_values
from transforms.labels import label_key

GUESS = "GUESS"
"""Stands in every comment about something the file does not prove."""
_VALUES_SHOWN = 3
_CATEGORIES_AT_MOST = 30
_SHOWN_CHARACTERS = 40
_MARGIN = 46
_SCALE_UP_TO = {1: "yes_no", 5: "1-5", 7: "1-7", 10: "0-10"}
_WORDED = ("channel",)
"""Open texts whose usual words are put under one code."""


def draft(look: Look, guess: Guess, alike: Likeness | None, *, name: str) -> str:
    """The text of the mapping file."""
    parts = (
        _head(look, guess, name),
        _read(look, guess, alike),
        _columns(look, guess),
        _unplaced(look, guess),
        _constants(look, guess, alike),
        *_values(look, guess, alike),
    )
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def _head(look: Look, guess: Guess, name: str) -> str:
    lines = [
        f"table = {quoted(guess.table.name)}",
        f"source = {quoted(name)}",
        f"follows = {quoted(f'{look.path.name} as delivered')}",
        "",
        f"# Proposed by `python -m flows init` from {look.rows:,} rows of {look.path.name}. One row of it is read as:",
        f"# {guess.table.grain}.",
        f"# Comments with {GUESS} are not proven by the file: confirm or correct them, then run `check`.",
    ]
    return "\n".join(lines)


def _read(look: Look, guess: Guess, alike: Likeness | None) -> str:
    """How the file is read, then how its numbers and its dates are written."""
    return "\n".join(["[read]", *_layout_lines(look), *_number_lines(look, guess), *_date_lines(guess, alike)])


def _layout_lines(look: Look) -> list[str]:
    layout, lines = look.layout, []
    if layout.format:
        lines.append(f"format = {quoted(layout.format)}")
    if look.format == "csv":
        lines.append(f"separator = {quoted(layout.separator)}")
        lines.append(_line('encoding = "auto"', f"read as {look.encoding}"))
    if layout.skip_lines:
        lines.append(f"skip_lines = {layout.skip_lines}")
    if layout.sheet:
        lines.append(f"sheet = {quoted(layout.sheet)}")
    return lines


def _number_lines(look: Look, guess: Guess) -> list[str]:
    numbers = _number_texts(look, guess)
    decimal = formats.decimal_mark(numbers)
    lines = ['decimal = ","'] if decimal == "," else []
    if thousands := formats.thousands_mark(numbers, decimal):
        lines.append(_line(f"thousands = {quoted(thousands)}", f"{GUESS}: it stands before groups of three digits"))
    return lines


def _date_lines(guess: Guess, alike: Likeness | None) -> list[str]:
    lines = []
    dated = [it.dates for it in guess.placed.values() if it.dates]
    found = list(dict.fromkeys(one for it in dated for one in it.formats))
    times, days = ([one for one in found if formats.has_time(one) == wanted] for wanted in (True, False))
    remark = next((it.remark for it in dated if it.remark), "")
    for key, chosen in (("datetimes", times), ("dates", days)):
        if chosen:
            listed = ", ".join(quoted(one) for one in chosen)
            lines.append(_line(f"{key} = [{listed}]", f"{GUESS}: {remark}" if remark else ""))
    if any("%y" in one for one in found):
        lines.append(_line("two_digit_years_from = 1970", f"{GUESS}: 70 to 99 are 1970 to 1999"))
    zone = alike.source.said.get("read", {}).get("zone", "") if alike else ""
    if alike and zone:
        lines.append(_line(f"zone = {quoted(zone)}", f"{GUESS}: as in {alike.source.name}"))
    elif any("%z" not in one and not one.endswith("Z") for one in times):
        lines.append(
            '# zone = "UTC"    # times without offset are read in the zone of the site: say so if they are not'
        )
    return lines


def _number_texts(look: Look, guess: Guess) -> list[str]:
    """Texts of the columns that hold numbers: by them the decimal mark is told."""
    units = {"cents", "seconds", "1/1000 step"}
    headers = [it.header for name, it in guess.placed.items() if guess.table.columns[name].unit in units]
    return [text for header in headers for text in look.values[header]]


def _columns(look: Look, guess: Guess) -> str:
    lines = ["[columns]"]
    for name in guess.table.columns:
        if name in guess.placed:
            lines.append(_column(name, guess.placed[name], look, guess))
        elif name in guess.lacking:
            about = guess.table.columns[name].about
            lines.append(f'# {name} = ["?"]    # REQUIRED, and no header was found for it: {about}')
    return "\n".join(lines)


def _column(name: str, placed: Placed, look: Look, guess: Guess) -> str:
    """One line: the header, its options, and in a comment what was guessed and what the column holds."""
    contract, options, remarks = guess.table.columns[name], [], []
    if placed.by == ALIKE:
        remarks.append(f"{GUESS}: the name is only like one that is known")
    if placed.dates:
        if contract.dtype == INSTANT and not all(formats.has_time(one) for one in placed.dates.formats):
            options.append("formats = [" + ", ".join(quoted(one) for one in placed.dates.formats) + "]")
        if placed.dates.unread:
            remarks.append(f"{GUESS}: not read: {', '.join(quoted(it) for it in placed.dates.unread)}")
    if placed.unit:
        options.append(f"unit = {quoted(placed.unit)}")
        remarks.append(placed.unit_because)
    if contract.unit == "cents":
        options.append('unit = "euros"')
        remarks.append(f"{GUESS}: euros, not cents")
    shown = ", ".join(_short(text) for text in look.values[placed.header][:_VALUES_SHOWN])
    empty = look.rows - look.filled[placed.header]
    remarks.append(f"{shown}{f' ({empty:,} empty)' if empty > 0 else ''}" if shown else "empty in this file")
    given = f"[{quoted(placed.header)}]"
    declared = f"{{ headers = {given}, {', '.join(options)} }}" if options else given
    return _line(f"{name} = {declared}", "; ".join(remarks))


def _unplaced(look: Look, guess: Guess) -> str:
    """The headers nothing was found for, and the columns of ours that are still free, both as comments."""
    lines = []
    if guess.unplaced:
        lines.append("# Columns of the file that nothing was found for. They are not read.")
        for header in guess.unplaced:
            shown = ", ".join(_short(text) for text in look.values[header][:_VALUES_SHOWN])
            lines.append(f"#   {_line(quoted(header), shown or 'empty', margin=_MARGIN - 4)}")
    free = [name for name in guess.table.columns if name not in guess.placed and name not in ("source", "slot", "line")]
    lines.append(f"# Columns of {guess.table.name} still free (see expectations/README.md): {', '.join(free)}.")
    return "\n".join(lines)


def _constants(look: Look, guess: Guess, alike: Likeness | None) -> str:
    """What is the same for every row and stands in no column."""
    stated: dict[str, tuple[object, str]] = {}
    if alike and alike.source.said.get("table") == guess.table.name:
        because = f"{GUESS}: as in {alike.source.name}"
        stated = {name: (value, because) for name, value in alike.source.said.get("constants", {}).items()}
    if guess.table is FEED_SURVEY:
        kind, scale, why = _survey(look, guess)
        stated.setdefault("kind", (kind, why))
        stated.setdefault("scale", (scale, f"{why}; the scales stand in transforms/scales.py"))
    if guess.table.name == "feed_contact" and "channel" not in guess.placed:
        stated.setdefault("channel", ("phone", f"{GUESS}: calls"))
    lines = [
        _line(f"{name} = {quoted(value) if isinstance(value, str) else json.dumps(value)}", why)
        for name, (value, why) in stated.items()
        if name not in guess.placed
    ]
    return "\n".join(["[constants]", *lines]) if lines else ""


def _survey(look: Look, guess: Guess) -> tuple[str, str, str]:
    """What is measured and on which scale, by the highest and lowest answer: a guess in any case."""
    placed = guess.placed.get("score_milli")
    numbers = formats.numbers(look.values[placed.header]) if placed else []
    if placed is None or not numbers:
        return "csat", "words_5", f"{GUESS}: no answer is a number"
    low, high = min(numbers), max(numbers)
    scale = next((named for top, named in _SCALE_UP_TO.items() if high <= top), "0-100")
    is_nps = scale == "0-10" and (low < 1 or "nps" in placed.header.lower())
    return "nps" if is_nps else "csat", scale, f"{GUESS}: the answers go from {low:g} to {high:g}"


def _values(look: Look, guess: Guess, alike: Likeness | None) -> list[str]:
    """For each column of few values: which of their words is which of ours."""
    sections = []
    for name, placed in guess.placed.items():
        contract = guess.table.columns[name]
        allowed = contract.one_of or (("true", "false") if str(contract.dtype) == "Boolean" else ())
        texts = look.values[placed.header]
        if name not in _WORDED and (not contract.one_of or len(texts) > _CATEGORIES_AT_MOST):
            continue
        known = {**known_values(name), **_of_mapping(alike, name)}
        by_ours: dict[str, list[str]] = {}
        unknown = []
        for text in texts[:_CATEGORIES_AT_MOST]:
            ours = known.get(label_key(text))
            if ours and (not allowed or ours in allowed):
                by_ours.setdefault(ours, []).append(text)
            elif label_key(text) not in allowed:
                unknown.append(text)
        lines = [f"[values.{name}]    # {GUESS}: by the meaning of the words"]
        if allowed:
            lines.append(f"# ours: {', '.join(allowed)}")
        lines += [f"{ours} = [{', '.join(quoted(it) for it in words)}]" for ours, words in by_ours.items()]
        if unknown and allowed:
            lines.append(f"# NOT PLACED, their rows would be quarantined: {', '.join(quoted(it) for it in unknown)}")
        if by_ours or (unknown and allowed):
            sections.append("\n".join(lines))
    return sections


def _of_mapping(alike: Likeness | None, name: str) -> Mapping[str, str]:
    said = alike.source.said.get("values", {}).get(name, {}) if alike else {}
    return {label_key(word): ours for ours, words in said.items() for word in words if isinstance(words, Sequence)}


def _line(left: str, comment: str, *, margin: int = _MARGIN) -> str:
    """A line with its comment, aligned where there is room."""
    plain = " ".join(comment.split())
    return f"{left:<{margin}}    # {plain}" if plain else left


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHOWN_CHARACTERS else plain[: _SHOWN_CHARACTERS - 3] + "..."
