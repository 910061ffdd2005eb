"""From records proven well-formed to cells; the parser's answer is proven again by counting bytes."""

from __future__ import annotations

import numpy as np
import polars as pl

from flows.io.csv_records import Rules
from flows.io.landed import LINE, UnbalancedError


def parsed_cells(clean: bytes, rules: Rules, *, rows: int, line_end_bytes: int) -> pl.DataFrame:
    """One row a record of `clean`, which holds `rows` of them and nothing else; every cell as text."""
    if not rows:
        return no_cells(rules).drop(LINE)
    grammar = rules.grammar
    utf8 = clean if rules.text.is_utf8 else clean.decode(rules.text.codec).encode()
    quote = grammar.quote if grammar.quote is not None and grammar.quote in utf8 else None
    frame = pl.read_csv(
        utf8,
        separator=chr(grammar.separator),
        quote_char=None if quote is None else chr(quote),
        has_header=False,
        schema=dict.fromkeys(rules.header.names, pl.String()),
        empty_string_is_null=False,
    )
    expected = len(utf8) - line_end_bytes - rows * (grammar.cells - 1) - _quotes_taken_away(utf8, quote)
    found = sum(frame.select(pl.all().str.len_bytes().sum()).row(0))
    if frame.height != rows or found != expected:
        raise UnbalancedError(
            f"{rules.text.name}: {rows} records of {expected} bytes went into the parser, "
            f"{frame.height} of {found} came out"
        )
    return frame


def no_cells(rules: Rules) -> pl.DataFrame:
    """No row, with the columns of the header and `line`."""
    return pl.DataFrame(schema=dict.fromkeys(rules.header.names, pl.String()) | {LINE: pl.Int64()})


def _quotes_taken_away(clean: bytes, quote: int | None) -> int:
    """Quotes that are no part of a cell: all but one of each doubled pair."""
    if quote is None:
        return 0
    buffer = np.frombuffer(clean, np.uint8)
    quotes_at = np.flatnonzero(buffer == quote)
    opening = quotes_at[2::2]
    return int(quotes_at.size - np.count_nonzero(buffer[opening - 1] == quote))
