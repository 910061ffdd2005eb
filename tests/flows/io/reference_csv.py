"""A slow, obvious reader of one CSV record, to hold the fast one against."""

from __future__ import annotations


def physical_lines(data: bytes) -> list[bytes]:
    """The lines of a file with their ends."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def strict_record(lines: list[bytes], first: int, *, separator: str = ";", quote: str = '"') -> tuple[list[str], int]:
    """The cells of the record that starts on a line, and how many lines it takes. ValueError if it is not strict."""
    for taken in range(1, len(lines) - first + 1):
        text = b"".join(lines[first : first + taken]).decode()
        cells = _cells(text.removesuffix("\n").removesuffix("\r"), separator, quote)
        if cells is not None:
            return cells, taken
    raise ValueError("a quote is never closed")


def _cells(text: str, separator: str, quote: str) -> list[str] | None:
    """The cells of a text that should be one record; None while a quoted cell is open at its end."""
    cells, at = [], 0
    while True:
        if text.startswith(quote, at):
            value, at = "", at + 1
            while True:
                end = text.find(quote, at)
                if end < 0:
                    return None
                value += text[at:end]
                at = end + 1
                if not text.startswith(quote, at):
                    break
                value, at = value + quote, at + 1
        else:
            end = text.find(separator, at)
            end = len(text) if end < 0 else end
            value, at = text[at:end], end
            if quote in value:
                raise ValueError("a quote inside an unquoted cell")
        cells.append(value)
        if at == len(text):
            return cells
        if not text.startswith(separator, at):
            raise ValueError("text after a closing quote")
        at += 1
