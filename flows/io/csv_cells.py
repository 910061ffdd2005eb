"""From records proven well-formed to cells; the parser's answer is proven again by counting bytes."""

from __future__ import annotations

import numpy as np
import polars as pl

from flows.io.csv_lines import Grammar
from flows.io.csv_records import Rules
from flows.io.landed import LINE, UnbalancedError
from flows.io.text_encoding import UTF8_MARK


def parsed_cells(utf8: bytes, rules: Rules, *, rows: int, line_end_bytes: int) -> pl.DataFrame:
    """One row a record of a text that holds `rows` of them and nothing else; every cell as text."""
    if not rows:
        return no_cells(rules).drop(LINE)
    quote = _quote_in(utf8, rules)
    frame = _parsed(utf8, rules, quote)
    grammar = rules.grammar
    expected = len(utf8) - line_end_bytes - rows * (grammar.cells - 1) - _quotes_taken_away(utf8, quote)
    found = _cell_bytes(frame)
    if frame.height != rows or found != expected:
        raise UnbalancedError(
            f"{rules.text.name}: {rows} records of {expected} bytes went into the parser, "
            f"{frame.height} of {found} came out"
        )
    return frame


def cells_if_whole(block: bytes, rules: Rules, *, rows: int, between_bytes: int) -> pl.DataFrame | None:
    """One row a record of a block, if it holds `rows` of them and each has every cell; None when that is not proven.

    `between_bytes` are those of line ends and of quotes that are no part of a cell. The parser refuses bytes that
    are not UTF-8 and rows with a cell too many, and leaves null what a row with a cell too few lacks.
    """
    try:
        utf8 = _in_utf8(block, rules)
        frame = None if utf8 is None else _parsed(utf8, rules, _quote_in(utf8, rules))
    except (pl.exceptions.PolarsError, UnicodeError):
        return None
    if utf8 is None or frame is None or frame.height != rows or any(frame.null_count().row(0)):
        return None
    expected = len(utf8) - between_bytes - rows * (rules.grammar.cells - 1)
    return frame if _cell_bytes(frame) == expected else None


def in_utf8(block: bytes, rules: Rules) -> bytes | None:
    """The block in UTF-8; None unless every line of it is in the code page of the file."""
    try:
        utf8 = _in_utf8(block, rules)
    except UnicodeError:
        return None
    return None if utf8 is None or (rules.text.is_utf8 and not rules.text.block_fits(utf8)) else utf8


def _in_utf8(block: bytes, rules: Rules) -> bytes | None:
    """The block in UTF-8; None when some line of it may not be in the code page of the file."""
    if rules.text.is_utf8 or block.isascii():
        return block
    if (rules.text.may_hold_utf8 or rules.text.is_guessed) and not rules.text.block_fits(block):
        return None
    return block.decode(rules.text.codec).encode()


def _parsed(utf8: bytes, rules: Rules, quote: str | None) -> pl.DataFrame:
    has_mark = utf8.startswith(UTF8_MARK)
    names = plain_names(rules.grammar)
    frame = pl.read_csv(
        header_line(rules.grammar) + utf8 if has_mark else utf8,
        separator=chr(rules.grammar.separator),
        quote_char=quote,
        has_header=has_mark,
        schema=dict.fromkeys(names, pl.String()),
        empty_string_is_null=False,
    )
    return frame.rename(dict(zip(names, rules.header.names, strict=True)))


def header_line(grammar: Grammar) -> bytes:
    """A header of plain names: below one, a byte order mark is part of a cell, and is not passed over."""
    return (chr(grammar.separator).join(plain_names(grammar)) + "\n").encode()


def plain_names(grammar: Grammar) -> list[str]:
    """A name for each cell, of two letters that mean nothing else in the text."""
    zero, one = [letter for letter in "abcd" if ord(letter) not in (grammar.separator, grammar.quote)][:2]
    return [f"{place:b}".replace("0", zero).replace("1", one) for place in range(grammar.cells)]


def _quote_in(utf8: bytes, rules: Rules) -> str | None:
    quote = rules.grammar.quote
    return chr(quote) if quote is not None and quote in utf8 else None


def _cell_bytes(frame: pl.DataFrame) -> int:
    return int(sum(frame.select(pl.all().str.len_bytes().cast(pl.Int64).sum()).row(0)))


def no_cells(rules: Rules) -> pl.DataFrame:
    """No row, with the columns of the header and `line`."""
    return pl.DataFrame(schema=dict.fromkeys(rules.header.names, pl.String()) | {LINE: pl.Int64()})


def _quotes_taken_away(clean: bytes, quote: str | None) -> int:
    """Quotes that are no part of a cell: all but one of each doubled pair."""
    if quote is None:
        return 0
    buffer = np.frombuffer(clean, np.uint8)
    quotes_at = np.flatnonzero(buffer == ord(quote))
    opening = quotes_at[2::2]
    return int(quotes_at.size - np.count_nonzero(buffer[opening - 1] == ord(quote)))
